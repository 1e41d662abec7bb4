// Binds passes, evaluations and descriptions; no maths here.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "bind.hpp"
#include "description.hpp"
#include "pass.hpp"

namespace {

// The arrays that the moments of mixtures of this shape go to.
struct Results {
    Out<double> counts, first, scatters, loglik;

    Results(const Shape &s, int m, bool stacked, nb::handle counts, nb::handle first, nb::handle scatters,
            nb::handle loglik)
        : counts(counts, "counts", of({s.k}, m, stacked)),
          first(first, "sums", of({s.k, s.d}, m, stacked)),
          scatters(scatters, "scatters", of(spread_dims(s), m, stacked)),
          loglik(loglik, "loglik", of({}, m, stacked)) {}
    Sums sums() const { return {counts.data(), first.data(), scatters.data(), loglik.data()}; }

  private:
    static Dims of(const Dims &one, int m, bool stacked) { return stacked ? one.stacked(m) : one; }
};

nb::tuple make_moments(nb::handle x, const Maybe &omega, nb::handle weights, nb::handle means,
                       nb::handle spreads, const std::string &form, int64_t n_threads, nb::handle counts,
                       nb::handle first, nb::handle scatters, nb::handle loglik) {
    const Mixtures mixtures(form, weights, means, spreads);
    const Stack &stack = mixtures.stack();
    const Matrix rows(x, "x");
    rows.check({Dims::kAny, stack.shape.d});
    const MaybeIn w(omega, "sample_weight");
    w.check({rows.dims().at(0)});
    const Results out(stack.shape, stack.m, mixtures.stacked(), counts, first, scatters, loglik);
    Failure failure;
    unlocked([&] { failure = moments(stack, rows.rows(), w.data(), threads_of(n_threads), out.sums()); });
    return nb::make_tuple(failure.mixture, failure.component);
}

int make_densities(nb::handle x, nb::handle weights, nb::handle means, nb::handle spreads,
                   const std::string &form, const std::string &want, int64_t n_threads, nb::handle out) {
    const Mixtures mixtures(form, weights, means, spreads);
    const Stack &stack = mixtures.stack();
    if (mixtures.stacked()) refuse("weights", "is a stack; wanted are those of one mixture, (k,)");
    const Matrix rows(x, "x");
    rows.check({Dims::kAny, stack.shape.d});
    const int64_t n = rows.dims().at(0), k = stack.shape.k;
    const auto evaluate_to = [&](Want what, double *numbers, int64_t *labels) {
        Failure failure;
        unlocked(
            [&] { failure = evaluate(stack, rows.rows(), what, threads_of(n_threads), numbers, labels); });
        return failure.component;
    };
    if (want == "labels") return evaluate_to(Want::labels, nullptr, Out<int64_t>(out, "out", {n}).data());
    if (want == "log_density")
        return evaluate_to(Want::log_density, Out<double>(out, "out", {n}).data(), nullptr);
    const Want what = want == "log_joint"          ? Want::log_joint
                      : want == "responsibilities" ? Want::responsibilities
                                                   : Want::labels;
    if (what == Want::labels)
        refuse("want", "is '" + want + "'; wanted is log_density, log_joint, responsibilities or labels");
    return evaluate_to(what, Out<double>(out, "out", {n, k}).data(), nullptr);
}

// A pass or a description as Python holds it: fed with pieces of one kind by one thread at a time, finished
// once.
template <class Core>
class Fed {
  public:
    template <class... Args>
    explicit Fed(const Args &...args) : core_(args...) {}

    Core &core() { return core_; }

    void feed(nb::handle x, const Maybe &omega, int64_t n_threads) {
        const Matrix rows(x, "x");
        rows.check({Dims::kAny, core_.features()});
        const MaybeIn w(omega, "sample_weight");
        w.check({rows.dims().at(0)});
        const Rows r = rows.rows();
        const Hold hold(*this);
        const bool weighted = w.data() != nullptr;
        if (fed_ && r.single != single_)
            refuse("x", "holds float32 or float64 where the pieces before it held the other");
        if (fed_ && weighted != weighted_)
            refuse("sample_weight", weighted ? "is given, but the pieces before it had none"
                                             : "is None, but the pieces before it had weights");
        try {
            unlocked([&] { core_.feed(r, w.data(), threads_of(n_threads)); });
        } catch (const nb::python_error &) {
            finished_ = true;  // broken off in the midst of a piece
            throw;
        }
        single_ = r.single, weighted_ = weighted, fed_ = true;
    }

    // Calls f(core), which finishes it.
    template <class F>
    void finish(F f) {
        const Hold hold(*this);
        unlocked([&] { f(core_); });
        finished_ = true;
    }

  private:
    class Hold {
      public:
        explicit Hold(Fed &fed) : fed_(fed) {
            if (fed.busy_.exchange(true))
                throw std::runtime_error("another thread is feeding the same object");
            if (!fed.finished_) return;
            fed.busy_ = false;
            throw std::invalid_argument("this one is finished; begin another");
        }
        ~Hold() { fed_.busy_ = false; }
        Hold(const Hold &) = delete;
        Hold &operator=(const Hold &) = delete;

      private:
        Fed &fed_;
    };

    Core core_;
    std::atomic<bool> busy_{false};
    bool finished_ = false, fed_ = false, single_ = false, weighted_ = false;
};

using FedPass = Fed<Pass>;
using FedDescription = Fed<Description>;

void begin_pass(FedPass *self, const std::string &form, nb::handle weights, nb::handle means,
                nb::handle spreads) {
    new (self) FedPass(Mixtures(form, weights, means, spreads).stack());
}

void finish_pass(FedPass &self, nb::handle counts, nb::handle first, nb::handle scatters, nb::handle loglik) {
    const Pass &pass = self.core();
    const Results out(pass.shape(), pass.mixtures(), true, counts, first, scatters, loglik);
    self.finish([&](Pass &core) { core.finish(no_rows(core.features()), nullptr, 1, out.sums()); });
}

void check_features(const char *name, int64_t d) {
    if (d < 1 || d > INT32_MAX) refuse(name, "is " + std::to_string(d) + "; wanted is 1 or more");
}

void begin_description(FedDescription *self, int64_t d) {
    check_features("d", d);
    new (self) FedDescription(static_cast<int>(d));
}

// The arrays (d) that a description goes to.
struct Descriptive {
    Out<double> mean, variance, minimum, maximum;

    Descriptive(int64_t d, nb::handle mean, nb::handle variance, nb::handle minimum, nb::handle maximum)
        : mean(mean, "mean", {d}),
          variance(variance, "variance", {d}),
          minimum(minimum, "minimum", {d}),
          maximum(maximum, "maximum", {d}) {}
    Description::Values values() const {
        return {mean.data(), variance.data(), minimum.data(), maximum.data()};
    }
};

// The weight of all rows, how many of them have one, and whether all numbers are finite.
nb::tuple rest_of(const Description &d) { return nb::make_tuple(d.weight(), d.rows(), d.finite()); }

nb::tuple finish_description(FedDescription &self, nb::handle mean, nb::handle variance, nb::handle minimum,
                             nb::handle maximum) {
    const int d = self.core().features();
    const Descriptive out(d, mean, variance, minimum, maximum);
    self.finish([&](Description &core) { core.finish(no_rows(d), nullptr, 1, out.values()); });
    return rest_of(self.core());
}

nb::tuple make_description(nb::handle x, const Maybe &omega, int64_t n_threads, nb::handle mean,
                           nb::handle variance, nb::handle minimum, nb::handle maximum) {
    const Matrix rows(x, "x");
    const int64_t d = rows.dims().at(1);
    check_features("x has columns, whose number", d);
    const MaybeIn w(omega, "sample_weight");
    w.check({rows.dims().at(0)});
    const Descriptive out(d, mean, variance, minimum, maximum);
    Description description(static_cast<int>(d));
    unlocked([&] { description.finish(rows.rows(), w.data(), threads_of(n_threads), out.values()); });
    return rest_of(description);
}

}  // namespace

void bind_pass(nb::module_ &module) {
    module.def("moments", &make_moments);
    module.def("densities", &make_densities);
    module.def("describe", &make_description);
    nb::class_<FedPass>(module, "Pass")
        .def("__init__", &begin_pass)
        .def_prop_ro("failure",
                     [](FedPass &self) {
                         const Failure failure = self.core().failure();
                         return nb::make_tuple(failure.mixture, failure.component);
                     })
        .def("feed", &FedPass::feed)
        .def("finish", &finish_pass);
    nb::class_<FedDescription>(module, "Description")
        .def("__init__", &begin_description)
        .def("feed", &FedDescription::feed)
        .def("finish", &finish_description);
}
