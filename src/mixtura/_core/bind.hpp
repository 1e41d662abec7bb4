// What the bindings share: arrays as they come from Python, and the names of forms.
#pragma once
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>

#include "engine.hpp"

namespace nb = nanobind;
using namespace mixtura;

using In = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<double, nb::c_contig, nb::device::cpu>;

inline Form form_of(const std::string &name) {
    if (name == "full") return Form::full;
    if (name == "tied") return Form::tied;
    if (name == "diagonal") return Form::diagonal;
    if (name == "spherical") return Form::spherical;
    throw nb::value_error("form must be full, tied, diagonal or spherical");
}
