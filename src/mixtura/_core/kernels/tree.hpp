// Sums of blocks of rows, added up in a fixed tree by threads that finish them in any order.
//
// Blocks are added one after another in fours, these in sixteens, and sixteens to the result. Which numbers
// meet is a matter of the absolute numbers of the blocks alone: the same bits however many threads make the
// sums, and in whatever pieces the rows come.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "threads.hpp"

namespace mixtura {

// INOUT to (n) += from (n).
inline void add_up(const double *from, int64_t n, double *to) {
    for (int64_t i = 0; i < n; ++i) to[i] += from[i];
}

class Tree {
  public:
    static constexpr int kFan = 4, kLevels = 3;

    static constexpr int64_t blocks(int level) { return level == 0 ? 1 : kFan * blocks(level - 1); }

    // The lowest levels of a tree of n numbers; `memory` holds as many times n, which are cleared.
    Tree(double *memory, int64_t n, int levels) : memory_(memory), n_(n), levels_(levels) {
        std::fill_n(memory_, levels_ * n_, 0.0);
    }

    // The unfinished sum (n) to which those of `level` are added.
    double *open(int level) const { return memory_ + level * n_; }

    // Adds sums (n) of the 4^level blocks that end before block `end`.
    void add(int level, const double *sums, int64_t end) {
        add_up(sums, n_, open(level));
        carry(level, end);
    }

    // Hands on the sums that are complete once block `end` is the next.
    void carry(int level, int64_t end) {
        for (; level + 1 < levels_ && end % blocks(level + 1) == 0; ++level) {
            add_up(open(level), n_, open(level + 1));
            std::fill_n(open(level), n_, 0.0);
        }
    }

    // The sums of all blocks, complete or not; nothing can be added afterwards.
    double *total() {
        for (int level = 0; level + 1 < levels_; ++level) add_up(open(level), n_, open(level + 1));
        return open(levels_ - 1);
    }

  private:
    double *memory_;
    int64_t n_;
    int levels_;
};

// How the blocks [first, first + count) are shared out. A task is one block, or where there are many a four
// or a sixteen of the tree, blocks beside them one by one: the lines of the shared sums move from core to
// core with each task, which takes a tenth of the time of blocks in 4 dimensions.
class Tasks {
  public:
    struct Range {
        int level;
        int64_t begin, end;
    };

    Tasks(int64_t first, int64_t count)
        : first_(first),
          level_(count >= kMany * Tree::blocks(2)   ? 2
                 : count >= kMany * Tree::blocks(1) ? 1
                                                    : 0) {
        const int64_t size = Tree::blocks(level_), end = first + count;
        begin_ = (first + size - 1) / size * size;
        end_ = end / size * size;
        count_ = (begin_ - first) + (end_ - begin_) / size + (end - end_);
    }

    int64_t count() const { return count_; }
    int levels() const { return level_ + 1; }  // of the tree that the largest task makes

    Range at(int64_t task) const {
        const int64_t size = Tree::blocks(level_), head = begin_ - first_, body = (end_ - begin_) / size;
        if (task < head) return {0, first_ + task, first_ + task + 1};
        task -= head;
        if (task < body) return {level_, begin_ + task * size, begin_ + (task + 1) * size};
        task -= body;
        return {0, end_ + task, end_ + task + 1};
    }

  private:
    static constexpr int64_t kMany = 48;  // tasks that are enough for threads to share
    int64_t first_, begin_, end_, count_;
    int level_;
};

// Lets tasks that finish in any order do a last step in the order of their numbers.
class Turnstile {
  public:
    void wait(int64_t number) const {
        for (Patience patience; turn_.load(std::memory_order_acquire) != number;) patience.wait();
    }
    void leave(int64_t number) { turn_.store(number + 1, std::memory_order_release); }

  private:
    std::atomic<int64_t> turn_{0};
};

// Adds the sums of all tasks to a tree. sums_of(range, worker) makes those of one, (n); it throws nothing.
template <class F>
void add_tasks(const Tasks &tasks, int workers, Tree &tree, F sums_of) noexcept {
    Turnstile turnstile;
    parallel_for(tasks.count(), workers, [&](int64_t task, int worker) noexcept {
        const Tasks::Range range = tasks.at(task);
        const double *sums = sums_of(range, worker);
        turnstile.wait(task);
        tree.add(range.level, sums, range.end);
        turnstile.leave(task);
    });
}

}  // namespace mixtura
