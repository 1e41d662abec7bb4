#include "threads.hpp"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace mixtura {
namespace {

struct Job {
    void (*task)(void *, int64_t, int);
    void *context;
    int64_t count;
    int n_workers;
    std::atomic<int64_t> next{0};
    std::atomic<int> joined{0};   // workers other than the caller that took a number
    std::atomic<int> running{0};  // of those, the ones not yet done

    void run(int worker) {
        for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) task(context, i, worker);
    }
};

// A waiting thread spins this long before it sleeps: passes follow each other within tens of microseconds.
constexpr int kSpins = 4000;

inline void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

class Pool {
  public:
    void run(Job &job) {
        std::lock_guard<std::mutex> one_job_at_a_time(entry_);
        grow(job.n_workers - 1);
        {
            std::lock_guard<std::mutex> lock(mutex_);
            job_ = &job;
            generation_.fetch_add(1, std::memory_order_release);
        }
        if (sleepers_.load() > 0) wake_.notify_all();
        job.run(0);
        {
            std::lock_guard<std::mutex> lock(mutex_);  // from here on no worker joins this job
            job_ = nullptr;
        }
        while (job.running.load(std::memory_order_acquire) > 0) pause();
    }

  private:
    void grow(int wanted) {
        while (static_cast<int>(threads_.size()) < wanted) {
            threads_.emplace_back([this] { work(); });
            threads_.back().detach();
        }
    }

    void work() {
        uint64_t seen = 0;
        for (;;) {
            for (int spin = 0; spin < kSpins && generation_.load(std::memory_order_acquire) == seen; ++spin)
                pause();
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
                if (job_ && job_->joined.load() < job_->n_workers - 1) {
                    job = job_;
                    number = job->joined.fetch_add(1) + 1;
                    job->running.fetch_add(1);
                }
            }
            if (job) {
                job->run(number);
                job->running.fetch_sub(1, std::memory_order_release);
            }
        }
    }

    std::mutex entry_, mutex_;
    std::condition_variable wake_;
    std::atomic<uint64_t> generation_{0};
    std::atomic<int> sleepers_{0};
    Job *job_ = nullptr;
    std::vector<std::thread> threads_;
};

// Never destroyed: its detached threads may still wait while the process ends. A forked child starts a new
// one, since threads do not survive a fork.
Pool *pool = nullptr;
std::once_flag registered;
std::mutex creation;

Pool &the_pool() {
    std::call_once(registered, [] { pthread_atfork(nullptr, nullptr, [] { pool = nullptr; }); });
    std::lock_guard<std::mutex> lock(creation);
    if (!pool) pool = new Pool;
    return *pool;
}

}  // namespace

void parallel_for(int64_t count, int n_threads, void (*task)(void *, int64_t, int), void *context) {
    if (n_threads > count) n_threads = static_cast<int>(count);
    if (n_threads <= 1) {
        for (int64_t i = 0; i < count; ++i) task(context, i, 0);
        return;
    }
    Job job{task, context, count, n_threads};
    the_pool().run(job);
}

}  // namespace mixtura
