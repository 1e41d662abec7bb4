#include "engine.inl"

namespace mixtura {
extern const Engine avx2 = make_engine("avx2");
}
