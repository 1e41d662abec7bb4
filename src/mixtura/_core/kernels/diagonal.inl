// A diagonal covariance for each component, or one variance for all its directions.

template <bool SPHERICAL>
struct DiagonalPairs;

template <bool SPHERICAL>
struct Diagonal {
    using Pairs = DiagonalPairs<SPHERICAL>;

    // How many variances a component has.
    static int variances(int d) { return SPHERICAL ? 1 : d; }

    // A component's model: constant, mean (d), halved inverse variances in units of kUnit (variances).
    static constexpr int kMean = 1;
    static int precision_at(int d) { return kMean + d; }
    static int component(int d) { return precision_at(d) + variances(d); }
    static int64_t model_size(int k, int d) { return static_cast<int64_t>(k) * component(d); }

    // Its sums, in lanes: count, first moments (d), second moments (variances: if spherical their total).
    static int64_t lanes_at(int d, int c) { return static_cast<int64_t>(c) * component(d) * W; }
    static int first_at(int i) { return (1 + i) * W; }
    static int second_at(int d, int i) { return (1 + d + (SPHERICAL ? 0 : i)) * W; }
    static int64_t sums_size(int k, int d) { return lanes_at(d, k); }

    static void begin(const Tile &) {}

    // r[c][t] = constant_c - sum_i precision_ci (x_it - mu_ci)^2; if spherical, q[c][t] = sum_i (x_it -
    // mu_ci)^2.
    static void joint(const Tile &tile, const double *model) {
        const int d = tile.d;
        for (int c = 0; c < tile.k; ++c, model += component(d)) {
            const double *mean = model + kMean, *precision = model + precision_at(d);
            tile.ahead->fetch();
            for (int t = 0; t < kTile; t += kStripRows) {
                vec q[kStrip] = {};
                for (int i = 0; i < d; ++i) add_squares(tile.x + i * kLine + t, mean[i], precision + i, q);
#pragma GCC unroll 4
                for (int v = 0; v < kStrip; ++v) {
                    const int at = c * kLine + t + v * W;
                    if (SPHERICAL) store(tile.q + at, q[v]);
                    store(tile.r + at, model[0] - (SPHERICAL ? q[v] * precision[0] : q[v]));
                }
            }
        }
    }

    static void add_squares(const double *x, double mean, const double *precision, vec (&q)[kStrip]) {
#pragma GCC unroll 4
        for (int v = 0; v < kStrip; ++v) {
            const vec u = load(x + v * W) - mean;
            q[v] += SPHERICAL ? u * u : u * u * *precision;
        }
    }

    // Adds a tile's count, sum r (x - mu) and sum r (x - mu)^2 of each component to the sums.
    static void gather(const Tile &tile, const double *model, double *sums) {
        const int d = tile.d;
        for (int c = 0; c < tile.k; ++c, model += component(d)) {
            const double *mean = model + kMean, *r = tile.r + c * kLine;
            double *lanes = sums + lanes_at(d, c);
            take_shares(tile, c, lanes);
            if (SPHERICAL) {
                double *lane = lanes + second_at(d, 0);
                vec spread = load(lane);
                for (int t = 0; t < kTile; t += W) spread += load(r + t) * load(tile.q + c * kLine + t);
                store(lane, spread);
            }
            int i = 0;
            for (; i + 4 <= d; i += 4) gather_lines<4>(tile, r, mean, i, lanes);
            for (; i < d; ++i) gather_lines<1>(tile, r, mean, i, lanes);
        }
    }

    // Features i to i + LINES - 1 of one component. IN r: shares.
    template <int LINES>
    static void gather_lines(const Tile &tile, const double *shares, const double *mean, int i,
                             double *lanes) {
        vec first[LINES] = {}, second[LINES] = {};
        for (int t = 0; t < kTile; t += W) {
            const vec r = load(shares + t);
#pragma GCC unroll 4
            for (int l = 0; l < LINES; ++l) {
                const vec u = load(tile.x + (i + l) * kLine + t) - mean[i + l], ru = r * u;
                first[l] += ru;
                if (!SPHERICAL) second[l] += ru * u;
            }
        }
#pragma GCC unroll 4
        for (int l = 0; l < LINES; ++l) {
            double *lane = lanes + first_at(i + l);
            store(lane, load(lane) + first[l]);
            if (SPHERICAL) continue;
            lane = lanes + second_at(tile.d, i + l);
            store(lane, load(lane) + second[l]);
        }
    }

    static bool prepare(const Shape &s, int c, double log_weight, const double *mean, const double *spreads,
                        double *model, const Work &) {
        const int d = s.d;
        const double *variance = spreads + static_cast<int64_t>(c) * variances(d);
        model += static_cast<int64_t>(c) * component(d);
        double half_log_det = 0;
        for (int i = 0; i < variances(d); ++i) {
            if (!(variance[i] > 0)) return false;
            half_log_det += 0.5 * __builtin_log(variance[i]) * (SPHERICAL ? d : 1);
        }
        model[0] = constant_of(log_weight, half_log_det, d);
        for (int i = 0; i < d; ++i) model[kMean + i] = mean[i];
        for (int i = 0; i < variances(d); ++i) model[precision_at(d) + i] = 0.5 * kScale / variance[i];
        return true;
    }

    static void finish(const Shape &s, const double *, const double *sums, double *counts, double *first,
                       double *scatters, const Work &) {
        for (int c = 0; c < s.k; ++c) {
            const double *lanes = sums + lanes_at(s.d, c);
            counts[c] = sum_lanes(load(lanes));
            for (int i = 0; i < s.d; ++i) *first++ = sum_lanes(load(lanes + first_at(i)));
            for (int i = 0; i < variances(s.d); ++i) *scatters++ = sum_lanes(load(lanes + second_at(s.d, i)));
        }
    }
};
