// M-steps of families whose components share a part of their covariances.
#pragma once
#include <cstdint>

namespace mixtura {

constexpr int kMostFeatures = 16;  // beyond which LAPACK serves better
constexpr int kMostTurned = 6;     // features whose common axes are turned by Newton's method

// How volume, shape and orientation go over components, by mclust's letters: E equal, V varying, I none.
struct Letters {
    char volume, shape, orientation;
    bool diagonal() const { return orientation == 'I'; }
    bool turned() const { return shape == 'V' && orientation == 'E'; }  // common axes are sought
    bool known() const;  // whether it is one of VEI, EVI, VEE, EVE, VVE, EEV, VEV and EVV
};

// What M-steps are made of: m mixtures of k components in d dimensions.
struct Scattered {
    int m, k, d;
    const double *counts;    // (m, k), rows
    const double *scatters;  // (m, k, d, d), of a diagonal family (m, k, d): about the components' means
    const double *least;     // (d), the floor's variances
    const double *before;    // (m, k, d, d), covariances from which iterations start, or null
    double close;            // a step of theirs shorter than this ends them
};

// OUT covariances (m, k, d, d), which maximise the expected complete log-likelihood within the family; done
// (m), 0 where a covariance of the family would lie at the floor, which this leaves to others.
void maximise(const Letters &letters, const Scattered &in, double *covariances, uint8_t *done);

}  // namespace mixtura
