// Vectors of doubles, of the width that the instruction set of this translation unit has, with exp and log.
// Included inside an anonymous namespace by each build of the engine, so that no two builds share a symbol.

#if defined(__AVX512F__)
#define WIDTH 8
#elif defined(__AVX2__)
#define WIDTH 4
#else
#define WIDTH 2  // SSE2 or NEON
#endif
constexpr int W = WIDTH;

typedef double vec __attribute__((vector_size(W * 8)));
typedef int64_t ivec __attribute__((vector_size(W * 8)));
typedef uint64_t uvec __attribute__((vector_size(W * 8)));  // bits, whose sums may wrap
typedef double quad __attribute__((vector_size(32)));       // four numbers, whatever W is
typedef double loose_quad __attribute__((vector_size(32), aligned(8)));
typedef int64_t quad_mask __attribute__((vector_size(32)));

inline vec load(const double *p) { return *reinterpret_cast<const vec *>(p); }
inline void store(double *p, vec v) { *reinterpret_cast<vec *>(p) = v; }
// Functions of a few loops keep their numbers in registers only where they stay functions of their own.
#define ALONE [[gnu::noinline]]

inline quad load_quad(const double *p) { return *reinterpret_cast<const loose_quad *>(p); }
inline void store_quad(double *p, quad v) { *reinterpret_cast<loose_quad *>(p) = v; }
inline vec all(double x) { return x - vec{}; }
inline vec pick(ivec mask, vec a, vec b) { return mask ? a : b; }

inline vec larger(vec a, vec b) { return a > b ? a : b; }

// Lanes of two vectors in a constant order, and entries of a table in two registers: GCC and Clang differ.
#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#define SHUFFLE_QUADS SHUFFLE
#define LOOK_UP(low, high, n) (uvec) _mm512_permutex2var_epi64((__m512i)(low), (__m512i)(n), (__m512i)(high))
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (ivec){__VA_ARGS__})
#define SHUFFLE_QUADS(a, b, ...) __builtin_shuffle(a, b, (quad_mask){__VA_ARGS__})
#define LOOK_UP(low, high, n) __builtin_shuffle(low, high, (uvec)(n))
#endif

// Writes first + i to `out` for each lane i where a comparison holds, and returns how many there are. What
// lies behind them, up to out + W, is overwritten.
inline int append(ivec mask, int first, int *out) {
#if WIDTH == 8
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

inline double total(vec v) {
    double sum = 0;
    for (int i = 0; i < W; ++i) sum += v[i];
    return sum;
}

// out[i] += the sum of v[i]'s lanes, for W vectors at once: each step folds two vectors into one.
inline void add_totals(const vec *v, double *out) {
#if WIDTH == 8
    vec c[4], d[2];
    for (int i = 0; i < 4; ++i)
        c[i] = SHUFFLE(v[i], v[i + 4], 0, 1, 2, 3, 12, 13, 14, 15) +
               SHUFFLE(v[i], v[i + 4], 4, 5, 6, 7, 8, 9, 10, 11);
    for (int i = 0; i < 2; ++i)
        d[i] = SHUFFLE(c[i], c[i + 2], 0, 1, 10, 11, 4, 5, 14, 15) +
               SHUFFLE(c[i], c[i + 2], 2, 3, 8, 9, 6, 7, 12, 13);
    store(out, load(out) + (SHUFFLE(d[0], d[1], 0, 9, 2, 11, 4, 13, 6, 15) +
                            SHUFFLE(d[0], d[1], 1, 8, 3, 10, 5, 12, 7, 14)));
#elif WIDTH == 4
    vec c[2];
    for (int i = 0; i < 2; ++i)
        c[i] = SHUFFLE(v[i], v[i + 2], 0, 1, 4, 5) + SHUFFLE(v[i], v[i + 2], 2, 3, 6, 7);
    store(out, load(out) + (SHUFFLE(c[0], c[1], 0, 4, 2, 6) + SHUFFLE(c[0], c[1], 1, 5, 3, 7)));
#else
    store(out, load(out) + (SHUFFLE(v[0], v[1], 0, 2) + SHUFFLE(v[0], v[1], 1, 3)));
#endif
}

// Turns the 4 x 4 numbers from `from` on, rows `stride` apart, over: out[j][i] = from[i][j].
inline void transpose(const double *from, int64_t stride, double *out, int64_t out_stride) {
    const quad a = load_quad(from), b = load_quad(from + stride), c = load_quad(from + 2 * stride),
               d = load_quad(from + 3 * stride);
    const quad ab = SHUFFLE_QUADS(a, b, 0, 4, 2, 6), cd = SHUFFLE_QUADS(c, d, 0, 4, 2, 6),
               ba = SHUFFLE_QUADS(a, b, 1, 5, 3, 7), dc = SHUFFLE_QUADS(c, d, 1, 5, 3, 7);
    store_quad(out, SHUFFLE_QUADS(ab, cd, 0, 1, 4, 5));
    store_quad(out + out_stride, SHUFFLE_QUADS(ba, dc, 0, 1, 4, 5));
    store_quad(out + 2 * out_stride, SHUFFLE_QUADS(ab, cd, 2, 3, 6, 7));
    store_quad(out + 3 * out_stride, SHUFFLE_QUADS(ba, dc, 2, 3, 6, 7));
}

// The sum of each of 4 quads.
inline quad totals(const quad *q) {
    const quad ab = SHUFFLE_QUADS(q[0], q[1], 0, 4, 2, 6) + SHUFFLE_QUADS(q[0], q[1], 1, 5, 3, 7);
    const quad cd = SHUFFLE_QUADS(q[2], q[3], 0, 4, 2, 6) + SHUFFLE_QUADS(q[2], q[3], 1, 5, 3, 7);
    return SHUFFLE_QUADS(ab, cd, 0, 1, 4, 5) + SHUFFLE_QUADS(ab, cd, 2, 3, 6, 7);
}

// The kernels keep log-densities in units of log(2) / UNITS, so that the exponential below starts with the
// integer and the fraction at hand, and scale by UNITS once in the model instead of once a row.
#if WIDTH == 8
constexpr double UNITS = 16;
#else
constexpr double UNITS = 1;
#endif
constexpr double kScale = 1.4426950408889634074 * UNITS, kUnit = 0.69314718055994530942 / UNITS;

constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer, in the low bits

// 2^((n + r) / UNITS) where x is not below `least`, else 0, for an integer n, given as n + kRound, and |r| <=
// 1/2. 2^(r / UNITS) = 1 + r p(r), p interpolating at Chebyshev nodes. With AVX-512 two registers hold a
// table of 2^(j/16), j = n mod 16, less j in the bits that n, shifted to the exponent, adds there.
inline vec power_of_2(vec n, vec r, vec x, double least) {
#if WIDTH == 8
    constexpr uvec low = {0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
                          0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429};
    constexpr uvec high = {0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
                           0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};
    vec p = all(9.181335076323841e-12);
    p = p * r + 1.2716085243484613e-09;
    p = p * r + 1.467610032183551e-07;
    p = p * r + 1.355080777749583e-05;
    p = p * r + 0.0009383847928089873;
    p = p * r + 0.04332169878499661;
    const vec power = (vec)(LOOK_UP(low, high, n) + ((uvec)n << 48));
    // zero by the mask of the last multiply-add: far below `least`, r and p are not even finite
    return _mm512_maskz_fmadd_pd(_mm512_cmp_pd_mask(x, all(least), _CMP_NLT_UQ), power, p * r, power);
#else
    vec p = all(4.4549700323138963e-10);
    p = p * r + 7.072603648460136e-09;
    p = p * r + 1.017806239865239e-07;
    p = p * r + 1.3215442499383303e-06;
    p = p * r + 1.5252733829913582e-05;
    p = p * r + 0.00015403530441881376;
    p = p * r + 0.001333355814641689;
    p = p * r + 0.009618129107606802;
    p = p * r + 0.0555041086648216;
    p = p * r + 0.24022650695910097;
    p = p * r + 0.6931471805599453;
    return pick(x < least, vec{}, (vec)((uvec)(p * r + 1.0) + ((uvec)n << 52)));
#endif
}

// 2^(x / UNITS) to about 1 unit in the last place for x < 1024 UNITS; below -1021 UNITS it is 0, NaN stays
// NaN.
inline vec exp2_units(vec x) {
    const vec n = x + kRound;
    return power_of_2(n, x - (n - kRound), x, -1021 * UNITS);
}

// e^x to about 1 unit in the last place for x < 709; below -707 it is 0, NaN stays NaN (Cody and Waite 1980).
inline vec exp(vec x) {
    const vec n = x * kScale + kRound, whole = n - kRound;
    const vec r = (x - whole * (0.6931471804855391 / UNITS)) - whole * (7.440617110012397e-11 / UNITS);
    return power_of_2(n, r * kScale, x, -707.0);
}

// log(x) to about 1 unit in the last place for normal x > 0; log(0) is -inf, NaN stays NaN.
// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 +
// R(s^2)).
inline vec log(vec x) {
    const uvec bits = (uvec)x - 0x3fe6a09e667f3bcdULL;
    const ivec e = (ivec)bits >> 52;
    const vec f = (vec)((bits & 0x000fffffffffffffULL) + 0x3fe6a09e667f3bcdULL) - 1.0;
    const vec n = (vec)((uvec)e + 0x4338000000000000ULL) - kRound;
    vec s = f / (f + 2.0), z = s * s, half = 0.5 * f * f;
    vec p = all(0.130880348509275538);
    p = p * z + 0.132686383692668239;
    p = p * z + 0.153862447376216666;
    p = p * z + 0.181817955475211362;
    p = p * z + 0.222222223925810451;
    p = p * z + 0.28571428570799785;
    p = p * z + 0.400000000000008832;
    p = p * z + 0.666666666666666665;
    vec y = n * 0.6931471803691238 - ((half - (s * (half + z * p) + n * 1.9082149292705877e-10)) - f);
    y = pick(x < 2.2250738585072014e-308, all(-__builtin_inf()), y);
    return pick(x == x, y, x);
}
