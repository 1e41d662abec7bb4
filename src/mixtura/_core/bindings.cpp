// The module: passes and charts from their own files, and the small functions of an engine.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>

#include "bind.hpp"
#include "threads.hpp"

namespace {

// Applies a function of the engine, which takes whole vectors from whole cache lines.
void apply(void (*function)(const double *, int64_t, double *), nb::handle from, nb::handle to) {
    const In x(from, "x");
    const Out<double> out(to, "out", x.dims());
    if (x.size() % kLineDoubles)
        refuse("x", "has " + std::to_string(x.size()) + " numbers; wanted are eights");
    x.check_alignment(kLine);
    out.check_alignment(kLine);
    function(x.data(), x.size(), out.data());
}

double multiply_add(int64_t rounds, int64_t n_threads) {
    if (n_threads < 1) refuse("n_threads", "is " + std::to_string(n_threads) + "; wanted is 1 or more");
    const Engine &e = engine();
    const auto tasks = std::min<int64_t>(n_threads, most_threads());
    nb::gil_scoped_release unlocked;
    parallel_for(tasks, static_cast<int>(tasks), [&](int64_t, int) noexcept { e.multiply_add(rounds); });
    return 12.0 * e.width * static_cast<double>(rounds) * static_cast<double>(tasks);
}

}  // namespace

void bind_pass(nb::module_ &module);
void bind_chart(nb::module_ &module);
void bind_compress(nb::module_ &module);
void bind_constrained(nb::module_ &module);

NB_MODULE(_native, m) {
    m.doc() = "The passes, compiled. See native.py for the functions as Python calls them.";
    bind_pass(m);
    bind_chart(m);
    bind_compress(m);
    bind_constrained(m);
    m.def("engine", [] { return std::string(engine().name); }, "Return the name of the engine in use.");
    m.def(
        "use_engine", [](const std::string &name) { return use_engine(name.c_str()); },
        "Select an engine by name; return whether this machine runs it.");
    m.def(
        "exp", [](nb::handle x, nb::handle out) { apply(engine().exp, x, out); },
        "Take e^x as the kernels do; sizes a multiple of 8, memory aligned to 64 bytes.");
    m.def(
        "log", [](nb::handle x, nb::handle out) { apply(engine().log, x, out); },
        "Take log(x) as the kernels do; sizes a multiple of 8, memory aligned to 64 bytes.");
    m.def("multiply_add", &multiply_add,
          "Make fused multiply-adds on every thread and return how many, to measure the machine's peak.");
}
