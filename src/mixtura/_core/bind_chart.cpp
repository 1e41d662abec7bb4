// Binds the chart; no maths here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include "bind.hpp"
#include "chart.hpp"

namespace {

// The caller (native_chart.py) makes all arrays, of the right shapes: see chart.hpp.
int rows(const In &a) { return static_cast<int>(a.shape(0)); }

}  // namespace

void bind_chart(nb::module_ &module) {
    nb::class_<Chart>(module, "Chart")
        .def("__init__",
             [](Chart *self, const std::string &form, const In &weights, const In &means, const In &spreads) {
                 new (self) Chart(form_of(form), rows(means), static_cast<int>(means.shape(1)),
                                  weights.data(), means.data(), spreads.data());
             })
        .def_ro("component", &Chart::component)
        .def_prop_ro("size", &Chart::size)
        .def("coordinates",
             [](const Chart &self, const In &weights, const In &means, const In &spreads, Out &y) {
                 return self.coordinates(rows(weights), weights.data(), means.data(), spreads.data(),
                                         y.data());
             })
        .def("mixtures",
             [](const Chart &self, const In &y, Out &weights, Out &means, Out &spreads) {
                 self.mixtures(rows(y), y.data(), weights.data(), means.data(), spreads.data());
             })
        .def("growth", [](const Chart &self, const In &y, Out &logs) { self.growth(y.data(), logs.data()); })
        .def("score", [](const Chart &self, const In &weights, const In &spreads, const In &counts,
                         const In &sums, const In &scatters, double total, Out &y) {
            return self.score(rows(weights), weights.data(), spreads.data(), counts.data(), sums.data(),
                              scatters.data(), total, y.data());
        });
}
