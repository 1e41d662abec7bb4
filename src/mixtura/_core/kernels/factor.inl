// What a pass makes of a component's Cholesky factor: constants, packed triangles, whitened rows.

constexpr double kLog2Pi = 1.8378770664093454836;

// A component's constant in kernel units, finite for a weight of 0 (its likelihoods still are 0), and what a
// whitened difference is multiplied by so that its square is half the squared distance in kernel units.
inline double constant_of(double log_weight, double half_log_det, int d) {
    const double constant = (log_weight - half_log_det - 0.5 * d * kLog2Pi) * kScale;
    return constant > -1e290 ? constant : -1e290;
}
inline double whitening_scale() { return __builtin_sqrt(0.5 * kScale); }

inline double half_log_determinant(const double *L, int d) {
    double sum = 0;
    for (int i = 0; i < d; ++i) sum += __builtin_log(L[i * d + i]);
    return sum;
}

// A lower triangle for `whiten`: bands of 4 lines, each column's 4 entries side by side, zeros above the
// diagonal.
inline int64_t packed_size(int d) { return scatter_size(d); }
inline void pack_lower(const double *lower, int d, double scale, double *packed) {
    for (int j = 0; j < d; j += 4)
        for (int i = 0; i < j + 4; ++i)
            for (int l = j; l < j + 4; ++l) *packed++ = l < d && i <= l ? scale * lower[l * d + i] : 0.0;
}

// y = U (x - mean) for NT vectors of rows at a time; each finished band of 4 lines goes to `take(band, y)`.
// The last band, which needs all lines, comes first and leaves them centred for the others. IN packed U, x
// (d, TS), mean (d); OUT a (d rounded up to 4, TS).
constexpr int NT = kRegisters == 32 ? 4 : 2;

template <int FROM, bool CENTRE>
inline void whiten_step(const double *column, const double *x, double mean, double *a, vec (&y)[4][NT]) {
    vec line[NT];
#pragma GCC unroll 4
    for (int v = 0; v < NT; ++v) {
        line[v] = CENTRE ? load(x + v * W) - mean : load(a + v * W);
        if (CENTRE) store(a + v * W, line[v]);
    }
#pragma GCC unroll 4
    for (int l = FROM; l < 4; ++l) {
        const vec u = broadcast(column[l]);
#pragma GCC unroll 4
        for (int v = 0; v < NT; ++v) y[l][v] += u * line[v];
    }
}

template <bool CENTRE, class Take>
inline void whiten_band(const double *packed, const double *x, const double *mean, int d, int j, double *a,
                        Take take) {
    vec y[4][NT] = {};
    packed += scatter_size(j);
    for (int i = 0; i < j; ++i, packed += 4)
        whiten_step<0, CENTRE>(packed, x + i * TS, mean[i], a + i * TS, y);
    x += j * TS, mean += j, a += j * TS;
    whiten_step<0, CENTRE>(packed, x, mean[0], a, y);
    if (j + 1 < d) whiten_step<1, CENTRE>(packed + 4, x + TS, mean[1], a + TS, y);
    if (j + 2 < d) whiten_step<2, CENTRE>(packed + 8, x + 2 * TS, mean[2], a + 2 * TS, y);
    if (j + 3 < d) whiten_step<3, CENTRE>(packed + 12, x + 3 * TS, mean[3], a + 3 * TS, y);
    take(j, y);
}

template <class Take>
inline void whiten(const double *packed, const double *x, const double *mean, int d, double *a, Take take) {
    int j = round_up(d, 4) - 4;
    whiten_band<true>(packed, x, mean, d, j, a, take);
    while ((j -= 4) >= 0) whiten_band<false>(packed, x, mean, d, j, a, take);
}
