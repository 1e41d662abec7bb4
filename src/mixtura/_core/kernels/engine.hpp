// What a build of the engine offers. The same source (engine.inl) is compiled once for each instruction set.
#pragma once
#include <cstdint>

namespace mixtura {

// A matrix (n, d) in the caller's memory, of doubles or floats, with strides in elements.
struct Rows {
    const void *data;
    bool single;
    int64_t n;
    int d;
    int64_t row_stride, column_stride;
};

// The form of the covariances in a pass, and with it the shape of spreads and scatters:
// full (k, d, d), tied (d, d), diagonal (k, d), spherical (k).
enum class Form { full, tied, diagonal, spherical };

// From here on a tile or a factor takes long enough to ask between two whether the answer is still wanted:
// see threads.hpp, which no file that is compiled for one instruction set includes.
constexpr int kLong = 64;  // features
bool stopped() noexcept;

constexpr int kBlock = 1024;  // rows that are read, then worked on, at once

// What a mixture is like: all that the layout of buffers depends on.
struct Shape {
    Form form;
    int k, d;
};

// Sizes, in doubles, of the buffers that the functions below want for a mixture of a shape; they begin at 64
// bytes.
struct Sizes {
    int64_t model, sums, scratch, rows;
};

// Where the rows of a block lie in the caller's memory if they are doubles side by side, else null; and what
// the thread is likely to read next, to be fetched meanwhile.
struct Origin {
    const double *rows;
    int64_t stride;
    const char *next;
    int64_t bytes;
};

enum class Want { log_density, log_joint, responsibilities, labels };

struct Engine {
    const char *name;
    int width;
    Sizes (*sizes)(const Shape &);
    // Factors the spreads. IN weights (k), means (k, d), spreads by form; OUT model. Returns the index of the
    // first component whose spread is not positive definite, or -1.
    int (*prepare)(const Shape &, const double *weights, const double *means, const double *spreads,
                   double *model, double *scratch);
    // Copies up to kBlock rows into tiles, transposed. IN omega (n) or null; OUT tiles.
    void (*read)(const Shape &, const Rows &, const double *omega, int64_t first, int count, double *tiles);
    // Adds the moments of a block. IN model, tiles, origin of their rows; INOUT sums.
    void (*accumulate)(const Shape &, const double *model, const double *tiles, const Origin &, int count,
                       bool weighted, double *scratch, double *sums);
    // Turns sums into counts (k), first moments (k, d), scatters by form (cleared by the caller) and
    // log-likelihood.
    void (*finish)(const Shape &, const double *model, const double *sums, double *counts, double *first,
                   double *scatters, double *loglik, double *scratch);
    // Evaluates a block. OUT (count) for log_density; (count, k) for log_joint and responsibilities.
    void (*evaluate)(const Shape &, const double *model, const double *tiles, int count, Want want,
                     double *scratch, double *out, int64_t *labels);
    void (*exp)(const double *x, int64_t n, double *out);  // n a multiple of 8, aligned to 64 bytes
    void (*log)(const double *x, int64_t n, double *out);
    double (*multiply_add)(int64_t rounds);  // rounds * 12 * width fused multiply-adds, for the roofline
};

extern const Engine baseline;
#if defined(MIXTURA_X86)
extern const Engine avx2, avx512;
#endif

}  // namespace mixtura
