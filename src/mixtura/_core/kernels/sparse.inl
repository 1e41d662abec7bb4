// Where components lie apart, most pairs of a row and a component need neither a distance nor an exponential
// nor a place in a sum: the first few whitened coordinates alone show that the component has no share in the
// row that a sum of doubles could notice.
//
// The partial distances of all pairs, a tile at a time, name each row's leader; its whole distance bounds the
// row's density from below. Then only those components are measured in full whose partial distance does not
// fall short of that bound by the margin. The pairs left out would have had a share under kNegligible. What
// remains, a pair or two a row, is worked on in lists of rows for each component, from rows that lie side by
// side.
//
// A kind that can be sparse has Pairs, a struct with
//   distances     constant - the squared length of the first few whitened coordinates, for a tile's rows
//   measure       log-joint densities of kPairs rows
//   gather        sums over some rows, given their shares
//   add_to_sums   adds the counts, first and second moments of a block's pairs to the sums
//   cost_of_...   about how many multiply-adds a partial distance, a listed pair and a dense pair take

// What a listed pair costs beside its distance and sums, and a dense one, in multiply-adds: measured.
constexpr int kListing = 200, kNormalising = 30;

template <class Kind>
constexpr bool can_be_sparse = requires { typename Kind::Pairs; };

template <class Kind>
struct SparsePass {
    using Pairs = typename Kind::Pairs;

    const Shape &s;
    const double *model;
    PairLists lists;

    // Lists the pairs of the first n rows of some tiles that may have a share, and measures those of the
    // leaders. IN x: tiles; origin: of the rows; n: a multiple of kStripRows; work (d, kLine). Returns how
    // many there are.
    [[gnu::noinline]] int64_t screen(const double *x, const Origin &origin, int n, int coordinates,
                                     Ahead &ahead, double *work) {
        lists.rows = origin.rows ? origin.rows : lists.laid;
        lists.rows_stride = origin.rows ? origin.stride : lists.stride;
        for (int start = 0; start < n; start += kTile, x += tile_stride(s.d)) {
            const int here = n - start < kTile ? n - start : kTile;
            double *partial = lists.partial_of(start / kTile, 0);
            Pairs::distances(model, s.d, coordinates, s.k, x, here, ahead, work, partial);
            lists.find_leaders(partial, here, lists.leader + start);
            if (!origin.rows) lists.lay_out(x, here, lists.laid + start * lists.stride);
        }
        lists.list_leaders(n);
        for (int c = 0; c < s.k; ++c) measure(c, 0, lists.leading[c]);
        lists.bound_tops();
        int64_t pairs = 0;
        for (int c = 0; c < s.k; ++c) {
            lists.list_candidates(c, n);
            pairs += lists.length[c];
        }
        return pairs;
    }

    // Measures the listed pairs that are not the leaders'.
    void measure_others() {
        for (int c = 0; c < s.k; ++c) measure(c, lists.leading[c], lists.length[c]);
    }

    // OUT density of pairs [from, to) of component c.
    [[gnu::noinline]] void measure(int c, int from, int to) {
        double *density = lists.density_of(c);
        for (int at = from; at < to; at += kPairs) {
            const int n = to - at < kPairs ? to - at : kPairs;
            const double *where[kPairs];
            double out[kPairs];
            lists.locate(c, at, n, where);
            for (int i = n; i < kPairs; ++i) where[i] = where[0];
            Pairs::measure(model + c * Kind::component(s.d), s.d, where, lists.work, out);
            for (int i = 0; i < n; ++i) density[at + i] = out[i];
        }
    }

    // Adds the listed pairs, normalised, to the lists' sums, their scatters to the pass's.
    [[gnu::noinline]] void gather(double *sums) {
        constexpr int kChunk = PairLists::kChunk;
        for (int c = 0; c < s.k; ++c) {
            const int n = lists.take_noticeable(c);
            for (int at = 0; at < n; at += kChunk) {
                const int rest = n - at < kChunk ? n - at : kChunk;
                const double *where[kChunk];
                lists.locate(c, at, rest, where);
                Pairs::gather(s, c, model + c * Kind::component(s.d), where, lists.density_of(c) + at, rest,
                              lists.work, lists.sums_of(c), sums);
            }
        }
    }

    // Adds the lists' sums to the pass's.
    void finish(double *sums) const {
        for (int c = 0; c < s.k; ++c) Pairs::add_to_sums(s, c, lists.sums_of(c), sums);
    }
};

// Of how many whitened coordinates the partial distances of a block's pairs should be, as its first rows
// show: a quarter of them, or half where that is cheaper; 0 where every pair is to be done in full.
template <class Kind>
inline int choose_coordinates(SparsePass<Kind> &pass, const Tile &tile) {
    using Pairs = typename Kind::Pairs;
    constexpr int n = kStripRows;
    const int d = tile.d, quarter = round_up(d, 16) / 4;
    const int64_t all = static_cast<int64_t>(tile.k) * n, listed = Pairs::cost_of_listed(d);
    Ahead nothing({}, tile.k);
    int64_t least = all * Pairs::cost_of_dense(d);
    int best = 0;
    for (int coordinates = quarter; coordinates < d && coordinates <= 2 * quarter; coordinates += quarter) {
        const int64_t screening = all * Pairs::cost_of_partial(coordinates);
        if (screening + n * listed > least) break;
        const int64_t found = pass.screen(tile.x, {}, n, coordinates, nothing, tile.a);
        const int64_t cost = screening + found * listed;
        if (cost < least) best = coordinates, least = cost;
        if (10 * found > 9 * all) break;  // components overlap: more coordinates would not change it
    }
    return best;
}

// Does a block by pairs, where that is worth it; returns whether it was. IN tile at the block's first;
// weighted: whether rows have omega; INOUT sums.
template <class Kind>
inline bool accumulate_pairs(const Shape &s, const double *model, const Tile &tile, Origin origin, int count,
                             bool weighted, Arena &arena, double *sums) {
    if (!PairLists::worthwhile(s)) return false;
    SparsePass<Kind> pass{s, model, {s, arena}};
    pass.lists.clear_work();
    const int coordinates = choose_coordinates(pass, tile);
    if (coordinates == 0) return false;
    const int tiles = (count + kTile - 1) / kTile, group = PairLists::group(s);
    vec loglik = load(sums);
    pass.lists.clear_sums();
    if (count % kTile != 0) origin.rows = nullptr;  // the last tile has more rows than there are
    for (int done = 0; done < tiles; done += group) {
        const int n = tiles - done < group ? tiles - done : group;
        bool plain[kBlock / kTile];
        for (int g = 0; g < n; ++g) plain[g] = !weighted && (done + g + 1) * kTile <= count;
        pass.screen(tile.x + done * tile_stride(s.d), origin, n * kTile, coordinates, *tile.ahead, tile.a);
        pass.measure_others();
        if (origin.rows) origin.rows += n * kTile * origin.stride;
        loglik += pass.lists.normalise(tile.omega + done * tile_stride(s.d), n, plain);
        pass.gather(sums + W);
    }
    pass.finish(sums + W);
    store(sums, loglik);
    return true;
}
