// Diagonal and spherical covariances by pairs of a row and a component (sparse.inl): rows lie side by side, 4
// coordinates a quad.

template <bool SPHERICAL>
struct DiagonalPairs {
    using Kind = Diagonal<SPHERICAL>;

    static int cost_of_partial(int coordinates) { return 3 * coordinates; }
    static int cost_of_listed(int d) { return 6 * d + kListing; }
    static int cost_of_dense(int d) { return (SPHERICAL ? 5 : 6) * d + kNormalising; }

    // out[p] = constant - sum_i precision_i (x_pi - mu_i)^2, 4 rows at a time. IN component, kPairs rows x;
    // OUT out (kPairs).
    [[gnu::noinline]] static void measure(const double *component, int d, const double *const *x, double *,
                                          double *out) {
        const double *mean = component + Kind::kMean, *precision = component + Kind::precision_at(d);
        for (int p = 0; p < kPairs; p += 4, x += 4) {
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

    // Adds n pairs: counts, first and second moments, to `own`. IN rows x, shares (n).
    [[gnu::noinline]] static void gather(const Shape &s, int, const double *component, const double *const *x,
                                         const double *shares, int n, double *, const PairSums &own,
                                         double *) {
        const double *mean = component + Kind::kMean;
        double count = 0;
        for (int p = 0; p < n; ++p) count += shares[p];
        *own.count += count;
        int i = 0;
        for (; i + 16 <= s.d; i += 16)
            gather_quads<4>(x, i, mean + i, shares, n, own.first + i, own.second + i);
        for (; i + 4 <= s.d; i += 4)
            gather_quads<1>(x, i, mean + i, shares, n, own.first + i, own.second + i);
        for (; i < s.d; ++i)
            for (int p = 0; p < n; ++p) {
                const double u = x[p][i] - mean[i], ru = shares[p] * u;
                own.first[i] += ru, own.second[i] += ru * u;
            }
    }

    // COUNT quads of features, from feature i on.
    template <int COUNT>
    static void gather_quads(const double *const *x, int i, const double *mean, const double *shares, int n,
                             double *first, double *second) {
        quad m[COUNT], s[COUNT], ss[COUNT];
        for (int l = 0; l < COUNT; ++l)
            m[l] = load_quad(mean + 4 * l), s[l] = load_quad(first + 4 * l),
            ss[l] = load_quad(second + 4 * l);
        for (int p = 0; p < n; ++p)
#pragma GCC unroll 4
            for (int l = 0; l < COUNT; ++l) {
                const quad u = load_quad(x[p] + i + 4 * l) - m[l], ru = shares[p] * u;
                s[l] += ru;
                ss[l] += ru * u;
            }
        for (int l = 0; l < COUNT; ++l) store_quad(first + 4 * l, s[l]), store_quad(second + 4 * l, ss[l]);
    }

    // Adds what `gather` has kept to the pass's sums, in their first lanes.
    static void add_to_sums(const Shape &s, int c, const PairSums &own, double *sums) {
        double *lanes = sums + Kind::lanes_at(s.d, c);
        lanes[0] += *own.count;
        for (int i = 0; i < s.d; ++i) {
            lanes[Kind::first_at(i)] += own.first[i];
            lanes[Kind::second_at(s.d, i)] += own.second[i];
        }
    }

    // out[c][t] = constant_c less the first `coordinates` terms of the squared distance, as Full::distances.
    static void distances(const double *model, int d, int coordinates, int k, const double *x, int rows,
                          Ahead &ahead, double *, double *out) {
        for (int c = 0; c < k; ++c, model += Kind::component(d)) {
            const double *mean = model + Kind::kMean, *precision = model + Kind::precision_at(d);
            ahead.fetch();
            for (int t = 0; t < rows; t += kStripRows) {
                vec q[kStrip] = {};
                for (int i = 0; i < coordinates; ++i)
                    Kind::add_squares(x + i * kLine + t, mean[i], precision + i, q);
                for (int v = 0; v < kStrip; ++v)
                    store(out + c * kLine + t + v * W, model[0] - (SPHERICAL ? q[v] * precision[0] : q[v]));
            }
        }
    }
};
