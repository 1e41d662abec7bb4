// A covariance matrix for each component, any dimension.

struct FullPairs;

struct Full {
    using Pairs = FullPairs;

    // A component's model: constant, mean (d), scaled inverse Cholesky factor U, packed.
    static constexpr int kMean = 1;
    static int factor_at(int d) { return kMean + d; }
    static int64_t component(int d) { return factor_at(d) + packed_size(d); }
    static int64_t model_size(int k, int d) { return k * component(d); }

    // Sums: for each component count and first moments (d rounded up to 4) in lanes, then for each its
    // scatter in blocks.
    static int64_t lanes_at(int d, int c) { return static_cast<int64_t>(c) * (1 + round_up(d, 4)) * W; }
    static int64_t scatter_at(int k, int d, int c) { return lanes_at(d, k) + c * scatter_size(d); }
    static int64_t sums_size(int k, int d) { return scatter_at(k, d, k); }

    static void begin(const Tile &tile) { Tile::clear_padding(tile.a, tile.d); }

    static void joint(const Tile &tile, const double *model) {
        distances(model, tile.d, tile.d, tile.k, tile.x, kTile, *tile.ahead, tile.a, tile.r);
    }

    // out[c][t] = constant_c - the squared length of the first `coordinates` of U_c (x_t - mu_c). IN the
    // models of k components of d dimensions, x (d, kLine), rows a multiple of kStripRows; OUT work
    // (d, kLine), out (k, kLine).
    static void distances(const double *model, int d, int coordinates, int k, const double *x, int rows,
                          Ahead &ahead, double *work, double *out) {
        for (int c = 0; c < k; ++c, model += component(d)) {
            const double *mean = model + kMean, *factor = model + factor_at(d);
            ahead.fetch();
            for (int t = 0; t < rows; t += kStripRows) {
                vec q[kStrip] = {};
                whiten(factor, x + t, mean, coordinates, work + t, [&](int, const vec(&y)[4][kStrip]) {
#pragma GCC unroll 4
                    for (int l = 0; l < 4; ++l)
#pragma GCC unroll 4
                        for (int v = 0; v < kStrip; ++v) q[v] += y[l][v] * y[l][v];
                });
#pragma GCC unroll 4
                for (int v = 0; v < kStrip; ++v) store(out + c * kLine + t + v * W, model[0] - q[v]);
            }
        }
    }

    // Adds a tile's count, sum r (x - mu) and sum r (x - mu)(x - mu)^T of each component to the sums.
    static void gather(const Tile &tile, const double *model, double *sums) {
        const int d = tile.d;
        for (int c = 0; c < tile.k; ++c, model += component(d)) {
            const double *mean = model + kMean, *r = tile.r + c * kLine;
            double *count = sums + lanes_at(d, c), *first = count + W;
            double *blocks = sums + scatter_at(tile.k, d, c);
            int rows[kTile];
            const int n = count_noticeable(tile, c);
            const bool some = 2 * n <= kTile;  // beyond, moving rows costs as much as leaving them out saves
            if (some) list_noticeable(tile, c, rows);
            take_shares(tile, c, count);
            if (some)
                gather_some(tile, r, rows, n, mean, first, blocks);
            else
                weighted_scatter(r, tile.x, mean, d, kTile, tile.b, first, blocks);
        }
    }

    // The same for n of the tile's rows, moved together; where clusters lie apart, each has few.
    static void gather_some(const Tile &tile, const double *r, const int *rows, int n, const double *mean,
                            double *first, double *blocks) {
        if (n == 0) return;
        const int padded = round_up(n, W);
        double *shares = tile.q;
        for (int i = 0; i < tile.d; ++i) {
            const double *x = tile.x + i * kLine;
            double *moved = tile.a + i * kLine;
            for (int t = 0; t < n; ++t) moved[t] = x[rows[t]];
            for (int t = n; t < padded; ++t) moved[t] = mean[i];
        }
        for (int t = 0; t < n; ++t) shares[t] = r[rows[t]];
        for (int t = n; t < padded; ++t) shares[t] = 0.0;
        weighted_scatter(shares, tile.a, mean, tile.d, padded, tile.b, first, blocks);
    }

    static bool prepare(const Shape &s, int c, double log_weight, const double *mean, const double *spreads,
                        double *model, const Work &work) {
        const int d = s.d;
        double *L = work.matrix, *inverse = work.second_matrix;
        if (!cholesky(spreads + static_cast<int64_t>(c) * d * d, d, L, inverse)) return false;
        invert_lower(L, d, inverse);
        model += c * component(d);
        model[0] = constant_of(log_weight, half_log_determinant(L, d), d);
        for (int i = 0; i < d; ++i) model[kMean + i] = mean[i];
        pack_lower(inverse, d, whitening_scale(), model + factor_at(d));
        return true;
    }

    static void finish(const Shape &s, const double *, const double *sums, double *counts, double *first,
                       double *scatters, const Work &) {
        const int64_t d = s.d;
        for (int c = 0; c < s.k; ++c) {
            const double *lanes = sums + lanes_at(s.d, c);
            counts[c] = sum_lanes(load(lanes));
            for (int i = 0; i < d; ++i) first[c * d + i] = sum_lanes(load(lanes + (1 + i) * W));
            unpack_scatter(sums + scatter_at(s.k, s.d, c), s.d, scatters + c * d * d);
        }
    }
};
