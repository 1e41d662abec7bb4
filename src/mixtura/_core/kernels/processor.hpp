// What the processor offers, as far as the system lets it be used.
#pragma once

namespace mixtura {

#if defined(MIXTURA_X86)
struct Processor {
    bool avx2, avx512;  // with all that the engine of that name is compiled for
};

Processor processor();
#endif

}  // namespace mixtura
