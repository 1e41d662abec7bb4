// One covariance shared by all components: rows are whitened once, y = L^-1 (x - centre), and a component
// costs only distances in the whitened space, |y - m_c|^2 with m_c = L^-1 (mu_c - centre).
//
// The pooled scatter needs one product a row, not one a component. With z = sum_c r_c (y - m_c),
//   sum_c r_c (y - m_c)(y - m_c)^T = z z^T + sum_{c < e} r_c r_e (m_c - m_e)(m_c - m_e)^T,
// so the sums keep Z = sum omega z z^T (d, d) and R_ce = sum omega r_c r_e (k, k). Nothing cancels.
//
// Model: centre (d), L (d, d), packed L^-1; then for each component constant, m_c (d).
// Sums: for each component count and sum of r (y - m_c) in lanes; then Z and R in blocks.

struct Tied {
    static int64_t head(int d) { return d + static_cast<int64_t>(d) * d + packed_size(d); }
    static int64_t model_size(int k, int d) { return head(d) + static_cast<int64_t>(k) * (1 + d); }
    static int64_t sums_size(int k, int d) {
        return static_cast<int64_t>(k) * (1 + d) * W + scatter_size(d) + scatter_size(k);
    }

    static void joint(const Tile &tile, const double *model) {
        const int d = tile.d;
        const double *centre = model, *packed = model + d + d * d;
        for (int t = 0; t < T; t += NT * W)
            whiten(packed, tile.x + t, centre, d, tile.a + t, [&](int j, const vec(&y)[4][NT]) {
                for (int l = 0; l < 4; ++l)
                    for (int v = 0; v < NT; ++v) store(tile.b + (j + l) * TS + t + v * W, y[l][v]);
            });
        for (int c = 0; c < tile.k; ++c) {
            const double *component = model + head(d) + c * (1 + d), *m = component + 1;
            tile.ahead->fetch();
            for (int t = 0; t < T; t += NT * W) {
                vec q[NT] = {};
                for (int i = 0; i < d; ++i)
#pragma GCC unroll 4
                    for (int v = 0; v < NT; ++v) {
                        const vec u = load(tile.b + i * TS + t + v * W) - m[i];
                        q[v] += u * u;
                    }
#pragma GCC unroll 4
                for (int v = 0; v < NT; ++v) store(tile.r + c * TS + t + v * W, component[0] - q[v]);
            }
        }
    }

    // b still holds y; z goes to a line by line, then omega z to b.
    static void gather(const Tile &tile, const double *model, double *sums) {
        const int k = tile.k, d = tile.d;
        double *Z = sums + static_cast<int64_t>(k) * (1 + d) * W, *R = Z + scatter_size(d);
        for (int c = 0; c < k; ++c) {
            double *lane = sums + static_cast<int64_t>(c) * (1 + d) * W;
            vec count = load(lane);
            for (int t = 0; t < T; t += W) count += share(tile, c, t);
            store(lane, count);
        }
        for (int i = 0; i < d; ++i) {
            const double *m = model + head(d) + 1 + i;
            const double *y = tile.b + i * TS;
            double *z = tile.a + i * TS;
            for (int t = 0; t < T; t += W) store(z + t, vec{});
            for (int c = 0; c < k; ++c) {
                double *lane = sums + (static_cast<int64_t>(c) * (1 + d) + 1 + i) * W;
                const vec mean = broadcast(m[c * (1 + d)]);
                vec sum = load(lane);
                for (int t = 0; t < T; t += W) {
                    const vec u = share(tile, c, t) * (load(y + t) - mean);
                    store(z + t, load(z + t) + u);
                    sum += u;
                }
                store(lane, sum);
            }
        }
        // The products want one factor with omega and one without: b = z / omega, q = r, then r times omega
        // in place.
        for (int t = 0; t < T; t += W) {
            const vec omega = tile.plain ? broadcast(1.0) : load(tile.omega + t);
            const vec inverse = select(omega == 0.0, vec{}, 1.0 / omega);
            for (int i = 0; i < d; ++i) store(tile.b + i * TS + t, load(tile.a + i * TS + t) * inverse);
            for (int c = 0; c < k; ++c) {
                const vec r = share(tile, c, t);
                store(tile.r + c * TS + t, r);
                store(tile.q + c * TS + t, r * inverse);
            }
        }
        scatter(tile.a, tile.b, d, Z);
        scatter(tile.r, tile.q, k, R);
    }

    static bool prepare(const Shape &s, const double *log_weights, const double *means, const double *spread,
                        double *model, double *work) {
        const int k = s.k, d = s.d;
        double *centre = model, *L = model + d, *inverse = work, *component = model + head(d);
        if (!cholesky(spread, d, L, inverse)) return false;
        const double half_log_det = half_log_determinant(L, d), scale = whitening_scale();
        invert_lower(L, d, inverse);
        pack_lower(inverse, d, scale, L + d * d);
        for (int i = 0; i < d; ++i) {
            centre[i] = 0.0;
            for (int c = 0; c < k; ++c) centre[i] += (means[c * d + i] - means[i]) / k;
            centre[i] += means[i];
        }
        for (int c = 0; c < k; ++c, component += 1 + d) {
            component[0] = constant_of(log_weights[c], half_log_det, d);
            for (int i = 0; i < d; ++i) {
                double m = 0;
                for (int j = 0; j <= i; ++j) m += inverse[i * d + j] * (means[c * d + j] - centre[j]);
                component[1 + i] = m * scale;
            }
        }
        for (int i = 0; i < d * d; ++i) L[i] /= scale;  // takes a scaled y back to x
        return true;
    }

    // Back to the data's space: sums become L s, the scatter L (Z + between) L^T. IN work (2 d d + k k).
    static void finish(const Shape &s, const double *model, const double *sums, double *counts, double *first,
                       double *scatter_out, double *work) {
        const int k = s.k, d = s.d;
        const double *L = model + d, *m = model + head(d) + 1;
        const double *Z = sums + static_cast<int64_t>(k) * (1 + d) * W, *R = Z + scatter_size(d);
        double *inner = work, *half = work + d * d, *shares = work + 2 * d * d;
        for (int c = 0; c < k; ++c) {
            counts[c] = sum_lanes(load(sums)), sums += W;
            for (int i = 0; i < d; ++i, sums += W) half[i] = sum_lanes(load(sums));
            for (int i = 0; i < d; ++i) {
                double sum = 0;
                for (int j = 0; j <= i; ++j) sum += L[i * d + j] * half[j];
                first[c * d + i] = sum;
            }
        }
        unpack_scatter(Z, d, inner);
        unpack_scatter(R, k, shares);
        for (int c = 0; c < k; ++c)
            for (int e = 0; e < c; ++e) {
                const double share = shares[c * k + e];
                const double *mc = m + c * (1 + d), *me = m + e * (1 + d);
                for (int i = 0; i < d; ++i) half[i] = mc[i] - me[i];
                for (int i = 0; i < d; ++i) {
                    const double f = share * half[i];
                    for (int j = 0; j < d; ++j) inner[i * d + j] += f * half[j];
                }
            }
        for (int i = 0; i < d; ++i) {
            for (int j = 0; j < d; ++j) half[i * d + j] = 0.0;
            for (int p = 0; p <= i; ++p)
                for (int j = 0; j < d; ++j) half[i * d + j] += L[i * d + p] * inner[p * d + j];
        }
        for (int i = 0; i < d; ++i)
            for (int j = 0; j <= i; ++j) {
                double sum = 0;
                for (int p = 0; p <= j; ++p) sum += half[i * d + p] * L[j * d + p];
                scatter_out[i * d + j] = scatter_out[j * d + i] = sum;
            }
    }
};
