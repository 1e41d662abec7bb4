// Tiles: rows transposed into lines, and the step that all kinds share, from joint densities to
// responsibilities.

inline int round_up(int n, int to) { return (n + to - 1) / to * to; }
inline void clear(double *p, int64_t n) {
    for (int64_t i = 0; i < n; ++i) p[i] = 0.0;
}

constexpr int T = 256, TS = T + 8;  // rows of a tile; from one line to the next

// Brings what a thread reads next near, a share for each component of each tile of the block: all at once
// would have to wait for memory.
struct Ahead {
    const char *next;
    int64_t left, share;

    Ahead(const Origin &origin, int k)
        : next(origin.next), left(origin.bytes), share(origin.bytes / (k * (kBlock / T)) + 64) {}
    void fetch() {
        for (int64_t end = left - share; left > 0 && left > end; left -= 64, next += 64)
            __builtin_prefetch(next, 0, 2);
    }
};

// One tile at work: its lines, the scratch and the sizes.
struct Tile {
    int k, d;
    const double *x;      // (d, TS)
    const double *omega;  // (TS)
    double *r;      // (k rounded up to 4, TS): log-joint densities, then likelihoods relative to the largest
    double *scale;  // (TS): what turns these likelihoods into responsibilities times omega
    double *q;  // (k rounded up to 4, TS): squared distances, where a kind wants them again, or partial ones
    double *a, *b;  // (d rounded up to 4, TS) each: work of the kinds, rows centred or weighted
    bool plain;     // whether every omega of the tile is 1
    Ahead *ahead;
};

// Pairs of a row and a component that are measured together, row by row.
constexpr int PAIRS = kRegisters == 32 ? 8 : 4;
// From one such row to the next: no power of 2, so that equal places of many rows do not share a cache set.
inline int row_stride(int d) { return round_up(d, 8) + 4; }

inline int64_t scratch_size(int k, int d) {
    return static_cast<int64_t>(2 * round_up(k, 4) + 2 * round_up(d, 4) + 1) * TS;
}

template <class Number>
inline void copy_rows(const Number *data, int64_t row_stride, int64_t column_stride, int d, int count,
                      double *out) {
    if (row_stride == 1) {
        for (int j = 0; j < d; ++j)
            for (int t = 0; t < count; ++t) out[j * TS + t] = data[t + j * column_stride];
        return;
    }
    int t = 0;
    for (; t + 4 <= count; t += 4) {
        const Number *p = data + t * row_stride;
        int j = 0;
        if constexpr (sizeof(Number) == sizeof(double))
            if (column_stride == 1)
                for (; j + 4 <= d; j += 4, p += 4) transpose(p, row_stride, out + j * TS + t, TS);
        for (; j < d; ++j, p += column_stride) {
            double *o = out + j * TS + t;
            o[0] = p[0], o[1] = p[row_stride], o[2] = p[2 * row_stride], o[3] = p[3 * row_stride];
        }
    }
    for (; t < count; ++t)
        for (int j = 0; j < d; ++j) out[j * TS + t] = data[t * row_stride + j * column_stride];
}

// IN rows [first, first + count), omega (n) or null. OUT tiles ((d + 1), TS) each; the last tile is filled up
// with copies of the last row at weight 0. Where all omega of a tile are 1, the line of them is left as it
// is.
inline void read_rows(const Shape &s, const Rows &rows, const double *omega, int64_t first, int count,
                      double *tiles) {
    const int d = s.d;
    for (int start = 0; start < count; start += T, tiles += (d + 1) * TS) {
        const int here = count - start < T ? count - start : T;
        const int64_t offset = (first + start) * rows.row_stride;
        if (rows.single)
            copy_rows(static_cast<const float *>(rows.data) + offset, rows.row_stride, rows.column_stride, d,
                      here, tiles);
        else
            copy_rows(static_cast<const double *>(rows.data) + offset, rows.row_stride, rows.column_stride, d,
                      here, tiles);
        for (int j = 0; j < d; ++j)
            for (int t = here; t < T; ++t) tiles[j * TS + t] = tiles[j * TS + here - 1];
        double *w = tiles + d * TS;
        if (omega || here < T)
            for (int t = 0; t < here; ++t) w[t] = omega ? omega[first + start + t] : 1.0;
        for (int t = here; t < T; ++t) w[t] = 0.0;
    }
}

// The largest of the k log-joint densities of each of W rows. Finite, so that a row infinitely far from every
// component gets likelihoods of 0 and not NaN.
inline vec largest(const double *joint, int k) {
    vec top = maximum(broadcast(-1e300), load(joint));
    for (int c = 1; c < k; ++c) top = maximum(top, load(joint + c * TS));
    return top;
}

// The log-likelihood of a tile's rows, in lanes, and what turns each row's likelihoods, relative to its
// largest, into responsibilities times omega. Where all omega are 1 the logs of the rows are one log of their
// product: each factor lies in [1, k], and kFactors of them stay finite for any k under 65536.
constexpr int kFactors = 64;
template <bool PLAIN>
struct Likelihood {
    vec tops = {}, logs = {}, product = broadcast(1.0);
    int factors = 0;

    // IN top: largest log-joint densities, sum: of the relative likelihoods, omega (W); OUT scale (W).
    void add(vec top, vec sum, const double *weights, double *scale) {
        if (PLAIN) {
            tops += top;
            product *= sum;
            if (T / W > kFactors && ++factors % kFactors == 0) logs += log(product), product = broadcast(1.0);
            store(scale, 1.0 / sum);
        } else {
            const vec omega = load(weights);
            logs += select(omega == 0.0, vec{}, omega * (kUnit * top + log(sum)));
            store(scale, omega / sum);
        }
    }
    vec total() const { return PLAIN ? tops * kUnit + logs + log(product) : logs; }
};

struct Yes {
    constexpr operator bool() const { return true; }
};
struct No {
    constexpr operator bool() const { return false; }
};
template <class F>
inline vec with_plain(bool plain, F f) {
    return plain ? f(Yes{}) : f(No{});
}

// INOUT r: log-joint densities in units of kUnit in, likelihoods relative to the row's largest out; OUT
// scale. Returns the sum over rows of omega log density, in lanes.
inline vec normalise(const Tile &tile) {
    return with_plain(tile.plain, [&](auto plain) {
        Likelihood<plain> likelihood;
        for (int t = 0; t < T; t += W) {
            double *r = tile.r + t;
            const vec top = largest(r, tile.k);
            vec sum = broadcast(1e-300);  // changes no sum but 0
            if (tile.k == 2) {            // the likelihood of the larger is exactly 1: one exponential does
                const vec a = load(r), b = load(r + TS), most = select(top > -1e300, broadcast(1.0), vec{});
                const vec least = exp2_units((a < b ? a : b) - top);
                store(r, select(a < b, least, most));
                store(r + TS, select(a < b, most, least));
                likelihood.add(top, sum + most + least, tile.omega + t, tile.scale + t);
                continue;
            }
            for (int c = 0; c < tile.k; ++c) {
                const vec e = exp2_units(load(r + c * TS) - top);
                store(r + c * TS, e);
                sum += e;
            }
            likelihood.add(top, sum, tile.omega + t, tile.scale + t);
        }
        return likelihood.total();
    });
}

// Likelihoods, relative to the row's largest, that no sum of doubles notices.
constexpr double kNegligible = 1e-20;

// Responsibilities times omega, of component c and W rows.
inline vec share(const Tile &tile, int c, int t) { return load(tile.r + c * TS + t) * load(tile.scale + t); }

// Leaves them in the place of component c's likelihoods. INOUT count: their sum, in lanes.
inline void take_shares(const Tile &tile, int c, double *count) {
    vec sum = load(count);
    for (int t = 0; t < T; t += W) {
        const vec responsibility = share(tile, c, t);
        store(tile.r + c * TS + t, responsibility);
        sum += responsibility;
    }
    store(count, sum);
}

// The rows of the tile whose share in component c is not negligible: how many, and which. IN r as normalise
// leaves it; OUT rows (T).
inline int count_noticeable(const Tile &tile, int c) {
    vec n = {};
    for (int t = 0; t < T; t += W)
        n += select(load(tile.r + c * TS + t) > kNegligible, broadcast(1.0), vec{});
    return static_cast<int>(sum_lanes(n));
}
inline void list_noticeable(const Tile &tile, int c, int *rows) {
    const double *likelihood = tile.r + c * TS;
    for (int t = 0, n = 0; t < T; ++t) {
        rows[n] = t;
        n += likelihood[t] > kNegligible;
    }
}

// A 4 x 4 block of a scatter, out[l][m] += sum_t a[l][t] (b[m][t] - mean[m]), for lines H to H + HEIGHT of a.
// With `r` the lines a are made on the way, a[l][t] = r[t] (x[l][t] - centre[l]), and their sums added to
// lanes. A DIAGONAL block needs m <= l alone.
constexpr int HEIGHT = kRegisters == 32 ? 4 : 2;  // lines of a whose 4 HEIGHT sums fit the registers
struct Weighting {
    const double *r, *x, *centre;
    double *lanes;
};

template <int H, bool MAKE, bool DIAGONAL>
inline void scatter_block(double *a, const double *b, const double *mean, int rows, const Weighting &w,
                          double *out) {
    vec sum[HEIGHT * 4] = {}, lane[HEIGHT] = {};
    const vec m0 = broadcast(mean[0]), m1 = broadcast(mean[1]), m2 = broadcast(mean[2]),
              m3 = broadcast(mean[3]);
#pragma GCC unroll 2
    for (int t = 0; t < rows; t += W) {
        const vec y[4] = {load(b + t) - m0, load(b + TS + t) - m1, load(b + 2 * TS + t) - m2,
                          load(b + 3 * TS + t) - m3};
#pragma GCC unroll 4
        for (int l = 0; l < HEIGHT; ++l) {
            vec x;
            if (MAKE) {
                x = load(w.r + t) * (DIAGONAL ? y[H + l] : load(w.x + (H + l) * TS + t) - w.centre[H + l]);
                store(a + (H + l) * TS + t, x);
                lane[l] += x;
            } else {
                x = load(a + (H + l) * TS + t);
            }
#pragma GCC unroll 4
            for (int m = 0; m < 4; ++m)
                if (!DIAGONAL || m <= H + l) sum[4 * l + m] += x * y[m];
        }
    }
    if (MAKE)
        for (int l = 0; l < HEIGHT; ++l) {
            double *o = w.lanes + (H + l) * W;
            store(o, load(o) + lane[l]);
        }
    for (int l = 0; l < HEIGHT * 4; l += W) add_lane_sums(sum + l, out + 4 * H + l);
    if constexpr (H + HEIGHT < 4) scatter_block<H + HEIGHT, MAKE, DIAGONAL>(a, b, mean, rows, w, out);
}

// The scatter of lines: the lower triangle of 4 x 4 blocks of sum_t a[i][t] b[j][t].
// IN a, b (n rounded up to 4, TS), the padding lines 0; OUT blocks of 16, row by row.
inline void scatter(double *a, const double *b, int n, double *out) {
    constexpr double zero[4] = {0, 0, 0, 0};
    for (int i = 0; i < n; i += 4)
        for (int j = 0; j <= i; j += 4, out += 16)
            scatter_block<0, false, false>(a + i * TS, b + j * TS, zero, T, {}, out);
}

// First moments and scatter of one component: lanes[i] += sum_t r[t] (x[i][t] - mean[i]) and the triangle of
// blocks of sum_t r[t] (x[i][t] - mean[i]) (x[j][t] - mean[j]). IN r (rows), x (n, TS) with three more lines
// to be read, mean (n) with three more entries; OUT a (n rounded up to 4, TS) work, lanes (n rounded up to
// 4), blocks.
inline void weighted_scatter(const double *r, const double *x, const double *mean, int n, int rows, double *a,
                             double *lanes, double *out) {
    for (int i = 0; i < n; i += 4) {
        double *ai = a + i * TS;
        const Weighting w{r, x + i * TS, mean + i, lanes + i * W};
        if (i == 0) {
            scatter_block<0, true, true>(ai, x, mean, rows, w, out), out += 16;
            continue;
        }
        scatter_block<0, true, false>(ai, x, mean, rows, w, out), out += 16;
        for (int j = 4; j < i; j += 4, out += 16)
            scatter_block<0, false, false>(ai, x + j * TS, mean + j, rows, w, out);
        scatter_block<0, false, true>(ai, x + i * TS, mean + i, rows, w, out), out += 16;
    }
}

inline int64_t scatter_size(int n) {
    const int m = round_up(n, 4) / 4;
    return 8L * m * (m + 1);
}

// OUT full symmetric matrix (n, n), added up.
inline void unpack_scatter(const double *blocks, int n, double *matrix) {
    for (int i = 0; i < n; i += 4)
        for (int j = 0; j <= i; j += 4, blocks += 16)
            for (int u = i; u < i + 4 && u < n; ++u)
                for (int v = j; v < j + 4 && v <= u; ++v)
                    matrix[u * n + v] = matrix[v * n + u] = blocks[4 * (u - i) + v - j];
}
