// Bindings: arrays in, arrays out, the interpreter lock released in between. No mathematics here.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <optional>
#include <string>

#include "bind.hpp"
#include "pass.hpp"
#include "threads.hpp"

namespace {

using Matrix = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using Labels = nb::ndarray<int64_t, nb::c_contig, nb::device::cpu>;

Rows rows_of(const Matrix &x) {
    const bool single = x.dtype() == nb::dtype<float>();
    if (!single && x.dtype() != nb::dtype<double>()) throw nb::type_error("x must hold float64 or float32");
    return {x.data(),    single,     static_cast<int64_t>(x.shape(0)), static_cast<int>(x.shape(1)),
            x.stride(0), x.stride(1)};
}

const double *maybe(const std::optional<In> &a) { return a ? a->data() : nullptr; }

// The caller (native.py) makes all arrays, of the right shapes: see pass.hpp.
nb::tuple make_moments(const Matrix &x, std::optional<In> omega, const In &weights, const In &means,
                       const In &spreads, const std::string &form, int n_threads, Out &counts, Out &first,
                       Out &scatters, Out &loglik) {
    const Rows rows = rows_of(x);
    const Form f = form_of(form);
    const int m = static_cast<int>(weights.shape(0)), k = static_cast<int>(weights.shape(1));
    Failure failure;
    {
        nb::gil_scoped_release unlocked;
        failure = mixtura::moments(rows, maybe(omega), f, m, k, weights.data(), means.data(), spreads.data(),
                                   n_threads, counts.data(), first.data(), scatters.data(), loglik.data());
    }
    return nb::make_tuple(failure.mixture, failure.component);
}

int make_densities(const Matrix &x, const In &weights, const In &means, const In &spreads,
                   const std::string &form, const std::string &want, int n_threads, std::optional<Out> out,
                   std::optional<Labels> labels) {
    const Rows rows = rows_of(x);
    const Form f = form_of(form);
    const Want w = want == "log_density" ? Want::log_density
                   : want == "log_joint" ? Want::log_joint
                   : want == "labels"    ? Want::labels
                                         : Want::responsibilities;
    double *o = out ? out->data() : nullptr;
    int64_t *l = labels ? labels->data() : nullptr;
    nb::gil_scoped_release unlocked;
    return mixtura::evaluate(rows, f, static_cast<int>(weights.shape(0)), weights.data(), means.data(),
                             spreads.data(), w, n_threads, o, l)
        .component;
}

bool make_describe(const Matrix &x, std::optional<In> omega, int n_threads, Out &mean, Out &variance,
                   Out &minimum, Out &maximum) {
    const Rows rows = rows_of(x);
    const double *w = maybe(omega);
    nb::gil_scoped_release unlocked;
    return mixtura::describe(rows, w, n_threads, mean.data(), variance.data(), minimum.data(),
                             maximum.data());
}

}  // namespace

void bind_chart(nb::module_ &module);
void bind_compress(nb::module_ &module);

NB_MODULE(_native, m) {
    m.doc() = "The passes, compiled. See native.py for the functions as Python calls them.";
    m.def("moments", &make_moments);
    m.def("densities", &make_densities);
    m.def("describe", &make_describe);
    bind_chart(m);
    bind_compress(m);
    m.def("engine", [] { return std::string(engine().name); }, "Return the name of the engine in use.");
    m.def(
        "use_engine", [](const std::string &name) { return use_engine(name.c_str()); },
        "Select an engine by name; return whether this machine runs it.");
    m.def(
        "exp",
        [](const In &x, Out &out) { engine().exp(x.data(), static_cast<int64_t>(x.size()), out.data()); },
        "Take e^x as the kernels do; sizes a multiple of 8, memory aligned to 64 bytes.");
    m.def(
        "log",
        [](const In &x, Out &out) { engine().log(x.data(), static_cast<int64_t>(x.size()), out.data()); },
        "Take log(x) as the kernels do; sizes a multiple of 8, memory aligned to 64 bytes.");
    m.def(
        "multiply_add",
        [](int64_t rounds, int n_threads) {
            nb::gil_scoped_release unlocked;
            parallel_for(n_threads, n_threads, [&](int64_t, int) { engine().multiply_add(rounds); });
            return 12.0 * engine().width * static_cast<double>(rounds) * n_threads;
        },
        "Make fused multiply-adds on every thread and return how many, to measure the machine's peak.");
}
