// Binds the chart; no maths here.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>

#include "bind.hpp"
#include "chart.hpp"

namespace {

// The length (m) of a stack, by the first array that has its axis.
int stack_size(const In &array) {
    const int64_t m = array.dims().count() ? array.dims().at(0) : 0;
    return static_cast<int>(std::min<int64_t>(m, INT32_MAX));
}

// A chart and the shapes of the mixtures in it.
class BoundChart {
  public:
    explicit BoundChart(const Stack &anchor) : s_(anchor.shape), chart_(anchor) {}

    int component() const { return chart_.component; }
    int64_t size() const { return chart_.size(); }

    int coordinates(nb::handle weights, nb::handle means, nb::handle spreads, nb::handle y) const {
        const In w(weights, "weights"), mu(means, "means"), s(spreads, "spreads");
        const int m = stack_size(w);
        w.check({m, s_.k}), mu.check({m, s_.k, s_.d}), s.check(spread_dims(s_).stacked(m));
        const Out<double> out(y, "y", {m, size()});
        return chart_.coordinates({s_, m, w.data(), mu.data(), s.data()}, out.data());
    }

    void mixtures(nb::handle y, nb::handle weights, nb::handle means, nb::handle spreads) const {
        const In at(y, "y");
        const int m = stack_size(at);
        at.check({m, size()});
        const Out<double> w(weights, "weights", {m, s_.k}), mu(means, "means", {m, s_.k, s_.d});
        const Out<double> s(spreads, "spreads", spread_dims(s_).stacked(m));
        chart_.mixtures(m, at.data(), w.data(), mu.data(), s.data());
    }

    void growth(nb::handle y, nb::handle logs) const {
        const In at(y, "y");
        at.check({size()});
        chart_.growth(at.data(), Out<double>(logs, "logs", {s_.k}).data());
    }

    int score(nb::handle weights, nb::handle spreads, nb::handle counts, nb::handle covariance_counts,
              nb::handle sums, nb::handle scatters, double total, nb::handle y) const {
        const In w(weights, "weights"), s(spreads, "spreads");
        const In c(counts, "counts"), cc(covariance_counts, "covariance_counts");
        const In first(sums, "sums"), second(scatters, "scatters");
        const int m = stack_size(w);
        w.check({m, s_.k}), c.check({m, s_.k}), cc.check({m, s_.k}), first.check({m, s_.k, s_.d});
        s.check(spread_dims(s_).stacked(m)), second.check(spread_dims(s_).stacked(m));
        const Out<double> out(y, "y", {m, size()});
        return chart_.score({s_, m, w.data(), nullptr, s.data()},
                            {c.data(), cc.data(), first.data(), second.data(), total}, out.data());
    }

  private:
    Shape s_;
    Chart chart_;
};

void make_chart(BoundChart *self, const std::string &form, nb::handle weights, nb::handle means,
                nb::handle spreads) {
    const Mixtures anchor(form, weights, means, spreads);
    if (anchor.stacked()) refuse("weights", "is a stack; wanted are those of one mixture, (k,)");
    new (self) BoundChart(anchor.stack());
}

}  // namespace

void bind_chart(nb::module_ &module) {
    nb::class_<BoundChart>(module, "Chart")
        .def("__init__", &make_chart)
        .def_prop_ro("component", &BoundChart::component)
        .def_prop_ro("size", &BoundChart::size)
        .def("coordinates", &BoundChart::coordinates)
        .def("mixtures", &BoundChart::mixtures)
        .def("growth", &BoundChart::growth)
        .def("score", &BoundChart::score);
}
