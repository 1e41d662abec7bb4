// Full covariances by pairs of a row and a component (sparse.inl): rows lie side by side, 4 coordinates a
// quad.

struct FullPairs {
    static int cost_of_partial(int coordinates) { return coordinates * (coordinates + 5) / 2; }
    static int cost_of_listed(int d) { return 3 * d * d / 2 + kListing; }
    static int cost_of_dense(int d) { return d * (d + 5) + kNormalising; }

    static void distances(const double *model, int d, int coordinates, int k, const double *x, int rows,
                          Ahead &ahead, double *work, double *out) {
        Full::distances(model, d, coordinates, k, x, rows, ahead, work, out);
    }

    // OUT y (n, row_stride(d)): rows less a mean. What rounds d up to 4 is not written and stays 0.
    static void centre(const double *const *x, int n, const double *mean, int d, double *y) {
        for (int p = 0; p < n; ++p, y += row_stride(d)) {
            int i = 0;
            for (; i + 4 <= d; i += 4) store_quad(y + i, load_quad(x[p] + i) - load_quad(mean + i));
            for (; i < d; ++i) y[i] = x[p][i] - mean[i];
        }
    }

    // out[p] = constant - |U (x_p - mu)|^2, by bands of 4 whitened coordinates. IN component, kPairs rows x;
    // y work (kPairs, row_stride(d)); OUT out (kPairs).
    [[gnu::noinline]] static void measure(const double *component, int d, const double *const *x, double *y,
                                          double *out) {
        const double *factor = component + Full::factor_at(d);
        const int stride = row_stride(d);
        centre(x, kPairs, component + Full::kMean, d, y);
        quad q[kPairs] = {};
        for (int j = 0; j < d; j += 4) {
            quad z[kPairs] = {};
            for (int i = 0; i < j + 4; ++i, factor += 4) {
                const quad u = load_quad(factor);
#pragma GCC unroll 8
                for (int p = 0; p < kPairs; ++p) z[p] += u * y[p * stride + i];
            }
#pragma GCC unroll 8
            for (int p = 0; p < kPairs; ++p) q[p] += z[p] * z[p];
        }
        for (int p = 0; p < kPairs; p += 4) store_quad(out + p, component[0] - sum_quads(q + p));
    }

    // Adds n pairs of component c: counts and first moments to `own`, the scatter to the pass's sums. IN rows
    // x, shares (n); y work (2 n, row_stride(d)).
    [[gnu::noinline]] static void gather(const Shape &s, int c, const double *component,
                                         const double *const *x, const double *shares, int n, double *y,
                                         const PairSums &own, double *sums) {
        const int stride = row_stride(s.d), padded = round_up(s.d, 4);
        double *weighted = y + n * stride;
        centre(x, n, component + Full::kMean, s.d, y);
        double *blocks = sums + Full::scatter_at(s.k, s.d, c);
        double count = 0;
        for (int p = 0; p < n; ++p) {
            count += shares[p];
            for (int i = 0; i < padded; i += 4)
                store_quad(weighted + p * stride + i, shares[p] * load_quad(y + p * stride + i));
        }
        *own.count += count;
        for (int i = 0; i < padded; i += 4) {
            quad sum = load_quad(own.first + i);
            for (int p = 0; p < n; ++p) sum += load_quad(weighted + p * stride + i);
            store_quad(own.first + i, sum);
            int j = 0;
            for (; j < i; j += 8, blocks += 32) add_blocks<2>(weighted + i, y + j, n, stride, blocks);
            if (j == i) add_blocks<1>(weighted + i, y + j, n, stride, blocks), blocks += 16;
        }
    }

    // COUNT neighbouring 4 x 4 blocks of the scatter of n pairs.
    template <int COUNT>
    static void add_blocks(const double *weighted, const double *y, int n, int stride, double *blocks) {
        quad sum[4 * COUNT];
        for (int l = 0; l < 4 * COUNT; ++l) sum[l] = load_quad(blocks + 4 * l);
        for (int p = 0; p < n; ++p, weighted += stride, y += stride) {
#pragma GCC unroll 2
            for (int b = 0; b < COUNT; ++b) {
                const quad other = load_quad(y + 4 * b);
#pragma GCC unroll 4
                for (int l = 0; l < 4; ++l) sum[4 * b + l] += weighted[l] * other;
            }
        }
        for (int l = 0; l < 4 * COUNT; ++l) store_quad(blocks + 4 * l, sum[l]);
    }

    // Adds what `gather` has kept apart to the pass's sums, in their first lanes.
    static void add_to_sums(const Shape &s, int c, const PairSums &own, double *sums) {
        sums += Full::lanes_at(s.d, c);
        sums[0] += *own.count;
        for (int i = 0; i < s.d; ++i) sums[(1 + i) * W] += own.first[i];
    }
};
