// The step that all kinds share: from log-joint densities to responsibilities and the log-likelihood.
//   log p(x_t) = top_t + log sum_c exp(l[c][t] - top_t),  top_t = max_c l[c][t]
//   share r[c][t] = omega_t exp(l[c][t] - top_t) / sum_c exp(l[c][t] - top_t)
// Relative likelihoods exp(l - top) stay in the place of l; a share is one of them times the row's scale.

constexpr double kLowest =
    -1e300;  // below every log-joint density, and finite: its difference to itself is 0
constexpr double kLeastSum = 1e-300;  // added to a sum of relative likelihoods it changes none but 0

// Relative likelihoods that no sum of doubles notices.
constexpr double kNegligible = 1e-20;

// The largest of the k log-joint densities of each of W rows. Finite, so that a row infinitely far from every
// component gets likelihoods of 0 and not NaN.
inline vec largest(const double *joint, int k) {
    vec top = maximum(broadcast(kLowest), load(joint));
    for (int c = 1; c < k; ++c) top = maximum(top, load(joint + c * kLine));
    return top;
}

// The log-likelihood of a tile's rows, in lanes, and each row's scale. Where all omega are 1 the logs of the
// rows are one log of their product: each factor lies in [1, k], and kFactors of them stay finite for any k
// under 65536.
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
            if (kTile / W > kFactors && ++factors % kFactors == 0)
                logs += log(product), product = broadcast(1.0);
            store(scale, 1.0 / sum);
        } else {
            const vec omega = load(weights);
            logs += select(omega == 0.0, vec{}, omega * (kUnit * top + log(sum)));
            store(scale, omega / sum);
        }
    }
    vec total() const { return PLAIN ? tops * kUnit + logs + log(product) : logs; }
};

// Calls f with `plain` as a constant of the compiler's.
template <bool VALUE>
struct Constant {
    constexpr operator bool() const { return VALUE; }
};
template <class F>
inline vec with_plain(bool plain, F f) {
    return plain ? f(Constant<true>{}) : f(Constant<false>{});
}

// INOUT r (k, kLine): log-joint densities of W rows in, relative likelihoods out. Returns their sum.
inline vec relative_likelihoods(double *r, int k, vec top) {
    vec sum = broadcast(kLeastSum);
    for (int c = 0; c < k; ++c) {
        const vec e = exp2_units(load(r + c * kLine) - top);
        store(r + c * kLine, e);
        sum += e;
    }
    return sum;
}

// The same for two components: the likelihood of the larger is exactly 1, and one exponential does.
inline vec relative_likelihoods_of_two(double *r, vec top) {
    const vec a = load(r), b = load(r + kLine), most = select(top > kLowest, broadcast(1.0), vec{});
    const vec least = exp2_units((a < b ? a : b) - top);
    store(r, select(a < b, least, most));
    store(r + kLine, select(a < b, most, least));
    return broadcast(kLeastSum) + most + least;
}

// INOUT r: log-joint densities in units of kUnit in, relative likelihoods out; OUT scale. Returns the sum
// over rows of omega log density, in lanes.
inline vec normalise(const Tile &tile) {
    return with_plain(tile.plain, [&](auto plain) {
        Likelihood<plain> likelihood;
        for (int t = 0; t < kTile; t += W) {
            double *r = tile.r + t;
            const vec top = largest(r, tile.k);
            const vec sum =
                tile.k == 2 ? relative_likelihoods_of_two(r, top) : relative_likelihoods(r, tile.k, top);
            likelihood.add(top, sum, tile.omega + t, tile.scale + t);
        }
        return likelihood.total();
    });
}

// The shares of component c in W rows.
inline vec share(const Tile &tile, int c, int t) {
    return load(tile.r + c * kLine + t) * load(tile.scale + t);
}

// Leaves them in the place of component c's relative likelihoods. INOUT count: their sum, in lanes.
inline void take_shares(const Tile &tile, int c, double *count) {
    vec sum = load(count);
    for (int t = 0; t < kTile; t += W) {
        const vec responsibility = share(tile, c, t);
        store(tile.r + c * kLine + t, responsibility);
        sum += responsibility;
    }
    store(count, sum);
}

// The rows of the tile whose share in component c is not negligible: how many, and which. IN r as normalise
// leaves it; OUT rows (kTile).
inline int count_noticeable(const Tile &tile, int c) {
    vec n = {};
    for (int t = 0; t < kTile; t += W)
        n += select(load(tile.r + c * kLine + t) > kNegligible, broadcast(1.0), vec{});
    return static_cast<int>(sum_lanes(n));
}
inline void list_noticeable(const Tile &tile, int c, int *rows) {
    const double *likelihood = tile.r + c * kLine;
    for (int t = 0, n = 0; t < kTile; ++t) {
        rows[n] = t;
        n += likelihood[t] > kNegligible;
    }
}
