// Up to 4 dimensions: a component's mean and factor stay in registers while the tile streams past.
// Model, for each component: constant, mean (D), inverse Cholesky factor by rows. Sums, in lanes, for each:
// count, first moments (D), lower triangle of the second by rows.

template <int D>
struct Small {
    static constexpr int TRI = D * (D + 1) / 2;
    static constexpr int MODEL = 1 + D + TRI, SUMS = 1 + D + TRI;

    static void joint(const Tile &tile, const double *model) {
        for (int c = 0; c < tile.k; ++c, model += MODEL) {
            const vec constant = all(model[0]);
            for (int t = 0; t < tile.T; t += W) {
                vec a[D], q = {};
#pragma GCC unroll 4
                for (int i = 0; i < D; ++i) a[i] = load(tile.x + i * tile.TS + t) - model[1 + i];
#pragma GCC unroll 4
                for (int i = 0, at = 1 + D; i < D; ++i) {
                    vec y = a[0] * model[at++];
#pragma GCC unroll 4
                    for (int j = 1; j <= i; ++j) y += a[j] * model[at++];
                    q += y * y;
                }
                store(tile.r + c * tile.TS + t, constant - 0.5 * q);
            }
        }
    }

    static void gather(const Tile &tile, const double *model, double *sums) {
        for (int c = 0; c < tile.k; ++c, model += MODEL, sums += SUMS * W) {
            vec s[SUMS];
#pragma GCC unroll 16
            for (int i = 0; i < SUMS; ++i) s[i] = load(sums + i * W);
            for (int t = 0; t < tile.T; t += W) {
                const vec r = load(tile.r + c * tile.TS + t);
                vec a[D];
                s[0] += r;
#pragma GCC unroll 4
                for (int i = 0, at = 1 + D; i < D; ++i) {
                    a[i] = load(tile.x + i * tile.TS + t) - model[1 + i];
                    const vec ra = r * a[i];
                    s[1 + i] += ra;
#pragma GCC unroll 4
                    for (int j = 0; j <= i; ++j) s[at++] += ra * a[j];
                }
            }
#pragma GCC unroll 16
            for (int i = 0; i < SUMS; ++i) store(sums + i * W, s[i]);
        }
    }

    static int64_t model_size(int k, int) { return static_cast<int64_t>(k) * MODEL; }
    static int64_t sums_size(int k, int) { return static_cast<int64_t>(k) * SUMS * W; }

    static bool prepare(const Shape &s, int c, double log_weight, const double *mean, const double *spreads,
                        double *model) {
        double L[D * D], inverse[D * D], scalar;
        const double *spread = spreads;
        if (s.form == Form::full) spread += static_cast<int64_t>(c) * D * D;
        if (D == 1 && (s.form == Form::diagonal || s.form == Form::spherical)) {
            scalar = spreads[c];
            spread = &scalar;
        }
        if (!cholesky(spread, D, L, inverse)) return false;
        invert_lower(L, D, inverse);
        model += static_cast<int64_t>(c) * MODEL;
        *model++ = log_weight - half_log_determinant(L, D) - 0.5 * D * kLog2Pi;
        for (int i = 0; i < D; ++i) *model++ = mean[i];
        for (int i = 0; i < D; ++i)
            for (int j = 0; j <= i; ++j) *model++ = inverse[i * D + j];
        return true;
    }

    static void finish(const Shape &s, const double *, const double *sums, double *counts, double *first,
                       double *scatters) {
        for (int c = 0; c < s.k; ++c, sums += SUMS * W) {
            counts[c] = total(load(sums));
            for (int i = 0; i < D; ++i) first[c * D + i] = total(load(sums + (1 + i) * W));
            double *matrix = scatters + (s.form == Form::tied ? 0 : static_cast<int64_t>(c) * D * D);
            for (int i = 0, at = 1 + D; i < D; ++i)
                for (int j = 0; j <= i; ++j, ++at) {
                    const double sum = total(load(sums + at * W));
                    matrix[i * D + j] += sum;
                    if (j < i) matrix[j * D + i] += sum;
                }
        }
    }
};
