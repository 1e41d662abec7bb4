// Binds the M-steps of constrained families and the looks at the floor; no maths here.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <string>

#include "bind.hpp"
#include "constrained.hpp"
#include "floor.hpp"

namespace {

// Returns d, the number of the floor's variances.
int64_t features(const In &least, int64_t most) {
    least.check({Dims::kAny});
    const int64_t d = least.dims().at(0);
    if (d < 2 || d > most)
        refuse("least", "has " + std::to_string(d) + " numbers; wanted are 2 to " + std::to_string(most));
    return d;
}

// OUT covariances (m, k, d, d), done (m).
void make_covariances(const std::string &name, nb::handle counts, nb::handle scatters, nb::handle least,
                      const Maybe &before, double close, nb::handle covariances, nb::handle done) {
    const Letters letters = name.size() == 3 ? Letters{name[0], name[1], name[2]} : Letters{};
    if (!letters.known()) refuse("name", "is '" + name + "', no constrained family");
    const In n(counts, "counts"), s(scatters, "scatters"), floor(least, "least");
    n.check({Dims::kAny, Dims::kAny});
    const int64_t m = n.dims().at(0), k = n.dims().at(1);
    const int64_t d = features(floor, letters.turned() ? kMostTurned : kMostFeatures);
    if (m >= INT32_MAX || k < 1 || k >= INT32_MAX) refuse("counts", "has shape " + n.dims().text());
    s.check(letters.diagonal() ? Dims{m, k, d} : Dims{m, k, d, d});
    const MaybeIn last(before, "before");
    last.check({m, k, d, d});
    const Out<double> to(covariances, "covariances", {m, k, d, d});
    const Out<uint8_t> made(done, "done", {m});
    nb::gil_scoped_release unlocked;
    maximise(letters,
             {static_cast<int>(m), static_cast<int>(k), static_cast<int>(d), n.data(), s.data(), floor.data(),
              last.data(), close},
             to.data(), made.data());
}

// OUT flags (n).
void make_touches(nb::handle matrices, nb::handle least, nb::handle flags) {
    const In s(matrices, "matrices"), floor(least, "least");
    const int64_t d = features(floor, kMostFeatures);
    s.check({Dims::kAny, d, d});
    const Out<uint8_t> out(flags, "flags", {s.dims().at(0)});
    nb::gil_scoped_release unlocked;
    touches(s.data(), s.dims().at(0), static_cast<int>(d), floor.data(), out.data());
}

// OUT flags (n).
void make_flat(nb::handle matrices, nb::handle least, double part, nb::handle flags) {
    const In s(matrices, "matrices"), floor(least, "least");
    const int64_t d = features(floor, kMostFeatures);
    s.check({Dims::kAny, d, d});
    const Out<uint8_t> out(flags, "flags", {s.dims().at(0)});
    nb::gil_scoped_release unlocked;
    flat(s.data(), s.dims().at(0), static_cast<int>(d), floor.data(), part, out.data());
}

// OUT least (m, k).
void make_thickness(nb::handle weights, nb::handle covariances, nb::handle least) {
    const In w(weights, "weights"), s(covariances, "covariances");
    w.check({Dims::kAny, Dims::kAny}), s.check({Dims::kAny, Dims::kAny, Dims::kAny, Dims::kAny});
    const int64_t m = w.dims().at(0), k = w.dims().at(1), d = s.dims().at(3);
    s.check({m, k, d, d});
    if (k >= INT32_MAX || d < 1 || d > kMostFeatures) refuse("covariances", "has shape " + s.dims().text());
    const Out<double> out(least, "least", {m, k});
    nb::gil_scoped_release unlocked;
    thickness(w.data(), s.data(), m, static_cast<int>(k), static_cast<int>(d), out.data());
}

}  // namespace

void bind_constrained(nb::module_ &module) {
    module.def("constrained", &make_covariances);
    module.def("touches", &make_touches);
    module.def("flat", &make_flat);
    module.def("thickness", &make_thickness);
}
