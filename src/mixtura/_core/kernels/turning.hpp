// The one orientation of components whose variances along its axes vary: Newton's method on turns.
#pragma once
#include <vector>

namespace mixtura {

// Finds for one mixture the axes D, columns, that minimise, with g_cj = d_j^T W_c d_j,
//
//     sum_c p_c sum_j log g_cj,    p the shares of the rows (VVE: Flury 1984), or with equal volumes
//     d log sum_c prod_j g_cj^(1/d)    (EVE).
class Turning {
  public:
    Turning(int k, int d, bool equal_volumes);

    // IN shares (k); scatters (k, d, d); axes (starts, d, d), some of them where the search may begin: at the
    // best of them, or, with all, at each. OUT found (d, d). Ends after a turn shorter than close.
    void find(const double *shares, const double *scatters, const std::vector<double> &starts, bool all,
              double close, double *found);

    // OUT variances (k, d) of scatters (k, d, d) along axes, none under the rounding of the largest.
    void along(const double *axes, const double *scatters, double *variances);

  private:
    double misfit(const double *shares);
    double look(const double *shares, const double *scatters, const double *axes);
    double turn(const double *shares, const double *scatters, double close, double *axes);
    void slopes(const double *shares);
    void bend();
    void step();
    void turned_by(double part, const double *axes, double *there);

    int k_, d_, p_;  // planes
    bool equal_volumes_;
    std::vector<int> first_, second_;                        // axes of each plane
    std::vector<double> seen_, variances_, logs_, counted_;  // scatters in the axes, and of them
    std::vector<double> each_, slope_, third_, at_first_, at_second_, bend_, lower_, step_;
    std::vector<double> values_, vectors_, work_, best_, other_, there_;
};

}  // namespace mixtura
