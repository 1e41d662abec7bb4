#include "engine.inl"

namespace mixtura {
extern const Engine baseline = make_engine("baseline");
}
