// Scatters: sums over a tile's rows of products of lines, S[i][j] = sum_t a[i][t] (b[j][t] - mean[j]).
//
// S is symmetric, and kept as its lower triangle of 4 x 4 blocks, block row by block row, a block's 16
// numbers by rows. A block's 16 sums, as vectors, would fill the registers: kBlockLines lines of a are done
// at a time.
constexpr int kBlockLines = kRegisters == 32 ? 4 : 2;
static_assert(kBlockLines * 4 % W == 0);  // sums are added up W at a time

inline int64_t scatter_size(int n) {
    const int64_t blocks = round_up(n, 4) / 4;
    return 8 * blocks * (blocks + 1);  // 16 numbers in each of blocks (blocks + 1) / 2
}

// Lines a that are made on the way, a[l][t] = r[t] (x[l][t] - centre[l]), and their sums, in lanes.
struct Weighting {
    const double *r, *x, *centre;
    double *lanes;
};

// One block, out[l][m] += sum_t a[l][t] (b[m][t] - mean[m]), from line FIRST of a on. With MAKE the lines a
// are made as `w` says and written, and their sums added to its lanes; x is b where the block is DIAGONAL.
// Such a block needs m <= l alone. IN b (4, kLine), mean (4); INOUT a (4, kLine), out (4, 4).
template <int FIRST, bool MAKE, bool DIAGONAL>
inline void scatter_block(double *a, const double *b, const double *mean, int rows, const Weighting &w,
                          double *out) {
    vec sum[kBlockLines * 4] = {}, lane[kBlockLines] = {};
    const vec m0 = broadcast(mean[0]), m1 = broadcast(mean[1]), m2 = broadcast(mean[2]),
              m3 = broadcast(mean[3]);
#pragma GCC unroll 2
    for (int t = 0; t < rows; t += W) {
        const vec y[4] = {load(b + t) - m0, load(b + kLine + t) - m1, load(b + 2 * kLine + t) - m2,
                          load(b + 3 * kLine + t) - m3};
#pragma GCC unroll 4
        for (int l = 0; l < kBlockLines; ++l) {
            vec x;
            if (MAKE) {
                x = load(w.r + t) *
                    (DIAGONAL ? y[FIRST + l] : load(w.x + (FIRST + l) * kLine + t) - w.centre[FIRST + l]);
                store(a + (FIRST + l) * kLine + t, x);
                lane[l] += x;
            } else {
                x = load(a + (FIRST + l) * kLine + t);
            }
#pragma GCC unroll 4
            for (int m = 0; m < 4; ++m)
                if (!DIAGONAL || m <= FIRST + l) sum[4 * l + m] += x * y[m];
        }
    }
    if (MAKE)
        for (int l = 0; l < kBlockLines; ++l) {
            double *o = w.lanes + (FIRST + l) * W;
            store(o, load(o) + lane[l]);
        }
    for (int l = 0; l < kBlockLines * 4; l += W) add_lane_sums(sum + l, out + 4 * FIRST + l);
    if constexpr (FIRST + kBlockLines < 4)
        scatter_block<FIRST + kBlockLines, MAKE, DIAGONAL>(a, b, mean, rows, w, out);
}

// The scatter of two sets of lines whose products are symmetric: the triangle of sum_t a[i][t] b[j][t].
// IN a, b (n rounded up to 4, kLine), the padding lines 0; INOUT blocks.
inline void scatter(double *a, const double *b, int n, double *blocks) {
    constexpr double zero[4] = {0, 0, 0, 0};
    for (int i = 0; i < n; i += 4)
        for (int j = 0; j <= i; j += 4, blocks += 16)
            scatter_block<0, false, false>(a + i * kLine, b + j * kLine, zero, kTile, {}, blocks);
}

// First moments and scatter of one component: lanes[i] += sum_t r[t] (x[i][t] - mean[i]) and the triangle of
// sum_t r[t] (x[i][t] - mean[i]) (x[j][t] - mean[j]). What lines past the last one add is in no result.
// IN r (rows), x (n rounded up to 4, kLine), mean (n rounded up to 4); OUT a (n rounded up to 4, kLine),
// work; INOUT lanes (n rounded up to 4, W), blocks.
inline void weighted_scatter(const double *r, const double *x, const double *mean, int n, int rows, double *a,
                             double *lanes, double *blocks) {
    for (int i = 0; i < n; i += 4) {
        double *ai = a + i * kLine;
        const Weighting w{r, x + i * kLine, mean + i, lanes + i * W};
        if (i == 0) {
            scatter_block<0, true, true>(ai, x, mean, rows, w, blocks), blocks += 16;
            continue;
        }
        scatter_block<0, true, false>(ai, x, mean, rows, w, blocks), blocks += 16;
        for (int j = 4; j < i; j += 4, blocks += 16)
            scatter_block<0, false, false>(ai, x + j * kLine, mean + j, rows, w, blocks);
        scatter_block<0, false, true>(ai, x + i * kLine, mean + i, rows, w, blocks), blocks += 16;
    }
}

// OUT the full symmetric matrix (n, n).
inline void unpack_scatter(const double *blocks, int n, double *matrix) {
    for (int i = 0; i < n; i += 4)
        for (int j = 0; j <= i; j += 4, blocks += 16)
            for (int u = i; u < i + 4 && u < n; ++u)
                for (int v = j; v < j + 4 && v <= u; ++v)
                    matrix[u * n + v] = matrix[v * n + u] = blocks[4 * (u - i) + v - j];
}
