#include "bind.hpp"

#include <algorithm>
#include <stdexcept>

#include "threads.hpp"

using namespace nb::literals;

int threads_of(int64_t n_threads) {
    return static_cast<int>(std::clamp<int64_t>(n_threads, 1, most_threads()));
}

bool interrupted() noexcept {
    const nb::gil_scoped_acquire held;
    return PyErr_CheckSignals() != 0;
}

void refuse(const std::string &name, const std::string &why) {
    throw std::invalid_argument(name + " " + why);
}

Dims Dims::stacked(int64_t m) const {
    Dims all{m};
    for (int i = 0; i < n_; ++i) all.at_[all.n_++] = at_[i];
    return all;
}

bool Dims::fit(const Dims &wanted) const {
    bool fits = n_ == wanted.n_;
    for (int i = 0; fits && i < n_; ++i) fits = wanted.at_[i] == kAny || at_[i] == wanted.at_[i];
    return fits;
}

std::string Dims::text() const {
    std::string text = "(";
    for (int i = 0; i < n_ && i < kMost; ++i)
        text += (i ? ", " : "") + (at_[i] == kAny ? "any" : std::to_string(at_[i]));
    return text + (n_ == 1 ? ",)" : n_ > kMost ? ", ...)" : ")");
}

namespace {
constexpr const char *kNoNumbers = "is no array of real numbers";
}

In::In(nb::handle given, const char *name) : Argument(given, name, kNoNumbers) {
    const auto type = static_cast<nb::dlpack::dtype_code>(array_.dtype().code);
    if (type == nb::dlpack::dtype_code::Complex) refuse(name, kNoNumbers);
    if (ready()) return;
    const nb::object copy = nb::module_::import_("numpy").attr("array")(given, "float64", "order"_a = "C");
    if (!nb::try_cast(copy, array_, false) || !ready()) refuse(name, kNoNumbers);
}

bool In::ready() const {
    return holds<double>() && contiguous() &&
           reinterpret_cast<uintptr_t>(array_.data()) % alignof(double) == 0;
}

Matrix::Matrix(nb::handle given, const char *name)
    : Argument(given, name, "is no array of rows with strides of whole numbers") {
    check({Dims::kAny, Dims::kAny});
    if (!holds<double>() && !holds<float>()) refuse(name, "holds neither float64 nor float32");
    check_alignment(holds<double>() ? alignof(double) : alignof(float));
}

Rows Matrix::rows() const {
    return {array_.data(),    holds<float>(),  dims_.at(0), static_cast<int>(dims_.at(1)),
            array_.stride(0), array_.stride(1)};
}

Form form_of(const std::string &name) {
    if (name == "full") return Form::full;
    if (name == "tied") return Form::tied;
    if (name == "diagonal") return Form::diagonal;
    if (name == "spherical") return Form::spherical;
    refuse("form", "is '" + name + "'; wanted is full, tied, diagonal or spherical");
}

Dims spread_dims(const Shape &s) {
    switch (s.form) {
        case Form::full: return {s.k, s.d, s.d};
        case Form::tied: return {s.d, s.d};
        case Form::diagonal: return {s.k, s.d};
        default: return {s.k};
    }
}

Mixtures::Mixtures(const std::string &form, nb::handle weights, nb::handle means, nb::handle spreads)
    : weights_(weights, "weights"), means_(means, "means"), spreads_(spreads, "spreads") {
    // What the kernels count in int: the likelihoods of a row's components, and the numbers of a spread.
    constexpr int64_t most_components = 65'535, most_features = 32'767, most_numbers = int64_t{1} << 30;
    const Dims &own = weights_.dims();
    if (own.count() != 1 && own.count() != 2)
        refuse("weights", "has shape " + own.text() + "; wanted is (k,) or (m, k)");
    const int64_t m = stacked() ? own.at(0) : 1, k = own.at(-1);
    const auto dims = [&](const Dims &one) { return stacked() ? one.stacked(m) : one; };
    means_.check(dims({k, Dims::kAny}));
    const int64_t d = means_.dims().at(-1);
    if (m < 1 || k < 1 || d < 1 || m > INT32_MAX || k > most_components || d > most_features)
        refuse("means", "has shape " + means_.dims().text() + "; wanted are 1 to " +
                            std::to_string(most_components) + " components of 1 to " +
                            std::to_string(most_features) + " features");
    const Shape shape{form_of(form), static_cast<int>(k), static_cast<int>(d)};
    if (spread_size(shape) > most_numbers) refuse("spreads", "are too many numbers for a pass");
    spreads_.check(dims(spread_dims(shape)));
    stack_ = {shape, static_cast<int>(m), weights_.data(), means_.data(), spreads_.data()};
}
