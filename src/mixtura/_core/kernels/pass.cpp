#include "pass.hpp"

#include <algorithm>
#include <stdexcept>

#include "threads.hpp"

namespace mixtura {
namespace {

// How many threads the work is worth: each is to have some 10 microseconds of it, the price of waking one.
int worth(int n_threads, int64_t n_tasks, double rows_times_components, int d) {
    const double nanoseconds = rows_times_components * (1.0 + 0.05 * d * d);
    const double most = std::min(1.0 + nanoseconds / 1e4, static_cast<double>(n_tasks));
    return std::max(1, std::min({n_threads, most_threads(), static_cast<int>(most)}));
}

// What a block comes from, and the block after it, which this worker is likely to do next.
Origin origin_of(const Block &block) {
    const Rows &rows = block.rows;
    if (rows.single || rows.column_stride != 1) return {};
    const auto at = [&](int64_t row) {
        return static_cast<const double *>(rows.data) + std::min(row, rows.n) * rows.row_stride;
    };
    const double *next = at(block.first + kBlock), *end = at(block.first + 2 * kBlock);
    return {at(block.first), rows.row_stride, reinterpret_cast<const char *>(next),
            rows.row_stride == rows.d ? (end - next) * static_cast<int64_t>(sizeof(double)) : 0};
}

}  // namespace

Pass::Pass(const Stack &stack)
    : engine_(engine()),
      shape_(stack.shape),
      m_(stack.m),
      sizes_(engine_.sizes(shape_)),
      stride_(aligned(sizes_.sums)),
      all_(stride_ * m_),
      memory_(Tree::kLevels * all_ + Models::size(sizes_, m_) + sizes_.scratch),
      tree_(memory_.get(), all_, Tree::kLevels),
      waiting_(shape_.d) {
    double *models = memory_.get() + Tree::kLevels * all_;
    scratch_ = models + Models::size(sizes_, m_);
    failure_ = models_.prepare(engine_, sizes_, stack, models, scratch_);
}

void Pass::feed(const Rows &rows, const double *omega, int n_threads) { add(rows, omega, n_threads, false); }

void Pass::finish(const Rows &rows, const double *omega, int n_threads, const Sums &out) {
    add(rows, omega, n_threads, true);
    const double *sums = tree_.total();
    const int64_t k = shape_.k, d = shape_.d, spread = spread_size(shape_);
    std::fill_n(out.scatters, spread * m_, 0.0);
    for (int64_t i = 0; i < m_ && !stopped(); ++i)
        engine_.finish(shape_, models_.at(i), sums + i * stride_, out.counts + i * k, out.first + i * k * d,
                       out.scatters + i * spread, out.loglik + i, scratch_);
}

// All memory is made before a sum is changed or a thread is called: where it fails, the piece is not fed.
void Pass::add(const Rows &rows, const double *omega, int n_threads, bool last) {
    if (failure_.component >= 0) throw std::invalid_argument("a covariance is not positive definite");
    Piece piece(waiting_, rows, omega, weighted_ || omega, last);
    const Tasks tasks(blocks_, piece.count());
    // With one block there is still a mixture for each thread; sums of different mixtures never meet.
    const bool by_mixture = piece.count() == 1 && m_ > 1;
    const int workers = worth(n_threads, by_mixture ? m_ : tasks.count(),
                              static_cast<double>(piece.n_rows()) * m_ * shape_.k, shape_.d);
    const Cut cut(*this, by_mixture ? 0 : tasks.levels());
    const Buffer<Purpose::workers> memory(cut.own * workers + (by_mixture ? all_ : 0));

    weighted_ = weighted_ || omega;
    piece.join();
    if (by_mixture)
        add_mixtures(piece.at(0), workers, cut, memory.get());
    else
        add_blocks(piece, tasks, workers, cut, memory.get());
    piece.leave();
    blocks_ += piece.count();
}

void Pass::add_blocks(const Piece &piece, const Tasks &tasks, int workers, const Cut &cut,
                      double *memory) noexcept {
    add_tasks(tasks, workers, tree_, [&](const Tasks::Range &range, int worker) noexcept {
        double *mine = memory + cut.own * worker, *tiles = mine + cut.tiles, *sums = mine + cut.sums;
        Tree own(mine + cut.tree, all_, range.level + 1);
        for (int64_t b = range.begin; b < range.end; ++b) {
            const Block block = piece.at(b - blocks_);
            engine_.read(shape_, block.rows, block.omega, block.first, block.count, tiles);
            Origin origin = origin_of(block);
            const bool fresh = own.fresh();
            double *four = own.four();
            for (int64_t i = 0; i < m_ && !stopped(); ++i, origin.bytes = 0) {
                double *to = fresh ? four + i * stride_ : sums;
                if (!fresh) std::fill_n(sums, stride_, 0.0);
                engine_.accumulate(shape_, models_.at(i), tiles, origin, block.count, weighted_, mine, to);
                if (!fresh) add_up(sums, stride_, four + i * stride_);
            }
            own.carry(0, b + 1);
        }
        return own.total();
    });
}

void Pass::add_mixtures(const Block &block, int workers, const Cut &cut, double *memory) noexcept {
    Tree own(memory + cut.own * workers, all_, 1);
    double *sums = own.four();
    parallel_for(m_, workers, [&](int64_t i, int worker) noexcept {
        double *mine = memory + cut.own * worker, *tiles = mine + cut.tiles;
        engine_.read(shape_, block.rows, block.omega, block.first, block.count, tiles);
        engine_.accumulate(shape_, models_.at(i), tiles, origin_of(block), block.count, weighted_, mine,
                           sums + i * stride_);
    });
    tree_.add(0, sums, blocks_ + 1);
}

Failure moments(const Stack &stack, const Rows &rows, const double *omega, int n_threads, const Sums &out) {
    Pass pass(stack);
    if (pass.failure().component < 0) pass.finish(rows, omega, n_threads, out);
    return pass.failure();
}

Failure evaluate(const Stack &stack, const Rows &rows, Want want, int n_threads, double *out,
                 int64_t *labels) {
    const Engine &e = engine();
    const Shape &s = stack.shape;
    const Sizes z = e.sizes(s);
    const int64_t n_blocks = (rows.n + kBlock - 1) / kBlock;
    const int workers = worth(n_threads, n_blocks, static_cast<double>(rows.n) * s.k, s.d);
    const int64_t tiles = aligned(z.scratch), own = apart(tiles + aligned(z.rows));
    const Buffer<Purpose::workers> memory(own * workers + Models::size(z, 1));
    Models models;
    const Failure failure = models.prepare(e, z, stack, memory.get() + own * workers, memory.get());
    if (failure.component >= 0) return failure;
    const int width = want == Want::log_density ? 1 : s.k;
    parallel_for(n_blocks, workers, [&](int64_t task, int worker) noexcept {
        double *mine = memory.get() + own * worker, *block = mine + tiles;
        const int64_t start = task * kBlock;
        const int count = static_cast<int>(std::min<int64_t>(kBlock, rows.n - start));
        e.read(s, rows, nullptr, start, count, block);
        e.evaluate(s, models.at(0), block, count, want, mine, out ? out + start * width : nullptr,
                   labels ? labels + start : nullptr);
    });
    return {};
}

}  // namespace mixtura
