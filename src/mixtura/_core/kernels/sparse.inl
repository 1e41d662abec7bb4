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
// A kind K offers its dense steps and
//   distances     constant - the squared length of the first few whitened coordinates, for a tile's rows
//   measure       log-joint densities of PAIRS rows
//   gather_pairs  sums over some rows, given their shares
//   add_singles   adds the counts, first and second moments of a block's pairs to the sums
//   cost_of_...   about how many multiply-adds a partial distance, a listed pair and a dense pair take

template <class K>
struct Sparse {
    static constexpr double kMargin = 46.06 * kScale;  // -log(kNegligible)
    static constexpr int kChunk = 32;                  // rows that are centred together
    static constexpr int kLook = NT * W;               // rows that tell whether a block is worth it

    const Shape &s;
    const double *model;
    int stride;          // from one row to the next of those below
    int room;            // rows of a group, and W more that `append_where` may overwrite
    double *partial;     // (tiles, k, TS)
    double *laid;        // (room, stride)
    const double *rows;  // of the group, side by side: laid or in the caller's memory
    int64_t step;        // from one of them to the next
    double *density;     // (k, room): of the listed rows, log-joint and then relative to the row's largest
    double *top, *sum;   // (room): the row's largest log-joint density; its likelihood relative to that
    double *centred;     // (2 kChunk, stride): work of the kinds
    double *singles;     // (k, 4 + 2 stride): count, first and second moments of the block's pairs
    int *list, *length;  // (k, room) rows by component, (k)
    int *leading;        // (k): how many of them the component leads
    int *leader;         // (room)

    static bool worthwhile(const Shape &s) { return s.k >= 4 && s.d > 8; }

    // As many tiles as keep a group's arrays in the cache.
    static int group(const Shape &s) {
        const int tiles = 16384 / (T * (s.k > s.d ? s.k : s.d));
        return tiles < 1 ? 1 : tiles > kBlock / T ? kBlock / T : tiles;
    }

    static int64_t size(const Shape &s) {
        const int64_t tiles = group(s), n = tiles * T + W, d = row_stride(s.d);
        return tiles * s.k * TS + n * d + n * s.k + 2 * n + 2 * kChunk * d + s.k * (4 + 2 * d) +
               (n * s.k + 2 * s.k + n) / 2 + 8;
    }

    Sparse(const Shape &shape, const double *m, double *scratch) : s(shape), model(m) {
        stride = row_stride(s.d), room = group(s) * T + W;
        partial = scratch;
        laid = partial + static_cast<int64_t>(group(s)) * s.k * TS;
        density = laid + room * stride;
        top = density + static_cast<int64_t>(s.k) * room, sum = top + room;
        centred = sum + room, singles = centred + 2 * kChunk * stride;
        list = reinterpret_cast<int *>(singles + s.k * (4 + 2 * stride));
        leader = list + static_cast<int64_t>(s.k) * room, length = leader + room, leading = length + s.k;
        clear(centred, 2L * kChunk * stride);
    }

    // Lists the pairs of the first `count` rows of some tiles that may have a share, and measures those of
    // the leaders. IN x: tiles; origin: of the rows; count: a multiple of kLook; a: work. Returns how many
    // there are.
    [[gnu::noinline]] int64_t pair_up(const double *x, const Origin &origin, int count, int few, Ahead &ahead,
                                      double *a) {
        const int k = s.k;
        rows = origin.rows ? origin.rows : laid, step = origin.rows ? origin.stride : stride;
        for (int start = 0; start < count; start += T, x += (s.d + 1) * TS) {
            const int here = count - start < T ? count - start : T;
            K::distances(model, s.d, few, k, x, here, ahead, a, partial + start / T * k * TS);
            lead(partial + start / T * k * TS, here, leader + start);
            if (!origin.rows) lay(x, here, laid + start * stride);
        }
        for (int c = 0; c < k; ++c) length[c] = 0;
        for (int row = 0; row < count; ++row) {
            const int c = leader[row];
            list[c * room + length[c]++] = row;
            partial[(row / T * k + c) * TS + row % T] = -__builtin_inf();  // not to be found again
        }
        for (int c = 0; c < k; ++c) {
            measure(c, 0, length[c]);
            for (int i = 0; i < length[c]; ++i) {
                const double joint = density[c * room + i];
                top[list[c * room + i]] = joint > -1e300 ? joint : -1e300;
            }
        }
        int64_t pairs = 0;
        for (int c = 0; c < k; ++c) {
            leading[c] = length[c];
            follow(c, count);
            pairs += length[c];
        }
        return pairs;
    }

    // Measures the listed pairs that are not the leaders'.
    void measure_others() {
        for (int c = 0; c < s.k; ++c) measure(c, leading[c], length[c]);
    }

    // Lays rows of a tile out as rows again. The tile's lines past the last one hold numbers of no meaning.
    [[gnu::noinline]] void lay(const double *x, int count, double *out) {
        for (int i = 0; i < s.d; i += 4)
            for (int t = 0; t < count; t += 4) transpose(x + i * TS + t, TS, out + t * stride + i, stride);
    }

    // OUT first (count): the component of the largest partial density.
    [[gnu::noinline]] void lead(const double *from, int count, int *first) const {
        for (int t = 0; t < count; t += W) {
            vec best = load(from + t), name = {};
            for (int c = 1; c < s.k; ++c) {
                const vec other = load(from + c * TS + t);
                const ivec more = other > best;
                best = select(more, other, best);
                name = select(more, broadcast(c), name);
            }
            for (int i = 0; i < W; ++i) first[t + i] = static_cast<int>(name[i]);
        }
    }

    // Adds to the list of component c the rows where it may have a share: written so that a NaN has the pair
    // measured.
    [[gnu::noinline]] void follow(int c, int count) {
        int *own = list + c * room;
        int n = length[c];
        const double *from = partial + c * TS, *best = top;
        for (int start = 0; start < count; start += T, from += s.k * TS, best += T) {
            const int here = count - start < T ? count - start : T;
            for (int t = 0; t < here; t += W) {
                const ivec hopeless = load(from + t) < load(best + t) - kMargin;
                n += append_where(~hopeless, start + t, own + n);
            }
        }
        length[c] = n;
    }

    // OUT where: some of component c's listed rows.
    void locate(int c, int from, int n, const double **where) const {
        for (int i = 0; i < n; ++i) where[i] = rows + list[c * room + from + i] * step;
    }

    // OUT density of entries [from, to) of component c's list.
    [[gnu::noinline]] void measure(int c, int from, int to) {
        for (int at = from; at < to; at += PAIRS) {
            const int n = to - at < PAIRS ? to - at : PAIRS;
            const double *where[PAIRS];
            double out[PAIRS];
            locate(c, at, n, where);
            for (int i = n; i < PAIRS; ++i) where[i] = where[0];
            K::measure(model + c * K::component(s.d), s.d, where, centred, out);
            for (int i = 0; i < n; ++i) density[c * room + at + i] = out[i];
        }
    }

    // From log-joint densities to likelihoods relative to the row's largest, and their sum. INOUT density;
    // OUT sum (room) replaced by what turns them into shares. Returns the log-likelihood, in lanes.
    [[gnu::noinline]] vec normalise(const double *omega, int tiles, const bool *plain) {
        for (int c = 0; c < s.k; ++c)
            for (int i = 0; i < length[c]; ++i) {
                const double joint = density[c * room + i];
                double &most = top[list[c * room + i]];
                most = joint > most ? joint : most;
            }
        for (int t = 0; t < tiles * T; t += W) store(sum + t, broadcast(1e-300));  // changes no sum but 0
        for (int c = 0; c < s.k; ++c) {
            double *own = density + c * room;
            const int *name = list + c * room;
            for (int i = 0; i < length[c]; ++i) own[i] -= top[name[i]];
            for (int i = 0; i < length[c]; i += W) store(own + i, exp2_units(load(own + i)));
            for (int i = 0; i < length[c]; ++i) sum[name[i]] += own[i];
        }
        vec loglik = {};
        for (int g = 0; g < tiles; ++g, omega += (s.d + 1) * TS)
            loglik += with_plain(plain[g], [&](auto is_plain) {
                Likelihood<is_plain> l;
                for (int t = 0; t < T; t += W) {
                    double *scale = sum + g * T + t;
                    l.add(load(top + g * T + t), load(scale), omega + t, scale);
                }
                return l.total();
            });
        return loglik;
    }

    void begin() { clear(singles, s.k * (4 + 2L * stride)); }

    double *single(int c) const { return singles + c * (4 + 2 * stride); }

    // Adds what `gather` has kept, all of it but scatters, to the sums.
    void finish(double *sums) const {
        for (int c = 0; c < s.k; ++c)
            K::add_singles(s, c, single(c), single(c) + 4, single(c) + 4 + stride, sums);
    }

    [[gnu::noinline]] void gather(double *sums) {
        for (int c = 0; c < s.k; ++c) {
            int *own = list + c * room;
            double *share = density + c * room;
            int n = 0;
            for (int i = 0; i < length[c]; ++i) {
                const double likelihood = share[i];
                own[n] = own[i];
                share[n] = likelihood * sum[own[i]];
                n += likelihood > kNegligible;
            }
            for (int at = 0; at < n; at += kChunk) {
                const int rest = n - at < kChunk ? n - at : kChunk;
                const double *where[kChunk];
                locate(c, at, rest, where);
                K::gather_pairs(s, c, model + c * K::component(s.d) + 1, where, share + at, rest, centred,
                                single(c), sums);
            }
        }
    }
};
