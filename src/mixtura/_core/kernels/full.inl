// A covariance matrix for each component, any dimension.
// Model, for each component: constant, mean (d), packed scaled inverse Cholesky factor. Sums: for each
// component count and first moments (d) in lanes, then for each component its scatter in blocks.

struct Full {
    static int64_t component(int d) { return 1 + d + packed_size(d); }
    static int64_t model_size(int k, int d) { return k * component(d); }
    static int64_t lanes(int d) { return (1 + round_up(d, 4)) * W; }
    static int64_t sums_size(int k, int d) { return k * (lanes(d) + scatter_size(d)); }

    static void joint(const Tile &tile, const double *model) {
        distances(model, tile.d, tile.d, tile.k, tile.x, T, *tile.ahead, tile.a, tile.r);
    }

    // out[c][t] = constant_c - the squared length of the first `few` whitened coordinates. IN the models of k
    // components of d dimensions, x (d, TS), rows a multiple of NT W; OUT a (d rounded up to 4, TS) work, out
    // (k, TS).
    static void distances(const double *model, int d, int few, int k, const double *x, int rows, Ahead &ahead,
                          double *a, double *out) {
        for (int c = 0; c < k; ++c, model += component(d)) {
            const double *mean = model + 1, *packed = mean + d;
            ahead.fetch();
            for (int t = 0; t < rows; t += NT * W) {
                vec q[NT] = {};
                whiten(packed, x + t, mean, few, a + t, [&](int, const vec(&y)[4][NT]) {
#pragma GCC unroll 4
                    for (int l = 0; l < 4; ++l)
#pragma GCC unroll 4
                        for (int v = 0; v < NT; ++v) q[v] += y[l][v] * y[l][v];
                });
#pragma GCC unroll 4
                for (int v = 0; v < NT; ++v) store(out + c * TS + t + v * W, model[0] - q[v]);
            }
        }
    }

    static void gather(const Tile &tile, const double *model, double *sums) {
        double *matrix = sums + tile.k * lanes(tile.d);
        for (int c = 0; c < tile.k; ++c, model += component(tile.d), matrix += scatter_size(tile.d)) {
            const double *mean = model + 1;
            double *lane = sums + c * lanes(tile.d);
            const double *r = tile.r + c * TS;
            int rows[T];
            const int n = count_noticeable(tile, c);
            const bool some = 2 * n <= T;  // beyond, moving rows costs as much as leaving them out saves
            if (some) list_noticeable(tile, c, rows);
            take_shares(tile, c, lane);
            if (some)
                gather_some(tile, r, rows, n, mean, lane + W, matrix);
            else
                weighted_scatter(r, tile.x, mean, tile.d, T, tile.b, lane + W, matrix);
        }
    }

    // The same for n of the tile's rows, moved together; where clusters lie apart, each has few.
    static void gather_some(const Tile &tile, const double *r, const int *rows, int n, const double *mean,
                            double *lanes, double *matrix) {
        if (n == 0) return;
        const int padded = round_up(n, W);
        double *share = tile.q;
        for (int i = 0; i < tile.d; ++i) {
            const double *x = tile.x + i * TS;
            double *a = tile.a + i * TS;
            for (int t = 0; t < n; ++t) a[t] = x[rows[t]];
            for (int t = n; t < padded; ++t) a[t] = mean[i];
        }
        for (int t = 0; t < n; ++t) share[t] = r[rows[t]];
        for (int t = n; t < padded; ++t) share[t] = 0.0;
        weighted_scatter(share, tile.a, mean, tile.d, padded, tile.b, lanes, matrix);
    }

    static int cost_of_partial(int few) { return few * (few + 5) / 2; }
    static int cost_of_listed(int d) { return 3 * d * d / 2 + 200; }
    static int cost_of_dense(int d) { return d * (d + 5) + 30; }

    // OUT y (n, row_stride(d)): rows less a mean. What rounds d up to 4 stays 0.
    static void centre(const double *const *x, int n, const double *mean, int d, double *y) {
        for (int p = 0; p < n; ++p, y += row_stride(d)) {
            int i = 0;
            for (; i + 4 <= d; i += 4) store_quad(y + i, load_quad(x[p] + i) - load_quad(mean + i));
            for (; i < d; ++i) y[i] = x[p][i] - mean[i];
        }
    }

    // Bands of 4 whitened coordinates of PAIRS rows. OUT (PAIRS); y work.
    [[gnu::noinline]] static void measure(const double *component, int d, const double *const *x, double *y,
                                          double *out) {
        const double *packed = component + 1 + d;
        const int stride = row_stride(d);
        centre(x, PAIRS, component + 1, d, y);
        quad q[PAIRS] = {};
        for (int j = 0; j < d; j += 4) {
            quad z[PAIRS] = {};
            for (int i = 0; i < j + 4; ++i, packed += 4) {
                const quad u = load_quad(packed);
#pragma GCC unroll 8
                for (int p = 0; p < PAIRS; ++p) z[p] += u * y[p * stride + i];
            }
#pragma GCC unroll 8
            for (int p = 0; p < PAIRS; ++p) q[p] += z[p] * z[p];
        }
        for (int p = 0; p < PAIRS; p += 4) store_quad(out + p, component[0] - sum_quads(q + p));
    }

    // INOUT single: count, then from 4 on first moments; the scatter in sums.
    [[gnu::noinline]] static void gather_pairs(const Shape &s, int c, const double *mean,
                                               const double *const *x, const double *share, int n, double *y,
                                               double *single, double *sums) {
        const int stride = row_stride(s.d), padded = round_up(s.d, 4);
        double *weighted = y + n * stride;
        centre(x, n, mean, s.d, y);
        double *matrix = sums + s.k * lanes(s.d) + c * scatter_size(s.d);
        double count = 0;
        for (int p = 0; p < n; ++p) {
            count += share[p];
            for (int i = 0; i < padded; i += 4)
                store_quad(weighted + p * stride + i, share[p] * load_quad(y + p * stride + i));
        }
        single[0] += count;
        for (int i = 0; i < padded; i += 4) {
            quad sum = load_quad(single + 4 + i);
            for (int p = 0; p < n; ++p) sum += load_quad(weighted + p * stride + i);
            store_quad(single + 4 + i, sum);
            int j = 0;
            for (; j < i; j += 8, matrix += 32) block_pairs<2>(weighted + i, y + j, n, stride, matrix);
            if (j == i) block_pairs<1>(weighted + i, y + j, n, stride, matrix), matrix += 16;
        }
    }

    static void add_singles(const Shape &s, int c, const double *count, const double *first, const double *,
                            double *sums) {
        sums += c * lanes(s.d);
        sums[0] += *count;
        for (int i = 0; i < s.d; ++i) sums[(1 + i) * W] += first[i];
    }

    // BLOCKS neighbours, 4 x 4 each, of the scatter of n pairs.
    template <int BLOCKS>
    static void block_pairs(const double *weighted, const double *y, int n, int stride, double *out) {
        quad sum[4 * BLOCKS];
        for (int l = 0; l < 4 * BLOCKS; ++l) sum[l] = load_quad(out + 4 * l);
        for (int p = 0; p < n; ++p, weighted += stride, y += stride) {
#pragma GCC unroll 2
            for (int b = 0; b < BLOCKS; ++b) {
                const quad other = load_quad(y + 4 * b);
#pragma GCC unroll 4
                for (int l = 0; l < 4; ++l) sum[4 * b + l] += weighted[l] * other;
            }
        }
        for (int l = 0; l < 4 * BLOCKS; ++l) store_quad(out + 4 * l, sum[l]);
    }

    static bool prepare(const Shape &s, int c, double log_weight, const double *mean, const double *spreads,
                        double *model, double *work) {
        const int d = s.d;
        double *L = work, *inverse = work + d * d;
        if (!cholesky(spreads + static_cast<int64_t>(c) * d * d, d, L, inverse)) return false;
        invert_lower(L, d, inverse);
        model += c * component(d);
        *model++ = constant_of(log_weight, half_log_determinant(L, d), d);
        for (int i = 0; i < d; ++i) *model++ = mean[i];
        pack_lower(inverse, d, whitening_scale(), model);
        return true;
    }

    static void finish(const Shape &s, const double *, const double *sums, double *counts, double *first,
                       double *scatters) {
        const double *matrix = sums + s.k * lanes(s.d);
        for (int c = 0; c < s.k; ++c, matrix += scatter_size(s.d), scatters += s.d * s.d) {
            counts[c] = sum_lanes(load(sums));
            for (int i = 0; i < s.d; ++i) *first++ = sum_lanes(load(sums + (1 + i) * W));
            sums += lanes(s.d);
            unpack_scatter(matrix, s.d, scatters);
        }
    }
};
