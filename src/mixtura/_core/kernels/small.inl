// Up to 8 dimensions: everything unrolled, rows centred in registers, sums kept in registers while the tile
// streams past, as many rows of the scatter's triangle at a time as there are registers for. Model, for each
// component: constant, mean (D), scaled inverse Cholesky factor by rows. Sums, in lanes, for each: count,
// first moments (D), lower triangle of the second by rows.

template <int D>
struct Small {
    static constexpr int TRI = D * (D + 1) / 2;
    static constexpr int MODEL = 1 + D + TRI, SUMS = 1 + D + TRI;

    static void joint(const Tile &tile, const double *model) {
        for (int c = 0; c < tile.k; ++c, model += MODEL) {
            tile.ahead->fetch();
            const vec constant = broadcast(model[0]);
            for (int t = 0; t < T; t += W) {
                const double *factor = model + 1 + D;
                // Up to 4 dimensions the factor stays in registers; beyond, it is to be read again for each W
                // rows rather than spilled, widened, to the stack.
                if constexpr (D > 4) asm("" : "+r"(factor));
                vec a[D], q = {};
#pragma GCC unroll 16
                for (int i = 0; i < D; ++i) a[i] = load(tile.x + i * TS + t) - model[1 + i];
#pragma GCC unroll 16
                for (int i = 0; i < D; ++i) {
                    const double *row = factor + i * (i + 1) / 2;
                    vec y = a[0] * row[0];
#pragma GCC unroll 16
                    for (int j = 1; j <= i; ++j) y += a[j] * row[j];
                    q += y * y;
                }
                store(tile.r + c * TS + t, constant - q);
            }
        }
    }

    // Sums of rows [FROM, TO) of the triangle, and of the count with the first.
    template <int FROM, int TO>
    static void gather_rows(const Tile &tile, int c, const double *mean, double *sums) {
        constexpr int FIRST = FROM * (FROM + 1) / 2, N = TO * (TO + 1) / 2 - FIRST;
        vec count = {}, s[TO - FROM] = {}, ss[N] = {};
        for (int t = 0; t < T; t += W) {
            const vec r = share(tile, c, t);
            vec a[TO];
            if (FROM == 0) count += r;
#pragma GCC unroll 16
            for (int i = 0; i < TO; ++i) a[i] = load(tile.x + i * TS + t) - mean[i];
#pragma GCC unroll 16
            for (int i = FROM; i < TO; ++i) {
                const vec weighted = r * a[i];
                s[i - FROM] += weighted;
#pragma GCC unroll 16
                for (int j = 0; j <= i; ++j) ss[i * (i + 1) / 2 + j - FIRST] += weighted * a[j];
            }
        }
        if (FROM == 0) store(sums, load(sums) + count);
#pragma GCC unroll 16
        for (int i = FROM; i < TO; ++i) {
            double *lane = sums + (1 + i) * W;
            store(lane, load(lane) + s[i - FROM]);
        }
#pragma GCC unroll 24
        for (int i = 0; i < N; ++i) {
            double *lane = sums + (1 + D + FIRST + i) * W;
            store(lane, load(lane) + ss[i]);
        }
        if constexpr (TO < D) gather_rows<TO, next(TO)>(tile, c, mean, sums);
    }

    // The last row, plus one, of a group that begins with row `from` and fits the registers.
    static constexpr int next(int from) {
        constexpr int accumulators = kRegisters == 32 ? 22 : 9;
        int to = from + 1;
        for (int used = to; to < D && used + to + 1 <= accumulators; ++to) used += to + 1;
        return to;
    }

    static void gather(const Tile &tile, const double *model, double *sums) {
        for (int c = 0; c < tile.k; ++c, model += MODEL, sums += SUMS * W)
            gather_rows<0, next(0)>(tile, c, model + 1, sums);
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
        *model++ = constant_of(log_weight, half_log_determinant(L, D), D);
        for (int i = 0; i < D; ++i) *model++ = mean[i];
        for (int i = 0; i < D; ++i)
            for (int j = 0; j <= i; ++j) *model++ = inverse[i * D + j] * whitening_scale();
        return true;
    }

    static void finish(const Shape &s, const double *, const double *sums, double *counts, double *first,
                       double *scatters) {
        for (int c = 0; c < s.k; ++c, sums += SUMS * W) {
            counts[c] = sum_lanes(load(sums));
            for (int i = 0; i < D; ++i) first[c * D + i] = sum_lanes(load(sums + (1 + i) * W));
            double *matrix = scatters + (s.form == Form::tied ? 0 : static_cast<int64_t>(c) * D * D);
            for (int i = 0, at = 1 + D; i < D; ++i)
                for (int j = 0; j <= i; ++j, ++at) {
                    const double sum = sum_lanes(load(sums + at * W));
                    matrix[i * D + j] += sum;
                    if (j < i) matrix[j * D + i] += sum;
                }
        }
    }
};
