// A pass: what Python asks for, spread over blocks and threads.
#pragma once
#include "engine.hpp"

namespace mixtura {

struct Failure {
    int mixture, component;  // of a covariance that is not positive definite; -1, -1 if all is well
};

// The engine in use: the widest that this machine runs, or the one that was asked for by name.
const Engine &engine();
bool use_engine(const char *name);  // false if it is unknown or this machine does not run it

// Makes one pass under m mixtures of the same shape.
// IN rows (n, d), omega (n) or null, weights (m, k), means (m, k, d), spreads (m, by form).
// OUT counts (m, k), first (m, k, d), scatters (m, by form), loglik (m).
// Sums over one or a few blocks of rows, by the number of rows, are added in the order of the blocks: the
// same bits for any number of threads.
Failure moments(const Rows &, const double *omega, Form, int m, int k, const double *weights,
                const double *means, const double *spreads, int n_threads, double *counts, double *first,
                double *scatters, double *loglik);

// Evaluates one mixture at every row; out or labels as `Want` says.
Failure evaluate(const Rows &, Form, int k, const double *weights, const double *means, const double *spreads,
                 Want, int n_threads, double *out, int64_t *labels);

// OUT mean, variance, minimum, maximum (d) of the rows whose omega is not 0. Returns whether all numbers are
// finite.
bool describe(const Rows &, const double *omega, int n_threads, double *mean, double *variance,
              double *minimum, double *maximum);

int64_t spread_size(Form, int k, int d);

}  // namespace mixtura
