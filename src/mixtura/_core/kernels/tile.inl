// Tiles: rows, transposed into lines, and what the steps of a pass keep beside them.

constexpr int kTile = 256;  // rows of a tile: its lines, 2 KiB each, stay in the first caches
// From one line to the next: 8 more than a power of 2, so that equal places of many lines do not share a
// cache set.
constexpr int kLine = kTile + 8;
static_assert(kLine % kAlignment == 0 && kBlock % kTile == 0);

// Lines after a block's last tile: kernels that take features by fours read up to three lines past the last
// feature, omega and the next two.
constexpr int kSpareLines = 2;

// Brings what a thread reads next near, a share for each component of each tile of the block: all at once
// would have to wait for memory.
struct Ahead {
    static constexpr int kCacheLine = 64;  // bytes

    const char *next;
    int64_t left, share;

    Ahead(const Origin &origin, int k)
        : next(origin.next), left(origin.bytes), share(origin.bytes / (k * (kBlock / kTile)) + kCacheLine) {}
    void fetch() {
        for (int64_t end = left - share; left > 0 && left > end; left -= kCacheLine, next += kCacheLine)
            __builtin_prefetch(next, 0, 2);
    }
};

// One tile at work: its lines, the scratch and the sizes. k4 and d4 are k and d rounded up to 4.
struct Tile {
    int k, d;
    double *r;                      // (k4, kLine): log-joint densities, then relative likelihoods or shares
    double *q;                      // (k4, kLine): squared distances, where a kind wants them again
    double *a, *b;                  // (d4, kLine) each: work of the kinds, rows centred or weighted
    double *scale;                  // (kLine): what turns relative likelihoods into shares
    const double *x = nullptr;      // (d, kLine): features
    const double *omega = nullptr;  // (kLine): row weights
    bool plain = false;             // whether every omega of the tile is 1, and its line not to be read
    Ahead *ahead = nullptr;

    Tile(const Shape &s, Arena &arena)
        : k(s.k),
          d(s.d),
          r(arena.take(round_up(k, 4) * kLine)),
          q(arena.take(round_up(k, 4) * kLine)),
          a(arena.take(round_up(d, 4) * kLine)),
          b(arena.take(round_up(d, 4) * kLine)),
          scale(arena.take(kLine)) {}

    void move_to(const double *lines, bool all_ones) {
        x = lines, omega = lines + d * kLine, plain = all_ones;
    }

    // Kernels that take lines by fours want 0 in those that round n of them up; nothing else writes there.
    static void clear_padding(double *lines, int n) {
        clear(lines + n * kLine, (round_up(n, 4) - n) * kLine);
    }
};

// From the lines of one tile of a block to those of the next.
inline int64_t tile_stride(int d) { return (d + 1) * kLine; }
