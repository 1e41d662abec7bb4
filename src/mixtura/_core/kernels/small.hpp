// Small symmetric matrices, one at a time, row by row in whole squares (d, d).
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace mixtura {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr int kMostEigen = 32;  // rows of a matrix whose eigenvalues are found
constexpr int kSweeps = 40;     // of Jacobi's method, which needs six to ten

// Calls a function with a number of dimensions that the compiler knows, where it is one of the usual ones.
template <class Function>
inline auto sized(int d, Function &&function) {
    switch (d) {
        case 2: return function(std::integral_constant<int, 2>{});
        case 3: return function(std::integral_constant<int, 3>{});
        case 4: return function(std::integral_constant<int, 4>{});
        case 5: return function(std::integral_constant<int, 5>{});
        case 6: return function(std::integral_constant<int, 6>{});
        default: return function(d);
    }
}

// Turns rows p and q of a matrix (d, d) in their plane, by an angle of cosine c and sine s.
template <class Size>
inline void turn_rows(double *matrix, Size d, int p, int q, double c, double s) {
    for (int i = 0; i < d; ++i) {
        const double left = matrix[p * d + i], right = matrix[q * d + i];
        matrix[p * d + i] = c * left - s * right, matrix[q * d + i] = s * left + c * right;
    }
}

// Makes work diagonal; rows (d, d) are turned with it.
template <class Size>
inline void diagonalise(Size d, double norm, double *__restrict work, double *__restrict rows) {
    const double least = kEpsilon * kEpsilon * norm;
    bool turned = true;
    for (int sweep = 0; turned && sweep < kSweeps; ++sweep) {
        turned = false;
        for (int p = 0; p + 1 < d; ++p)
            for (int q = p + 1; q < d; ++q) {
                const double x = work[p * d + q], pp = work[p * d + p], qq = work[q * d + q];
                const double size = std::abs(x);
                if (!(size > least) || !(size > kEpsilon * std::sqrt(std::abs(pp)) * std::sqrt(std::abs(qq))))
                    continue;
                turned = true;
                const double half = 0.5 * (qq - pp), twice = std::abs(half) + std::sqrt(half * half + x * x);
                const double t = (half < 0.0 ? -x : x) / twice;
                const double c = 1.0 / std::sqrt(1.0 + t * t), s = t * c;
                turn_rows(work, d, p, q, c, s);
                for (int i = 0; i < d; ++i)
                    work[i * d + p] = work[p * d + i], work[i * d + q] = work[q * d + i];
                work[p * d + p] = pp - t * x, work[q * d + q] = qq + t * x;
                work[p * d + q] = work[q * d + p] = 0.0;
                turn_rows(rows, d, p, q, c, s);
            }
    }
}

// Finds a = axes diag(values) axes^T by Jacobi's method, plane by plane (Golub and Van Loan 2013, section
// 8.5): of matrices as small as these no other is more exact.
//
// IN a (d, d). OUT values (d), ascending; axes (d, d), columns; work (2, d, d).
inline void eigen(const double *a, int size, double *__restrict values, double *__restrict axes,
                  double *__restrict work) {
    sized(size, [&](auto d) {
        double *rows = work + d * d, norm = 0.0;
        for (int i = 0; i < d * d; ++i) norm = std::max(norm, std::abs(a[i]));
        const double unit = norm > 0.0 ? norm : 1.0;  // squares neither overflow nor vanish
        for (int i = 0; i < d * d; ++i) work[i] = a[i] / unit, rows[i] = i % (d + 1) ? 0.0 : 1.0;
        diagonalise(d, 1.0, work, rows);
        int order[kMostEigen];
        for (int j = 0; j < d; ++j) {
            int place = j;
            for (; place > 0 && work[order[place - 1] * (d + 1)] > work[j * (d + 1)]; --place)
                order[place] = order[place - 1];
            order[place] = j;
        }
        for (int j = 0; j < d; ++j) {
            values[j] = unit * work[order[j] * (d + 1)];
            for (int i = 0; i < d; ++i) axes[i * d + j] = rows[order[j] * d + i];
        }
    });
}

// OUT lower (d, d): the Cholesky factor, nothing above its diagonal written. Returns whether there is one.
inline bool factor(const double *a, int size, double *__restrict lower) {
    return sized(size, [&](auto d) {
        for (int i = 0; i < d; ++i)
            for (int j = 0; j <= i; ++j) {
                double rest = a[i * d + j];
                for (int p = 0; p < j; ++p) rest -= lower[i * d + p] * lower[j * d + p];
                if (i == j && !(rest > 0.0)) return false;
                lower[i * d + j] = i == j ? std::sqrt(rest) : rest / lower[j * d + j];
            }
        return true;
    });
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

// Turns a matrix w (d, d) into L^-1 w L^-T, of a Cholesky factor.
inline void surround(const double *lower, int size, double *__restrict w) {
    sized(size, [&](auto d) {
        for (int i = 0; i < d; ++i)
            for (int j = 0; j < d; ++j) {
                for (int p = 0; p < i; ++p) w[i * d + j] -= lower[i * d + p] * w[p * d + j];
                w[i * d + j] /= lower[i * d + i];
            }
        for (int i = 0; i < d; ++i)
            for (int j = 0; j < d; ++j) {
                for (int p = 0; p < j; ++p) w[i * d + j] -= w[i * d + p] * lower[j * d + p];
                w[i * d + j] /= lower[j * d + j];
            }
    });
}

// OUT matrix (d, d) = axes diag(values) axes^T, symmetric to the last bit.
inline void compose(const double *axes, const double *values, int size, double *__restrict matrix) {
    sized(size, [&](auto d) {
        for (int i = 0; i < d; ++i)
            for (int j = 0; j <= i; ++j) {
                double sum = 0.0;
                for (int p = 0; p < d; ++p) sum += axes[i * d + p] * values[p] * axes[j * d + p];
                matrix[i * d + j] = matrix[j * d + i] = sum;
            }
    });
}

// OUT product (d, d) = matrix axes.
template <class Size>
inline void multiply(const double *matrix, const double *axes, Size d, double *__restrict product) {
    for (int i = 0; i < d; ++i) {
        for (int j = 0; j < d; ++j) product[i * d + j] = 0.0;
        for (int p = 0; p < d; ++p)
            for (int j = 0; j < d; ++j) product[i * d + j] += matrix[i * d + p] * axes[p * d + j];
    }
}

// OUT seen (d, d) = axes^T matrix axes, of a symmetric matrix; work (d, d).
inline void see(const double *axes, const double *matrix, int size, double *__restrict seen,
                double *__restrict work) {
    sized(size, [&](auto d) {
        multiply(matrix, axes, d, work);
        for (int i = 0; i < d; ++i)
            for (int j = 0; j <= i; ++j) {
                double sum = 0.0;
                for (int p = 0; p < d; ++p) sum += axes[p * d + i] * work[p * d + j];
                seen[i * d + j] = seen[j * d + i] = sum;
            }
    });
}

// OUT variances (d) of a symmetric matrix along axes, none under the rounding of the largest; work (d, d).
inline void along(const double *axes, const double *matrix, int size, double *__restrict variances,
                  double *__restrict work) {
    sized(size, [&](auto d) {
        double most = 0.0;
        multiply(matrix, axes, d, work);
        for (int j = 0; j < d; ++j) variances[j] = 0.0;
        for (int i = 0; i < d; ++i)
            for (int j = 0; j < d; ++j) variances[j] += axes[i * d + j] * work[i * d + j];
        for (int j = 0; j < d; ++j) most = std::max(most, variances[j]);
        for (int j = 0; j < d; ++j) variances[j] = std::max(variances[j], kEpsilon * most);
    });
}

}  // namespace mixtura
