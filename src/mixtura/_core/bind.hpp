// What the bindings share: arguments as they come from Python, checked before a number of them is read or
// written. What does not fit is a ValueError that names the argument.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "stack.hpp"
#include "threads.hpp"

namespace nb = nanobind;
using namespace mixtura;

// A number of threads that a job may be given, whatever is asked for.
int threads_of(int64_t n_threads);

// Runs f without the interpreter's lock. Ctrl-C ends it early, and is raised here: of what f made nothing may
// be used then.
bool interrupted() noexcept;
template <class F>
void unlocked(F f) {
    {
        const nb::gil_scoped_release released;
        const Interruptible hears(interrupted);
        f();
    }
    if (PyErr_Occurred()) throw nb::python_error();
}

[[noreturn]] void refuse(const std::string &name, const std::string &why);

// The dimensions of an array, as they are or as they are to be.
class Dims {
  public:
    static constexpr int64_t kAny = -1;

    Dims(std::initializer_list<int64_t> dims) {
        for (const int64_t dim : dims) at_[n_++] = dim;
    }
    Dims(int n, const int64_t *dims) : n_(n) {
        for (int i = 0; i < n && i < kMost; ++i) at_[i] = dims[i];
    }
    Dims stacked(int64_t m) const;  // the same behind the axis of a stack
    int count() const { return n_; }
    int64_t at(int i) const { return at_[i < 0 ? n_ + i : i]; }
    bool fit(const Dims &wanted) const;
    std::string text() const;

  private:
    static constexpr int kMost = 5;
    int64_t at_[kMost];
    int n_ = 0;
};

// An array that is read or, without nb::ro, written to.
template <class... Access>
class Argument {
  public:
    const Dims &dims() const { return dims_; }
    int64_t size() const { return static_cast<int64_t>(array_.size()); }
    void check(const Dims &wanted) const {
        if (!dims_.fit(wanted)) refuse(name_, "has shape " + dims_.text() + "; wanted is " + wanted.text());
    }
    // Refuses an array that does not start at a multiple of so many bytes.
    void check_alignment(int64_t bytes) const {
        if (reinterpret_cast<uintptr_t>(array_.data()) % bytes)
            refuse(name_, "does not start at a multiple of " + std::to_string(bytes) + " bytes; copy it");
    }

  protected:
    using Array = nb::ndarray<nb::device::cpu, Access...>;

    Argument(nb::handle given, const char *name, const char *wanted) : name_(name) {
        if (!nb::try_cast(given, array_, false)) refuse(name, wanted);
        dims_ = Dims(static_cast<int>(array_.ndim()), array_.shape_ptr());
    }

    template <class T>
    bool holds() const {
        return array_.dtype() == nb::dtype<T>();
    }
    // Whether each number lies right behind the one before it, the last axis fastest.
    bool contiguous() const {
        int64_t stride = 1;
        for (size_t i = array_.ndim(); i-- > 0; stride *= static_cast<int64_t>(array_.shape(i)))
            if (array_.shape(i) > 1 && array_.stride(i) != stride) return size() == 0;
        return true;
    }

    const char *name_;
    Array array_;
    Dims dims_{};
};

// Numbers to be read: float64 side by side; other real numbers are copied to such.
class In : public Argument<nb::ro> {
  public:
    In(nb::handle given, const char *name);
    const double *data() const { return static_cast<const double *>(array_.data()); }

  private:
    bool ready() const;
};

// The same, or None.
using Maybe = std::optional<nb::object>;
class MaybeIn {
  public:
    MaybeIn(const Maybe &given, const char *name) {
        if (given) in_.emplace(*given, name);
    }
    const double *data() const { return in_ ? in_->data() : nullptr; }
    void check(const Dims &wanted) const {
        if (in_) in_->check(wanted);
    }

  private:
    std::optional<In> in_;
};

// Numbers to be written, of type T, side by side.
template <class T>
class Out : public Argument<> {
  public:
    Out(nb::handle given, const char *name, const Dims &wanted)
        : Argument(given, name, "is no array that may be written to") {
        check(wanted);
        if (!holds<T>() || !contiguous()) refuse(name, "is not of the type wanted, or not contiguous");
        check_alignment(alignof(T));
    }
    T *data() const { return static_cast<T *>(array_.data()); }
};

// Rows (n, d) of float64 or float32, with any strides.
class Matrix : public Argument<nb::ro> {
  public:
    Matrix(nb::handle given, const char *name);
    Rows rows() const;
};

Form form_of(const std::string &name);

// A stack of mixtures, or one mixture without the axis of stacks.
class Mixtures {
  public:
    Mixtures(const std::string &form, nb::handle weights, nb::handle means, nb::handle spreads);
    const Stack &stack() const { return stack_; }
    bool stacked() const { return weights_.dims().count() == 2; }

  private:
    In weights_, means_, spreads_;
    Stack stack_;
};

// The spreads of one mixture.
Dims spread_dims(const Shape &);
