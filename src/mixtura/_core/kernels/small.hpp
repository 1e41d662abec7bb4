// Small symmetric matrices, one at a time, row by row in whole squares (d, d).
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

namespace mixtura {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr int kSweeps = 40;  // of Jacobi's method, which needs six to ten

// Finds a = axes diag(values) axes^T by Jacobi's method, plane by plane (Golub and Van Loan 2013, section
// 8.5): of matrices as small as these no other is more exact.
//
// IN a (d, d). OUT values (d), ascending; axes (d, d), columns; work (d, d).
inline void eigen(const double *a, int d, double *__restrict values, double *__restrict axes,
                  double *__restrict work) {
    double norm = 0.0;
    for (int i = 0; i < d * d; ++i) work[i] = a[i], axes[i] = 0.0, norm = std::max(norm, std::abs(a[i]));
    for (int i = 0; i < d; ++i) axes[i * d + i] = 1.0;
    const double least = kEpsilon * kEpsilon * norm;
    bool turned = true;
    for (int sweep = 0; turned && sweep < kSweeps; ++sweep) {
        turned = false;
        for (int p = 0; p + 1 < d; ++p)
            for (int q = p + 1; q < d; ++q) {
                const double x = work[p * d + q], pp = work[p * d + p], qq = work[q * d + q];
                if (!(std::abs(x) > least) || !(x * x > kEpsilon * kEpsilon * std::abs(pp * qq))) continue;
                turned = true;
                const double ratio = 0.5 * (qq - pp) / x;
                const double t = (ratio < 0.0 ? -1.0 : 1.0) / (std::abs(ratio) + std::hypot(ratio, 1.0));
                const double c = 1.0 / std::sqrt(1.0 + t * t), s = t * c;
                for (int i = 0; i < d; ++i) {
                    const double left = work[i * d + p], right = work[i * d + q];
                    work[i * d + p] = c * left - s * right, work[i * d + q] = s * left + c * right;
                }
                for (int i = 0; i < d; ++i) {
                    const double left = work[p * d + i], right = work[q * d + i];
                    work[p * d + i] = c * left - s * right, work[q * d + i] = s * left + c * right;
                }
                work[p * d + q] = work[q * d + p] = 0.0;
                for (int i = 0; i < d; ++i) {
                    const double left = axes[i * d + p], right = axes[i * d + q];
                    axes[i * d + p] = c * left - s * right, axes[i * d + q] = s * left + c * right;
                }
            }
    }
    for (int j = 0; j < d; ++j) values[j] = work[j * d + j];
    for (int j = 0; j + 1 < d; ++j) {
        const int low = static_cast<int>(std::min_element(values + j, values + d) - values);
        if (low == j) continue;
        std::swap(values[j], values[low]);
        for (int i = 0; i < d; ++i) std::swap(axes[i * d + j], axes[i * d + low]);
    }
}

// OUT lower (d, d): the Cholesky factor, nothing above its diagonal written. Returns whether there is one.
inline bool factor(const double *a, int d, double *__restrict lower) {
    for (int i = 0; i < d; ++i)
        for (int j = 0; j <= i; ++j) {
            double rest = a[i * d + j];
            for (int p = 0; p < j; ++p) rest -= lower[i * d + p] * lower[j * d + p];
            if (i == j && !(rest > 0.0)) return false;
            lower[i * d + j] = i == j ? std::sqrt(rest) : rest / lower[j * d + j];
        }
    return true;
}

// Turns b (d) into the solution of lower lower^T x = b.
inline void solve(const double *lower, int d, double *b) {
    for (int i = 0; i < d; ++i) {
        for (int j = 0; j < i; ++j) b[i] -= lower[i * d + j] * b[j];
        b[i] /= lower[i * d + i];
    }
    for (int i = d; i-- > 0;) {
        for (int j = i + 1; j < d; ++j) b[i] -= lower[j * d + i] * b[j];
        b[i] /= lower[i * d + i];
    }
}

// OUT matrix (d, d) = axes diag(values) axes^T, symmetric to the last bit.
inline void compose(const double *axes, const double *values, int d, double *__restrict matrix) {
    for (int i = 0; i < d; ++i)
        for (int j = 0; j <= i; ++j) {
            double sum = 0.0;
            for (int p = 0; p < d; ++p) sum += axes[i * d + p] * values[p] * axes[j * d + p];
            matrix[i * d + j] = matrix[j * d + i] = sum;
        }
}

// OUT seen (d, d) = axes^T matrix axes, of a symmetric matrix; work (d, d).
inline void see(const double *axes, const double *matrix, int d, double *__restrict seen,
                double *__restrict work) {
    for (int i = 0; i < d; ++i)
        for (int j = 0; j < d; ++j) {
            double sum = 0.0;
            for (int p = 0; p < d; ++p) sum += matrix[i * d + p] * axes[p * d + j];
            work[i * d + j] = sum;
        }
    for (int i = 0; i < d; ++i)
        for (int j = 0; j <= i; ++j) {
            double sum = 0.0;
            for (int p = 0; p < d; ++p) sum += axes[p * d + i] * work[p * d + j];
            seen[i * d + j] = seen[j * d + i] = sum;
        }
}

}  // namespace mixtura
