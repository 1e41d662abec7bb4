// Pairs of a row and a component, listed by component: the buffers of a pass by pairs (sparse.inl) and those
// of its steps that are the same for all kinds. They are filled for a group of tiles at a time.

// Pairs of one component that are measured together, a register or two for each.
constexpr int kPairs = kRegisters == 32 ? 8 : 4;
static_assert(kPairs % 4 == 0);

// From one row that lies as a row to the next: no power of 2, so that equal places of many rows do not share
// a cache set.
inline int row_stride(int d) { return round_up(d, 8) + 4; }

// Sums of one component's pairs, not in lanes: count, first and second moments (row_stride).
struct PairSums {
    double *count, *first, *second;
};

struct PairLists {
    static constexpr double kMargin = 46.06 * kScale;  // -log(kNegligible), in units of kUnit
    static constexpr int kChunk = 32;                  // rows that are centred together
    static constexpr int kGroup = 16384;               // doubles of a group's largest array: 128 KiB of cache

    int k, d;
    int stride;                // row_stride(d)
    int room;                  // rows of a group, and W more that append_where may overwrite
    double *partial;           // (tiles, k, kLine): partial log-joint densities of all pairs
    double *laid;              // (room, stride): the group's rows as rows, where the caller's are not
    double *density;           // (k, room): of the listed pairs, log-joint, then relative, then shares
    double *top;               // (room): a row's largest log-joint density
    double *scale;             // (room): its sum of relative likelihoods, then what turns them into shares
    double *work;              // (2 kChunk, stride): rows centred and weighted
    double *count, *moments;   // (k), (k, 2, stride): sums of the block's pairs
    int *list, *length;        // (k, room), (k): rows of each component's pairs
    int *leading;              // (k): how many of them the component leads; these come first
    int *leader;               // (room): the component of a row's largest partial density
    const double *rows = {};   // the group's rows, side by side
    int64_t rows_stride = {};  // from one of them to the next

    // Where a pass by pairs may be cheaper than all pairs.
    static bool worthwhile(const Shape &s) { return s.k >= 4 && s.d > 8; }

    // How many tiles make a group.
    static int group(const Shape &s) {
        const int tiles = kGroup / (kTile * (s.k > s.d ? s.k : s.d));
        return tiles < 1 ? 1 : tiles > kBlock / kTile ? kBlock / kTile : tiles;
    }

    PairLists(const Shape &s, Arena &arena)
        : k(s.k),
          d(s.d),
          stride(row_stride(d)),
          room(group(s) * kTile + W),
          partial(arena.take(static_cast<int64_t>(group(s)) * k * kLine)),
          laid(arena.take(static_cast<int64_t>(room) * stride)),
          density(arena.take(static_cast<int64_t>(k) * room)),
          top(arena.take(room)),
          scale(arena.take(room)),
          work(arena.take(2 * kChunk * stride)),
          count(arena.take(k)),
          moments(arena.take(static_cast<int64_t>(k) * 2 * stride)),
          list(arena.take_ints(static_cast<int64_t>(k) * room)),
          length(arena.take_ints(k)),
          leading(arena.take_ints(k)),
          leader(arena.take_ints(room)) {}

    // The places that round d up in rows of work are read, and never written.
    void clear_work() { clear(work, 2 * kChunk * stride); }

    void clear_sums() {
        clear(count, k);
        clear(moments, static_cast<int64_t>(k) * 2 * stride);
    }

    int *rows_of(int c) const { return list + static_cast<int64_t>(c) * room; }
    double *density_of(int c) const { return density + static_cast<int64_t>(c) * room; }
    double *partial_of(int tile, int c) const {
        return partial + (static_cast<int64_t>(tile) * k + c) * kLine;
    }
    PairSums sums_of(int c) const {
        double *first = moments + static_cast<int64_t>(c) * 2 * stride;
        return {count + c, first, first + stride};
    }

    // Lays rows of a tile out as rows again. IN x (d, kLine), n a multiple of 4; OUT out (n, stride).
    [[gnu::noinline]] void lay_out(const double *x, int n, double *out) const {
        int i = 0;
        for (; i + 4 <= d; i += 4)
            for (int t = 0; t < n; t += 4) transpose(x + i * kLine + t, kLine, out + t * stride + i, stride);
        for (; i < d; ++i)
            for (int t = 0; t < n; ++t) out[t * stride + i] = x[i * kLine + t];
    }

    // OUT leader of n rows of a tile. IN from (k, kLine): their partial densities.
    [[gnu::noinline]] void find_leaders(const double *from, int n, int *out) const {
        for (int t = 0; t < n; t += W) {
            vec best = load(from + t), name = {};
            for (int c = 1; c < k; ++c) {
                const vec other = load(from + c * kLine + t);
                const ivec more = other > best;
                best = select(more, other, best);
                name = select(more, broadcast(c), name);
            }
            for (int i = 0; i < W; ++i) out[t + i] = static_cast<int>(name[i]);
        }
    }

    // Begins the lists of n rows with the pairs of a row and its leader, which are not to be found again.
    void list_leaders(int n) {
        for (int c = 0; c < k; ++c) length[c] = 0;
        for (int row = 0; row < n; ++row) {
            const int c = leader[row];
            rows_of(c)[length[c]++] = row;
            partial_of(row / kTile, c)[row % kTile] = -__builtin_inf();
        }
        for (int c = 0; c < k; ++c) leading[c] = length[c];
    }

    // OUT top: the leaders' log-joint densities, which bound the largest from below.
    void bound_tops() {
        for (int c = 0; c < k; ++c) {
            const double *own = density_of(c);
            const int *row = rows_of(c);
            for (int i = 0; i < length[c]; ++i) top[row[i]] = own[i] > kLowest ? own[i] : kLowest;
        }
    }

    // Adds to the list of component c those of n rows where it may have a share: written so that a NaN has
    // the pair measured.
    [[gnu::noinline]] void list_candidates(int c, int n) {
        int *own = rows_of(c);
        int found = length[c];
        for (int start = 0; start < n; start += kTile) {
            const double *from = partial_of(start / kTile, c), *bound = top + start;
            const int here = n - start < kTile ? n - start : kTile;
            for (int t = 0; t < here; t += W) {
                const ivec hopeless = load(from + t) < load(bound + t) - kMargin;
                found += append_where(~hopeless, start + t, own + found);
            }
        }
        length[c] = found;
    }

    // OUT where (n): rows of component c's pairs, from pair `from` on.
    void locate(int c, int from, int n, const double **where) const {
        const int *row = rows_of(c) + from;
        for (int i = 0; i < n; ++i) where[i] = rows + row[i] * rows_stride;
    }

    // From log-joint densities to relative likelihoods and their rows' scales. IN omega: of the group's first
    // tile; plain: of each tile. INOUT density; OUT top, scale. Returns the log-likelihood, in lanes.
    vec normalise(const double *omega, int tiles, const bool *plain) {
        find_tops();
        take_relative_likelihoods(tiles * kTile);
        vec loglik = {};
        for (int g = 0; g < tiles; ++g, omega += tile_stride(d))
            loglik += take_scales(g * kTile, omega, plain[g]);
        return loglik;
    }

    [[gnu::noinline]] void find_tops() {
        for (int c = 0; c < k; ++c) {
            const double *own = density_of(c);
            const int *row = rows_of(c);
            for (int i = 0; i < length[c]; ++i) {
                double &most = top[row[i]];
                most = own[i] > most ? own[i] : most;
            }
        }
    }

    [[gnu::noinline]] void take_relative_likelihoods(int n_rows) {
        for (int t = 0; t < n_rows; t += W) store(scale + t, broadcast(kLeastSum));
        for (int c = 0; c < k; ++c) {
            double *own = density_of(c);
            const int *row = rows_of(c);
            const int n = length[c];
            for (int i = 0; i < n; ++i) own[i] -= top[row[i]];
            for (int i = n; i < round_up(n, W); ++i) own[i] = 0;
            for (int i = 0; i < n; i += W) store(own + i, exp2_units(load(own + i)));
            for (int i = 0; i < n; ++i) scale[row[i]] += own[i];
        }
    }

    [[gnu::noinline]] vec take_scales(int start, const double *omega, bool plain) {
        return with_plain(plain, [&](auto is_plain) {
            Likelihood<is_plain> likelihood;
            for (int t = 0; t < kTile; t += W) {
                double *sum = scale + start + t;
                likelihood.add(load(top + start + t), load(sum), omega + t, sum);
            }
            return likelihood.total();
        });
    }

    // Keeps the pairs of component c whose share is not negligible, and turns them into shares. Returns how
    // many there are.
    int take_noticeable(int c) {
        int *row = rows_of(c), n = 0;
        double *own = density_of(c);
        for (int i = 0; i < length[c]; ++i) {
            const double likelihood = own[i];
            row[n] = row[i];
            own[n] = likelihood * scale[row[i]];
            n += likelihood > kNegligible;
        }
        return n;
    }
};
