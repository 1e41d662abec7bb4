#include <atomic>
#include <cstring>

#include "stack.hpp"

namespace mixtura {
namespace {

bool runs_here([[maybe_unused]] const Engine &e) {
#if defined(MIXTURA_X86)
    __builtin_cpu_init();
    if (&e == &avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
    if (&e == &avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return true;
}

const Engine *const engines[] = {
#if defined(MIXTURA_X86)
    &avx512, &avx2,
#endif
    &baseline};

std::atomic<const Engine *> current{nullptr};

}  // namespace

const Engine &engine() {
    const Engine *e = current.load();
    if (!e) {
        for (const Engine *candidate : engines)
            if (runs_here(*candidate)) {
                e = candidate;
                break;
            }
        current.store(e);
    }
    return *e;
}

bool use_engine(const char *name) {
    for (const Engine *e : engines)
        if (!std::strcmp(e->name, name) && runs_here(*e)) {
            current.store(e);
            return true;
        }
    return false;
}

}  // namespace mixtura
