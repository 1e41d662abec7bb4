// Whitening: y = U (x - mean) for a tile's rows, U the scaled inverse of a Cholesky factor, lower triangular.

// U for `whiten`: bands of 4 lines, each column's 4 entries side by side, zeros above the diagonal.
inline int64_t packed_size(int d) { return scatter_size(d); }
inline void pack_lower(const double *lower, int d, double scale, double *packed) {
    for (int j = 0; j < d; j += 4)
        for (int i = 0; i < j + 4; ++i)
            for (int l = j; l < j + 4; ++l) *packed++ = l < d && i <= l ? scale * lower[l * d + i] : 0.0;
}

// Rows are whitened kStrip vectors at a time: a band's 4 kStrip sums fill about half of the registers.
constexpr int kStrip = kRegisters == 32 ? 4 : 2, kStripRows = kStrip * W;
static_assert(kTile % kStripRows == 0);

// y[l] += column[l] (x - mean) for l from FIRST on. With CENTRE the difference is left in `centred`, else it
// is there already.
template <int FIRST, bool CENTRE>
inline void whiten_step(const double *column, const double *x, double mean, double *centred,
                        vec (&y)[4][kStrip]) {
    vec line[kStrip];
#pragma GCC unroll 4
    for (int v = 0; v < kStrip; ++v) {
        line[v] = CENTRE ? load(x + v * W) - mean : load(centred + v * W);
        if (CENTRE) store(centred + v * W, line[v]);
    }
#pragma GCC unroll 4
    for (int l = FIRST; l < 4; ++l) {
        const vec u = broadcast(column[l]);
#pragma GCC unroll 4
        for (int v = 0; v < kStrip; ++v) y[l][v] += u * line[v];
    }
}

// The band of whitened coordinates j to j + 3.
template <bool CENTRE, class Take>
inline void whiten_band(const double *packed, const double *x, const double *mean, int d, int j,
                        double *centred, Take take) {
    vec y[4][kStrip] = {};
    packed += packed_size(j);
    for (int i = 0; i < j; ++i, packed += 4)
        whiten_step<0, CENTRE>(packed, x + i * kLine, mean[i], centred + i * kLine, y);
    x += j * kLine, mean += j, centred += j * kLine;
    whiten_step<0, CENTRE>(packed, x, mean[0], centred, y);
    if (j + 1 < d) whiten_step<1, CENTRE>(packed + 4, x + kLine, mean[1], centred + kLine, y);
    if (j + 2 < d) whiten_step<2, CENTRE>(packed + 8, x + 2 * kLine, mean[2], centred + 2 * kLine, y);
    if (j + 3 < d) whiten_step<3, CENTRE>(packed + 12, x + 3 * kLine, mean[3], centred + 3 * kLine, y);
    take(j, y);
}

// y = U (x - mean) of kStripRows rows; each finished band of 4 coordinates from j on goes to take(j, y). The
// last band, which needs all lines, comes first and leaves them centred for the others. IN packed U, x
// (d, kLine), mean (d); OUT centred (d, kLine).
template <class Take>
inline void whiten(const double *packed, const double *x, const double *mean, int d, double *centred,
                   Take take) {
    int j = round_up(d, 4) - 4;
    whiten_band<true>(packed, x, mean, d, j, centred, take);
    while ((j -= 4) >= 0) whiten_band<false>(packed, x, mean, d, j, centred, take);
}
