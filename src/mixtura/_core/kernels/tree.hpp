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

// INOUT to (n) += from (n), with the widest vectors of the machine: of a block in 8 dimensions it is a
// fiftieth of the time.
void add_up(const double *from, int64_t n, double *to);

class Tree {
  public:
    static constexpr int kLevels = 3;

    static constexpr int64_t blocks(int level) { return int64_t{1} << 2 * level; }  // in a sum of that level

    // The lowest levels of a tree of n numbers; `memory` holds as many times n.
    Tree(double *memory, int64_t n, int levels) : memory_(memory), n_(n), levels_(levels) {}

    // Whether the next block is the first of a four, so that its sums may be made in the tree itself.
    bool fresh() const { return !used_[0]; }

    // The unfinished four (n), cleared if it is fresh.
    double *four() {
        if (fresh()) std::fill_n(memory_, n_, 0.0);
        used_[0] = true;
        return memory_;
    }

    // Adds sums (n) of the 4^level blocks that end before block `end`.
    void add(int level, const double *sums, int64_t end) {
        put(level, sums);
        carry(level, end);
    }

    // Hands on the sums that are complete once block `end` is the next.
    void carry(int level, int64_t end) {
        for (; level + 1 < levels_ && end % blocks(level + 1) == 0; ++level) {
            put(level + 1, open(level));
            used_[level] = false;
        }
    }

    // The sums of all blocks (n), complete or not; nothing can be added afterwards.
    const double *total() {
        int top = -1;
        for (int level = 0; level < levels_; ++level) {
            if (!used_[level]) continue;
            if (top >= 0) put(level, open(top));
            top = level;
        }
        if (top < 0) return four();
        return open(top);
    }

  private:
    // The unfinished sum (n) to which those of `level` are added; of none, whatever stands there.
    double *open(int level) const { return memory_ + level * n_; }

    // No sum is -0, so that a copy has the bits of a sum with 0.
    void put(int level, const double *sums) {
        if (used_[level])
            add_up(sums, n_, open(level));
        else
            std::copy_n(sums, n_, open(level));
        used_[level] = true;
    }

    double *memory_;
    int64_t n_;
    int levels_;
    bool used_[kLevels] = {};
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
        : level_(count >= kMany * Tree::blocks(2)   ? 2
                 : count >= kMany * Tree::blocks(1) ? 1
                                                    : 0),
          first_(first) {
        const int64_t size = Tree::blocks(level_), end = first + count;
        begin_ = (first + size - 1) / size * size;
        end_ = end / size * size;
        head_ = begin_ - first;
        body_ = head_ + (end_ - begin_) / size;
        count_ = body_ + end - end_;
    }

    int64_t count() const { return count_; }
    int levels() const { return level_ + 1; }  // of the tree that the largest task makes

    Range at(int64_t task) const {
        const int64_t size = Tree::blocks(level_);
        if (task < head_) return {0, first_ + task, first_ + task + 1};
        if (task >= body_) return {0, end_ + task - body_, end_ + task - body_ + 1};
        const int64_t begin = begin_ + (task - head_) * size;
        return {level_, begin, begin + size};
    }

  private:
    static constexpr int64_t kMany = 48;  // tasks that are enough for threads to share
    int level_;
    int64_t first_, begin_, end_;  // blocks: the first, and between which tasks are of more than one
    int64_t head_, body_, count_;  // tasks: how many come before these, how many with them, and all
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
