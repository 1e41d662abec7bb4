// Stacks of mixtures of one shape, as they are given and as an engine reads them.
#pragma once
#include "engine.hpp"
#include "memory.hpp"
#include "threads.hpp"

namespace mixtura {

// The engine in use: the widest that this machine runs, or the one that was asked for by name.
const Engine &engine();
bool use_engine(const char *name);  // false if it is unknown or this machine does not run it

// m mixtures of the same shape: weights (m, k), means (m, k, d), spreads (m, by form).
struct Stack {
    Shape shape;
    int m;
    const double *weights, *means, *spreads;
};

constexpr int64_t spread_size(const Shape &s) {
    switch (s.form) {
        case Form::full: return int64_t{s.k} * s.d * s.d;
        case Form::tied: return int64_t{s.d} * s.d;
        case Form::diagonal: return int64_t{s.k} * s.d;
        default: return s.k;
    }
}

struct Failure {
    int mixture = -1, component = -1;  // of a covariance that is not positive definite; -1, -1 if all is well
};

// The models of a stack, side by side, each from a cache line on.
class Models {
  public:
    static int64_t size(const Sizes &z, int m) { return aligned(z.model) * m; }

    // OUT data (size(z, m)); scratch is work.
    Failure prepare(const Engine &e, const Sizes &z, const Stack &stack, double *data, double *scratch) {
        const Shape &s = stack.shape;
        stride_ = aligned(z.model), data_ = data;
        for (int64_t i = 0; i < stack.m && !stopped(); ++i) {
            const int bad = e.prepare(s, stack.weights + i * s.k, stack.means + i * s.k * s.d,
                                      stack.spreads + i * spread_size(s), data + i * stride_, scratch);
            if (bad >= 0) return {static_cast<int>(i), bad};
        }
        return {};
    }
    const double *at(int64_t i) const { return data_ + i * stride_; }

  private:
    int64_t stride_ = 0;
    double *data_ = nullptr;
};

}  // namespace mixtura
