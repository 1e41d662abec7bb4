#include "constrained.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "floor.hpp"
#include "small.hpp"
#include "turning.hpp"
#include "volumes.hpp"

namespace mixtura {
namespace {

constexpr double kLeastCount = 1e-30;           // of all rows, for which a component without any is taken
constexpr double kFlattest = 1e-10;             // least variance over the largest, in units of the floor's
constexpr double kGolden = 0.6180339887498949;  // multiples of it, less their whole parts, have no pattern

// One mixture after another: work for one.
class Maximiser {
  public:
    Maximiser(const Letters &letters, const Scattered &in)
        : l_(letters),
          in_(in),
          k_(in.k),
          d_(in.d),
          size_(letters.diagonal() ? in.d : in.d * in.d),
          volumes_(in.k, in.d, letters.orientation != 'E'),
          floor_(in.d, in.least),
          turning_(in.k, letters.turned() ? in.d : 1, letters.volume == 'E'),
          counts_(k_),
          logs_(k_),
          scatters_(static_cast<size_t>(k_) * size_),
          values_(static_cast<size_t>(k_) * d_),
          axes_(static_cast<size_t>(k_) * d_ * d_),
          shared_(d_ * d_),
          work_(2 * d_ * d_) {}

    bool maximise(int64_t i, double *out) {
        const double *counts = in_.counts + i * k_, *scatters = in_.scatters + i * k_ * size_;
        const double *before = in_.before ? in_.before + i * k_ * d_ * d_ : nullptr;
        rows_ = 0.0;
        for (int c = 0; c < k_; ++c) rows_ += counts[c];
        for (int c = 0; c < k_; ++c) counts_[c] = std::max(counts[c], kLeastCount * rows_);
        rows_ = 0.0;
        for (int c = 0; c < k_; ++c) rows_ += counts_[c];
        if (!(rows_ > 0.0)) return false;
        take(scatters);
        if (!(l_.diagonal() ? along_features(before, out) : in_axes(before, out))) return false;
        for (int c = 0; c < k_; ++c)
            if (!above(out + c * d_ * d_)) return false;
        return true;
    }

  private:
    // Takes scatters of rows that are raised to the floor, and none flatter than it may be.
    void take(const double *scatters) {
        for (int c = 0; c < k_; ++c) {
            const double *from = scatters + c * size_;
            const double rows = counts_[c];
            double *to = scatters_.data() + c * size_;
            for (int j = 0; j < size_; ++j) to[j] = from[j] / rows;
            if (l_.diagonal())
                raise_variances(to);
            else
                raise_matrix(to);
            for (int j = 0; j < size_; ++j) to[j] *= rows;
        }
    }

    void raise_variances(double *own) const {
        double most = 0.0;
        for (int j = 0; j < d_; ++j)
            most = std::max(most, (own[j] = std::max(own[j], in_.least[j])) / in_.least[j]);
        for (int j = 0; j < d_ && l_.shape == 'V'; ++j)
            own[j] = std::max(own[j], kFlattest * most * in_.least[j]);
    }

    void raise_matrix(double *own) {
        floor_.raise(own);
        if (l_.shape == 'V') floor_.round_off(own, kFlattest);
    }

    // Whether a covariance need not be raised.
    bool above(const double *matrix) {
        if (!l_.diagonal()) return !floor_.touches(matrix);
        for (int j = 0; j < d_; ++j)
            if (!(matrix[j * (d_ + 1)] >= in_.least[j])) return false;
        return true;
    }

    // VEI, EVI.
    bool along_features(const double *before, double *out) {
        for (int c = 0; c < k_ && before; ++c) {
            logs_[c] = 0.0;
            for (int j = 0; j < d_; ++j) logs_[c] += std::log(before[(c * d_ + j) * d_ + j]) / d_;
        }
        if (l_.volume == 'V') {
            if (!one_shape(scatters_.data(), before != nullptr)) return false;
        } else {
            one_volume(scatters_.data());
        }
        std::fill(out, out + k_ * d_ * d_, 0.0);
        for (int c = 0; c < k_; ++c)
            for (int j = 0; j < d_; ++j) out[(c * d_ + j) * d_ + j] = values_[c * d_ + j];
        return true;
    }

    // Sets values_ (k, d) that are all proportional, of scatters (k, d); logs_ are those before, if any.
    bool one_shape(const double *scatters, bool known) {
        if (!known) std::fill(logs_.begin(), logs_.end(), 0.0);
        if (!volumes_.find(counts_.data(), scatters, in_.close, logs_.data())) return false;
        for (int j = 0; j < d_; ++j) {
            double shape = 0.0;
            for (int c = 0; c < k_; ++c) shape += scatters[c * d_ + j] * std::exp(-logs_[c]);
            for (int c = 0; c < k_; ++c) values_[c * d_ + j] = std::exp(logs_[c]) * shape / rows_;
        }
        return true;
    }

    // Sets values_ (k, d) of one volume, of scatters (k, d).
    void one_volume(const double *scatters) {
        double sum = 0.0;
        for (int c = 0; c < k_; ++c) {
            double log = 0.0;
            for (int j = 0; j < d_; ++j) log += std::log(scatters[c * d_ + j]) / d_;
            sum += logs_[c] = std::exp(log);  // |W|^(1/d)
        }
        for (int c = 0; c < k_; ++c)
            for (int j = 0; j < d_; ++j)
                values_[c * d_ + j] = sum / rows_ * (scatters[c * d_ + j] / logs_[c]);
    }

    bool in_axes(const double *before, double *out) {
        if (l_.turned()) return common_axes(before, out);
        if (l_.orientation == 'E') return one_matrix(before, out);
        return l_.shape == 'V' ? equal_determinants(out) : own_axes(before, out);
    }

    // VEE.
    bool one_matrix(const double *before, double *out) {
        for (int c = 0; c < k_; ++c) logs_[c] = before ? log_volume(before + c * size_) : 0.0;
        if (!volumes_.find(counts_.data(), scatters_.data(), in_.close, logs_.data())) return false;
        std::fill(work_.begin(), work_.end(), 0.0);
        for (int c = 0; c < k_; ++c) {
            const double scale = std::exp(-logs_[c]) / rows_;
            for (int j = 0; j < size_; ++j) work_[j] += scale * scatters_[c * size_ + j];
        }
        for (int c = 0; c < k_; ++c) {
            const double scale = std::exp(logs_[c]);
            for (int j = 0; j < size_; ++j) out[c * size_ + j] = scale * work_[j];
        }
        return true;
    }

    // EVV.
    bool equal_determinants(double *out) {
        double sum = 0.0;
        for (int c = 0; c < k_; ++c) sum += logs_[c] = std::exp(log_volume(scatters_.data() + c * size_));
        for (int c = 0; c < k_; ++c)
            for (int j = 0; j < size_; ++j)
                out[c * size_ + j] = sum / rows_ / logs_[c] * scatters_[c * size_ + j];
        return true;
    }

    // EEV, VEV.
    bool own_axes(const double *before, double *out) {
        for (int c = 0; c < k_; ++c)
            eigen(scatters_.data() + c * size_, d_, &values_[c * d_], &axes_[c * size_], work_.data());
        if (l_.volume == 'E') {
            for (int j = 0; j < d_; ++j) {
                double sum = 0.0;
                for (int c = 0; c < k_; ++c) sum += values_[c * d_ + j];
                for (int c = 0; c < k_; ++c) values_[c * d_ + j] = sum / rows_;
            }
        } else {
            for (int c = 0; c < k_ && before; ++c) logs_[c] = log_volume(before + c * size_);
            const std::vector<double> own(values_);
            if (!one_shape(own.data(), before != nullptr)) return false;
        }
        for (int c = 0; c < k_; ++c) compose(&axes_[c * size_], &values_[c * d_], d_, out + c * size_);
        return true;
    }

    // EVE, VVE.
    bool common_axes(const double *before, double *out) {
        std::vector<double> starts(static_cast<size_t>(k_ + (before ? 2 : 1)) * size_), sum(size_),
            shares(k_);
        for (int c = 0; c < k_; ++c) {
            const double *own = scatters_.data() + c * size_;
            eigen(own, d_, values_.data(), &starts[c * size_], work_.data());
            for (int j = 0; j < size_; ++j) sum[j] += own[j];
            shares[c] = counts_[c] / rows_;
        }
        eigen(sum.data(), d_, values_.data(), &starts[k_ * size_], work_.data());
        if (before) {  // the axes that they share: of a sum in which variances hardly ever agree
            std::fill(sum.begin(), sum.end(), 0.0);
            for (int c = 0; c < k_; ++c) {
                double trace = 0.0;
                for (int j = 0; j < d_; ++j) trace += before[c * size_ + j * (d_ + 1)];
                const double scale = (0.5 + std::fmod(kGolden * (c + 1), 1.0)) / trace;
                for (int j = 0; j < size_; ++j) sum[j] += scale * before[c * size_ + j];
            }
            eigen(sum.data(), d_, values_.data(), &starts[(k_ + 1) * size_], work_.data());
        }
        turning_.find(shares.data(), scatters_.data(), starts, !before, in_.close, axes_.data());
        std::vector<double> variances(static_cast<size_t>(k_) * d_);
        turning_.along(axes_.data(), scatters_.data(), variances.data());
        if (l_.volume == 'E') {
            one_volume(variances.data());
        } else {
            for (int c = 0; c < k_; ++c)
                for (int j = 0; j < d_; ++j) values_[c * d_ + j] = variances[c * d_ + j] / counts_[c];
        }
        for (int c = 0; c < k_; ++c) compose(axes_.data(), &values_[c * d_], d_, out + c * size_);
        return true;
    }

    // Returns log |S|^(1/d), of a matrix singular to rounding at most.
    double log_volume(const double *matrix) {
        double sum = 0.0;
        if (factor(matrix, d_, shared_.data())) {
            for (int j = 0; j < d_; ++j) sum += 2.0 * std::log(shared_[j * d_ + j]);
        } else {
            std::vector<double> values(d_), axes(size_);
            eigen(matrix, d_, values.data(), axes.data(), work_.data());
            for (const double value : values) sum += std::log(std::max(value, kEpsilon * values.back()));
        }
        return sum / d_;
    }

    const Letters l_;
    const Scattered &in_;
    const int k_, d_, size_;
    double rows_ = 0.0;
    Volumes volumes_;
    Floor floor_;
    Turning turning_;
    std::vector<double> counts_, logs_, scatters_, values_, axes_, shared_, work_;
};

}  // namespace

bool Letters::known() const {
    for (const char *name : {"VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"})
        if (name[0] == volume && name[1] == shape && name[2] == orientation) return true;
    return false;
}

void maximise(const Letters &letters, const Scattered &in, double *covariances, uint8_t *done) {
    Maximiser one(letters, in);
    for (int64_t i = 0; i < in.m; ++i) done[i] = one.maximise(i, covariances + i * in.k * in.d * in.d);
}

}  // namespace mixtura
