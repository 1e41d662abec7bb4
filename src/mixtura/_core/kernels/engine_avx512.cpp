#include "engine.inl"

namespace mixtura {
extern const Engine avx512 = make_engine("avx512");
}
