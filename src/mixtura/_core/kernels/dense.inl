// Small dense algebra, once for each covariance: Cholesky factors and their inverses, written as sums of
// scaled rows so that the compiler turns them into vectors.

// IN spread (d, d), its lower triangle; OUT L (d, d) with L L^T = spread, upper triangle 0; IN work (d, d).
// Returns false where a pivot is not positive.
inline bool cholesky(const double *spread, int d, double *L, double *work) {
    double *U = work;  // L transposed: a column of L is a row here
    for (int j = 0; j < d; ++j) {
        double *row = U + j * d;
        for (int i = j; i < d; ++i) row[i] = spread[i * d + j];
        for (int p = 0; p < j; ++p) {
            const double *other = U + p * d;
            const double f = other[j];
            for (int i = j; i < d; ++i) row[i] -= f * other[i];
        }
        if (!(row[j] > 0)) return false;
        const double reciprocal = 1.0 / __builtin_sqrt(row[j]);
        for (int i = j; i < d; ++i) row[i] *= reciprocal;
    }
    for (int i = 0; i < d; ++i)
        for (int j = 0; j < d; ++j) L[i * d + j] = j <= i ? U[j * d + i] : 0.0;
    return true;
}

// IN L (d, d); OUT inverse (d, d), lower triangular.
inline void invert_lower(const double *L, int d, double *inverse) {
    for (int i = 0; i < d; ++i) {
        double *row = inverse + i * d;
        for (int j = 0; j < d; ++j) row[j] = 0.0;
        for (int p = 0; p < i; ++p) {
            const double f = L[i * d + p];
            const double *other = inverse + p * d;
            for (int j = 0; j <= p; ++j) row[j] -= f * other[j];
        }
        const double reciprocal = 1.0 / L[i * d + i];
        for (int j = 0; j < i; ++j) row[j] *= reciprocal;
        row[i] = reciprocal;
    }
}
