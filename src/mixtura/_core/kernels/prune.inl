// Where components lie apart, most pairs of a row and a component need no distance: the first few whitened
// coordinates alone show that the component has no share in the row that a sum of doubles could notice.
//
// The partial distance of all pairs names each row's leader; its whole distance bounds the row's density from
// below. Then only those components are measured in full whose partial distance does not fall short of that
// bound by the margin. The others get a likelihood of 0, where it would have been under 1e-30 of the
// leader's.

struct Pruned {
    static constexpr double kMargin = 69.1 * kScale;  // -log(1e-30)

    static constexpr int kFew = 16;  // coordinates of the partial distance

    static bool worthwhile(int k, int d) { return k >= 4 && d >= 2 * kFew; }

    // IN tile.x; OUT r: log-joint densities, -1e290 for pairs left out. Returns how many pairs were measured
    // in full.
    static int joint(const Tile &tile, const double *model) {
        const int k = tile.k, d = tile.d;
        const int64_t size = Full::component(d);
        Full::distances(model, d, kFew, size, k, tile.x, T, tile.a, tile.q);
        int leader[T], rows[T], measured = 0;
        double bound[T];
        for (int t = 0; t < T; ++t) {
            leader[t] = 0;
            for (int c = 1; c < k; ++c)
                if (tile.q[c * TS + t] > tile.q[leader[t] * TS + t]) leader[t] = c;
        }
        for (int c = 0; c < k; ++c) {
            int n = 0;
            for (int t = 0; t < T; ++t) {
                rows[n] = t;
                n += leader[t] == c;
            }
            measure(tile, model + c * size, rows, n, tile.r + c * TS);
            for (int i = 0; i < n; ++i) bound[rows[i]] = tile.r[c * TS + rows[i]] - kMargin;
            measured += n;
        }
        for (int c = 0; c < k; ++c) {
            double *r = tile.r + c * TS;
            int n = 0;
            for (int t = 0; t < T; ++t) {
                if (leader[t] == c) continue;
                rows[n] = t;
                // written so that a NaN, or a bound of -inf, has the pair measured
                const bool hopeless = tile.q[c * TS + t] < bound[t];
                n += !hopeless;
                if (hopeless) r[t] = -1e290;
            }
            measure(tile, model + c * size, rows, n, r);
            measured += n;
        }
        return measured;
    }

    // The whole log-joint density of n rows of the tile under one component, moved together: out[rows[i]].
    static void measure(const Tile &tile, const double *component, const int *rows, int n, double *out) {
        if (n == 0) return;
        const int padded = round_up(n, NT * W);
        for (int i = 0; i < tile.d; ++i) {
            const double *x = tile.x + i * TS;
            double *b = tile.b + i * TS;
            for (int t = 0; t < n; ++t) b[t] = x[rows[t]];
            for (int t = n; t < padded; ++t) b[t] = b[0];
        }
        Full::distances(component, tile.d, tile.d, 0, 1, tile.b, padded, tile.a, tile.scale);
        for (int t = 0; t < n; ++t) out[rows[t]] = tile.scale[t];
    }
};
