// Memory of a pass: buffers on pages of their own, and how they are cut.
#pragma once
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace mixtura {

constexpr int64_t kPage = 4096, kLine = 64;  // bytes
constexpr int64_t kLineDoubles = kLine / sizeof(double);
static_assert(kPage % kLine == 0 && kLine % sizeof(double) == 0);

// Doubles up to a whole number of cache lines. Every part of a buffer has such a size, so that it starts
// where the widest vectors of an engine may.
constexpr int64_t aligned(int64_t n) { return (n + kLineDoubles - 1) / kLineDoubles * kLineDoubles; }

// Doubles up to a whole number of pages: what one thread writes shares none with another's, whose
// prefetchers stop at its end.
constexpr int64_t apart(int64_t n) {
    constexpr int64_t page = kPage / sizeof(double);
    return (n + page - 1) / page * page;
}

// What a buffer is for. A thread keeps one of each kind.
enum class Purpose { pass, workers };

// Doubles from the start of a page on. A thread keeps the last ones, up to kMost, for its next pass: the
// system's new pages cost some passes a tenth of their time.
template <Purpose>
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(int64_t n) : p_(std::move(kept().p)), size_(p_ ? kept().size : 0) {
        if (size_ >= n) return;
        p_.reset();
        const auto bytes = static_cast<std::size_t>(n) * sizeof(double);
        p_.reset(static_cast<double *>(::operator new(bytes, std::align_val_t{kPage})));
        size_ = n;
    }
    ~Buffer() {
        if (p_ && size_ <= kMost) kept().p = std::move(p_), kept().size = size_;
    }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;
    double *get() const { return p_.get(); }

  private:
    struct Free {
        void operator()(double *p) const { ::operator delete(p, std::align_val_t{kPage}); }
    };
    using Memory = std::unique_ptr<double, Free>;

    static constexpr int64_t kMost = 1 << 22;
    struct Kept {
        Memory p;
        int64_t size = 0;
    };
    // In a function: an inline member of a thread would be defined more than once with MinGW.
    static Kept &kept() {
        thread_local Kept one;
        return one;
    }
    Memory p_;
    int64_t size_ = 0;
};

}  // namespace mixtura
