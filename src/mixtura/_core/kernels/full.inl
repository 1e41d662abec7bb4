// A covariance matrix for each component, any dimension.
// Model, for each component: constant, mean (d), packed scaled inverse Cholesky factor. Sums: for each
// component count and first moments (d) in lanes, then for each component its scatter in blocks.

struct Full {
    static int64_t component(int d) { return 1 + d + packed_size(d); }
    static int64_t model_size(int k, int d) { return k * component(d); }
    static int64_t lanes(int d) { return (1 + round_up(d, 4)) * W; }
    static int64_t sums_size(int k, int d) { return k * (lanes(d) + scatter_size(d)); }

    static void joint(const Tile &tile, const double *model) {
        distances(model, tile.d, tile.d, component(tile.d), tile.k, tile.x, T, tile.a, tile.r);
    }

    // out[c][t] = constant_c - the squared length of the first `few` whitened coordinates. IN the models of k
    // components of d dimensions, x (d, TS), rows a multiple of NT W; OUT a (d rounded up to 4, TS) work, out
    // (k, TS).
    static void distances(const double *model, int d, int few, int64_t size, int k, const double *x, int rows,
                          double *a, double *out) {
        for (int c = 0; c < k; ++c, model += size) {
            const double *mean = model + 1, *packed = mean + d;
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
            vec count = load(lane);
            double *r = tile.r + c * TS;
            int rows[T];
            const int n = noticeable(tile, c, rows);
            for (int t = 0; t < T; t += W) {
                const vec responsibility = share(tile, c, t);
                store(r + t, responsibility);
                count += responsibility;
            }
            store(lane, count);
            if (2 * n <= T)
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
            counts[c] = total(load(sums));
            for (int i = 0; i < s.d; ++i) *first++ = total(load(sums + (1 + i) * W));
            sums += lanes(s.d);
            unpack_scatter(matrix, s.d, scatters);
        }
    }
};
