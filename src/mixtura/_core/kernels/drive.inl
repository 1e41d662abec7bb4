// The table of functions that the rest of the core sees: each picks the kind of the shape and runs its steps.

constexpr int kSmall = 8;

template <int D, class F>
inline auto with_dimension(int d, F f) {
    if constexpr (D < kSmall)
        if (d > D) return with_dimension<D + 1>(d, f);
    return f(Small<D>{});
}

// Calls f with the struct of the shape's kind.
template <class F>
inline auto with_kind(const Shape &s, F f) {
    if (s.d == 1 || (s.form == Form::full && s.d <= kSmall) || (s.form == Form::tied && s.d <= 3))
        return with_dimension<1>(s.d, f);
    if (s.form == Form::full) return f(Full{});
    if (s.form == Form::tied) return f(Tied{});
    if (s.form == Form::diagonal) return f(Diagonal<false>{});
    return f(Diagonal<true>{});
}

template <class Kind>
constexpr bool can_be_sparse = requires { Kind::gather_pairs; };

inline int64_t work_size(const Shape &s) { return 2L * s.d * s.d + static_cast<int64_t>(s.k) * s.k + s.k; }

// The sums begin with one vector: the log-likelihood in lanes.
inline Sizes sizes(const Shape &s) {
    Sizes z;
    with_kind(s, [&](auto kind) {
        z.model = kind.model_size(s.k, s.d);
        z.sums = W + kind.sums_size(s.k, s.d);
    });
    z.scratch = scratch_size(s.k, s.d);
    with_kind(s, [&](auto kind) {
        using Kind = decltype(kind);
        if constexpr (can_be_sparse<Kind>)
            if (Sparse<Kind>::worthwhile(s)) z.scratch += Sparse<Kind>::size(s);
    });
    if (z.scratch < work_size(s)) z.scratch = work_size(s);
    // Scatters read lines by fours, past the last tile's end at most by three.
    z.rows = (static_cast<int64_t>(kBlock / T) * (s.d + 1) + 3) * TS;
    return z;
}

inline int prepare(const Shape &s, const double *weights, const double *means, const double *spreads,
                   double *model, double *work) {
    return with_kind(s, [&](auto kind) -> int {
        double *log_weights = work + 2L * s.d * s.d;
        for (int c = 0; c < s.k; ++c)
            log_weights[c] = weights[c] > 0 ? __builtin_log(weights[c]) : -__builtin_inf();
        if constexpr (__is_same(decltype(kind), Tied)) {
            return kind.prepare(s, log_weights, means, spreads, model, work) ? -1 : 0;
        } else {
            for (int c = 0; c < s.k; ++c) {
                const double *mean = means + static_cast<int64_t>(c) * s.d;
                bool fine;
                if constexpr (__is_same(decltype(kind), Full))
                    fine = kind.prepare(s, c, log_weights[c], mean, spreads, model, work);
                else
                    fine = kind.prepare(s, c, log_weights[c], mean, spreads, model);
                if (!fine) return c;
            }
            return -1;
        }
    });
}

inline Tile tile_at(const Shape &s, const double *x, double *scratch) {
    Tile tile;
    tile.k = s.k, tile.d = s.d;
    tile.x = x, tile.omega = x + s.d * TS;
    tile.r = scratch;
    tile.q = tile.r + round_up(s.k, 4) * TS;
    tile.a = tile.q + round_up(s.k, 4) * TS;
    tile.b = tile.a + round_up(s.d, 4) * TS;
    tile.scale = tile.b + round_up(s.d, 4) * TS;
    tile.plain = false;
    return tile;
}

// The lines that round k and d up to 4 must be 0 for products of all lines; nothing else writes there.
inline void clear_padding(const Tile &tile) {
    const int64_t components = round_up(tile.k, 4) - tile.k, features = round_up(tile.d, 4) - tile.d;
    clear(tile.r + tile.k * TS, components * TS);
    clear(tile.q + tile.k * TS, components * TS);
    clear(tile.a + tile.d * TS, features * TS);
    clear(tile.b + tile.d * TS, features * TS);
}

// Of how many whitened coordinates the partial distances of a block's pairs should be, as a few of its rows
// show: a quarter of them, or half where that is cheaper; 0 where every pair is to be done in full.
template <class Kind>
inline int coordinates_for(const Shape &s, Sparse<Kind> &pairs, const Tile &tile) {
    Ahead nothing({}, s.k);
    constexpr int rows = Sparse<Kind>::kLook;
    const int64_t whole = static_cast<int64_t>(s.k) * rows, each = Kind::cost_of_listed(s.d);
    int64_t price = whole * Kind::cost_of_dense(s.d);
    int best = 0;
    const int quarter = round_up(s.d, 16) / 4;
    for (int few = quarter; few < s.d && few <= 2 * quarter; few += quarter) {
        const int64_t fixed = whole * Kind::cost_of_partial(few);
        if (fixed + rows * each > price) break;
        const int64_t found = pairs.pair_up(tile.x, {}, rows, few, nothing, tile.a);
        if (fixed + found * each < price) best = few, price = fixed + found * each;
        if (10 * found > 9 * whole) break;
    }
    return best;
}

// Does a block by pairs, where that is worth it; returns whether it was.
template <class Kind>
inline bool accumulate_pairs(const Shape &s, const double *model, const Tile &tile, Origin origin, int count,
                             bool weighted, double *scratch, double *sums) {
    if (!Sparse<Kind>::worthwhile(s)) return false;
    Sparse<Kind> pairs(s, model, scratch);
    const int few = coordinates_for(s, pairs, tile);
    if (few == 0) return false;
    const int tiles = (count + T - 1) / T, most = Sparse<Kind>::group(s), stride = (s.d + 1) * TS;
    vec loglik = load(sums);
    pairs.begin();
    if (count % T != 0) origin.rows = nullptr;  // the last tile has more rows than there are
    for (int done = 0; done < tiles; done += most) {
        const int n = tiles - done < most ? tiles - done : most;
        bool plain[kBlock / T];
        for (int g = 0; g < n; ++g) plain[g] = !weighted && (done + g + 1) * T <= count;
        pairs.pair_up(tile.x + done * stride, origin, n * T, few, *tile.ahead, tile.a);
        pairs.measure_others();
        if (origin.rows) origin.rows += n * T * origin.stride;
        loglik += pairs.normalise(tile.omega + done * stride, n, plain);
        pairs.gather(sums + W);
    }
    pairs.finish(sums + W);
    store(sums, loglik);
    return true;
}

inline void accumulate(const Shape &s, const double *model, const double *tiles, const Origin &origin,
                       int count, bool weighted, double *scratch, double *sums) {
    with_kind(s, [&](auto kind) {
        using Kind = decltype(kind);
        Tile tile = tile_at(s, tiles, scratch);
        if constexpr (__is_same(Kind, Tied)) clear_padding(tile);
        Ahead ahead(origin, s.k);
        tile.ahead = &ahead;
        if constexpr (can_be_sparse<Kind>)
            if (accumulate_pairs<Kind>(s, model, tile, origin, count, weighted,
                                       scratch + scratch_size(s.k, s.d), sums))
                return;
        vec loglik = load(sums);
        for (int start = 0; start < count; start += T) {
            tile.plain = !weighted && start + T <= count;
            kind.joint(tile, model);
            loglik += normalise(tile);
            kind.gather(tile, model, sums + W);
            tile.x += (s.d + 1) * TS, tile.omega += (s.d + 1) * TS;
        }
        store(sums, loglik);
    });
}

inline void finish(const Shape &s, const double *model, const double *sums, double *counts, double *first,
                   double *scatters, double *loglik, double *work) {
    *loglik = sum_lanes(load(sums));
    with_kind(s, [&](auto kind) {
        if constexpr (__is_same(decltype(kind), Tied))
            kind.finish(s, model, sums + W, counts, first, scatters, work);
        else
            kind.finish(s, model, sums + W, counts, first, scatters);
    });
}

inline void evaluate(const Shape &s, const double *model, const double *tiles, int count, Want want,
                     double *scratch, double *out, int64_t *labels) {
    with_kind(s, [&](auto kind) {
        Tile tile = tile_at(s, tiles, scratch);
        clear_padding(tile);
        Ahead nothing({}, s.k);
        tile.ahead = &nothing;
        const int k = s.k;
        for (int start = 0; start < count; start += T) {
            const int here = count - start < T ? count - start : T;
            kind.joint(tile, model);
            if (want == Want::labels) {
                for (int t = 0; t < here; ++t) {
                    int best = 0;
                    for (int c = 1; c < k; ++c)
                        if (tile.r[c * TS + t] > tile.r[best * TS + t]) best = c;
                    labels[start + t] = best;
                }
            } else if (want == Want::log_density) {
                for (int t = 0; t < T; t += W) {
                    const vec top = largest(tile.r + t, k);
                    vec sum = {};
                    for (int c = 0; c < k; ++c) sum += exp2_units(load(tile.r + c * TS + t) - top);
                    const vec density = kUnit * top + log(sum);
                    for (int i = 0; i < W && t + i < here; ++i) out[start + t + i] = density[i];
                }
            } else {
                tile.plain = start + T <= count;
                if (want == Want::responsibilities)
                    normalise(tile);
                else
                    for (int t = 0; t < T; t += W) store(tile.scale + t, broadcast(kUnit));
                for (int t = 0; t < here; ++t)
                    for (int c = 0; c < k; ++c)
                        out[static_cast<int64_t>(start + t) * k + c] = tile.r[c * TS + t] * tile.scale[t];
            }
            tile.x += (s.d + 1) * TS, tile.omega += (s.d + 1) * TS;
        }
    });
}

inline void exp_array(const double *x, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i += W) store(out + i, exp(load(x + i)));
}

inline void log_array(const double *x, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i += W) store(out + i, log(load(x + i)));
}

inline double multiply_add(int64_t rounds) {
    vec s[12], a = broadcast(0.999999), b = broadcast(1e-9);
    for (int i = 0; i < 12; ++i) s[i] = broadcast(1.0 + i);
    for (int64_t n = 0; n < rounds; ++n) {
#pragma GCC unroll 12
        for (int i = 0; i < 12; ++i) s[i] = s[i] * a + b;
    }
    vec sum = {};
    for (int i = 0; i < 12; ++i) sum += s[i];
    return sum_lanes(sum);
}

constexpr Engine make_engine(const char *name) {
    return {name,   W,        sizes,     prepare,   read_rows,   accumulate,
            finish, evaluate, exp_array, log_array, multiply_add};
}
