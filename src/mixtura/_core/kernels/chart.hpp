// A chart of the mixtures near an anchor: coordinates without units in which every point is a mixture.
#pragma once
#include <cstdint>
#include <vector>

#include "stack.hpp"

namespace mixtura {

// With the anchor's weights w, means m and Cholesky factors L L' = S, the coordinates y (q) of a mixture w',
// m', S' are, one after the other,
//
//     sqrt(w_c) log(w'_c / w_c),       along the k - 1 directions that do not rescale all weights alike
//     sqrt(w_c) L_c^-1 (m'_c - m_c)    (k, d)
//     with F the Cholesky factor of L_c^-1 S'_c L_c^-T: sqrt(2 w_c) log F_ii (d), then sqrt(w_c) F_ij, j < i,
//     for each c; of variances alone sqrt(w_c s / 2) log(v' / v), s the features that share one; where all
//     components share the matrix, without sqrt(w_c)
//
// Mixtures come in stacks of m: weights (m, k), means (m, k, d), spreads (m, by form). Of one feature a full
// covariance counts as a variance.
class Chart {
  public:
    // IN one mixture. `component` is the index of the first whose spread is not positive definite, or -1.
    explicit Chart(const Stack &anchor);

    int component = -1;
    int64_t size() const;  // q

    // OUT y (m, q). Returns the index of the first mixture with a matrix that is not positive definite, or
    // -1. Variances are taken as they are.
    int coordinates(const Stack &, double *y) const;

    // IN y (m, q); OUT weights, means, spreads. No weight and no deviation changes by more than a factor
    // e^3.
    void mixtures(int m, const double *y, double *weights, double *means, double *spreads) const;

    // The logarithms (k) of what weights grow by at y (q), before they are cut and made to sum to 1.
    void growth(const double *y, double *logs) const;

    // IN counts (m, k), the counts that covariances are divided by (m, k), sums (m, k, d), scatters (m, by
    // form), and what all is divided by. The two counts of a pass are the same; with a prior they are not,
    // nor need they sum to the total.
    struct Evidence {
        const double *counts, *covariance_counts, *sums, *scatters;
        double total;
    };

    // The gradient of the log-likelihood by y, over total: by Fisher's identity, from the moments that a pass
    // makes under these mixtures. IN weights and spreads of the stack. OUT y (m, q). Returns as coordinates
    // does.
    int score(const Stack &, Evidence, double *y) const;

  private:
    int k_, d_;
    bool matrices_, tied_;
    int groups_;       // covariances
    int64_t entries_;  // numbers that each is made of: d^2, d or 1
    int shared_;       // features that share a variance
    double edge_;      // of the reflection that turns all but the direction of root into k - 1 axes
    std::vector<double> weights_, root_, means_;
    std::vector<double> factor_, inverse_;  // (groups, d, d), of matrices
    std::vector<double> variances_;         // (groups, entries), of variances

    int64_t per_group() const { return matrices_ ? (entries_ + d_) / 2 : entries_; }
    int group_of(int c) const { return tied_ ? 0 : c; }
    double scale_of(int group) const { return tied_ ? 1.0 : root_[group]; }
    double variance_of(int c, int i) const {
        return variances_[group_of(c) * entries_ + (entries_ > 1 ? i : 0)];
    }
    void across(const double *changes, double *y) const;
};

}  // namespace mixtura
