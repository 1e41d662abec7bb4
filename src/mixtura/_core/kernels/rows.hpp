// Rows that come in pieces, cut into blocks by their place among all rows.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>

#include "engine.hpp"

namespace mixtura {

inline Rows no_rows(int d) { return {nullptr, false, 0, d, d, 1}; }

// Rows that do not fill a block, copied until more come.
class Waiting {
  public:
    explicit Waiting(int d) : d_(d) {}

    int64_t count() const { return count_; }
    Rows rows() const { return {rows_.get(), false, count_, d_, d_, 1}; }
    const double *omega() const { return rows_.get() + int64_t{kBlock} * d_; }

    // Makes room for a block, the only step that may fail.
    void reserve() {
        if (!rows_) rows_.reset(new double[int64_t{kBlock} * (int64_t{d_} + 1)]);
    }

    // Copies rows [first, first + count); without omega their weights are 1.
    void take(const Rows &rows, const double *omega, int64_t first, int64_t count) noexcept {
        if (count == 0) return;
        if (rows.single)
            copy(static_cast<const float *>(rows.data), rows, first, count);
        else
            copy(static_cast<const double *>(rows.data), rows, first, count);
        double *weights = rows_.get() + int64_t{kBlock} * d_ + count_;
        for (int64_t i = 0; i < count; ++i) weights[i] = omega ? omega[first + i] : 1.0;
        count_ += count;
    }

    void clear() noexcept { count_ = 0; }

  private:
    template <class Number>
    void copy(const Number *data, const Rows &rows, int64_t first, int64_t count) noexcept {
        double *to = rows_.get() + count_ * d_;
        for (int64_t i = first; i < first + count; ++i)
            for (int64_t j = 0; j < d_; ++j)
                *to++ = static_cast<double>(data[i * rows.row_stride + j * rows.column_stride]);
    }

    std::unique_ptr<double[]> rows_;  // (kBlock, d), then their weights (kBlock)
    int d_;
    int64_t count_ = 0;
};

// Rows [first, first + count) of a matrix and their weights, omega (n) or null.
struct Block {
    Rows rows;
    const double *omega;
    int64_t first;
    int count;
};

// A piece of rows and how it joins those before it: its first rows fill the block of the waiting ones, the
// next make blocks of their own, and those left over wait in turn; of the last piece they are a block too.
class Piece {
  public:
    Piece(Waiting &waiting, const Rows &rows, const double *omega, bool weighted, bool last)
        : waiting_(waiting), rows_(rows), omega_(omega), weighted_(weighted) {
        const int64_t before = waiting.count();
        if (last || before + rows.n >= kBlock) {
            joins_ = before > 0;
            head_ = joins_ ? std::min(rows.n, kBlock - before) : 0;
            end_ = last ? rows.n : rows.n - (rows.n - head_) % kBlock;
        }
        if (end_ < rows.n) waiting.reserve();
    }

    int64_t count() const { return joins_ + (end_ - head_ + kBlock - 1) / kBlock; }  // blocks to be done
    int64_t n_rows() const { return (joins_ ? waiting_.count() : 0) + end_ - head_; }

    // Fills the first block; to be called before `at`.
    void join() noexcept { waiting_.take(rows_, omega_, 0, head_); }

    Block at(int64_t number) const noexcept {
        if (joins_ && number == 0) {
            const int64_t count = waiting_.count();
            return {waiting_.rows(), weighted_ ? waiting_.omega() : nullptr, 0, static_cast<int>(count)};
        }
        const int64_t first = head_ + (number - joins_) * kBlock;
        return {rows_, omega_, first, static_cast<int>(std::min<int64_t>(kBlock, end_ - first))};
    }

    // Keeps the rows left over; to be called when all blocks are done.
    void leave() noexcept {
        if (joins_) waiting_.clear();
        waiting_.take(rows_, omega_, end_, rows_.n - end_);
    }

  private:
    Waiting &waiting_;
    Rows rows_;
    const double *omega_;
    bool weighted_, joins_ = false;
    int64_t head_ = 0, end_ = 0;  // of the rows: those in the waiting block, and where whole blocks end
};

}  // namespace mixtura
