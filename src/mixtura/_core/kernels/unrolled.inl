// Up to 8 dimensions, full and tied covariances: everything unrolled, rows centred in registers, sums kept in
// registers while the tile streams past, as many rows of the scatter's triangle at a time as there are
// registers for.

constexpr int kSmall = 8;

template <int D>
struct Small {
    static constexpr int kTriangle = D * (D + 1) / 2;
    // A component's model: constant, mean (D), scaled inverse Cholesky factor by rows (kTriangle).
    static constexpr int kMean = 1, kFactor = kMean + D, kModel = kFactor + kTriangle;
    // Its sums, in lanes: count, first moments (D), lower triangle of the second by rows (kTriangle).
    static constexpr int kFirst = 1, kSecond = kFirst + D, kSums = kSecond + kTriangle;

    static int64_t model_size(int k, int) { return static_cast<int64_t>(k) * kModel; }
    static int64_t sums_size(int k, int) { return static_cast<int64_t>(k) * kSums * W; }

    static void begin(const Tile &) {}

    // r[c][t] = constant_c - |U_c (x_t - mu_c)|^2.
    static void joint(const Tile &tile, const double *model) {
        for (int c = 0; c < tile.k; ++c, model += kModel) {
            tile.ahead->fetch();
            const vec constant = broadcast(model[0]);
            for (int t = 0; t < kTile; t += W) {
                const double *factor = model + kFactor;
                // Up to 4 dimensions the factor stays in registers; beyond, it is to be read again for each W
                // rows rather than spilled, widened, to the stack.
                if constexpr (D > 4) asm("" : "+r"(factor));
                vec a[D], q = {};
#pragma GCC unroll 16
                for (int i = 0; i < D; ++i) a[i] = load(tile.x + i * kLine + t) - model[kMean + i];
#pragma GCC unroll 16
                for (int i = 0; i < D; ++i) {
                    const double *row = factor + i * (i + 1) / 2;
                    vec y = a[0] * row[0];
#pragma GCC unroll 16
                    for (int j = 1; j <= i; ++j) y += a[j] * row[j];
                    q += y * y;
                }
                store(tile.r + c * kLine + t, constant - q);
            }
        }
    }

    // Adds a tile's count, sum r (x - mu) and sum r (x - mu)(x - mu)^T of each component to the sums.
    static void gather(const Tile &tile, const double *model, double *sums) {
        for (int c = 0; c < tile.k; ++c, model += kModel, sums += kSums * W)
            gather_rows<0, end_of_group(0)>(tile, c, model + kMean, sums);
    }

    // Sums of rows [FROM, TO) of the triangle and of their first moments, and of the count with row 0.
    template <int FROM, int TO>
    static void gather_rows(const Tile &tile, int c, const double *mean, double *sums) {
        constexpr int kBegin = FROM * (FROM + 1) / 2, N = TO * (TO + 1) / 2 - kBegin;
        vec count = {}, first[TO - FROM] = {}, second[N] = {};
        for (int t = 0; t < kTile; t += W) {
            const vec r = share(tile, c, t);
            vec a[TO];
            if (FROM == 0) count += r;
#pragma GCC unroll 16
            for (int i = 0; i < TO; ++i) a[i] = load(tile.x + i * kLine + t) - mean[i];
#pragma GCC unroll 16
            for (int i = FROM; i < TO; ++i) {
                const vec weighted = r * a[i];
                first[i - FROM] += weighted;
#pragma GCC unroll 16
                for (int j = 0; j <= i; ++j) second[i * (i + 1) / 2 + j - kBegin] += weighted * a[j];
            }
        }
        if (FROM == 0) store(sums, load(sums) + count);
#pragma GCC unroll 16
        for (int i = FROM; i < TO; ++i) {
            double *lane = sums + (kFirst + i) * W;
            store(lane, load(lane) + first[i - FROM]);
        }
#pragma GCC unroll 24
        for (int i = 0; i < N; ++i) {
            double *lane = sums + (kSecond + kBegin + i) * W;
            store(lane, load(lane) + second[i]);
        }
        if constexpr (TO < D) gather_rows<TO, end_of_group(TO)>(tile, c, mean, sums);
    }

    // The last row, plus one, of a group that begins with row `from` and whose sums fit the registers, the
    // working ones set aside.
    static constexpr int end_of_group(int from) {
        constexpr int kAccumulators = kRegisters == 32 ? 22 : 9;
        int to = from + 1;
        for (int used = to; to < D && used + to + 1 <= kAccumulators; ++to) used += to + 1;
        return to;
    }

    static bool prepare(const Shape &s, int c, double log_weight, const double *mean, const double *spreads,
                        double *model, const Work &) {
        double L[D * D], inverse[D * D], scalar;
        const double *spread = spreads;
        if (s.form == Form::full) spread += static_cast<int64_t>(c) * D * D;
        if (D == 1 && (s.form == Form::diagonal || s.form == Form::spherical)) {
            scalar = spreads[c];
            spread = &scalar;
        }
        if (!cholesky(spread, D, L, inverse)) return false;
        invert_lower(L, D, inverse);
        model += static_cast<int64_t>(c) * kModel;
        *model++ = constant_of(log_weight, half_log_determinant(L, D), D);
        for (int i = 0; i < D; ++i) *model++ = mean[i];
        for (int i = 0; i < D; ++i)
            for (int j = 0; j <= i; ++j) *model++ = inverse[i * D + j] * whitening_scale();
        return true;
    }

    static void finish(const Shape &s, const double *, const double *sums, double *counts, double *first,
                       double *scatters, const Work &) {
        for (int c = 0; c < s.k; ++c, sums += kSums * W) {
            counts[c] = sum_lanes(load(sums));
            for (int i = 0; i < D; ++i) first[c * D + i] = sum_lanes(load(sums + (kFirst + i) * W));
            double *matrix = scatters + (s.form == Form::tied ? 0 : static_cast<int64_t>(c) * D * D);
            for (int i = 0, at = kSecond; i < D; ++i)
                for (int j = 0; j <= i; ++j, ++at) {
                    const double sum = sum_lanes(load(sums + at * W));
                    matrix[i * D + j] += sum;
                    if (j < i) matrix[j * D + i] += sum;
                }
        }
    }
};
