// How near small covariance matrices come to a floor, the least variance of each feature.
#pragma once
#include <cstdint>
#include <vector>

namespace mixtura {

// Looks at one matrix (d, d) after another, with the floor's variances least (d).
class Floor {
  public:
    Floor(int d, const double *least);

    // Whether squared Cholesky pivots tell that a matrix is far above the floor and from singular: no closer
    // look is needed then. They are those of the correlation matrix times variances, whatever the units.
    bool clear(const double *matrix);

    // Whether a matrix lies at the floor or under it: an eigenvalue in units of the floor's is at most 1, or
    // the least of its correlation matrix does not stand clear of rounding.
    bool touches(const double *matrix);

    // Raises a matrix that touches the floor: these two are made at least what they may be.
    void raise(double *matrix);

    // Whether the least variance over the largest, in units of the floor's, is at most so small a part.
    bool flat(const double *matrix, double part);

    // Raises eigenvalues, in these units, to a part of the largest.
    void round_off(double *matrix, double part);

    double least(int j) const { return least_[j]; }

  private:
    void in_units(const double *matrix, const double *unit);
    void clip(double least, const double *unit, double *matrix);

    int d_;
    std::vector<double> least_, deviations_, own_, scaled_, values_, axes_, work_;
};

// OUT flags (n): whether matrices (n, d, d) touch the floor.
void touches(const double *matrices, int64_t n, int d, const double *least, uint8_t *flags);

// OUT flags (n): whether they are flat.
void flat(const double *matrices, int64_t n, int d, const double *least, double part, uint8_t *flags);

// OUT least (m, k), the least deviations of covariances (m, k, d, d) in units of their means by weights (m,
// k): roots of the least eigenvalues of L^-1 S L^-T, for a mean L L^T; NaN where it has no such factor.
void thickness(const double *weights, const double *covariances, int64_t m, int k, int d, double *least);

}  // namespace mixtura
