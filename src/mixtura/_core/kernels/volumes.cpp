#include "volumes.hpp"

#include <algorithm>
#include <cmath>

#include "small.hpp"

namespace mixtura {
namespace {

constexpr int kRounds = 60;
constexpr double kLongest = 4.0;
constexpr double kDead = 1e-12;   // of the rows: a component with fewer does not move the others
constexpr double kSlack = 1e-13;  // of the objective, that is rounding

}  // namespace

Volumes::Volumes(int k, int d, bool diagonal)
    : k_(k),
      d_(d),
      size_(diagonal ? d : d * d),
      diagonal_(diagonal),
      expected_(k),
      shares_(k),
      traces_(k),
      products_(k * k),
      bend_(k * k),
      lower_(std::max(k * k, d * d)),
      step_(k),
      alternate_(k),
      there_(k),
      total_(size_),
      parts_(static_cast<size_t>(k) * size_) {}

// Sets log det of sum_c e^{-v_c} W_c, tr P_c and tr P_c P_e, with P_c = e^{-v_c} W_c over that sum.
bool Volumes::terms(const double *scatters, const double *logs) {
    std::fill(total_.begin(), total_.end(), 0.0);
    for (int c = 0; c < k_; ++c) {
        const double scale = std::exp(-logs[c]);
        for (int i = 0; i < size_; ++i) total_[i] += parts_[c * size_ + i] = scale * scatters[c * size_ + i];
    }
    logdet_ = 0.0;
    if (diagonal_) {
        for (int j = 0; j < d_; ++j) {
            if (!(total_[j] > 0.0)) return false;
            logdet_ += std::log(total_[j]);
            for (int c = 0; c < k_; ++c) parts_[c * d_ + j] /= total_[j];
        }
    } else {
        double *lower = lower_.data();
        if (!factor(total_.data(), d_, lower)) return false;
        for (int j = 0; j < d_; ++j) logdet_ += 2.0 * std::log(lower[j * d_ + j]);
        // L^-1 W L^-T, whose products have the traces of those of P
        for (int c = 0; c < k_; ++c) surround(lower, d_, parts_.data() + c * size_);
    }
    const int along = diagonal_ ? 1 : d_ + 1;
    for (int c = 0; c < k_; ++c) {
        const double *left = parts_.data() + c * size_;
        traces_[c] = 0.0;
        for (int j = 0; j < d_; ++j) traces_[c] += left[j * along];
        for (int e = 0; e <= c; ++e) {
            const double *right = parts_.data() + e * size_;
            double sum = 0.0;
            for (int i = 0; i < size_; ++i) sum += left[i] * right[i];
            products_[c * k_ + e] = products_[e * k_ + c] = sum;
        }
    }
    return true;
}

bool Volumes::find(const double *counts, const double *scatters, double close, double *logs) {
    double rows = 0.0;
    for (int c = 0; c < k_; ++c) rows += counts[c];
    for (int c = 0; c < k_; ++c) shares_[c] = counts[c] / rows, expected_[c] = d_ * shares_[c];
    const auto height = [&](const double *at) {
        double sum = logdet_;
        for (int c = 0; c < k_; ++c) sum += expected_[c] * at[c];
        return sum;
    };
    const auto go = [&] {
        for (int c = 0; c < k_; ++c) there_[c] = logs[c] + step_[c];
        return terms(scatters, there_.data());
    };
    if (!terms(scatters, logs)) return false;
    double value = height(logs);
    for (int round = 0; round < kRounds; ++round) {
        for (int c = 0; c < k_; ++c) {
            alternate_[c] = std::log(traces_[c] / expected_[c]);
            step_[c] = traces_[c] - expected_[c];
            for (int e = 0; e < k_; ++e)  // nothing else holds the common factor
                bend_[c * k_ + e] = expected_[c] * shares_[e] - products_[c * k_ + e];
            bend_[c * k_ + c] += traces_[c] + (shares_[c] < kDead ? 1.0 : 0.0);
        }
        if (factor(bend_.data(), k_, lower_.data()))
            solve(lower_.data(), k_, step_.data());
        else
            step_ = alternate_;
        for (int c = 0; c < k_; ++c)
            step_[c] = shares_[c] < kDead ? alternate_[c] : std::clamp(step_[c], -kLongest, kLongest);
        bool whole = go();
        double reached = height(there_.data());
        if (!whole || !(reached <= value + kSlack * (1.0 + std::abs(value)))) {
            step_ = alternate_;
            if (!go()) return false;
            reached = height(there_.data());
        }
        double longest = 0.0;
        for (int c = 0; c < k_; ++c) logs[c] = there_[c], longest = std::max(longest, std::abs(step_[c]));
        if (!(longest > close)) break;
        value = reached;
    }
    return true;
}

}  // namespace mixtura
