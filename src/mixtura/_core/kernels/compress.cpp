#include "compress.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "threads.hpp"

namespace mixtura {
namespace {

constexpr int kRun = 256;  // rows at a time, whose cells and places stay in the nearest cache

struct Cell {
    double centre, per_half_width;
};

// Finds a row's cell: a table over equal bins of the range in which most cells lie answers for nearly all
// rows with one comparison; where a bin holds more than one edge, and beyond the table, the edges are
// searched by halves.
class Lookup {
  public:
    Lookup(const double *edges, int64_t m) : edges_(edges), m_(m), cells_(m + 1), guide_(kBins) {
        for (int64_t j = 0; j < m; ++j)
            cells_[j] = {edges[j] + 0.5 * (edges[j + 1] - edges[j]), 2.0 / (edges[j + 1] - edges[j])};
        cells_[m] = {0.0, 0.0};
        const int64_t skip = m / 32;
        low_ = edges[skip];
        const double width = (edges[m - skip] - low_) / kBins;
        per_width_ = 1.0 / width;
        for (int b = 0; b < kBins; ++b) {
            // A bin's bounds are rounded, so it is asked about a little more than itself.
            const int32_t first = below(low_ + (b - 0.01) * width), last = below(low_ + (b + 1.01) * width);
            guide_[b] = last - first <= 1 && first >= 0 && last < m ? first : kSearch;
        }
        guide_[0] = guide_[kBins - 1] = kSearch;
    }

    // OUT cell (count), m for a row outside the edges; place (count).
    void locate(const double *x, int count, int32_t *cell, double *place) const {
        int32_t rest[kRun];
        int n_rest = 0;
        for (int i = 0; i < count; ++i) {
            double u = (x[i] - low_) * per_width_;
            u = u > 0.0 ? u : 0.0;  // NaN too
            u = u < kBins - 1 ? u : kBins - 1;
            const int32_t j = guide_[static_cast<int32_t>(u)];
            cell[i] = j + (x[i] >= edges_[j + 1]);  // kSearch + 1 is an edge too
            rest[n_rest] = i;
            n_rest += j == kSearch;
        }
        search(x, rest, n_rest, cell);
        for (int i = 0; i < count; ++i) {
            const Cell &at = cells_[cell[i]];
            place[i] = (x[i] - at.centre) * at.per_half_width;
        }
    }

  private:
    static constexpr int kBins = 8192;
    static constexpr int32_t kSearch = -1;

    int32_t below(double x) const {
        return static_cast<int32_t>(std::upper_bound(edges_, edges_ + m_ + 1, x) - edges_) - 1;
    }

    // Searches for all the rows of a list at once, so that the steps of one need not wait for another's.
    void search(const double *x, const int32_t *rows, int count, int32_t *cell) const {
        int32_t found[kRun] = {};
        for (auto length = static_cast<int32_t>(m_); length > 1;) {
            const int32_t half = length / 2;
            for (int i = 0; i < count; ++i) found[i] += x[rows[i]] >= edges_[found[i] + half] ? half : 0;
            length -= half;
        }
        for (int i = 0; i < count; ++i) {
            const double value = x[rows[i]];
            cell[rows[i]] = value >= edges_[0] && value <= edges_[m_] ? found[i] : static_cast<int32_t>(m_);
        }
    }

    const double *edges_;
    int64_t m_;
    double low_, per_width_;
    std::vector<Cell> cells_;
    std::vector<int32_t> guide_;
};

template <class T>
const double *widened(const Rows &rows, int64_t first, int count, double *buffer) {
    const T *x = static_cast<const T *>(rows.data) + first * rows.row_stride;
    if constexpr (sizeof(T) == sizeof(double))
        if (rows.row_stride == 1) return reinterpret_cast<const double *>(x);
    for (int i = 0; i < count; ++i) buffer[i] = static_cast<double>(x[i * rows.row_stride]);
    return buffer;
}

// INOUT table (m + 1, kPowers), whose last line is for the rows outside.
void sum_slab(const Rows &rows, const double *omega, const Lookup &lookup, int64_t begin, int64_t end,
              double *table) {
    double buffer[kRun], place[kRun];
    int32_t cell[kRun];
    for (int64_t first = begin; first < end; first += kRun) {
        const int count = static_cast<int>(std::min<int64_t>(kRun, end - first));
        const double *x = rows.single ? widened<float>(rows, first, count, buffer)
                                      : widened<double>(rows, first, count, buffer);
        lookup.locate(x, count, cell, place);
        for (int i = 0; i < count; ++i) {
            const double t = place[i], t2 = t * t, t4 = t2 * t2, w = omega ? omega[first + i] : 1.0;
            const double low[4] = {w, w * t, w * t2, w * (t2 * t)};
            double *sums = table + kPowers * static_cast<int64_t>(cell[i]);
            for (int q = 0; q < 4; ++q) sums[q] += low[q];
            for (int q = 0; q < 4; ++q) sums[4 + q] += low[q] * t4;
        }
    }
}

// Diagonalises a symmetric tridiagonal matrix by implicit QL steps. INOUT d (n), the diagonal, then the
// eigenvalues; e (n), e[i] beside d[i] and d[i + 1], destroyed; z (n), (1, 0, ...), then the eigenvectors'
// first entries.
void tridiagonal_eigen(int n, double *d, double *e, double *z) {
    e[n - 1] = 0.0;
    for (int l = 0; l < n; ++l) {
        for (int round = 0; round < 60; ++round) {
            int m = l;
            while (m < n - 1 && std::abs(e[m]) > 1e-16 * (std::abs(d[m]) + std::abs(d[m + 1]))) ++m;
            if (m == l) break;
            double g = (d[l + 1] - d[l]) / (2.0 * e[l]);
            g = d[m] - d[l] + e[l] / (g + std::copysign(std::hypot(g, 1.0), g));
            double s = 1.0, c = 1.0, p = 0.0;
            int i = m - 1;
            for (; i >= l; --i) {
                const double f = s * e[i], b = c * e[i], r = std::hypot(f, g);
                e[i + 1] = r;
                if (r == 0.0) {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    break;
                }
                s = f / r;
                c = g / r;
                g = d[i + 1] - p;
                const double q = (d[i] - g) * s + 2.0 * c * b;
                p = s * q;
                d[i + 1] = g + p;
                g = c * q - b;
                const double next = z[i + 1];
                z[i + 1] = s * z[i] + c * next;
                z[i] = c * z[i] - s * next;
            }
            if (i >= l) continue;
            d[l] -= p;
            e[l] = g;
            e[m] = 0.0;
        }
    }
}

// Golub and Welsch (1969), section 4: the Cholesky factor R of the Hankel matrix of the power sums gives the
// recurrence of the measure's orthogonal polynomials, and the eigenvalues of its tridiagonal matrix are the
// nodes. A pivot is the squared norm of a polynomial of that degree; where it is no more than the rounding of
// the sums, the nodes found so far already stand for the rows.
void gauss_rule(const double *sums, double *places, double *weights) {
    constexpr double rounding = 1e-12;
    std::fill_n(places, kNodes, 0.0);
    std::fill_n(weights, kNodes, 0.0);
    const double total = sums[0];
    if (!(total > 0.0) || !std::all_of(sums, sums + kPowers, [](double s) { return std::isfinite(s); }))
        return;
    double r[kNodes][kNodes + 1], alpha[kNodes], beta[kNodes], z[kNodes] = {1.0};
    const auto entry = [&](int row, int column) {
        double value = sums[row + column] / total;
        for (int i = 0; i < row; ++i) value -= r[i][row] * r[i][column];
        return value;
    };
    int n = 0;
    for (; n < kNodes; ++n) {
        const double pivot = entry(n, n);
        if (!(pivot > rounding)) break;
        r[n][n] = std::sqrt(pivot);
        for (int column = n + 1; column <= kNodes; ++column) r[n][column] = entry(n, column) / r[n][n];
        alpha[n] = r[n][n + 1] / r[n][n] - (n ? r[n - 1][n] / r[n - 1][n - 1] : 0.0);
        if (n) beta[n - 1] = r[n][n] / r[n - 1][n - 1];
    }
    tridiagonal_eigen(n, alpha, beta, z);
    for (int i = 0; i < n; ++i) {
        places[i] = alpha[i];
        weights[i] = total * z[i] * z[i];
    }
}

}  // namespace

double sum_cells(const Rows &rows, const double *omega, const double *edges, int64_t m, int n_threads,
                 double *table) {
    // As many slabs as may keep threads busy, while their tables stay small beside the rows.
    constexpr int64_t least_rows = 1 << 17, most_slabs = 32, most_sums = 1 << 22;
    const int64_t size = kPowers * (m + 1);
    const int64_t wanted = std::clamp<int64_t>(most_sums / size, 4, most_slabs);
    const int64_t slab = std::max(least_rows, (rows.n + wanted - 1) / wanted);
    const int64_t slabs = std::max<int64_t>(1, (rows.n + slab - 1) / slab);
    const Lookup lookup(edges, m);
    std::vector<double> sums(slabs * size);
    parallel_for(slabs, n_threads, [&](int64_t s, int) noexcept {
        sum_slab(rows, omega, lookup, s * slab, std::min(rows.n, (s + 1) * slab), sums.data() + s * size);
    });
    for (int64_t s = 1; s < slabs; ++s)
        for (int64_t i = 0; i < size; ++i) sums[i] += sums[s * size + i];
    std::copy_n(sums.data(), kPowers * m, table);
    return sums[kPowers * m];
}

void gauss_nodes(const double *table, int64_t m, int n_threads, double *places, double *weights) {
    constexpr int64_t cells = 256;
    parallel_for((m + cells - 1) / cells, n_threads, [&](int64_t part, int) noexcept {
        for (int64_t j = part * cells; j < std::min(m, (part + 1) * cells); ++j)
            gauss_rule(table + kPowers * j, places + kNodes * j, weights + kNodes * j);
    });
}

}  // namespace mixtura
