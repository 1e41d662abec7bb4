#include "floor.hpp"

#include <algorithm>
#include <cmath>

#include "small.hpp"

namespace mixtura {
namespace {

constexpr double kClearPivot = 1e-8;                 // of a correlation matrix, that is not made of rounding
constexpr double kLeastCorrelation = 64 * kEpsilon;  // the least eigenvalue of one, per feature
constexpr double kReturn = 1.25;  // a raised eigenvalue comes back with an error of a few times rounding

constexpr double kClearly = 1.01;  // times what is asked, that no rounding makes of less

}  // namespace

Floor::Floor(int d, const double *least)
    : d_(d),
      least_(least, least + d),
      deviations_(d),
      own_(d),
      scaled_(d * d),
      values_(d),
      axes_(d * d),
      work_(2 * d * d) {
    for (int j = 0; j < d; ++j) deviations_[j] = std::sqrt(least_[j]);
}

bool Floor::clear(const double *matrix) {
    if (!factor(matrix, d_, work_.data())) return false;
    for (int j = 0; j < d_; ++j) {
        const double pivot = work_[j * d_ + j] * work_[j * d_ + j];
        if (!(pivot >= std::max(kClearPivot * matrix[j * d_ + j], least_[j] / kClearPivot))) return false;
    }
    return true;
}

// Sets scaled_ to a matrix in units (d), and its eigenvalues and axes.
void Floor::in_units(const double *matrix, const double *unit) {
    for (int i = 0; i < d_; ++i)
        for (int j = 0; j < d_; ++j) scaled_[i * d_ + j] = matrix[i * d_ + j] / (unit[i] * unit[j]);
    eigen(scaled_.data(), d_, values_.data(), axes_.data(), work_.data());
}

bool Floor::touches(const double *matrix) {
    if (clear(matrix)) return false;
    in_units(matrix, deviations_.data());
    if (!(values_[0] > kReturn)) return true;
    for (int j = 0; j < d_; ++j) own_[j] = std::sqrt(std::max(matrix[j * d_ + j], least_[j]));
    in_units(matrix, own_.data());
    return !(values_[0] > kReturn * d_ * kLeastCorrelation);
}

// OUT matrix (d, d), of the eigenvalues and axes in units (d), no eigenvalue under the least.
void Floor::clip(double least, const double *unit, double *matrix) {
    for (int j = 0; j < d_; ++j) values_[j] = std::max(values_[j], least);
    compose(axes_.data(), values_.data(), d_, matrix);
    for (int i = 0; i < d_; ++i)
        for (int j = 0; j < d_; ++j) matrix[i * d_ + j] *= unit[i] * unit[j];
}

void Floor::raise(double *matrix) {
    if (!touches(matrix)) return;
    in_units(matrix, deviations_.data());
    clip(1.0, deviations_.data(), matrix);
    for (int j = 0; j < d_; ++j) own_[j] = std::sqrt(matrix[j * d_ + j]);
    in_units(matrix, own_.data());
    clip(d_ * kLeastCorrelation, own_.data(), matrix);
}

// A quick look first: the least eigenvalue is the determinant over the product of the others, which is at
// most that of their mean, so the least over the largest is at least det ((d - 1) / tr)^(d - 1) / tr.
bool Floor::flat(const double *matrix, double part) {
    if (factor(matrix, d_, work_.data())) {
        double trace = 0.0, ratio = 1.0;
        for (int j = 0; j < d_; ++j) trace += matrix[j * d_ + j] / least_[j];
        for (int j = 0; j < d_; ++j)
            ratio *= work_[j * d_ + j] * work_[j * d_ + j] / (least_[j] * trace) * (j ? d_ - 1 : 1);
        if (ratio > kClearly * part) return false;
    }
    in_units(matrix, deviations_.data());
    return !(values_[0] > part * values_[d_ - 1]);
}

void Floor::round_off(double *matrix, double part) {
    if (flat(matrix, part)) clip(part * values_[d_ - 1], deviations_.data(), matrix);
}

void touches(const double *matrices, int64_t n, int d, const double *least, uint8_t *flags) {
    Floor floor(d, least);
    for (int64_t i = 0; i < n; ++i) flags[i] = floor.touches(matrices + i * d * d);
}

void flat(const double *matrices, int64_t n, int d, const double *least, double part, uint8_t *flags) {
    Floor floor(d, least);
    for (int64_t i = 0; i < n; ++i) flags[i] = floor.flat(matrices + i * d * d, part);
}

void thickness(const double *weights, const double *covariances, int64_t m, int k, int d, double *least) {
    const int64_t size = int64_t{d} * d;
    std::vector<double> mean(size), lower(size), seen(size), values(d), axes(size), work(2 * size);
    for (int64_t i = 0; i < m; ++i) {
        const double *own = covariances + i * k * size;
        std::fill(mean.begin(), mean.end(), 0.0);
        for (int c = 0; c < k; ++c)
            for (int64_t j = 0; j < size; ++j) mean[j] += weights[i * k + c] * own[c * size + j];
        const bool whole = factor(mean.data(), d, lower.data());
        for (int c = 0; c < k; ++c) {
            if (whole) {
                std::copy_n(own + c * size, size, seen.data());
                surround(lower.data(), d, seen.data());
                eigen(seen.data(), d, values.data(), axes.data(), work.data());
            }
            least[i * k + c] = whole ? std::sqrt(std::max(values[0], 0.0)) : NAN;
        }
    }
}

}  // namespace mixtura
