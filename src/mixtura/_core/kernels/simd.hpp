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

inline vec load(const double *p) { return *reinterpret_cast<const vec *>(p); }
inline void store(double *p, vec v) { *reinterpret_cast<vec *>(p) = v; }
inline vec all(double x) { return x - vec{}; }
inline vec pick(ivec mask, vec a, vec b) { return mask ? a : b; }

inline vec larger(vec a, vec b) { return a > b ? a : b; }

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
        c[i] = __builtin_shuffle(v[i], v[i + 4], (ivec){0, 1, 2, 3, 8, 9, 10, 11}) +
               __builtin_shuffle(v[i], v[i + 4], (ivec){4, 5, 6, 7, 12, 13, 14, 15});
    for (int i = 0; i < 2; ++i)
        d[i] = __builtin_shuffle(c[i], c[i + 2], (ivec){0, 1, 8, 9, 4, 5, 12, 13}) +
               __builtin_shuffle(c[i], c[i + 2], (ivec){2, 3, 10, 11, 6, 7, 14, 15});
    store(out, load(out) + (__builtin_shuffle(d[0], d[1], (ivec){0, 8, 2, 10, 4, 12, 6, 14}) +
                            __builtin_shuffle(d[0], d[1], (ivec){1, 9, 3, 11, 5, 13, 7, 15})));
#elif WIDTH == 4
    vec c[2];
    for (int i = 0; i < 2; ++i)
        c[i] = __builtin_shuffle(v[i], v[i + 2], (ivec){0, 1, 4, 5}) +
               __builtin_shuffle(v[i], v[i + 2], (ivec){2, 3, 6, 7});
    store(out, load(out) + (__builtin_shuffle(c[0], c[1], (ivec){0, 4, 2, 6}) +
                            __builtin_shuffle(c[0], c[1], (ivec){1, 5, 3, 7})));
#else
    store(out, load(out) + (__builtin_shuffle(v[0], v[1], (ivec){0, 2}) +
                            __builtin_shuffle(v[0], v[1], (ivec){1, 3})));
#endif
}

// e^x to about 1 unit in the last place for x <= 709; below -708 it is 0, NaN stays NaN.
// Cody and Waite's reduction x = n log(2) / 16 + r with a table of 2^(j/16) where two registers hold one
// (AVX-512), x = n log(2) + r elsewhere; then e^r = 1 + r + r^2 p(r), p interpolating at Chebyshev nodes.
inline vec exp(vec x) {
    constexpr double shift =
        6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer in the low bits
#if WIDTH == 8
    constexpr vec low = {1.0,
                         1.0442737824274138,
                         1.0905077326652577,
                         1.1387886347566916,
                         1.189207115002721,
                         1.241857812073484,
                         1.2968395546510096,
                         1.3542555469368927};
    constexpr vec high = {1.4142135623730951, 1.4768261459394993, 1.5422108254079407, 1.6104903319492543,
                          1.681792830507429,  1.7562521603732995, 1.8340080864093424, 1.9152065613971474};
    vec biased = x * 23.083120654223414 + shift;
    vec n = biased - shift;
    vec r = x - n * 0.043321698780346196 - n * 4.650385693757748e-12;
    vec p = all(0.00138890346396658648);
    p = p * r + 0.00833344993410718535;
    p = p * r + 0.0416666666649536146;
    p = p * r + 0.166666666652962227;
    p = p * r + 0.5;
    p = (p * r) * r + r;
    ivec bits = (ivec)biased;
    vec power = __builtin_shuffle(low, high, bits);
    vec y = power * p + power;
    y = (vec)((ivec)y + ((bits >> 4) << 52));
    return pick(x < -708.0, vec{}, y);
#else
    vec biased = x * 1.4426950408889634 + shift;
    vec n = biased - shift;
    vec r = x - n * 0.6931471804855391 - n * 7.440617110012397e-11;
    vec p = all(2.5100472505694996e-8);
    p = p * r + 2.76202015910315488e-7;
    p = p * r + 2.75572682769056962e-6;
    p = p * r + 0.0000248015210578682052;
    p = p * r + 0.00019841269863171556;
    p = p * r + 0.00138888889173670806;
    p = p * r + 0.0083333333333300382;
    p = p * r + 0.0416666666666238205;
    p = p * r + 0.166666666666666675;
    p = p * r + 0.500000000000000103;
    p = (p * r) * r + r;
    vec y = p + 1.0;
    y = (vec)((ivec)y + ((ivec)biased << 52));
    return pick(x < -708.0, vec{}, y);
#endif
}

// log(x) to about 1 unit in the last place for normal x > 0; log(0) is -inf, NaN stays NaN.
// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 +
// R(s^2)).
inline vec log(vec x) {
    ivec bits = (ivec)x - 0x3fe6a09e667f3bcdLL;
    ivec e = bits >> 52;
    vec f = (vec)((bits & 0x000fffffffffffffLL) + 0x3fe6a09e667f3bcdLL) - 1.0;
    vec n = (vec)(e + 0x4338000000000000LL) - 6755399441055744.0;
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
