// The moments of a block: joint, normalise, gather, a tile at a time, or by pairs where components lie apart.

inline void accumulate(const Shape &s, const double *model, const double *tiles, const Origin &origin,
                       int count, bool weighted, double *scratch, double *sums) {
    with_kind(s, [&](auto kind) {
        using Kind = decltype(kind);
        Arena arena(scratch);
        Tile tile(s, arena);
        Ahead ahead(origin, s.k);
        tile.ahead = &ahead;
        tile.move_to(tiles, !weighted && kTile <= count);
        if constexpr (can_be_sparse<Kind>)
            if (accumulate_pairs<Kind>(s, model, tile, origin, count, weighted, arena, sums)) return;
        Kind::begin(tile);
        vec loglik = load(sums);
        for (int start = 0; start < count; start += kTile, tiles += tile_stride(s.d)) {
            if (s.d >= kLong && stopped()) break;
            tile.move_to(tiles, !weighted && start + kTile <= count);
            Kind::joint(tile, model);
            loglik += normalise(tile);
            Kind::gather(tile, model, sums + W);
        }
        store(sums, loglik);
    });
}
