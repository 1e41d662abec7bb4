// Which kind of kernels a shape has, and what each kind does once a pass.

template <int D, class F>
inline auto with_dimension(int d, F f) {
    if constexpr (D < kSmall)
        if (d > D) return with_dimension<D + 1>(d, f);
    return f(Small<D>{});
}

// Calls f with the struct of the shape's kind.
template <class F>
inline auto with_kind(const Shape &s, F f) {
    constexpr int kSmallTied = 3;  // beyond, whitening once for all components is faster
    if (s.d == 1 || (s.form == Form::full && s.d <= kSmall) || (s.form == Form::tied && s.d <= kSmallTied))
        return with_dimension<1>(s.d, f);
    if (s.form == Form::full) return f(Full{});
    if (s.form == Form::tied) return f(Tied{});
    if (s.form == Form::diagonal) return f(Diagonal<false>{});
    return f(Diagonal<true>{});
}

// Whether the shape's kernels take features by fours and so read lines past the last of them.
inline bool reads_spare_lines(const Shape &s) {
    return with_kind(s, [&](auto kind) { return __is_same(decltype(kind), Full) && s.d % 4 != 0; });
}

// The sums begin with one vector: the log-likelihood in lanes.
inline Sizes sizes(const Shape &s) {
    return with_kind(s, [&](auto kind) -> Sizes {
        using Kind = decltype(kind);
        Arena pass, work;
        Tile(s, pass);
        if constexpr (can_be_sparse<Kind>)
            if (PairLists::worthwhile(s)) PairLists(s, pass);
        Work(s, work);
        return {Kind::model_size(s.k, s.d), W + Kind::sums_size(s.k, s.d),
                pass.used() > work.used() ? pass.used() : work.used(),
                kBlock / kTile * tile_stride(s.d) + kSpareLines * kLine};
    });
}

inline int prepare(const Shape &s, const double *weights, const double *means, const double *spreads,
                   double *model, double *scratch) {
    Arena arena(scratch);
    const Work work(s, arena);
    for (int c = 0; c < s.k; ++c)
        work.log_weights[c] = weights[c] > 0 ? __builtin_log(weights[c]) : -__builtin_inf();
    return with_kind(s, [&](auto kind) -> int {
        if constexpr (__is_same(decltype(kind), Tied)) {
            return kind.prepare(s, means, spreads, model, work) ? -1 : 0;
        } else {
            for (int c = 0; c < s.k; ++c) {
                if (s.d >= kLong && stopped()) break;
                const double *mean = means + static_cast<int64_t>(c) * s.d;
                if (!kind.prepare(s, c, work.log_weights[c], mean, spreads, model, work)) return c;
            }
            return -1;
        }
    });
}

inline void finish(const Shape &s, const double *model, const double *sums, double *counts, double *first,
                   double *scatters, double *loglik, double *scratch) {
    Arena arena(scratch);
    const Work work(s, arena);
    *loglik = sum_lanes(load(sums));
    with_kind(s, [&](auto kind) { kind.finish(s, model, sums + W, counts, first, scatters, work); });
}
