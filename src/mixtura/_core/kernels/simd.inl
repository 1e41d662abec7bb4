// Vectors of doubles, as wide as the instruction set of this translation unit makes them.
// Included inside an anonymous namespace by each build of the engine, so that no two builds share a symbol.

// W doubles make a vector, and the processor holds kRegisters vectors: kernels that keep their sums in
// registers cut their blocks by that.
#if defined(__AVX512F__)
constexpr int W = 8, kRegisters = 32;
#elif defined(__AVX2__)
constexpr int W = 4, kRegisters = 16;
#elif defined(__aarch64__)
constexpr int W = 2, kRegisters = 32;  // NEON
#else
constexpr int W = 2, kRegisters = 16;  // SSE2
#endif

typedef double vec __attribute__((vector_size(W * 8)));
typedef int64_t ivec __attribute__((vector_size(W * 8)));
typedef uint64_t uvec __attribute__((vector_size(W * 8)));  // bits, whose sums may wrap
typedef double quad __attribute__((vector_size(32)));       // four numbers, whatever W is
typedef double loose_quad __attribute__((vector_size(32), aligned(8)));

// `load` and `store` want addresses that are multiples of a vector's size. They have them because every
// buffer begins at a multiple of kAlignment doubles (arena.inl) and every line in it is as long. Quads lie
// anywhere: in the caller's rows, in models, in sums of pairs.
constexpr int kAlignment = 8;
static_assert(kAlignment % W == 0 && sizeof(vec) == W * sizeof(double));

#if defined(MIXTURA_SANITIZE) || !defined(NDEBUG)
constexpr bool kChecked = true;
#else
constexpr bool kChecked = false;
#endif

// Ends a checked build where an address is no multiple of so many doubles.
inline void check_aligned(const double *p, int doubles) {
    if (kChecked && reinterpret_cast<uintptr_t>(p) % (doubles * sizeof(double)) != 0) __builtin_trap();
}

inline vec load(const double *p) {
    check_aligned(p, W);
    return *reinterpret_cast<const vec *>(p);
}
inline void store(double *p, vec v) {
    check_aligned(p, W);
    *reinterpret_cast<vec *>(p) = v;
}
inline quad load_quad(const double *p) { return *reinterpret_cast<const loose_quad *>(p); }
inline void store_quad(double *p, quad v) { *reinterpret_cast<loose_quad *>(p) = v; }

inline vec broadcast(double x) { return x - vec{}; }
inline vec select(ivec mask, vec a, vec b) { return mask ? a : b; }
inline vec maximum(vec a, vec b) { return a > b ? a : b; }

// Lanes of a and then b, by their numbers: shuffle<0, 4>(a, b) is {a[0], b[0]} for vectors of four.
template <int... LANES, class Vector>
inline Vector shuffle(Vector a, Vector b) {
#if defined(__clang__)
    return __builtin_shufflevector(a, b, LANES...);
#else
    typedef int64_t mask __attribute__((vector_size(sizeof(Vector))));
    return __builtin_shuffle(a, b, mask{LANES...});
#endif
}

// Writes first + i to `out` for each lane i where a comparison holds, and returns how many there are. What
// lies behind them, up to out + W, is overwritten.
inline int append_where(ivec mask, int first, int *out) {
#if defined(__AVX512F__)
    const __mmask8 chosen = _mm512_movepi64_mask((__m512i)mask);
    const __m256i names =
        _mm256_add_epi32(_mm256_set1_epi32(first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    _mm256_storeu_si256((__m256i *)out, _mm256_maskz_compress_epi32(chosen, names));
    return __builtin_popcount(chosen);
#else
    int n = 0;
    for (int i = 0; i < W; ++i) out[n] = first + i, n += mask[i] & 1;
    return n;
#endif
}

inline double sum_lanes(vec v) {
    double sum = 0;
    for (int i = 0; i < W; ++i) sum += v[i];
    return sum;
}

// out[i] += the sum of v[i]'s lanes, for W vectors at once: each step folds two vectors into one.
inline void add_lane_sums(const vec *v, double *out) {
#if defined(__AVX512F__)
    vec c[4], d[2];
    for (int i = 0; i < 4; ++i)
        c[i] = shuffle<0, 1, 2, 3, 12, 13, 14, 15>(v[i], v[i + 4]) +
               shuffle<4, 5, 6, 7, 8, 9, 10, 11>(v[i], v[i + 4]);
    for (int i = 0; i < 2; ++i)
        d[i] = shuffle<0, 1, 10, 11, 4, 5, 14, 15>(c[i], c[i + 2]) +
               shuffle<2, 3, 8, 9, 6, 7, 12, 13>(c[i], c[i + 2]);
    store(out, load(out) + (shuffle<0, 9, 2, 11, 4, 13, 6, 15>(d[0], d[1]) +
                            shuffle<1, 8, 3, 10, 5, 12, 7, 14>(d[0], d[1])));
#elif defined(__AVX2__)
    vec c[2];
    for (int i = 0; i < 2; ++i)
        c[i] = shuffle<0, 1, 4, 5>(v[i], v[i + 2]) + shuffle<2, 3, 6, 7>(v[i], v[i + 2]);
    store(out, load(out) + (shuffle<0, 4, 2, 6>(c[0], c[1]) + shuffle<1, 5, 3, 7>(c[0], c[1])));
#else
    store(out, load(out) + (shuffle<0, 2>(v[0], v[1]) + shuffle<1, 3>(v[0], v[1])));
#endif
}

// The sum of each of 4 quads.
inline quad sum_quads(const quad *q) {
    const quad ab = shuffle<0, 4, 2, 6>(q[0], q[1]) + shuffle<1, 5, 3, 7>(q[0], q[1]);
    const quad cd = shuffle<0, 4, 2, 6>(q[2], q[3]) + shuffle<1, 5, 3, 7>(q[2], q[3]);
    return shuffle<0, 1, 4, 5>(ab, cd) + shuffle<2, 3, 6, 7>(ab, cd);
}

// Turns the 4 x 4 numbers from `from` on, rows `stride` apart, over: out[j][i] = from[i][j].
inline void transpose(const double *from, int64_t stride, double *out, int64_t out_stride) {
    const quad a = load_quad(from), b = load_quad(from + stride), c = load_quad(from + 2 * stride),
               d = load_quad(from + 3 * stride);
    const quad ab = shuffle<0, 4, 2, 6>(a, b), cd = shuffle<0, 4, 2, 6>(c, d), ba = shuffle<1, 5, 3, 7>(a, b),
               dc = shuffle<1, 5, 3, 7>(c, d);
    store_quad(out, shuffle<0, 1, 4, 5>(ab, cd));
    store_quad(out + out_stride, shuffle<0, 1, 4, 5>(ba, dc));
    store_quad(out + 2 * out_stride, shuffle<2, 3, 6, 7>(ab, cd));
    store_quad(out + 3 * out_stride, shuffle<2, 3, 6, 7>(ba, dc));
}
