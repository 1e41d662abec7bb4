// One dimension without the data: power sums of the rows in each cell of a line, and nodes that stand for
// them.
#pragma once
#include <cstdint>

#include "engine.hpp"

namespace mixtura {

constexpr int kPowers = 8;           // powers of the place in a cell whose sums are kept, 0 to 7
constexpr int kNodes = kPowers / 2;  // nodes of a Gauss rule that reproduces them

// Sums powers of each row's place in its cell, t = (x - centre) / half width, over the rows of the cell:
//
//     table[j][q] = sum_{i in cell j} omega_i t_i^q,    q < kPowers.
//
// IN rows (n, 1); omega (n) or null; edges (m + 1), increasing, of the cells [edges[j], edges[j + 1]), the
// last one closed. OUT table (m, kPowers). Returns the weight of the rows outside the edges, which are in no
// sum. Slabs of rows, of a size that depends on n alone, are summed on their own and added up in their order.
double sum_cells(const Rows &rows, const double *omega, const double *edges, int64_t m, int n_threads,
                 double *table);

// Finds for each cell the Gauss rule of the measure that its rows make: at most kNodes nodes with positive
// weights that reproduce its power sums. At most kNodes distinct values come back as they are.
//
// IN edges (m + 1); table (m, kPowers). OUT places, weights (m, kNodes): nodes as t in [-1, 1]; weight 0 is
// no node.
void gauss_nodes(const double *table, int64_t m, int n_threads, double *places, double *weights);

}  // namespace mixtura
