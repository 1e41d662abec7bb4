// A covariance matrix for each component, any dimension.
// Model, for each component: constant, mean (d), packed scaled inverse Cholesky factor. Sums: for each
// component count and first moments (d) in lanes, then for each component its scatter in blocks.

struct Full {
    static int64_t component(int d) { return 1 + d + packed_size(d); }
    static int64_t model_size(int k, int d) { return k * component(d); }
    static int64_t sums_size(int k, int d) { return k * ((1 + d) * W + scatter_size(d)); }

    static void centre(const Tile &tile, const double *mean) {
        for (int i = 0; i < tile.d; ++i) {
            const double *x = tile.x + i * tile.TS;
            double *a = tile.a + i * tile.TS;
            for (int t = 0; t < tile.T; t += W) store(a + t, load(x + t) - mean[i]);
        }
    }

    static void joint(const Tile &tile, const double *model) {
        for (int c = 0; c < tile.k; ++c, model += component(tile.d)) {
            centre(tile, model + 1);
            for (int t = 0; t < tile.T; t += NT * W) {
                vec q[NT] = {};
                whiten(model + 1 + tile.d, tile.a, tile.d, t, tile.TS, [&](int, const vec(&y)[4][NT]) {
#pragma GCC unroll 4
                    for (int l = 0; l < 4; ++l)
#pragma GCC unroll 4
                        for (int v = 0; v < NT; ++v) q[v] += y[l][v] * y[l][v];
                });
#pragma GCC unroll 4
                for (int v = 0; v < NT; ++v) store(tile.r + c * tile.TS + t + v * W, model[0] - q[v]);
            }
        }
    }

    static void gather(const Tile &tile, const double *model, double *sums) {
        gather(tile, model, component(tile.d), sums);
    }

    static void gather(const Tile &tile, const double *model, int64_t component, double *sums) {
        double *matrix = sums + static_cast<int64_t>(tile.k) * (1 + tile.d) * W;
        for (int c = 0; c < tile.k; ++c, model += component, matrix += scatter_size(tile.d)) {
            const double *mean = model + 1;
            double *lanes = sums + static_cast<int64_t>(c) * (1 + tile.d) * W;
            vec count = load(lanes);
            double *r = tile.r + c * tile.TS;
            int rows[kMostRows];
            const int n = noticeable(tile, c, rows);
            for (int t = 0; t < tile.T; t += W) {
                const vec responsibility = share(tile, c, t);
                store(r + t, responsibility);
                count += responsibility;
            }
            store(lanes, count);
            if (2 * n <= tile.T)
                gather_some(tile, r, rows, n, mean, lanes + W, matrix);
            else
                gather_all(tile, r, mean, lanes + W, matrix);
        }
    }

    static void gather_all(const Tile &tile, const double *r, const double *mean, double *lanes,
                           double *matrix) {
        for (int i = 0; i < tile.d; ++i, lanes += W) {
            const double *x = tile.x + i * tile.TS;
            double *b = tile.b + i * tile.TS;
            vec sum = load(lanes);
            for (int t = 0; t < tile.T; t += W) {
                const vec weighted = load(r + t) * (load(x + t) - mean[i]);
                store(b + t, weighted);
                sum += weighted;
            }
            store(lanes, sum);
        }
        scatter(tile.b, tile.x, mean, tile.d, tile.T, tile.TS, matrix);
    }

    // The same for n of the tile's rows, moved together; where clusters lie apart, each has few.
    static void gather_some(const Tile &tile, const double *r, const int *rows, int n, const double *mean,
                            double *lanes, double *matrix) {
        const int T = round_up(n, W);
        if (n == 0) return;
        for (int i = 0; i < tile.d; ++i, lanes += W) {
            const double *x = tile.x + i * tile.TS;
            double *a = tile.a + i * tile.TS, *b = tile.b + i * tile.TS;
            for (int t = 0; t < n; ++t) {
                a[t] = x[rows[t]];
                b[t] = r[rows[t]] * (a[t] - mean[i]);
            }
            for (int t = n; t < T; ++t) a[t] = b[t] = 0.0;
            vec sum = load(lanes);
            for (int t = 0; t < T; t += W) sum += load(b + t);
            store(lanes, sum);
        }
        scatter(tile.b, tile.a, mean, tile.d, T, tile.TS, matrix);
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
        const double *matrix = sums + static_cast<int64_t>(s.k) * (1 + s.d) * W;
        for (int c = 0; c < s.k; ++c, matrix += scatter_size(s.d), scatters += s.d * s.d) {
            counts[c] = total(load(sums)), sums += W;
            for (int i = 0; i < s.d; ++i, sums += W) *first++ = total(load(sums));
            unpack_scatter(matrix, s.d, scatters);
        }
    }
};

// Up to 16 dimensions with AVX-512: the distances of Small, whose rows stay in registers, and the scatter of
// Full.
template <int D>
struct Medium {
    static int64_t model_size(int k, int d) { return Small<D>::model_size(k, d); }
    static int64_t sums_size(int k, int d) { return Full::sums_size(k, d); }
    static void joint(const Tile &tile, const double *model) { Small<D>::joint(tile, model); }
    static void gather(const Tile &tile, const double *model, double *sums) {
        Full::gather(tile, model, Small<D>::MODEL, sums);
    }
    static bool prepare(const Shape &s, int c, double log_weight, const double *mean, const double *spreads,
                        double *model) {
        return Small<D>::prepare(s, c, log_weight, mean, spreads, model);
    }
    static void finish(const Shape &s, const double *model, const double *sums, double *counts, double *first,
                       double *scatters) {
        Full::finish(s, model, sums, counts, first, scatters);
    }
};
