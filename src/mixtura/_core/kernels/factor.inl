// What a model keeps of a covariance's Cholesky factor L, and the memory for what is done once a pass.

struct Work {
    double *matrix, *second_matrix;  // (d, d) each
    double *products;                // (k, k)
    double *log_weights;             // (k)

    Work(const Shape &s, Arena &arena)
        : matrix(arena.take(static_cast<int64_t>(s.d) * s.d)),
          second_matrix(arena.take(static_cast<int64_t>(s.d) * s.d)),
          products(arena.take(static_cast<int64_t>(s.k) * s.k)),
          log_weights(arena.take(s.k)) {}
};

inline double half_log_determinant(const double *L, int d) {
    double sum = 0;
    for (int i = 0; i < d; ++i) sum += __builtin_log(L[i * d + i]);
    return sum;
}

// A component's constant, log w - log|L| - d/2 log 2 pi, in units of kUnit. Finite for a weight of 0, so that
// differences of log-joint densities are no NaN; its likelihoods still are 0.
inline double constant_of(double log_weight, double half_log_det, int d) {
    constexpr double log_2_pi = 1.8378770664093454836, least = -1e290;
    const double constant = (log_weight - half_log_det - 0.5 * d * log_2_pi) * kScale;
    return constant > least ? constant : least;
}

// What L^-1 is multiplied by: the square of a whitened difference is then half the squared distance in units
// of kUnit.
inline double whitening_scale() { return __builtin_sqrt(0.5 * kScale); }
