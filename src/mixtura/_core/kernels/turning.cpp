#include "turning.hpp"

#include <algorithm>
#include <cmath>

#include "small.hpp"

namespace mixtura {
namespace {

constexpr int kRounds = 100;
constexpr int kHalvings = 12;        // of a step that does not gain
constexpr double kShorter = 0.3;     // times the step, then
constexpr double kLongest = 0.5;     // radians that a step turns an axis by
constexpr double kFlattest = 1e-12;  // curvature per row, that a direction is taken to have at least
constexpr double kSlack = 1e-14;     // of the objective, that is rounding

}  // namespace

Turning::Turning(int k, int d, bool equal_volumes)
    : k_(k),
      d_(d),
      p_(d * (d - 1) / 2),
      equal_volumes_(equal_volumes),
      seen_(static_cast<size_t>(k) * d * d),
      variances_(static_cast<size_t>(k) * d),
      logs_(k),
      counted_(k),
      each_(static_cast<size_t>(k) * p_),
      slope_(p_),
      third_(d * d * d),
      at_first_(static_cast<size_t>(k) * p_),
      at_second_(static_cast<size_t>(k) * p_),
      bend_(p_ * p_),
      lower_(p_ * p_),
      step_(p_),
      values_(p_),
      vectors_(p_ * p_),
      work_(2 * std::max(p_ * p_, d * d)),
      best_(d * d),
      other_(d * d),
      there_(d * d) {
    for (int a = 0; a < d; ++a)
        for (int b = a + 1; b < d; ++b) first_.push_back(a), second_.push_back(b);
}

void Turning::along(const double *axes, const double *scatters, double *variances) {
    for (int c = 0; c < k_; ++c)
        mixtura::along(axes, scatters + c * d_ * d_, d_, variances + c * d_, work_.data());
}

// Returns the objective per row of variances_.
double Turning::misfit(const double *shares) {
    double sum = 0.0;
    for (int c = 0; c < k_; ++c) {
        const double *s = variances_.data() + c * d_, most = *std::max_element(s, s + d_);
        double product = 1.0;  // of parts of the largest, none of them under its rounding
        for (int j = 0; j < d_; ++j) product *= s[j] / most;
        logs_[c] = std::log(product) + d_ * std::log(most);
        sum += shares[c] * logs_[c];
    }
    if (!equal_volumes_) return sum;
    const double most = *std::max_element(logs_.begin(), logs_.end());
    sum = 0.0;
    for (int c = 0; c < k_; ++c) sum += std::exp((logs_[c] - most) / d_);
    return most + d_ * std::log(sum);
}

// Sets seen_ and variances_ to what axes make of scatters. Returns the objective.
double Turning::look(const double *shares, const double *scatters, const double *axes) {
    for (int c = 0; c < k_; ++c) {
        double *g = seen_.data() + c * d_ * d_, *out = variances_.data() + c * d_, most = 0.0;
        see(axes, scatters + c * d_ * d_, d_, g, work_.data());
        for (int j = 0; j < d_; ++j) most = std::max(most, g[j * d_ + j]);
        for (int j = 0; j < d_; ++j) out[j] = std::max(g[j * d_ + j], kEpsilon * most);
    }
    return misfit(shares);
}

// Sets what each component counts, its slopes by turns in planes, and their sum.
void Turning::slopes(const double *shares) {
    if (equal_volumes_) {
        const double most = *std::max_element(logs_.begin(), logs_.end());
        double sum = 0.0;
        for (int c = 0; c < k_; ++c) sum += counted_[c] = std::exp((logs_[c] - most) / d_);
        for (int c = 0; c < k_; ++c) counted_[c] /= sum;
    } else {
        std::copy(shares, shares + k_, counted_.begin());
    }
    std::fill(slope_.begin(), slope_.end(), 0.0);
    for (int c = 0; c < k_; ++c) {
        const double *g = seen_.data() + c * d_ * d_, *s = variances_.data() + c * d_;
        for (int q = 0; q < p_; ++q) {
            const int a = first_[q], b = second_[q];
            each_[c * p_ + q] = 2.0 * g[a * d_ + b] * (1.0 / s[b] - 1.0 / s[a]);
            slope_[q] += counted_[c] * each_[c * p_ + q];
        }
    }
}

// Sets the lower triangle of the Hessian (p, p) by turns in the planes.
//
// Turned by a skew K, scatters become G + [G, K] + [[G, K], K] / 2, of which logarithms of diagonals are
// taken; to second order all is in T_jil = sum_c p_c G_c,il / G_c,jj, less half the squares of first-order
// changes of logarithms at both axes of a plane.
void Turning::bend() {
    const int d = d_;
    std::fill(third_.begin(), third_.end(), 0.0);
    for (int c = 0; c < k_; ++c) {
        const double *g = seen_.data() + c * d * d, *s = variances_.data() + c * d;
        for (int j = 0; j < d; ++j) {
            const double scale = counted_[c] / s[j];
            for (int i = 0; i < d * d; ++i) third_[j * d * d + i] += scale * g[i];
        }
        const double root = 2.0 * std::sqrt(counted_[c]);
        for (int q = 0; q < p_; ++q) {
            const double across = root * g[first_[q] * d + second_[q]];
            at_first_[c * p_ + q] = across / s[first_[q]];
            at_second_[c * p_ + q] = across / s[second_[q]];
        }
    }
    const auto t = [&](int j, int i, int l) { return third_[(j * d + i) * d + l]; };
    for (int x = 0; x < p_; ++x)
        for (int y = 0; y <= x; ++y) {
            const int a = first_[x], b = second_[x], e = first_[y], f = second_[y];
            double sum = 0.0, squares = 0.0;
            const auto products = [&](const std::vector<double> &left, const std::vector<double> &right) {
                double all = 0.0;
                for (int c = 0; c < k_; ++c) all += left[c * p_ + x] * right[c * p_ + y];
                return all;
            };
            if (a == e) {
                sum += 2.0 * t(a, b, f) - t(b, b, f) - t(f, f, b);
                squares += products(at_first_, at_first_);
            }
            if (a == f) {
                sum += -2.0 * t(a, b, e) + t(b, b, e) + t(e, e, b);
                squares -= products(at_first_, at_second_);
            }
            if (b == e) {
                sum += -2.0 * t(b, a, f) + t(f, f, a) + t(a, a, f);
                squares -= products(at_second_, at_first_);
            }
            if (b == f) {
                sum += 2.0 * t(b, a, e) - t(e, e, a) - t(a, a, e);
                squares += products(at_second_, at_second_);
            }
            sum -= squares;
            if (equal_volumes_) {
                double own = -slope_[x] * slope_[y];
                for (int c = 0; c < k_; ++c) own += counted_[c] * each_[c * p_ + x] * each_[c * p_ + y];
                sum += own / d;
            }
            bend_[x * p_ + y] = bend_[y * p_ + x] = sum;
        }
}

// Sets the step: Newton's, with curvatures by their absolute values, so that it leads down from anywhere.
void Turning::step() {
    for (int q = 0; q < p_; ++q) step_[q] = -slope_[q];
    if (factor(bend_.data(), p_, lower_.data())) {
        double least = bend_[0], length = 0.0;
        for (int q = 0; q < p_; ++q) least = std::min(least, lower_[q * p_ + q] * lower_[q * p_ + q]);
        solve(lower_.data(), p_, step_.data());
        for (const double one : step_) length += one * one;
        if (least > kFlattest && length <= kLongest * kLongest) return;
    }
    eigen(bend_.data(), p_, values_.data(), vectors_.data(), work_.data());
    std::fill(step_.begin(), step_.end(), 0.0);
    for (int v = 0; v < p_; ++v) {
        double along = 0.0;
        for (int q = 0; q < p_; ++q) along += vectors_[q * p_ + v] * slope_[q];
        along = std::clamp(along / std::max(std::abs(values_[v]), kFlattest), -kLongest, kLongest);
        for (int q = 0; q < p_; ++q) step_[q] -= along * vectors_[q * p_ + v];
    }
}

// OUT there (d, d) = axes (1 - K/2)^-1 (1 + K/2), of a part of the step as a skew K: solved from the right.
void Turning::turned_by(double part, const double *axes, double *there) {
    const int d = d_;
    double *left = work_.data(), *turn = left + d * d;
    for (int i = 0; i < d * d; ++i) left[i] = turn[i] = i % (d + 1) ? 0.0 : 1.0;
    for (int q = 0; q < p_; ++q) {
        const double half = 0.5 * part * step_[q];
        const int a = first_[q], b = second_[q];
        left[a * d + b] = -half, left[b * d + a] = half;
        turn[a * d + b] = half, turn[b * d + a] = -half;
    }
    // Gauss's elimination needs no pivots: the symmetric part of 1 - K/2 is the identity.
    for (int i = 0; i < d; ++i)
        for (int r = i + 1; r < d; ++r) {
            const double factor = left[r * d + i] / left[i * d + i];
            for (int j = i; j < d; ++j) left[r * d + j] -= factor * left[i * d + j];
            for (int j = 0; j < d; ++j) turn[r * d + j] -= factor * turn[i * d + j];
        }
    for (int i = d; i-- > 0;)
        for (int j = 0; j < d; ++j) {
            for (int r = i + 1; r < d; ++r) turn[i * d + j] -= left[i * d + r] * turn[r * d + j];
            turn[i * d + j] /= left[i * d + i];
        }
    for (int i = 0; i < d; ++i)
        for (int j = 0; j < d; ++j) {
            there[i * d + j] = 0.0;
            for (int l = 0; l < d; ++l) there[i * d + j] += axes[i * d + l] * turn[l * d + j];
        }
}

// Turns axes (d, d) to a minimum. Returns the objective there.
double Turning::turn(const double *shares, const double *scatters, double close, double *axes) {
    double value = look(shares, scatters, axes);
    for (int round = 0; round < kRounds; ++round) {
        slopes(shares);
        bend();
        step();
        double part = 1.0, reached = value;
        bool gained = false;
        for (int halving = 0; halving < kHalvings && !gained; ++halving) {
            if (halving) part *= kShorter;
            turned_by(part, axes, there_.data());
            reached = look(shares, scatters, there_.data());
            gained = reached <= value + kSlack * (1.0 + std::abs(value));
        }
        if (!gained) break;
        std::copy(there_.begin(), there_.end(), axes);
        value = reached;
        double longest = 0.0;
        for (const double one : step_) longest = std::max(longest, std::abs(part * one));
        if (!(longest > close)) break;
    }
    return value;
}

void Turning::find(const double *shares, const double *scatters, const std::vector<double> &starts, bool all,
                   double close, double *found) {
    const size_t size = static_cast<size_t>(d_) * d_;
    double least = INFINITY;
    std::copy(starts.begin(), starts.begin() + static_cast<std::ptrdiff_t>(size), best_.begin());
    for (size_t s = 0; s + size <= starts.size(); s += size) {
        std::copy_n(starts.begin() + static_cast<std::ptrdiff_t>(s), size, other_.begin());
        double reached;
        if (all) {
            reached = turn(shares, scatters, close, other_.data());
        } else {
            along(other_.data(), scatters, variances_.data());
            reached = misfit(shares);
        }
        if (reached < least) least = reached, best_ = other_;
    }
    if (!all) turn(shares, scatters, close, best_.data());
    std::copy(best_.begin(), best_.end(), found);
}

}  // namespace mixtura
