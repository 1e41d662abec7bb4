// Functions of whole arrays: exp and log, as the kernels take them, and the roofline's multiply-adds.

inline void exp_array(const double *x, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i += W) store(out + i, exp(load(x + i)));
}

inline void log_array(const double *x, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i += W) store(out + i, log(load(x + i)));
}

// Multiply-adds that wait for no other's result: as many chains as cover their latency on two units.
inline double multiply_add(int64_t rounds) {
    constexpr int kChains = 12;
    vec s[kChains], a = broadcast(0.999999), b = broadcast(1e-9);
    for (int i = 0; i < kChains; ++i) s[i] = broadcast(1.0 + i);
    for (int64_t n = 0; n < rounds; ++n) {
#pragma GCC unroll 12
        for (int i = 0; i < kChains; ++i) s[i] = s[i] * a + b;
    }
    vec sum = {};
    for (int i = 0; i < kChains; ++i) sum += s[i];
    return sum_lanes(sum);
}
