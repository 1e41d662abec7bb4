// The engine: every kernel of a pass, compiled once for each instruction set.
//
// A block of rows is read once into tiles: kTile rows, transposed to d + 1 lines so that a vector holds one
// feature of W rows; the last line of a tile holds the row weights omega. On a tile, three steps:
//   joint      l[c][t] = log w_c - log|L_c| - d/2 log 2 pi - |L_c^-1 (x_t - mu_c)|^2 / 2
//              in units of log(2) / kUnits, see elementary.inl
//   normalise  r[c][t] = omega_t exp(l[c][t] - log sum_c exp l[c][t])
//   gather     sums over t of r, r (x - mu), r (x - mu)(x - mu)^T
// A share is such an r: a responsibility times the row's weight.
//
// Components come in kinds. Small: up to 8 dimensions, unrolled; full, tied, diagonal and spherical: any
// dimension. Each kind is a struct with the layout of its model and sums, its joint and gather. Where
// components lie apart, full, diagonal and spherical ones are worked on by pairs of a row and a component:
// sparse.inl.
//
// Every buffer that comes in (model, tiles, scratch, sums) begins at a multiple of 64 bytes.

#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine.hpp"

namespace mixtura {
namespace {

// What all kernels are written in.
#include "simd.inl"
#include "elementary.inl"
#include "arena.inl"
#include "tile.inl"

// Steps that kinds share.
#include "normalise.inl"
#include "scatter.inl"
#include "whiten.inl"
#include "dense.inl"
#include "factor.inl"

// The kinds.
#include "unrolled.inl"
#include "full.inl"
#include "tied.inl"
#include "diagonal.inl"

// The same by pairs of a row and a component.
#include "pairs.inl"
#include "sparse.inl"
#include "full_pairs.inl"
#include "diagonal_pairs.inl"

// What the rest of the core calls.
#include "kinds.inl"
#include "reading.inl"
#include "accumulate.inl"
#include "evaluate.inl"
#include "arrays.inl"

constexpr Engine make_engine(const char *name) {
    return {name,   W,        sizes,     prepare,   read_rows,   accumulate,
            finish, evaluate, exp_array, log_array, multiply_add};
}

}  // namespace
}  // namespace mixtura
