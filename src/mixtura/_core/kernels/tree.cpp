#include "tree.hpp"

#include "processor.hpp"

namespace mixtura {
namespace {

using AddUp = void (*)(const double *__restrict, int64_t, double *__restrict);

void add_up_plain(const double *__restrict from, int64_t n, double *__restrict to) {
    for (int64_t i = 0; i < n; ++i) to[i] += from[i];
}

#if defined(MIXTURA_X86)
__attribute__((target("avx2"))) void add_up_avx2(const double *__restrict from, int64_t n,
                                                 double *__restrict to) {
    for (int64_t i = 0; i < n; ++i) to[i] += from[i];
}

__attribute__((target("avx512f"))) void add_up_avx512(const double *__restrict from, int64_t n,
                                                      double *__restrict to) {
    for (int64_t i = 0; i < n; ++i) to[i] += from[i];
}
#endif

AddUp widest() {
#if defined(MIXTURA_X86)
    const Processor here = processor();
    if (here.avx512) return add_up_avx512;
    if (here.avx2) return add_up_avx2;
#endif
    return add_up_plain;
}

const AddUp chosen = widest();

}  // namespace

void add_up(const double *from, int64_t n, double *to) { chosen(from, n, to); }

}  // namespace mixtura
