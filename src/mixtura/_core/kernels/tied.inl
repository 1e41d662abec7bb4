// One covariance shared by all components: rows are whitened once, y = L^-1 (x - centre), and a component
// costs only distances in the whitened space, |y - m_c|^2 with m_c = L^-1 (mu_c - centre).
//
// The pooled scatter needs one product a row, not one a component. With z = sum_c r_c (y - m_c),
//   sum_c r_c (y - m_c)(y - m_c)^T = z z^T + sum_{c < e} r_c r_e (m_c - m_e)(m_c - m_e)^T,
// so the sums keep Z = sum omega z z^T (d, d) and R_ce = sum omega r_c r_e (k, k). Nothing cancels.

struct Tied {
    // Model: centre (d), L (d, d), packed L^-1; then for each component constant, m_c (d).
    static int factor_at(int d) { return d; }
    static int packed_at(int d) { return factor_at(d) + d * d; }
    static int64_t component_at(int d, int c) {
        return packed_at(d) + packed_size(d) + static_cast<int64_t>(c) * (1 + d);
    }
    static int64_t model_size(int k, int d) { return component_at(d, k); }

    // Sums: for each component count and sum of r (y - m_c) (d) in lanes; then Z and R in blocks.
    static int64_t lanes_at(int d, int c) { return static_cast<int64_t>(c) * (1 + d) * W; }
    static int64_t scatter_at(int k, int d) { return lanes_at(d, k); }
    static int64_t products_at(int k, int d) { return scatter_at(k, d) + scatter_size(d); }
    static int64_t sums_size(int k, int d) { return products_at(k, d) + scatter_size(k); }

    static void begin(const Tile &tile) {
        Tile::clear_padding(tile.a, tile.d);
        Tile::clear_padding(tile.b, tile.d);
        Tile::clear_padding(tile.r, tile.k);
        Tile::clear_padding(tile.q, tile.k);
    }

    // r[c][t] = constant_c - |y_t - m_c|^2. Leaves y in b.
    static void joint(const Tile &tile, const double *model) {
        const int d = tile.d;
        whiten_tile(tile, model);
        for (int c = 0; c < tile.k; ++c) {
            const double *component = model + component_at(d, c), *m = component + 1;
            tile.ahead->fetch();
            for (int t = 0; t < kTile; t += kStripRows) {
                vec q[kStrip] = {};
                for (int i = 0; i < d; ++i)
#pragma GCC unroll 4
                    for (int v = 0; v < kStrip; ++v) {
                        const vec u = load(tile.b + i * kLine + t + v * W) - m[i];
                        q[v] += u * u;
                    }
#pragma GCC unroll 4
                for (int v = 0; v < kStrip; ++v) store(tile.r + c * kLine + t + v * W, component[0] - q[v]);
            }
        }
    }

    // OUT b (d, kLine): y.
    static void whiten_tile(const Tile &tile, const double *model) {
        const int d = tile.d;
        const double *centre = model, *packed = model + packed_at(d);
        for (int t = 0; t < kTile; t += kStripRows)
            whiten(packed, tile.x + t, centre, d, tile.a + t, [&](int j, const vec(&y)[4][kStrip]) {
                for (int l = 0; l < 4; ++l)
                    for (int v = 0; v < kStrip; ++v) store(tile.b + (j + l) * kLine + t + v * W, y[l][v]);
            });
    }

    // Adds a tile's counts, sum r (y - m), Z and R to the sums. IN b: y.
    static void gather(const Tile &tile, const double *model, double *sums) {
        gather_counts(tile, sums);
        for (int i = 0; i < tile.d; ++i) gather_first(tile, model, i, sums);
        split_weights(tile);
        scatter(tile.a, tile.b, tile.d, sums + scatter_at(tile.k, tile.d));
        scatter(tile.r, tile.q, tile.k, sums + products_at(tile.k, tile.d));
    }

    static void gather_counts(const Tile &tile, double *sums) {
        for (int c = 0; c < tile.k; ++c) {
            double *lane = sums + lanes_at(tile.d, c);
            vec count = load(lane);
            for (int t = 0; t < kTile; t += W) count += share(tile, c, t);
            store(lane, count);
        }
    }

    // First moments of coordinate i. OUT line i of a: omega z_i.
    static void gather_first(const Tile &tile, const double *model, int i, double *sums) {
        const int d = tile.d;
        const double *y = tile.b + i * kLine;
        double *z = tile.a + i * kLine;
        for (int t = 0; t < kTile; t += W) store(z + t, vec{});
        for (int c = 0; c < tile.k; ++c) {
            double *lane = sums + lanes_at(d, c) + (1 + i) * W;
            const vec mean = broadcast(model[component_at(d, c) + 1 + i]);
            vec sum = load(lane);
            for (int t = 0; t < kTile; t += W) {
                const vec u = share(tile, c, t) * (load(y + t) - mean);
                store(z + t, load(z + t) + u);
                sum += u;
            }
            store(lane, sum);
        }
    }

    // The products want one factor with omega, as a is and as the shares are, and one without: b becomes
    // a / omega, r the shares and q shares / omega.
    static void split_weights(const Tile &tile) {
        for (int t = 0; t < kTile; t += W) {
            const vec omega = tile.plain ? broadcast(1.0) : load(tile.omega + t);
            const vec inverse = select(omega == 0.0, vec{}, 1.0 / omega);
            for (int i = 0; i < tile.d; ++i)
                store(tile.b + i * kLine + t, load(tile.a + i * kLine + t) * inverse);
            for (int c = 0; c < tile.k; ++c) {
                const vec r = share(tile, c, t);
                store(tile.r + c * kLine + t, r);
                store(tile.q + c * kLine + t, r * inverse);
            }
        }
    }

    static bool prepare(const Shape &s, const double *means, const double *spread, double *model,
                        const Work &work) {
        const int k = s.k, d = s.d;
        double *centre = model, *L = model + factor_at(d), *inverse = work.matrix;
        if (!cholesky(spread, d, L, inverse)) return false;
        const double half_log_det = half_log_determinant(L, d), scale = whitening_scale();
        invert_lower(L, d, inverse);
        pack_lower(inverse, d, scale, model + packed_at(d));
        for (int i = 0; i < d; ++i) {
            centre[i] = 0.0;
            for (int c = 0; c < k; ++c) centre[i] += (means[c * d + i] - means[i]) / k;
            centre[i] += means[i];
        }
        for (int c = 0; c < k; ++c) {
            double *component = model + component_at(d, c);
            component[0] = constant_of(work.log_weights[c], half_log_det, d);
            for (int i = 0; i < d; ++i) {
                double m = 0;
                for (int j = 0; j <= i; ++j) m += inverse[i * d + j] * (means[c * d + j] - centre[j]);
                component[1 + i] = m * scale;
            }
        }
        for (int i = 0; i < d * d; ++i) L[i] /= scale;  // takes a scaled y back to x
        return true;
    }

    // Back to the data's space: first moments become L s, the scatter L (Z + between) L^T.
    static void finish(const Shape &s, const double *model, const double *sums, double *counts, double *first,
                       double *scatter_out, const Work &work) {
        const int k = s.k, d = s.d;
        const double *L = model + factor_at(d);
        double *whitened = work.second_matrix, *inner = work.matrix;
        for (int c = 0; c < k; ++c) {
            const double *lanes = sums + lanes_at(d, c);
            counts[c] = sum_lanes(load(lanes));
            for (int i = 0; i < d; ++i) whitened[i] = sum_lanes(load(lanes + (1 + i) * W));
            for (int i = 0; i < d; ++i) {
                double sum = 0;
                for (int j = 0; j <= i; ++j) sum += L[i * d + j] * whitened[j];
                first[c * d + i] = sum;
            }
        }
        unpack_scatter(sums + scatter_at(k, d), d, inner);
        unpack_scatter(sums + products_at(k, d), k, work.products);
        add_between(s, model, work.products, whitened, inner);
        congruence(L, inner, d, whitened, scatter_out);
    }

    // INOUT inner (d, d) += sum_{c < e} R_ce (m_c - m_e)(m_c - m_e)^T; IN R (k, k); difference (d) work.
    static void add_between(const Shape &s, const double *model, const double *R, double *difference,
                            double *inner) {
        const int d = s.d;
        for (int c = 0; c < s.k; ++c)
            for (int e = 0; e < c; ++e) {
                const double share = R[c * s.k + e];
                const double *mc = model + component_at(d, c) + 1, *me = model + component_at(d, e) + 1;
                for (int i = 0; i < d; ++i) difference[i] = mc[i] - me[i];
                for (int i = 0; i < d; ++i) {
                    const double f = share * difference[i];
                    for (int j = 0; j < d; ++j) inner[i * d + j] += f * difference[j];
                }
            }
    }

    // OUT L inner L^T (d, d), of its lower triangle; half (d, d) work.
    static void congruence(const double *L, const double *inner, int d, double *half, double *out) {
        for (int i = 0; i < d; ++i) {
            for (int j = 0; j < d; ++j) half[i * d + j] = 0.0;
            for (int p = 0; p <= i; ++p)
                for (int j = 0; j < d; ++j) half[i * d + j] += L[i * d + p] * inner[p * d + j];
        }
        for (int i = 0; i < d; ++i)
            for (int j = 0; j <= i; ++j) {
                double sum = 0;
                for (int p = 0; p <= j; ++p) sum += half[i * d + p] * L[j * d + p];
                out[i * d + j] = out[j * d + i] = sum;
            }
    }
};
