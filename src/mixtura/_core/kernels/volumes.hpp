// Volumes of components that share all the rest: Newton's method on a convex function.
#pragma once
#include <vector>

namespace mixtura {

// Finds for one mixture the logarithms v of volumes that minimise
//
//     d sum_c p_c v_c + log det sum_c e^{-v_c} W_c,    p the shares of the rows,
//
// Celeux and Govaert's 1995 models [lambda_k B] (diagonal) and [lambda_k C].
class Volumes {
  public:
    Volumes(int k, int d, bool diagonal);

    // IN counts (k); scatters (k, d) or (k, d, d); logs (k), where to start. OUT logs (k). Ends after a step
    // shorter than close. Returns false if the sum of scatters is not positive definite.
    bool find(const double *counts, const double *scatters, double close, double *logs);

  private:
    bool terms(const double *scatters, const double *logs);

    int k_, d_, size_;  // numbers of one scatter
    bool diagonal_;
    double logdet_ = 0.0;
    std::vector<double> expected_, shares_, traces_, products_, bend_, lower_;
    std::vector<double> step_, alternate_, there_, total_, parts_;
};

}  // namespace mixtura
