// A diagonal covariance for each component, or one variance for all its directions.
// Model, for each component: constant, mean (d), halved inverse variances in kernel units (d, or 1 if
// spherical). Sums, in lanes, for each: count, first moments (d), second moments (d, or their total if
// spherical).

template <bool SPHERICAL>
struct Diagonal {
    static int component(int d) { return 1 + d + (SPHERICAL ? 1 : d); }
    static int64_t model_size(int k, int d) { return static_cast<int64_t>(k) * component(d); }
    static int64_t sums_size(int k, int d) { return static_cast<int64_t>(k) * component(d) * W; }

    static void joint(const Tile &tile, const double *model) {
        const int d = tile.d;
        for (int c = 0; c < tile.k; ++c, model += component(d)) {
            const double *mean = model + 1, *precision = mean + d;
            tile.ahead->fetch();
            for (int t = 0; t < T; t += NT * W) {
                vec q[NT] = {};
                for (int i = 0; i < d; ++i) add_squares(tile.x + i * TS + t, mean[i], precision + i, q);
#pragma GCC unroll 4
                for (int v = 0; v < NT; ++v) {
                    const int at = c * TS + t + v * W;
                    if (SPHERICAL) store(tile.q + at, q[v]);
                    store(tile.r + at, model[0] - (SPHERICAL ? q[v] * precision[0] : q[v]));
                }
            }
        }
    }

    static void add_squares(const double *x, double mean, const double *precision, vec (&q)[NT]) {
#pragma GCC unroll 4
        for (int v = 0; v < NT; ++v) {
            const vec u = load(x + v * W) - mean;
            q[v] += SPHERICAL ? u * u : u * u * *precision;
        }
    }

    static void gather(const Tile &tile, const double *model, double *sums) {
        const int d = tile.d;
        for (int c = 0; c < tile.k; ++c, model += component(d), sums += component(d) * W) {
            const double *mean = model + 1;
            const double *r = tile.r + c * TS;
            take_shares(tile, c, sums);
            if (SPHERICAL) {
                vec spread = load(sums + (1 + d) * W);
                for (int t = 0; t < T; t += W) spread += load(r + t) * load(tile.q + c * TS + t);
                store(sums + (1 + d) * W, spread);
            }
            constexpr int LINES = 4;
            int i = 0;
            for (; i + LINES <= d; i += LINES) lines<LINES>(tile, r, mean, i, sums);
            for (; i < d; ++i) lines<1>(tile, r, mean, i, sums);
        }
    }

    template <int LINES>
    static void lines(const Tile &tile, const double *shares, const double *mean, int i, double *sums) {
        vec s[LINES] = {}, ss[LINES] = {};
        for (int t = 0; t < T; t += W) {
            const vec r = load(shares + t);
#pragma GCC unroll 4
            for (int l = 0; l < LINES; ++l) {
                const vec u = load(tile.x + (i + l) * TS + t) - mean[i + l], ru = r * u;
                s[l] += ru;
                if (!SPHERICAL) ss[l] += ru * u;
            }
        }
#pragma GCC unroll 4
        for (int l = 0; l < LINES; ++l) {
            double *lane = sums + (1 + i + l) * W;
            store(lane, load(lane) + s[l]);
            if (!SPHERICAL) store(lane + tile.d * W, load(lane + tile.d * W) + ss[l]);
        }
    }

    static int cost_of_partial(int few) { return 3 * few; }
    static int cost_of_listed(int d) { return 6 * d + 200; }
    static int cost_of_dense(int d) { return (SPHERICAL ? 5 : 6) * d + 30; }

    // The same for the first `few` coordinates, as in Full.
    static void distances(const double *model, int d, int few, int k, const double *x, int rows, Ahead &ahead,
                          double *, double *out) {
        for (int c = 0; c < k; ++c, model += component(d)) {
            const double *mean = model + 1, *precision = mean + d;
            ahead.fetch();
            for (int t = 0; t < rows; t += NT * W) {
                vec q[NT] = {};
                for (int i = 0; i < few; ++i) add_squares(x + i * TS + t, mean[i], precision + i, q);
                for (int v = 0; v < NT; ++v)
                    store(out + c * TS + t + v * W, model[0] - (SPHERICAL ? q[v] * precision[0] : q[v]));
            }
        }
    }

    // OUT (PAIRS).
    [[gnu::noinline]] static void measure(const double *component, int d, const double *const *x, double *,
                                          double *out) {
        const double *mean = component + 1, *precision = mean + d;
        for (int p = 0; p < PAIRS; p += 4, x += 4) {
            quad q[4] = {};
            double rest[4] = {};
            int i = 0;
            for (; i + 4 <= d; i += 4) {
                const quad m = load_quad(mean + i),
                           weight = SPHERICAL ? quad{} + precision[0] : load_quad(precision + i);
#pragma GCC unroll 4
                for (int l = 0; l < 4; ++l) {
                    const quad u = load_quad(x[l] + i) - m;
                    q[l] += u * u * weight;
                }
            }
            for (; i < d; ++i)
                for (int l = 0; l < 4; ++l) {
                    const double u = x[l][i] - mean[i];
                    rest[l] += u * u * precision[SPHERICAL ? 0 : i];
                }
            store_quad(out + p, component[0] - (sum_quads(q) + load_quad(rest)));
        }
    }

    // INOUT single: count, then from 4 on first and, from 4 + row_stride(d) on, second moments.
    [[gnu::noinline]] static void gather_pairs(const Shape &s, int, const double *mean,
                                               const double *const *x, const double *share, int n, double *,
                                               double *single, double *) {
        double count = 0;
        for (int p = 0; p < n; ++p) count += share[p];
        single[0] += count;
        double *first = single + 4, *second = first + row_stride(s.d);
        int i = 0;
        for (; i + 16 <= s.d; i += 16) quads<4>(x, i, mean + i, share, n, first + i, second + i);
        for (; i + 4 <= s.d; i += 4) quads<1>(x, i, mean + i, share, n, first + i, second + i);
        for (; i < s.d; ++i)
            for (int p = 0; p < n; ++p) {
                const double u = x[p][i] - mean[i], ru = share[p] * u;
                first[i] += ru, second[i] += ru * u;
            }
    }

    template <int N>
    static void quads(const double *const *x, int i, const double *mean, const double *share, int n,
                      double *first, double *second) {
        quad m[N], s[N], ss[N];
        for (int l = 0; l < N; ++l)
            m[l] = load_quad(mean + 4 * l), s[l] = load_quad(first + 4 * l),
            ss[l] = load_quad(second + 4 * l);
        for (int p = 0; p < n; ++p)
#pragma GCC unroll 4
            for (int l = 0; l < N; ++l) {
                const quad u = load_quad(x[p] + i + 4 * l) - m[l], ru = share[p] * u;
                s[l] += ru;
                ss[l] += ru * u;
            }
        for (int l = 0; l < N; ++l) store_quad(first + 4 * l, s[l]), store_quad(second + 4 * l, ss[l]);
    }

    static void add_singles(const Shape &s, int c, const double *count, const double *first,
                            const double *second, double *sums) {
        const int d = s.d;
        sums += c * component(d) * W;
        sums[0] += *count;
        for (int i = 0; i < d; ++i) {
            sums[(1 + i) * W] += first[i];
            sums[(1 + d + (SPHERICAL ? 0 : i)) * W] += second[i];
        }
    }

    static bool prepare(const Shape &s, int c, double log_weight, const double *mean, const double *spreads,
                        double *model) {
        const int d = s.d;
        const double *variance = spreads + static_cast<int64_t>(c) * (SPHERICAL ? 1 : d);
        model += static_cast<int64_t>(c) * component(d);
        double half_log_det = 0;
        for (int i = 0; i < (SPHERICAL ? 1 : d); ++i) {
            if (!(variance[i] > 0)) return false;
            half_log_det += 0.5 * __builtin_log(variance[i]) * (SPHERICAL ? d : 1);
        }
        *model++ = constant_of(log_weight, half_log_det, d);
        for (int i = 0; i < d; ++i) *model++ = mean[i];
        for (int i = 0; i < (SPHERICAL ? 1 : d); ++i) *model++ = 0.5 * kScale / variance[i];
        return true;
    }

    static void finish(const Shape &s, const double *, const double *sums, double *counts, double *first,
                       double *scatters) {
        for (int c = 0; c < s.k; ++c) {
            counts[c] = sum_lanes(load(sums)), sums += W;
            for (int i = 0; i < s.d; ++i, sums += W) *first++ = sum_lanes(load(sums));
            for (int i = 0; i < (SPHERICAL ? 1 : s.d); ++i, sums += W) *scatters++ = sum_lanes(load(sums));
        }
    }
};
