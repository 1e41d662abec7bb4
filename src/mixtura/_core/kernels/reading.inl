// Reading: rows of the caller, in any layout, into tiles.

// OUT lines (d, kLine): columns that lie together are lines already.
template <class Number>
inline void copy_columns(const Number *data, int64_t column_stride, int d, int count, double *lines) {
    for (int j = 0; j < d; ++j)
        for (int t = 0; t < count; ++t) lines[j * kLine + t] = data[t + j * column_stride];
}

// OUT lines (d, kLine): rows in any other layout, four at a time, transposed by 4 x 4 where they allow it.
template <class Number>
inline void copy_rows(const Number *data, int64_t row_stride, int64_t column_stride, int d, int count,
                      double *lines) {
    int t = 0;
    for (; t + 4 <= count; t += 4) {
        const Number *p = data + t * row_stride;
        int j = 0;
        if constexpr (sizeof(Number) == sizeof(double))
            if (column_stride == 1)
                for (; j + 4 <= d; j += 4, p += 4) transpose(p, row_stride, lines + j * kLine + t, kLine);
        for (; j < d; ++j, p += column_stride) {
            double *o = lines + j * kLine + t;
            o[0] = p[0], o[1] = p[row_stride], o[2] = p[2 * row_stride], o[3] = p[3 * row_stride];
        }
    }
    for (; t < count; ++t)
        for (int j = 0; j < d; ++j) lines[j * kLine + t] = data[t * row_stride + j * column_stride];
}

template <class Number>
inline void copy(const Rows &rows, int64_t first, int count, double *lines) {
    const Number *data = static_cast<const Number *>(rows.data) + first * rows.row_stride;
    if (rows.row_stride == 1)
        copy_columns(data, rows.column_stride, rows.d, count, lines);
    else
        copy_rows(data, rows.row_stride, rows.column_stride, rows.d, count, lines);
}

// IN rows [first, first + count), omega (n) or null. OUT tiles (d + 1, kLine) each, the last line omega. The
// last tile is filled up with copies of the last row at weight 0. Where all omega of a tile are 1, and no
// kernel takes their line for a spare one, it is left as it is.
inline void read_rows(const Shape &s, const Rows &rows, const double *omega, int64_t first, int count,
                      double *tiles) {
    const int d = s.d;
    const bool spare = reads_spare_lines(s);
    for (int start = 0; start < count; start += kTile, tiles += tile_stride(d)) {
        const int here = count - start < kTile ? count - start : kTile;
        if (rows.single)
            copy<float>(rows, first + start, here, tiles);
        else
            copy<double>(rows, first + start, here, tiles);
        for (int j = 0; j < d; ++j)
            for (int t = here; t < kTile; ++t) tiles[j * kLine + t] = tiles[j * kLine + here - 1];
        double *w = tiles + d * kLine;
        if (omega || spare || here < kTile)
            for (int t = 0; t < here; ++t) w[t] = omega ? omega[first + start + t] : 1.0;
        for (int t = here; t < kTile; ++t) w[t] = 0.0;
    }
    if (spare) clear(tiles, (round_up(d, 4) - d - 1) * kLine);
}
