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
            for (int t = 0; t < T; t += NT * W) {
                vec q[NT] = {};
                for (int i = 0; i < d; ++i)
#pragma GCC unroll 4
                    for (int v = 0; v < NT; ++v) {
                        const vec u = load(tile.x + i * TS + t + v * W) - mean[i];
                        q[v] += SPHERICAL ? u * u : u * u * precision[i];
                    }
#pragma GCC unroll 4
                for (int v = 0; v < NT; ++v) {
                    const int at = c * TS + t + v * W;
                    if (SPHERICAL) store(tile.q + at, q[v]);
                    store(tile.r + at, model[0] - (SPHERICAL ? q[v] * precision[0] : q[v]));
                }
            }
        }
    }

    static void gather(const Tile &tile, const double *model, double *sums) {
        const int d = tile.d;
        for (int c = 0; c < tile.k; ++c, model += component(d), sums += component(d) * W) {
            const double *mean = model + 1;
            vec count = load(sums);
            for (int t = 0; t < T; t += W) count += share(tile, c, t);
            store(sums, count);
            if (SPHERICAL) {
                vec spread = load(sums + (1 + d) * W);
                for (int t = 0; t < T; t += W) spread += share(tile, c, t) * load(tile.q + c * TS + t);
                store(sums + (1 + d) * W, spread);
            }
            constexpr int LINES = 4;
            int i = 0;
            for (; i + LINES <= d; i += LINES) lines<LINES>(tile, c, mean, i, sums);
            for (; i < d; ++i) lines<1>(tile, c, mean, i, sums);
        }
    }

    template <int LINES>
    static void lines(const Tile &tile, int c, const double *mean, int i, double *sums) {
        vec s[LINES] = {}, ss[LINES] = {};
        for (int t = 0; t < T; t += W) {
            const vec r = share(tile, c, t);
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
            counts[c] = total(load(sums)), sums += W;
            for (int i = 0; i < s.d; ++i, sums += W) *first++ = total(load(sums));
            for (int i = 0; i < (SPHERICAL ? 1 : s.d); ++i, sums += W) *scatters++ = total(load(sums));
        }
    }
};
