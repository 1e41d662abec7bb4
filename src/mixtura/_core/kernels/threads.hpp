// A pool of threads that outlives a call, so that a pass of 50 microseconds need not start any.
#pragma once
#include <cstdint>

namespace mixtura {

// Runs task(context, index, worker) for every index in [0, count) on at most n_threads threads, the caller
// among them, and returns when all are done. Indices are handed out in increasing order, one at a time;
// `worker` is in [0, n_threads) and no two tasks that run at once have the same.
void parallel_for(int64_t count, int n_threads, void (*task)(void *, int64_t, int), void *context);

template <class F>
void parallel_for(int64_t count, int n_threads, F &&f) {
    parallel_for(
        count, n_threads,
        [](void *context, int64_t index, int worker) { (*static_cast<F *>(context))(index, worker); }, &f);
}

}  // namespace mixtura
