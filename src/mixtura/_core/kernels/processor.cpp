#include "processor.hpp"

#if defined(MIXTURA_X86)
#include <cpuid.h>

#include <cstdint>

namespace mixtura {
namespace {

// What xgetbv says of the state that the system keeps for a thread.
constexpr uint64_t kVectors = 0x6;       // the lower and upper halves of the registers of AVX
constexpr uint64_t kWideVectors = 0xe6;  // those, the masks and the rest of the registers of AVX-512

bool has(unsigned bits, unsigned wanted) { return (bits & wanted) == wanted; }

uint64_t kept_state() {
    uint32_t low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return uint64_t{high} << 32 | low;
}

}  // namespace

// Asked of the processor itself: what compilers offer for it needs a library of theirs that not every linker
// brings, and says nothing before it is set up.
Processor processor() {
    unsigned a, b, c, d;
    // Without OSXSAVE xgetbv is no instruction, and the system knows no vectors of AVX.
    if (!__get_cpuid(1, &a, &b, &c, &d) || !has(c, bit_OSXSAVE | bit_AVX | bit_FMA | bit_POPCNT)) return {};
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return {};
    const uint64_t kept = kept_state();
#if defined(__APPLE__)
    const bool wide = true;  // kept from a thread's first use on, of which xgetbv tells only then
#else
    const bool wide = (kept & kWideVectors) == kWideVectors;
#endif
    const bool avx2 = has(b, bit_AVX2) && (kept & kVectors) == kVectors;
    return {avx2, avx2 && wide && has(b, bit_AVX512F | bit_AVX512DQ | bit_AVX512VL)};
}

}  // namespace mixtura
#endif
