// Binds the kernels that compress one dimension; no maths here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>

#include <optional>
#include <utility>

#include "compress.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Column = nb::ndarray<nb::ro, nb::shape<-1, 1>, nb::device::cpu>;
using Vector = nb::ndarray<const double, nb::shape<-1>, nb::c_contig, nb::device::cpu>;
using Table = nb::ndarray<const double, nb::shape<-1, mixtura::kPowers>, nb::c_contig, nb::device::cpu>;
using Matrix = nb::ndarray<nb::numpy, double, nb::ndim<2>>;

Matrix new_matrix(size_t rows, size_t columns) {
    auto *data = new double[rows * columns];
    nb::capsule owner(data, [](void *p) noexcept { delete[] static_cast<double *>(p); });
    return Matrix(data, {rows, columns}, owner);
}

std::pair<Matrix, double> sum_cells(const Column &x, const std::optional<Vector> &sample_weight,
                                    const Vector &edges, int n_threads) {
    const bool single = x.dtype() == nb::dtype<float>();
    if (!single && x.dtype() != nb::dtype<double>()) throw nb::type_error("x must be float64 or float32");
    const mixtura::Rows rows{x.data(), single, static_cast<int64_t>(x.shape(0)), 1, x.stride(0), x.stride(1)};
    const auto m = static_cast<int64_t>(edges.shape(0)) - 1;
    Matrix table = new_matrix(m, mixtura::kPowers);
    const double *omega = sample_weight ? sample_weight->data() : nullptr;
    double outside;
    {
        nb::gil_scoped_release unlocked;
        outside = mixtura::sum_cells(rows, omega, edges.data(), m, n_threads, table.data());
    }
    return {table, outside};
}

std::pair<Matrix, Matrix> gauss_nodes(const Table &table, int n_threads) {
    const auto m = static_cast<int64_t>(table.shape(0));
    Matrix places = new_matrix(m, mixtura::kNodes), weights = new_matrix(m, mixtura::kNodes);
    {
        nb::gil_scoped_release unlocked;
        mixtura::gauss_nodes(table.data(), m, n_threads, places.data(), weights.data());
    }
    return {places, weights};
}

}  // namespace

void bind_compress(nb::module_ &module) {
    module.def(
        "sum_cells", &sum_cells, "x"_a.noconvert(), "sample_weight"_a.none(), "edges"_a, "n_threads"_a = 1,
        "Sum powers 0 to 7 of each row's place in its cell: return them (m, 8) and the weight outside.");
    module.def(
        "gauss_nodes", &gauss_nodes, "table"_a, "n_threads"_a = 1,
        "Find nodes that reproduce power sums (m, 8): return places in [-1, 1] and weights, each (m, 4).");
}
