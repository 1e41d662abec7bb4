// A pool of threads that outlives a call, so that a pass of 50 microseconds need not start any.
#pragma once
#include <atomic>
#include <cstdint>
#include <type_traits>

namespace mixtura {

// Waits for another thread without sleeping: first with the processor's own pause, then by offering the core
// to whoever wants it.
class Patience {
  public:
    void wait();
    bool spent() const { return waits_ >= kSpins + kYields; }  // it is time to sleep

  private:
    static constexpr int kSpins = 500, kYields = 200;
    int waits_ = 0;
};

// The most threads that a job is given, whatever is asked for: a few for each core.
int most_threads();

// Asks, on the thread that waits for an answer, whether it is still wanted. It may take a lock.
using Ask = bool (*)() noexcept;

// While one lives, what this thread computes asks every now and then, and ends early once the answer is yes:
// then all that was made is of no use.
class Interruptible {
  public:
    explicit Interruptible(Ask);
    ~Interruptible();
    Interruptible(const Interruptible &) = delete;
    Interruptible &operator=(const Interruptible &) = delete;

  private:
    std::atomic<bool> stop_{false};
    std::atomic<bool> *outer_;  // of the one that lived before, if any
    Ask asked_;
};

// Whether this thread, or the one that it works for, has been told to end early. Tasks of many milliseconds
// look in their midst; others need not, since none is begun any more.
bool stopped() noexcept;

// Runs task(context, index, worker) for every index in [0, count) on at most n_threads threads, the caller
// among them, and returns when all are done. Indices are handed out in increasing order, one at a time;
// `worker` is in [0, n_threads) and no two tasks that run at once have the same. Tasks throw nothing: another
// thread could not hand it on.
void parallel_for(int64_t count, int n_threads, void (*task)(void *, int64_t, int) noexcept, void *context);

template <class F>
void parallel_for(int64_t count, int n_threads, F &&f) {
    using Task = std::remove_reference_t<F>;
    static_assert(std::is_nothrow_invocable_v<Task &, int64_t, int>);
    parallel_for(
        count, n_threads,
        [](void *context, int64_t index, int worker) noexcept {
            (*static_cast<Task *>(context))(index, worker);
        },
        &f);
}

}  // namespace mixtura
