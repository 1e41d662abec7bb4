#include <atomic>
#include <cstring>

#include "processor.hpp"
#include "stack.hpp"

namespace mixtura {
namespace {

bool runs_here([[maybe_unused]] const Engine &e) {
#if defined(MIXTURA_X86)
    static const Processor here = processor();
    if (&e == &avx512) return here.avx512;
    if (&e == &avx2) return here.avx2;
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
