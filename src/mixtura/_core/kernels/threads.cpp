#include "threads.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

namespace mixtura {
namespace {

inline void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kBetween{50};  // from one question to the next

// What this thread is at: `stop` is the flag of the thread that waits for the answer, which asks.
struct Duty {
    std::atomic<bool> *stop = nullptr;
    Ask ask = nullptr;
    Clock::time_point next{};
    bool in_pool = false;
};
thread_local Duty duty;

struct Job {
    void (*task)(void *, int64_t, int) noexcept;
    void *context;
    int64_t count;
    int n_workers;
    int joined = 0;  // workers other than the caller that took a number
    std::atomic<bool> *stop = duty.stop;
    std::atomic<int64_t> next{0};

    // An index that was taken is worked at whatever happens: others may wait for it.
    void run(int worker) {
        for (int64_t i; !stopped() && (i = next.fetch_add(1, std::memory_order_relaxed)) < count;)
            task(context, i, worker);
    }
};

class Pool {
  public:
    void run(Job &job) noexcept {
        std::lock_guard<std::mutex> one_job_at_a_time(entry_);
        grow(job.n_workers - 1);
        {
            std::lock_guard<std::mutex> lock(mutex_);
            job_ = &job;
            generation_.fetch_add(1, std::memory_order_release);
        }
        if (sleepers_.load() > 0) wake_.notify_all();
        duty.in_pool = true;
        job.run(0);
        duty.in_pool = false;
        {
            std::lock_guard<std::mutex> lock(mutex_);  // from here on no worker joins this job
            job_ = nullptr;
        }
        wait_for_workers();
    }

  private:
    // Where the system has no more threads to give, those there are do the work.
    void grow(int wanted) noexcept {
        try {
            for (; n_threads_ < wanted; ++n_threads_) std::thread([this] { work(); }).detach();
        } catch (const std::exception &) {
        }
    }

    void wait_for_workers() {
        for (Patience patience; running_.load(std::memory_order_acquire) > 0 && !patience.spent();)
            patience.wait();
        if (running_.load(std::memory_order_acquire) == 0) return;
        std::unique_lock<std::mutex> lock(mutex_);
        caller_sleeps_.store(true);
        finished_.wait(lock, [&] { return running_.load() == 0; });
        caller_sleeps_.store(false);
    }

    void work() {
        for (uint64_t seen = 0;;) {
            for (Patience patience; generation_.load(std::memory_order_acquire) == seen && !patience.spent();)
                patience.wait();
            Job *job = nullptr;
            int number = 0;
            {
                std::unique_lock<std::mutex> lock(mutex_);
                if (generation_.load() == seen) {
                    sleepers_.fetch_add(1);
                    wake_.wait(lock, [&] { return generation_.load() != seen; });
                    sleepers_.fetch_sub(1);
                }
                seen = generation_.load();
                if (job_ && job_->joined < job_->n_workers - 1) {
                    job = job_;
                    number = ++job->joined;
                    running_.fetch_add(1);
                }
            }
            if (!job) continue;
            duty.stop = job->stop;
            job->run(number);
            duty.stop = nullptr;
            // The last one out wakes the caller, who says that it sleeps before it looks at the number again.
            if (running_.fetch_sub(1) == 1 && caller_sleeps_.load()) {
                std::lock_guard<std::mutex> lock(mutex_);
                finished_.notify_one();
            }
        }
    }

    std::mutex entry_, mutex_;
    std::condition_variable wake_, finished_;
    std::atomic<uint64_t> generation_{0};
    std::atomic<int> sleepers_{0}, running_{0};  // workers that sleep, and that are at the job
    std::atomic<bool> caller_sleeps_{false};
    Job *job_ = nullptr;
    int n_threads_ = 0;
};

// Never destroyed: its detached threads may still wait while the process ends. A forked child makes a new
// one, since threads do not survive a fork; and since no lock guards the pointer, none can be held by a
// thread that the child does not have.
std::atomic<Pool *> pool{nullptr};

// Made while the module is loaded, as is `registered`: a fork in the midst of a first call would leave it
// half made.
const int most = std::clamp(4 * static_cast<int>(std::thread::hardware_concurrency()), 16, 1024);

#if !defined(_WIN32)
[[maybe_unused]] const int registered = pthread_atfork(nullptr, nullptr, [] { pool.store(nullptr); });
#endif

// Null where there is no memory for one.
Pool *the_pool() noexcept {
    Pool *current = pool.load();
    if (current) return current;
    Pool *fresh = new (std::nothrow) Pool;
    if (pool.compare_exchange_strong(current, fresh)) return fresh;
    delete fresh;
    return current;
}

}  // namespace

void Patience::wait() {
    if (waits_ < kSpins)
        pause();
    else
        std::this_thread::yield();
    waits_ += !spent();
}

int most_threads() { return most; }

Interruptible::Interruptible(Ask ask) : outer_(duty.stop), asked_(duty.ask) {
    duty.stop = &stop_;
    duty.ask = ask;
    duty.next = Clock::now() + kBetween;
}

Interruptible::~Interruptible() {
    duty.stop = outer_;
    duty.ask = asked_;
}

bool stopped() noexcept {
    if (!duty.stop) return false;
    if (duty.ask && Clock::now() >= duty.next) {
        if (duty.ask()) duty.stop->store(true, std::memory_order_relaxed);
        duty.next = Clock::now() + kBetween;
    }
    return duty.stop->load(std::memory_order_relaxed);
}

void parallel_for(int64_t count, int n_threads, void (*task)(void *, int64_t, int) noexcept, void *context) {
    n_threads = static_cast<int>(std::min<int64_t>({n_threads, most_threads(), count}));
    // Whoever asks may be led here again, and the pool has one job at a time.
    if (Pool *workers = n_threads > 1 && !duty.in_pool ? the_pool() : nullptr) {
        Job job{task, context, count, n_threads};
        workers->run(job);
        return;
    }
    for (int64_t i = 0; i < count && !stopped(); ++i) task(context, i, 0);
}

}  // namespace mixtura
