// Binds the M-steps of constrained families; no maths here.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <string>

#include "bind.hpp"
#include "constrained.hpp"

namespace {

// OUT covariances (m, k, d, d), done (m).
void make_covariances(const std::string &name, nb::handle counts, nb::handle scatters, nb::handle least,
                      const Maybe &before, double close, nb::handle covariances, nb::handle done) {
    const Letters letters = name.size() == 3 ? Letters{name[0], name[1], name[2]} : Letters{};
    if (!letters.known()) refuse("name", "is '" + name + "', no constrained family");
    const In n(counts, "counts"), s(scatters, "scatters"), floor(least, "least");
    n.check({Dims::kAny, Dims::kAny}), floor.check({Dims::kAny});
    const int64_t m = n.dims().at(0), k = n.dims().at(1), d = floor.dims().at(0);
    const int64_t most = letters.turned() ? kMostTurned : kMostFeatures;
    if (m >= INT32_MAX || k < 1 || k >= INT32_MAX) refuse("counts", "has shape " + n.dims().text());
    if (d < 2 || d > most)
        refuse("least", "has " + std::to_string(d) + " numbers; wanted are 2 to " + std::to_string(most));
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

}  // namespace

void bind_constrained(nb::module_ &module) { module.def("constrained", &make_covariances); }
