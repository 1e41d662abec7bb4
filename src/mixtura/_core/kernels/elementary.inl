// Exponential and logarithm of vectors.

// Log-densities are kept in units of log(2) / kUnits, so that the exponential below starts with the integer
// and the fraction at hand, and scale by kUnits once in the model instead of once a row. With AVX-512 a table
// of 2^(j/16) fits two registers; elsewhere there is none.
#if defined(__AVX512F__)
constexpr double kUnits = 16;
#else
constexpr double kUnits = 1;
#endif
constexpr double kLog2 = 0.69314718055994530942, kLog2e = 1.4426950408889634074;
constexpr double kUnit = kLog2 / kUnits, kScale = kLog2e * kUnits;  // to nats, and from nats

constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer, in the low bits

// 2^((n + r) / kUnits) where x is not below `least`, else 0, for an integer n, given as n + kRound, and
// |r| <= 1/2. 2^(r / kUnits) = 1 + r p(r), p interpolating at Chebyshev nodes. The table is of 2^(j/16),
// j = n mod 16, less j in the bits that n, shifted to the exponent, adds there.
#if defined(__AVX512F__)
inline vec power_of_2(vec n, vec r, vec x, double least) {
    constexpr uvec low = {0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
                          0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429};
    constexpr uvec high = {0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
                           0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};
    vec p = broadcast(9.181335076323841e-12);
    p = p * r + 1.2716085243484613e-09;
    p = p * r + 1.467610032183551e-07;
    p = p * r + 1.355080777749583e-05;
    p = p * r + 0.0009383847928089873;
    p = p * r + 0.04332169878499661;
#if defined(__clang__)
    const uvec entry = (uvec)_mm512_permutex2var_epi64((__m512i)low, (__m512i)n, (__m512i)high);
#else
    const uvec entry = __builtin_shuffle(low, high, (uvec)n);
#endif
    const vec power = (vec)(entry + ((uvec)n << 48));
    // zero by the mask of the last multiply-add: far below `least`, r and p are not even finite
    return _mm512_maskz_fmadd_pd(_mm512_cmp_pd_mask(x, broadcast(least), _CMP_NLT_UQ), power, p * r, power);
}
#else
inline vec power_of_2(vec n, vec r, vec x, double least) {
    vec p = broadcast(4.4549700323138963e-10);
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
    return select(x < least, vec{}, (vec)((uvec)(p * r + 1.0) + ((uvec)n << 52)));
}
#endif

// 2^(x / kUnits) to about 1 unit in the last place for x < 1024 kUnits; below -1021 kUnits it is 0, NaN stays
// NaN.
inline vec exp2_units(vec x) {
    const vec n = x + kRound;
    return power_of_2(n, x - (n - kRound), x, -1021 * kUnits);
}

// e^x to about 1 unit in the last place for x < 709; below -707 it is 0, NaN stays NaN (Cody and Waite 1980:
// log(2) in two parts).
inline vec exp(vec x) {
    const vec n = x * kScale + kRound, whole = n - kRound;
    const vec r = (x - whole * (0.6931471804855391 / kUnits)) - whole * (7.440617110012397e-11 / kUnits);
    return power_of_2(n, r * kScale, x, -707.0);
}

// log(x) to about 1 unit in the last place for normal x > 0; log(0) is -inf, NaN stays NaN.
// x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 +
// R(s^2)).
inline vec log(vec x) {
    constexpr uint64_t half_root = 0x3fe6a09e667f3bcd;  // the bits of sqrt(1/2)
    const uvec bits = (uvec)x - half_root;
    const ivec e = (ivec)bits >> 52;
    const vec f = (vec)((bits & 0x000fffffffffffffULL) + half_root) - 1.0;
    const vec n = (vec)((uvec)e + 0x4338000000000000ULL) - kRound;  // e + 1.5 * 2^52, by its bits
    vec s = f / (f + 2.0), z = s * s, half = 0.5 * f * f;
    vec p = broadcast(0.130880348509275538);
    p = p * z + 0.132686383692668239;
    p = p * z + 0.153862447376216666;
    p = p * z + 0.181817955475211362;
    p = p * z + 0.222222223925810451;
    p = p * z + 0.28571428570799785;
    p = p * z + 0.400000000000008832;
    p = p * z + 0.666666666666666665;
    vec y = n * 0.6931471803691238 - ((half - (s * (half + z * p) + n * 1.9082149292705877e-10)) - f);
    y = select(x < 2.2250738585072014e-308, broadcast(-__builtin_inf()), y);
    return select(x == x, y, x);
}
