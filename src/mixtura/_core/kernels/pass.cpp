#include "pass.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "threads.hpp"

namespace mixtura {
namespace {

constexpr int64_t kPage = 4096;

struct Free {
    void operator()(double *p) const { ::operator delete(p, std::align_val_t{kPage}); }
};

// Doubles from the start of a page on. A thread keeps the last ones, up to kMost, for its next pass: the
// system's new pages cost some passes a tenth of their time.
class Buffer {
  public:
    explicit Buffer(int64_t n) : p_(std::move(kept_)), size_(p_ ? kept_size_ : 0) {
        if (size_ >= n) return;
        p_.reset();
        p_.reset(static_cast<double *>(::operator new(sizeof(double) * n, std::align_val_t{kPage})));
        size_ = n;
    }
    ~Buffer() {
        if (size_ <= kMost) kept_ = std::move(p_), kept_size_ = size_;
    }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    double *get() const { return p_.get(); }

  private:
    static constexpr int64_t kMost = 1 << 22;
    static thread_local std::unique_ptr<double, Free> kept_;
    static thread_local int64_t kept_size_;
    std::unique_ptr<double, Free> p_;
    int64_t size_;
};

thread_local std::unique_ptr<double, Free> Buffer::kept_;
thread_local int64_t Buffer::kept_size_ = 0;

int64_t aligned(int64_t n) { return (n + 7) / 8 * 8; }

// The pages of n doubles: what one thread writes shares none with another's, whose prefetchers stop at its
// end.
int64_t apart(int64_t n) { return (n + kPage / 8 - 1) / (kPage / 8) * (kPage / 8); }

// Lets tasks that finish in any order do a last step in the order of their numbers.
class Turnstile {
  public:
    void wait(int64_t number) const {
        for (int spin = 0; turn_.load(std::memory_order_acquire) != number;)
            if (++spin > 2000) std::this_thread::yield();
    }
    void leave(int64_t number) { turn_.store(number + 1, std::memory_order_release); }

  private:
    std::atomic<int64_t> turn_{0};
};

// How many threads the work is worth: each is to have some 10 microseconds of it, the price of waking one.
int worth(int n_threads, int64_t n_tasks, double rows_times_components, int d) {
    const double nanoseconds = rows_times_components * (1.0 + 0.05 * d * d);
    const double most = std::min(1.0 + nanoseconds / 1e4, static_cast<double>(n_tasks));
    return std::max(1, std::min(n_threads, static_cast<int>(most)));
}

// What block `number` comes from, and the block after it, which this worker is likely to do next.
Origin origin_of(const Rows &rows, int64_t number) {
    if (rows.single || rows.column_stride != 1) return {};
    const auto at = [&](int64_t row) {
        return static_cast<const double *>(rows.data) + std::min(row, rows.n) * rows.row_stride;
    };
    const double *next = at((number + 1) * kBlock), *end = at((number + 2) * kBlock);
    return {at(number * kBlock), rows.row_stride, reinterpret_cast<const char *>(next),
            rows.row_stride == rows.d ? (end - next) * static_cast<int64_t>(sizeof(double)) : 0};
}

// How many blocks in a row a worker does before it hands their sums on. The lines of the result move from
// core to core each time, which takes a tenth of the time of blocks in 4 dimensions; but there must be tasks
// enough to share out. A function of the rows alone, since it decides how sums are rounded.
int64_t blocks_at_once(int64_t n_blocks) { return std::clamp<int64_t>(n_blocks / 64, 1, 16); }

// The models of m mixtures, side by side.
struct Models {
    int64_t stride;
    double *data;
    Failure failure{-1, -1};

    // OUT data (size(z, m)); scratch is work.
    Models(const Engine &e, const Shape &s, const Sizes &z, int m, const double *weights, const double *means,
           const double *spreads, double *data, double *scratch)
        : stride(aligned(z.model)), data(data) {
        const int64_t spread = spread_size(s.form, s.k, s.d);
        for (int i = 0; i < m && failure.component < 0; ++i) {
            const int bad =
                e.prepare(s, weights + static_cast<int64_t>(i) * s.k,
                          means + static_cast<int64_t>(i) * s.k * s.d, spreads + i * spread, at(i), scratch);
            if (bad >= 0) failure = {i, bad};
        }
    }
    double *at(int i) const { return data + i * stride; }
    static int64_t size(const Sizes &z, int m) { return aligned(z.model) * m; }
};

}  // namespace

int64_t spread_size(Form form, int k, int d) {
    switch (form) {
        case Form::full: return static_cast<int64_t>(k) * d * d;
        case Form::tied: return static_cast<int64_t>(d) * d;
        case Form::diagonal: return static_cast<int64_t>(k) * d;
        default: return k;
    }
}

Failure moments(const Rows &rows, const double *omega, Form form, int m, int k, const double *weights,
                const double *means, const double *spreads, int n_threads, double *counts, double *first,
                double *scatters, double *loglik) {
    const Engine &e = engine();
    const Shape s{form, k, rows.d};
    const Sizes z = e.sizes(s);
    const int64_t n_blocks = (rows.n + kBlock - 1) / kBlock, at_once = blocks_at_once(n_blocks);
    // With one block there is still a mixture for each thread; sums of different mixtures never meet.
    const bool by_mixture = n_blocks == 1 && m > 1;
    const int64_t n_tasks = by_mixture ? m : (n_blocks + at_once - 1) / at_once;
    const int workers = worth(n_threads, n_tasks, static_cast<double>(rows.n) * m * k, rows.d);
    const int64_t sums_stride = aligned(z.sums), all_sums = sums_stride * m;
    const int64_t scratch = aligned(z.scratch), tiles = aligned(z.rows);
    const int64_t own = apart(scratch + tiles + (by_mixture ? 0 : all_sums));
    Buffer memory(own * workers + all_sums + Models::size(z, m));
    double *result = memory.get() + own * workers;
    std::fill_n(result, all_sums, 0.0);

    const Models models(e, s, z, m, weights, means, spreads, result + all_sums, memory.get());
    if (models.failure.component >= 0) return models.failure;

    Turnstile turnstile;
    parallel_for(n_tasks, workers, [&](int64_t task, int worker) {
        double *mine = memory.get() + own * worker, *block = mine + scratch, *sums = block + tiles;
        if (by_mixture) {
            e.read(s, rows, omega, 0, static_cast<int>(rows.n), block);
            e.accumulate(s, models.at(static_cast<int>(task)), block, origin_of(rows, 0),
                         static_cast<int>(rows.n), omega != nullptr, mine, result + task * sums_stride);
            return;
        }
        std::fill_n(sums, all_sums, 0.0);
        for (int64_t b = task * at_once; b < std::min(n_blocks, (task + 1) * at_once); ++b) {
            const int64_t start = b * kBlock;
            const int count = static_cast<int>(std::min<int64_t>(kBlock, rows.n - start));
            e.read(s, rows, omega, start, count, block);
            Origin origin = origin_of(rows, b);
            for (int i = 0; i < m; ++i, origin.bytes = 0)
                e.accumulate(s, models.at(i), block, origin, count, omega != nullptr, mine,
                             sums + i * sums_stride);
        }
        turnstile.wait(task);
        for (int64_t i = 0; i < all_sums; ++i) result[i] += sums[i];
        turnstile.leave(task);
    });

    const int64_t spread = spread_size(form, k, rows.d);
    std::fill_n(scatters, spread * m, 0.0);
    for (int i = 0; i < m; ++i)
        e.finish(s, models.at(i), result + i * sums_stride, counts + static_cast<int64_t>(i) * k,
                 first + static_cast<int64_t>(i) * k * rows.d, scatters + i * spread, loglik + i,
                 memory.get());
    return {-1, -1};
}

Failure evaluate(const Rows &rows, Form form, int k, const double *weights, const double *means,
                 const double *spreads, Want want, int n_threads, double *out, int64_t *labels) {
    const Engine &e = engine();
    const Shape s{form, k, rows.d};
    const Sizes z = e.sizes(s);
    const int64_t n_blocks = (rows.n + kBlock - 1) / kBlock;
    const int workers = worth(n_threads, n_blocks, static_cast<double>(rows.n) * k, rows.d);
    const int64_t scratch = aligned(z.scratch), own = apart(scratch + aligned(z.rows));
    Buffer memory(own * workers + Models::size(z, 1));
    const Models models(e, s, z, 1, weights, means, spreads, memory.get() + own * workers, memory.get());
    if (models.failure.component >= 0) return models.failure;
    const int width = want == Want::log_density ? 1 : k;
    parallel_for(n_blocks, workers, [&](int64_t task, int worker) {
        double *mine = memory.get() + own * worker, *block = mine + scratch;
        const int64_t start = task * kBlock;
        const int count = static_cast<int>(std::min<int64_t>(kBlock, rows.n - start));
        e.read(s, rows, nullptr, start, count, block);
        e.evaluate(s, models.at(0), block, count, want, mine, out ? out + start * width : nullptr,
                   labels ? labels + start : nullptr);
    });
    return {-1, -1};
}

bool describe(const Rows &rows, const double *omega, int n_threads, double *mean, double *variance,
              double *minimum, double *maximum) {
    const int d = rows.d;
    const int64_t n_blocks = (rows.n + kBlock - 1) / kBlock;
    const auto at = [&](int64_t i, int j) -> double {
        const int64_t offset = i * rows.row_stride + j * rows.column_stride;
        return rows.single ? static_cast<const float *>(rows.data)[offset]
                           : static_cast<const double *>(rows.data)[offset];
    };
    int64_t origin = 0;  // moments are taken about the first row in use, then about the mean by the shift
    while (omega && origin < rows.n && omega[origin] == 0) ++origin;
    if (origin == rows.n) origin = 0;

    // One block's sums: weight, then first moment, second moment, least and greatest for each feature.
    struct Totals {
        double weight = 0;
        std::vector<double> first, second, least, greatest;
        explicit Totals(int d) : first(d, 0.0), second(d, 0.0), least(d, INFINITY), greatest(d, -INFINITY) {}
    };
    Totals result(d);
    std::atomic<bool> finite{true};
    Turnstile turnstile;
    const int workers = static_cast<int>(std::min<int64_t>(std::max(n_threads, 1), n_blocks));
    parallel_for(n_blocks, workers, [&](int64_t task, int) {
        Totals block(d);
        const int64_t start = task * kBlock, end = std::min<int64_t>(rows.n, start + kBlock);
        double sum = 0;  // stays finite only if every number is: x - x is NaN for NaN and infinity
        for (int64_t i = start; i < end; ++i) block.weight += omega ? omega[i] : 1.0;
        for (int j = 0; j < d; ++j) {
            const double centre = at(origin, j);
            double first = 0, second = 0, least = INFINITY, greatest = -INFINITY;
            for (int64_t i = start; i < end; ++i) {
                const double x = at(i, j), w = omega ? omega[i] : 1.0, u = x - centre;
                sum += x - x;
                if (w == 0) continue;
                first += w * u;
                second += w * u * u;
                least = std::min(least, x);
                greatest = std::max(greatest, x);
            }
            block.first[j] = first, block.second[j] = second, block.least[j] = least,
            block.greatest[j] = greatest;
        }
        if (sum != 0) finite = false;
        turnstile.wait(task);
        result.weight += block.weight;
        for (int j = 0; j < d; ++j) {
            result.first[j] += block.first[j];
            result.second[j] += block.second[j];
            result.least[j] = std::min(result.least[j], block.least[j]);
            result.greatest[j] = std::max(result.greatest[j], block.greatest[j]);
        }
        turnstile.leave(task);
    });
    for (int j = 0; j < d; ++j) {
        const double shift = result.first[j] / result.weight;
        mean[j] = at(origin, j) + shift;
        variance[j] = std::max(0.0, result.second[j] / result.weight - shift * shift);
        minimum[j] = result.least[j];
        maximum[j] = result.greatest[j];
    }
    return finite;
}

}  // namespace mixtura
