// Compares the kernels with what values.py stored of the NumPy twin, on every engine that this machine runs:
// for machines that have no Python at hand. check FILE [ENGINE...] fails too where other engines run than
// those named.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "chart.hpp"
#include "compress.hpp"
#include "description.hpp"
#include "pass.hpp"

using namespace mixtura;

namespace {

using Numbers = std::vector<double>;

constexpr double kTolerance = 1e-11;  // of the largest number of an array
const char *const kForms[] = {"full", "tied", "diagonal", "spherical"};
constexpr int kThreads[] = {1, 2, 5};

int passed = 0, failed = 0;

class File {
  public:
    explicit File(const char *name) : in_(name, std::ios::binary) {}
    bool more() { return in_.good() && in_.peek() != std::char_traits<char>::eof(); }
    Numbers take(int64_t n) {
        Numbers numbers(static_cast<size_t>(n));
        in_.read(reinterpret_cast<char *>(numbers.data()), n * static_cast<int64_t>(sizeof(double)));
        if (!in_) std::fprintf(stderr, "the file of values is cut short\n"), std::exit(2);
        return numbers;
    }
    int64_t whole() { return static_cast<int64_t>(take(1)[0]); }

  private:
    std::ifstream in_;
};

// One mixture after another of a shape, rows, and what the twin made of them.
struct Case {
    Shape shape;
    int m;
    int64_t n;
    Numbers x, omega, weights, means, spreads;
    Numbers counts, sums, scatters, loglik;
    Numbers densities[4];  // in the order of Want
    Numbers described[4];  // mean, variance, minimum, maximum
    Numbers coordinates, score, edges, cells;

    explicit Case(File &file) {
        shape.form = static_cast<Form>(file.whole());
        m = static_cast<int>(file.whole());
        shape.k = static_cast<int>(file.whole()), shape.d = static_cast<int>(file.whole());
        n = file.whole();
        const bool weighted = file.whole() != 0;
        const int64_t k = shape.k, d = shape.d, spread = spread_size(shape);
        x = file.take(n * d), omega = file.take(weighted ? n : 0);
        weights = file.take(m * k), means = file.take(m * k * d), spreads = file.take(m * spread);
        counts = file.take(m * k), sums = file.take(m * k * d), scatters = file.take(m * spread);
        loglik = file.take(m);
        for (int want = 0; want < 4; ++want) densities[want] = file.take(n * width(want));
        for (Numbers &one : described) one = file.take(d);
        const int64_t q = Chart(one_mixture()).size();
        coordinates = file.take(m * q), score = file.take(m * q);
        if (d > 1) return;
        edges = file.take(41), cells = file.take(40 * kPowers);
    }

    static bool per_component(int want) {
        return static_cast<Want>(want) == Want::log_joint ||
               static_cast<Want>(want) == Want::responsibilities;
    }
    int64_t width(int want) const { return per_component(want) ? shape.k : 1; }
    Stack stack() const { return {shape, m, weights.data(), means.data(), spreads.data()}; }
    Stack one_mixture() const { return {shape, 1, weights.data(), means.data(), spreads.data()}; }
    Rows rows(int64_t first, int64_t count) const {
        return {x.data() + first * shape.d, false, count, shape.d, shape.d, 1};
    }
    const double *weights_from(int64_t first) const { return omega.empty() ? nullptr : omega.data() + first; }
    std::string name() const {
        return std::string(kForms[static_cast<int>(shape.form)]) + ", m " + std::to_string(m) + ", k " +
               std::to_string(shape.k) + ", d " + std::to_string(shape.d);
    }
};

void note(bool right, const Case &c, const char *what) {
    ++(right ? passed : failed);
    if (!right) std::printf("wrong: %s, %s, %s\n", engine().name, c.name().c_str(), what);
}

void compare(const Case &c, const char *what, const Numbers &found, const Numbers &wanted) {
    double largest = 0, worst = 0;
    bool finite = found.size() == wanted.size();
    for (size_t i = 0; finite && i < wanted.size(); ++i) {
        finite = std::isfinite(found[i]);
        largest = std::max(largest, std::fabs(wanted[i]));
        worst = std::max(worst, std::fabs(found[i] - wanted[i]));
    }
    note(finite && worst <= kTolerance * largest, c, what);
}

// The moments of one pass.
struct Moments {
    Numbers counts, sums, scatters, loglik;

    explicit Moments(const Case &c)
        : counts(c.counts.size()),
          sums(c.sums.size()),
          scatters(c.scatters.size()),
          loglik(c.loglik.size()) {}
    Sums out() { return {counts.data(), sums.data(), scatters.data(), loglik.data()}; }
    bool same_bits(const Moments &other) const {
        const auto same = [](const Numbers &a, const Numbers &b) {
            return !std::memcmp(a.data(), b.data(), a.size() * sizeof(double));
        };
        return same(counts, other.counts) && same(sums, other.sums) && same(scatters, other.scatters) &&
               same(loglik, other.loglik);
    }
};

void check_pass(const Case &c) {
    Moments whole(c);
    moments(c.stack(), c.rows(0, c.n), c.weights_from(0), 1, whole.out());
    compare(c, "counts", whole.counts, c.counts);
    compare(c, "sums", whole.sums, c.sums);
    compare(c, "scatters", whole.scatters, c.scatters);
    compare(c, "log-likelihoods", whole.loglik, c.loglik);
    for (const int threads : kThreads) {
        Moments again(c);
        Pass pass(c.stack());
        for (int64_t first = 0; first < c.n; first += 999)
            pass.feed(c.rows(first, std::min<int64_t>(999, c.n - first)), c.weights_from(first), threads);
        pass.finish(no_rows(c.shape.d), nullptr, threads, again.out());
        note(again.same_bits(whole), c, "the bits of pieces and threads");
    }
}

void check_densities(const Case &c) {
    static const char *const names[] = {"log-density", "joint", "responsibilities", "labels"};
    for (int want = 0; want < 4; ++want) {
        const bool labels = static_cast<Want>(want) == Want::labels;
        Numbers found(c.densities[want].size());
        std::vector<int64_t> numbers(labels ? found.size() : 0);
        evaluate(c.one_mixture(), c.rows(0, c.n), static_cast<Want>(want), 2, found.data(), numbers.data());
        if (labels) std::copy(numbers.begin(), numbers.end(), found.begin());
        compare(c, names[want], found, c.densities[want]);
    }
}

void check_description(const Case &c) {
    const size_t d = c.described[0].size();
    Numbers mean(d), variance(d), minimum(d), maximum(d);
    Description description(c.shape.d);
    description.finish(c.rows(0, c.n), c.weights_from(0), 2,
                       {mean.data(), variance.data(), minimum.data(), maximum.data()});
    compare(c, "mean", mean, c.described[0]);
    compare(c, "variance", variance, c.described[1]);
    compare(c, "minimum", minimum, c.described[2]);
    compare(c, "maximum", maximum, c.described[3]);
}

void check_chart(const Case &c) {
    const Chart chart(c.one_mixture());
    Numbers y(c.coordinates.size()), gradient(c.score.size());
    Numbers weights(c.weights.size()), means(c.means.size()), spreads(c.spreads.size());
    chart.coordinates(c.stack(), y.data());
    compare(c, "coordinates", y, c.coordinates);
    chart.mixtures(c.m, y.data(), weights.data(), means.data(), spreads.data());
    compare(c, "weights of coordinates", weights, c.weights);
    compare(c, "means of coordinates", means, c.means);
    compare(c, "spreads of coordinates", spreads, c.spreads);
    double total = 0;
    for (int i = 0; i < c.shape.k; ++i) total += c.counts[static_cast<size_t>(i)];
    chart.score(c.stack(), {c.counts.data(), c.counts.data(), c.sums.data(), c.scatters.data(), total},
                gradient.data());
    compare(c, "score", gradient, c.score);
}

void check_cells(const Case &c) {
    if (c.cells.empty()) return;
    const auto cells = static_cast<int64_t>(c.edges.size()) - 1;
    Numbers table(c.cells.size());
    sum_cells(c.rows(0, c.n), c.weights_from(0), c.edges.data(), cells, 2, table.data());
    compare(c, "cells", table, c.cells);
}

bool engines_as_named(int n, char **names) {
    bool right = true;
    for (const char *name : {"avx512", "avx2", "baseline"}) {
        const bool named =
            std::any_of(names, names + n, [&](const char *one) { return !std::strcmp(one, name); });
        if (use_engine(name) == named) continue;
        std::printf("wrong: engine %s %s\n", name, named ? "does not run" : "runs");
        right = false;
    }
    return right;
}

}  // namespace

int main(int n_arguments, char **arguments) {
    if (n_arguments < 2) return std::fprintf(stderr, "usage: check FILE [ENGINE...]\n"), 2;
    if (n_arguments > 2) ++(engines_as_named(n_arguments - 2, arguments + 2) ? passed : failed);
    std::vector<Case> cases;
    for (File file(arguments[1]); file.more();) cases.emplace_back(file);
    for (const char *name : {"avx512", "avx2", "baseline"}) {
        if (!use_engine(name)) continue;
        const int before = passed;
        for (const Case &c : cases)
            check_pass(c), check_densities(c), check_description(c), check_chart(c), check_cells(c);
        std::printf("%s: %d cases, %d comparisons right\n", name, static_cast<int>(cases.size()),
                    passed - before);
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed > 0 || cases.empty();
}
