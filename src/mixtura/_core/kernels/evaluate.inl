// A mixture at every row of a block: its density, its components' densities, responsibilities, labels.

// OUT labels (n): the component of the largest log-joint density, the first of equal ones.
inline void write_labels(const Tile &tile, int n, int64_t *labels) {
    for (int t = 0; t < n; ++t) {
        int best = 0;
        for (int c = 1; c < tile.k; ++c)
            if (tile.r[c * kLine + t] > tile.r[best * kLine + t]) best = c;
        labels[t] = best;
    }
}

// OUT out (n), in nats.
inline void write_log_density(const Tile &tile, int n, double *out) {
    for (int t = 0; t < kTile; t += W) {
        const vec top = largest(tile.r + t, tile.k);
        vec sum = {};
        for (int c = 0; c < tile.k; ++c) sum += exp2_units(load(tile.r + c * kLine + t) - top);
        const vec density = kUnit * top + log(sum);
        for (int i = 0; i < W && t + i < n; ++i) out[t + i] = density[i];
    }
}

// OUT out (n, k): what stands in r times the rows' scale.
inline void write_rows(const Tile &tile, int n, double *out) {
    for (int t = 0; t < n; ++t)
        for (int c = 0; c < tile.k; ++c) *out++ = tile.r[c * kLine + t] * tile.scale[t];
}

inline void evaluate(const Shape &s, const double *model, const double *tiles, int count, Want want,
                     double *scratch, double *out, int64_t *labels) {
    with_kind(s, [&](auto kind) {
        Arena arena(scratch);
        Tile tile(s, arena);
        Ahead nothing({}, s.k);
        tile.ahead = &nothing;
        for (int start = 0; start < count; start += kTile, tiles += tile_stride(s.d)) {
            const int n = count - start < kTile ? count - start : kTile;
            tile.move_to(tiles, n == kTile);
            kind.joint(tile, model);
            switch (want) {
                case Want::labels: write_labels(tile, n, labels + start); break;
                case Want::log_density: write_log_density(tile, n, out + start); break;
                case Want::responsibilities:
                    normalise(tile);
                    write_rows(tile, n, out + static_cast<int64_t>(start) * s.k);
                    break;
                case Want::log_joint:
                    for (int t = 0; t < kTile; t += W) store(tile.scale + t, broadcast(kUnit));
                    write_rows(tile, n, out + static_cast<int64_t>(start) * s.k);
                    break;
            }
        }
    });
}
