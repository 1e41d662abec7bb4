// What rows are like before any mixture: mean, variance, range.
#pragma once
#include "memory.hpp"
#include "rows.hpp"
#include "tree.hpp"

namespace mixtura {

// A description that is begun, fed with pieces of rows and finished, as a pass is: the same bits for any
// pieces and any number of threads. Rows of weight 0 are no rows, but for `finite`.
class Description {
  public:
    explicit Description(int d);

    int features() const { return d_; }

    // Adds a piece of rows with weights omega (n), or null. All pieces have weights, or none has.
    void feed(const Rows &, const double *omega, int n_threads);

    // After a last piece, which may be empty, OUT mean, variance, minimum, maximum (d) of the rows fed; of
    // none 0, 0, infinity and its negative.
    struct Values {
        double *mean, *variance, *minimum, *maximum;
    };
    void finish(const Rows &, const double *omega, int n_threads, const Values &);

    bool finite() const { return finite_; }    // all numbers fed; where not, the others mean nothing
    double weight() const { return weight_; }  // of all rows, once finished
    int64_t rows() const { return n_rows_; }

  private:
    void add(const Rows &, const double *omega, int n_threads, bool last);
    void set_centre(const Rows &, const double *omega) noexcept;
    void describe(const Block &, double *sums, double *least, double *greatest) noexcept;

    int d_;
    int64_t n_;  // sums: the weight, first and second moments (d) about the centre
    Buffer<Purpose::pass> memory_;
    Tree tree_;
    double *centre_, *least_, *greatest_;  // (d)
    Waiting waiting_;
    bool weighted_ = false, centred_ = false;
    std::atomic<bool> finite_{true};
    std::atomic<int64_t> n_rows_{0};
    double weight_ = 0;
    int64_t blocks_ = 0;  // done so far
};

}  // namespace mixtura
