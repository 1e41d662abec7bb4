// Binds the kernels that compress one dimension; no maths here.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include <cmath>

#include "bind.hpp"
#include "compress.hpp"

namespace {

// OUT table (m, kPowers). Returns the weight outside the edges.
double make_cells(nb::handle x, const Maybe &sample_weight, nb::handle edges, int64_t n_threads,
                  nb::handle table) {
    const Matrix rows(x, "x");
    rows.check({Dims::kAny, 1});
    const MaybeIn omega(sample_weight, "sample_weight");
    omega.check({rows.dims().at(0)});
    const In cells(edges, "edges");
    cells.check({Dims::kAny});
    const int64_t m = cells.size() - 1;
    if (m < 1 || m >= INT32_MAX)
        refuse("edges", "has shape " + cells.dims().text() + "; wanted are two or more");
    for (int64_t j = 0; j < m; ++j)
        if (!(cells.data()[j] < cells.data()[j + 1]) || !std::isfinite(cells.data()[j + 1] - cells.data()[j]))
            refuse("edges", "do not increase by finite steps at place " + std::to_string(j + 1));
    const Out<double> out(table, "table", {m, kPowers});
    double left = 0;
    unlocked([&] {
        left = sum_cells(rows.rows(), omega.data(), cells.data(), m, threads_of(n_threads), out.data());
    });
    return left;
}

// OUT places, weights (m, kNodes).
void make_nodes(nb::handle table, int64_t n_threads, nb::handle places, nb::handle weights) {
    const In sums(table, "table");
    sums.check({Dims::kAny, kPowers});
    const int64_t m = sums.dims().at(0);
    const Out<double> p(places, "places", {m, kNodes}), w(weights, "weights", {m, kNodes});
    unlocked([&] { gauss_nodes(sums.data(), m, threads_of(n_threads), p.data(), w.data()); });
}

}  // namespace

void bind_compress(nb::module_ &module) {
    module.def("sum_cells", &make_cells);
    module.def("gauss_nodes", &make_nodes);
}
