// Buffers, cut from one piece of memory.

inline int round_up(int n, int to) { return (n + to - 1) / to * to; }
inline void fill(double *p, int64_t n, double value) {
    for (int64_t i = 0; i < n; ++i) p[i] = value;
}
inline void clear(double *p, int64_t n) { fill(p, n, 0.0); }

// Cuts one buffer after another from memory that begins, as each of them, at a multiple of kAlignment
// doubles. A struct of buffers takes them in its constructor, and an arena without memory only measures: what
// a struct needs is what its constructor takes, and the two cannot disagree. In a checked build buffers are
// full of NaN, which a result shows if it comes of anything unwritten.
class Arena {
  public:
    explicit Arena(double *memory = nullptr) : memory_(memory) { check_aligned(memory, kAlignment); }

    double *take(int64_t n) {
        double *p = memory_ ? memory_ + used_ : nullptr;
        if (kChecked && p) fill(p, n, __builtin_nans(""));
        used_ += (n + kAlignment - 1) / kAlignment * kAlignment;
        return p;
    }
    int *take_ints(int64_t n) { return reinterpret_cast<int *>(take((n + 1) / 2)); }
    int64_t used() const { return used_; }

  private:
    double *memory_;
    int64_t used_ = 0;
};
