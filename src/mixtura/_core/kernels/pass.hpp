// A pass: the moments of rows under a stack of mixtures.
#pragma once
#include "rows.hpp"
#include "stack.hpp"
#include "tree.hpp"

namespace mixtura {

// OUT what a pass yields: counts (m, k), first (m, k, d), scatters (m, by form), loglik (m).
struct Sums {
    double *counts, *first, *scatters, *loglik;
};

// A pass that is begun with its mixtures, fed with pieces of rows and finished. Sums are made by blocks of
// rows, whose borders lie where they lie among all rows: the same bits for any pieces and any number of
// threads.
class Pass {
  public:
    // Factors the covariances. The stack's arrays are read now and never again.
    explicit Pass(const Stack &);

    const Shape &shape() const { return shape_; }
    int features() const { return shape_.d; }
    int mixtures() const { return m_; }
    Failure failure() const { return failure_; }  // after one nothing may be fed

    // Adds a piece of rows with weights omega (n), or null. All pieces have weights, or none has.
    void feed(const Rows &, const double *omega, int n_threads);

    // After a last piece, which may be empty, turns the sums into moments.
    void finish(const Rows &, const double *omega, int n_threads, const Sums &);

  private:
    // A worker's memory, in doubles from its start: the engine's scratch, tiles, the sums of one mixture in a
    // block, and the tree of a task; `own` in all.
    struct Cut {
        int64_t tiles, sums, tree, own;
        Cut(const Pass &pass, int levels)
            : tiles(aligned(pass.sizes_.scratch)),
              sums(tiles + aligned(pass.sizes_.rows)),
              tree(sums + pass.stride_),
              own(apart(tree + levels * pass.all_)) {}
    };

    void add(const Rows &, const double *omega, int n_threads, bool last);
    void add_blocks(const Piece &, const Tasks &, int workers, const Cut &, double *memory) noexcept;
    void add_mixtures(const Block &, int workers, const Cut &, double *memory) noexcept;

    const Engine &engine_;
    Shape shape_;
    int m_;
    Sizes sizes_;
    int64_t stride_, all_;          // the sums of one mixture, and of all
    Buffer<Purpose::pass> memory_;  // the tree, the models, then scratch
    Tree tree_;
    Models models_;
    double *scratch_;
    Failure failure_;
    Waiting waiting_;
    bool weighted_ = false;
    int64_t blocks_ = 0;  // done so far
};

// Makes a pass in one go.
Failure moments(const Stack &, const Rows &, const double *omega, int n_threads, const Sums &);

// Evaluates a stack of one mixture at every row; out or labels as `Want` says.
Failure evaluate(const Stack &, const Rows &, Want, int n_threads, double *out, int64_t *labels);

}  // namespace mixtura
