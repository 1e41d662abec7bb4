#include "chart.hpp"

#include <algorithm>
#include <cmath>

namespace mixtura {
namespace {

#include "dense.inl"

constexpr double kLargestLog = 3.0;  // a step multiplies no weight and no deviation by more than exp(3)
const double kRoot2 = std::sqrt(2.0);

double limited_exp(double log, double limit) { return std::exp(std::min(std::max(log, -limit), limit)); }

// OUT (d, d) = a b, all lower triangles.
void multiply_lower(const double *a, const double *b, int d, double *__restrict out) {
    for (int i = 0; i < d; ++i) {
        double *row = out + i * d;
        for (int j = 0; j < d; ++j) row[j] = 0.0;
        for (int p = 0; p <= i; ++p)
            for (int j = 0; j <= p; ++j) row[j] += a[i * d + p] * b[p * d + j];
    }
}

// OUT upper (d, d): a lower triangle turned over.
void turn_over(const double *lower, int d, double *upper) {
    for (int i = 0; i < d; ++i)
        for (int j = 0; j < d; ++j) upper[i * d + j] = lower[j * d + i];
}

// OUT (d, d) = a c^T, known to be symmetric, of a lower triangle c; work (d, d).
void multiply_turned(const double *a, const double *c, int d, double *__restrict out,
                     double *__restrict work) {
    turn_over(c, d, work);
    for (int i = 0; i < d; ++i) {
        double *row = out + i * d;
        for (int j = 0; j <= i; ++j) row[j] = 0.0;
        for (int p = 0; p <= i; ++p)
            for (int j = p; j <= i; ++j) row[j] += a[i * d + p] * work[p * d + j];
        for (int j = 0; j < i; ++j) out[j * d + i] = row[j];
    }
}

// OUT (d, d) = c s c^T of a lower triangle c and a full symmetric s; work (2, d, d).
void surround(const double *c, const double *s, int d, double *__restrict out, double *__restrict work) {
    for (int i = 0; i < d; ++i) {
        double *row = work + i * d;
        for (int j = 0; j < d; ++j) row[j] = 0.0;
        for (int p = 0; p <= i; ++p)
            for (int j = 0; j < d; ++j) row[j] += c[i * d + p] * s[p * d + j];
    }
    multiply_turned(work, c, d, out, work + d * d);
}

// OUT (d) = a x of a lower triangle, or of its transpose.
void apply_lower(const double *a, const double *x, int d, double *out) {
    for (int i = 0; i < d; ++i) {
        out[i] = 0.0;
        for (int j = 0; j <= i; ++j) out[i] += a[i * d + j] * x[j];
    }
}
void apply_upper(const double *a, const double *x, int d, double *out) {
    for (int i = 0; i < d; ++i) out[i] = 0.0;
    for (int j = 0; j < d; ++j)
        for (int i = 0; i <= j; ++i) out[i] += a[j * d + i] * x[j];
}

}  // namespace

Chart::Chart(const Stack &anchor)
    : k_(anchor.shape.k),
      d_(anchor.shape.d),
      matrices_((anchor.shape.form == Form::full || anchor.shape.form == Form::tied) && d_ > 1),
      tied_(anchor.shape.form == Form::tied),
      groups_(tied_ ? 1 : k_),
      entries_(matrices_                              ? int64_t{d_} * d_
               : anchor.shape.form == Form::spherical ? 1
                                                      : d_),
      shared_(anchor.shape.form == Form::spherical ? d_ : 1),
      weights_(anchor.weights, anchor.weights + k_),
      root_(k_),
      means_(anchor.means, anchor.means + int64_t{k_} * d_) {
    const int d = d_;
    for (int c = 0; c < k_; ++c) root_[c] = std::sqrt(weights_[c]);
    edge_ = root_[k_ - 1] + 1.0;
    if (!matrices_) {
        variances_.assign(anchor.spreads, anchor.spreads + groups_ * entries_);
        for (int g = 0; g < groups_; ++g)
            for (int i = 0; i < entries_ && component < 0; ++i)
                if (!(variances_[g * entries_ + i] > 0)) component = g;
        return;
    }
    factor_.resize(groups_ * entries_), inverse_.resize(factor_.size());
    for (int g = 0; g < groups_ && component < 0; ++g) {
        double *L = factor_.data() + g * entries_, *inverse = inverse_.data() + g * entries_;
        if (cholesky(anchor.spreads + g * entries_, d, L, inverse))
            invert_lower(L, d, inverse);
        else
            component = g;
    }
}

int64_t Chart::size() const { return k_ - 1 + int64_t{k_} * d_ + groups_ * per_group(); }

// Takes changes (k) of weights, each over its root, to the k - 1 axes. Householder's reflection that takes
// root to the last axis takes all across root to the others.
void Chart::across(const double *changes, double *y) const {
    double along = 0;
    for (int c = 0; c < k_; ++c) along += (root_[c] + (c == k_ - 1)) * changes[c];
    for (int j = 0; j < k_ - 1; ++j) y[j] = changes[j] - root_[j] * along / edge_;
}

void Chart::growth(const double *y, double *logs) const {
    double along = 0;
    for (int j = 0; j < k_ - 1; ++j) along += root_[j] * y[j];
    for (int c = 0; c < k_; ++c) {
        const double own = c < k_ - 1 ? y[c] : 0.0, edge = root_[c] + (c == k_ - 1);
        logs[c] = (own - edge / edge_ * along) / root_[c];
    }
}

int Chart::coordinates(const Stack &stack, double *y) const {
    const double *weights = stack.weights, *means = stack.means, *spreads = stack.spreads;
    std::vector<double> work(k_ + 3 * entries_);
    double *changes = work.data(), *C = changes + k_, *F = C + entries_, *other = F + entries_;
    const double least = std::exp(-kLargestLog), half = std::sqrt(0.5 * shared_);
    for (int at = 0; at < stack.m;
         ++at, weights += k_, means += int64_t{k_} * d_, spreads += groups_ * entries_) {
        for (int c = 0; c < k_; ++c)
            changes[c] = root_[c] * std::log(std::max(weights[c] / weights_[c], least));
        across(changes, y), y += k_ - 1;
        for (int c = 0; c < k_; ++c, y += d_) {
            const double *to = means + c * d_, *from = means_.data() + c * d_;
            if (!matrices_) {
                for (int i = 0; i < d_; ++i)
                    y[i] = (to[i] - from[i]) * root_[c] / std::sqrt(variance_of(c, i));
                continue;
            }
            double *difference = C;
            for (int i = 0; i < d_; ++i) difference[i] = to[i] - from[i];
            apply_lower(inverse_.data() + group_of(c) * entries_, difference, d_, y);
            for (int i = 0; i < d_; ++i) y[i] *= root_[c];
        }
        for (int g = 0; g < groups_; ++g, y += per_group()) {
            const double *spread = spreads + g * entries_, scale = scale_of(g);
            if (!matrices_) {
                for (int i = 0; i < entries_; ++i)
                    y[i] = half * scale * std::log(spread[i] / variances_[g * entries_ + i]);
                continue;
            }
            if (!cholesky(spread, d_, C, other)) return at;
            multiply_lower(inverse_.data() + g * entries_, C, d_, F);
            double *below = y + d_;
            for (int i = 0; i < d_; ++i) {
                y[i] = kRoot2 * scale * std::log(F[i * d_ + i]);
                for (int j = 0; j < i; ++j) *below++ = scale * F[i * d_ + j];
            }
        }
    }
    return -1;
}

void Chart::mixtures(int m, const double *y, double *weights, double *means, double *spreads) const {
    std::vector<double> work(3 * entries_);
    double *F = work.data(), *C = F + entries_, *other = C + entries_;
    const double half = std::sqrt(0.5 * shared_);
    for (int at = 0; at < m; ++at, weights += k_, means += int64_t{k_} * d_, spreads += groups_ * entries_) {
        double total = 0;
        growth(y, weights);
        for (int c = 0; c < k_; ++c) {
            weights[c] = weights_[c] * limited_exp(weights[c], kLargestLog);
            total += weights[c];
        }
        for (int c = 0; c < k_; ++c) weights[c] /= total;
        y += k_ - 1;
        for (int c = 0; c < k_; ++c, y += d_) {
            const double *from = means_.data() + c * d_;
            double *to = means + c * d_;
            if (matrices_) apply_lower(factor_.data() + group_of(c) * entries_, y, d_, to);
            for (int i = 0; i < d_; ++i)
                to[i] = from[i] + (matrices_ ? to[i] : y[i] * std::sqrt(variance_of(c, i))) / root_[c];
        }
        for (int g = 0; g < groups_; ++g, y += per_group()) {
            const double scale = scale_of(g);
            double *spread = spreads + g * entries_;
            if (!matrices_) {
                for (int i = 0; i < entries_; ++i)
                    spread[i] =
                        variances_[g * entries_ + i] * limited_exp(y[i] / (half * scale), 2 * kLargestLog);
                continue;
            }
            const double *below = y + d_;
            for (int i = 0; i < d_; ++i) {
                for (int j = 0; j < d_; ++j) F[i * d_ + j] = j < i ? *below++ / scale : 0.0;
                F[i * d_ + i] = limited_exp(y[i] / (kRoot2 * scale), kLargestLog);
            }
            multiply_lower(factor_.data() + g * entries_, F, d_, C);
            multiply_turned(C, C, d_, spread, other);
        }
    }
}

int Chart::score(const Stack &stack, Evidence evidence, double *y) const {
    const double *weights = stack.weights, *spreads = stack.spreads, total = evidence.total;
    auto [counts, covariance_counts, sums, scatters, _] = evidence;
    std::vector<double> work(k_ + d_ + (2 * groups_ + 5) * entries_);
    double *changes = work.data(), *mean = changes + k_, *C = mean + d_, *E = C + entries_, *G = E + entries_,
           *other = G + entries_, *whiten = other + 2 * entries_, *turn = whiten + groups_ * entries_;
    const double half = std::sqrt(0.5 * shared_);
    for (int at = 0; at < stack.m; ++at, weights += k_, counts += k_, covariance_counts += k_,
             sums += int64_t{k_} * d_, spreads += groups_ * entries_, scatters += groups_ * entries_) {
        double shares = 0, pooled = 0;  // of counts and of covariance_counts
        for (int c = 0; c < k_; ++c) shares += counts[c] / total, pooled += covariance_counts[c] / total;
        for (int c = 0; c < k_; ++c) changes[c] = (counts[c] / total - shares * weights[c]) / root_[c];
        across(changes, y), y += k_ - 1;
        for (int g = 0; matrices_ && g < groups_; ++g) {
            // C the mixture's own factor: whiten = C^-1, turn = C^-1 L, the inverse of F
            if (!cholesky(spreads + g * entries_, d_, C, other)) return at;
            invert_lower(C, d_, whiten + g * entries_);
            multiply_lower(whiten + g * entries_, factor_.data() + g * entries_, d_, turn + g * entries_);
        }
        for (int c = 0; c < k_; ++c, y += d_) {
            const double *sum = sums + c * d_;
            const int g = group_of(c);
            if (matrices_) {
                apply_lower(whiten + g * entries_, sum, d_, mean);
                apply_upper(turn + g * entries_, mean, d_, y);
                for (int i = 0; i < d_; ++i) y[i] /= total * root_[c];
                continue;
            }
            for (int i = 0; i < d_; ++i) {
                const double spread = spreads[g * entries_ + (entries_ > 1 ? i : 0)];
                y[i] = sum[i] / (total * spread) * std::sqrt(variance_of(c, i)) / root_[c];
            }
        }
        for (int g = 0; g < groups_; ++g, y += per_group()) {
            const double count = tied_ ? pooled : covariance_counts[g] / total, scale = scale_of(g);
            const double *scatter = scatters + g * entries_;
            if (!matrices_) {
                for (int i = 0; i < entries_; ++i)
                    y[i] = (scatter[i] / (total * spreads[g * entries_ + i]) - shared_ * count) * 0.5 /
                           (half * scale);
                continue;
            }
            surround(whiten + g * entries_, scatter, d_, E, other);
            for (int i = 0; i < d_; ++i) {
                for (int j = 0; j < d_; ++j) E[i * d_ + j] /= total, G[i * d_ + j] = 0.0;
                E[i * d_ + i] -= count;
            }
            const double *inverse = turn + g * entries_;
            for (int l = 0; l < d_; ++l)
                for (int i = 0; i <= l; ++i)
                    for (int j = 0; j <= i; ++j) G[i * d_ + j] += inverse[l * d_ + i] * E[l * d_ + j];
            double *below = y + d_;
            for (int i = 0; i < d_; ++i) {
                y[i] = G[i * d_ + i] / (inverse[i * d_ + i] * kRoot2 * scale);
                for (int j = 0; j < i; ++j) *below++ = G[i * d_ + j] / scale;
            }
        }
    }
    return -1;
}

}  // namespace mixtura
