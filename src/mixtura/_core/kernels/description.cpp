#include "description.hpp"

#include <cmath>

namespace mixtura {
namespace {

double number(const Rows &rows, int64_t i, int j) {
    const int64_t offset = i * rows.row_stride + j * rows.column_stride;
    return rows.single ? static_cast<const float *>(rows.data)[offset]
                       : static_cast<const double *>(rows.data)[offset];
}

}  // namespace

Description::Description(int d)
    : d_(d),
      n_(aligned(1 + 2 * int64_t{d})),
      memory_(Tree::kLevels * n_ + 3 * aligned(d)),
      tree_(memory_.get(), n_, Tree::kLevels),
      centre_(memory_.get() + Tree::kLevels * n_),
      least_(centre_ + aligned(d)),
      greatest_(least_ + aligned(d)),
      waiting_(d) {
    std::fill_n(centre_, d, 0.0);
    std::fill_n(least_, d, INFINITY);
    std::fill_n(greatest_, d, -INFINITY);
}

void Description::feed(const Rows &rows, const double *omega, int n_threads) {
    add(rows, omega, n_threads, false);
}

void Description::finish(const Rows &rows, const double *omega, int n_threads, const Values &out) {
    add(rows, omega, n_threads, true);
    const double *sums = tree_.total(), *first = sums + 1, *second = first + d_;
    weight_ = sums[0];
    const double divisor = n_rows_ > 0 ? weight_ : 1.0;
    for (int j = 0; j < d_; ++j) {
        const double shift = first[j] / divisor;
        out.mean[j] = centre_[j] + shift;
        out.variance[j] = std::max(0.0, second[j] / divisor - shift * shift);
        // of two zeros of different sign the threads' order would choose
        out.minimum[j] = least_[j] + 0.0;
        out.maximum[j] = greatest_[j] + 0.0;
    }
}

// Moments are taken about the first row in use, then about the mean by the shift.
void Description::set_centre(const Rows &rows, const double *omega) noexcept {
    int64_t i = 0;
    while (omega && i < rows.n && omega[i] == 0) ++i;
    if (centred_ || i == rows.n) return;
    for (int j = 0; j < d_; ++j) centre_[j] = number(rows, i, j);
    centred_ = true;
}

// All memory is made before a sum is changed or a thread is called: where it fails, the piece is not fed.
void Description::add(const Rows &rows, const double *omega, int n_threads, bool last) {
    Piece piece(waiting_, rows, omega, weighted_ || omega, last);
    const Tasks tasks(blocks_, piece.count());
    const int workers =
        static_cast<int>(std::max<int64_t>(1, std::min<int64_t>({n_threads, most_threads(), tasks.count()})));
    // A worker's memory: its range, then the tree of a task.
    const int64_t range = aligned(d_), own = apart(2 * range + tasks.levels() * n_);
    const Buffer<Purpose::workers> memory(own * workers);
    for (int worker = 0; worker < workers; ++worker) {
        std::fill_n(memory.get() + own * worker, d_, INFINITY);
        std::fill_n(memory.get() + own * worker + range, d_, -INFINITY);
    }

    weighted_ = weighted_ || omega;
    set_centre(rows, omega);
    piece.join();
    add_tasks(tasks, workers, tree_, [&](const Tasks::Range &task, int worker) noexcept {
        double *least = memory.get() + own * worker, *greatest = least + range;
        Tree sums(greatest + range, n_, task.level + 1);
        for (int64_t b = task.begin; b < task.end; ++b) {
            describe(piece.at(b - blocks_), sums.four(), least, greatest);
            sums.carry(0, b + 1);
        }
        return sums.total();
    });
    for (int worker = 0; worker < workers; ++worker) {
        const double *least = memory.get() + own * worker, *greatest = least + range;
        for (int j = 0; j < d_; ++j) {
            least_[j] = std::min(least_[j], least[j]);
            greatest_[j] = std::max(greatest_[j], greatest[j]);
        }
    }
    piece.leave();
    blocks_ += piece.count();
}

// INOUT sums, least and greatest (d). A block's own sums start from 0 before they are added.
void Description::describe(const Block &block, double *sums, double *least, double *greatest) noexcept {
    const int64_t end = block.first + block.count;
    const auto weight = [&](int64_t i) { return block.omega ? block.omega[i] : 1.0; };
    double total = 0,
           sum = 0;  // the latter stays finite if every number is: x - x is NaN for NaN and infinity
    int64_t n_rows = 0;
    for (int64_t i = block.first; i < end; ++i) total += weight(i), n_rows += weight(i) != 0;
    for (int j = 0; j < d_; ++j) {
        const double centre = centre_[j];
        double first = 0, second = 0, low = least[j], high = greatest[j];
        for (int64_t i = block.first; i < end; ++i) {
            const double x = number(block.rows, i, j), w = weight(i), u = x - centre;
            sum += x - x;
            if (w == 0) continue;
            first += w * u;
            second += w * u * u;
            low = std::min(low, x);
            high = std::max(high, x);
        }
        sums[1 + j] += first, sums[1 + d_ + j] += second;
        least[j] = low, greatest[j] = high;
    }
    sums[0] += total;
    n_rows_ += n_rows;
    if (sum != 0) finite_ = false;
}

}  // namespace mixtura
