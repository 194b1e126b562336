/* Kernels: random signs, and products of an estimate mixed. See runtime/kernels_real.h. */

/*@ kernel_signs */
/* out[n] of +1 and -1 at random, the same for the same (draws, stream) on every machine: the bits of
 * SplitMix64 (Steele, Lea & Flood 2014), 64 to a number. */
KERNEL void kernel_signs(size_t n, unsigned draws, unsigned stream, real *out) {
    unsigned long long bits = 0;
    const unsigned long long key = ((unsigned long long)draws << 32) + stream;
    for (size_t i = 0; i < n; i++) {
        if (i % 64 == 0) {
            unsigned long long z = key * 0xD1342543DE82EF95ULL + (i / 64 + 1) * 0x9E3779B97F4A7C15ULL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
            bits = z ^ (z >> 31);
        }
        out[i] = (bits & 1) != 0 ? (real)1 : (real)-1;
        bits >>= 1;
    }
}

/*@ kernel_dot */
/* *sum += x · y, n numbers each. 16 partial sums. */
KERNEL void kernel_dot(size_t n, const real *x, const real *y, real *sum) {
    real p[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (size_t k = 0; k < 16; k++) p[k] += x[i + k] * y[i + k];
    for (size_t k = 0; i < n; i++, k++) p[k] += x[i] * y[i];
    for (size_t k = 0; k < 8; k++) p[k] += p[k + 8];
    for (size_t k = 0; k < 4; k++) p[k] += p[k + 4];
    *sum += (p[0] + p[2]) + (p[1] + p[3]);
}

/*@ kernel_dot_outer */
/* The squared norm of the outer product of row[rows] and column[columns], added to *sum; without a row or a
 * column (NULL) that of the other. */
KERNEL void kernel_dot_outer(size_t rows, const real *row, size_t columns, const real *column, real *sum) {
    real norm[2] = {1, 1};
    for (int side = 0; side < 2; side++) {
        const real *x = side ? column : row;
        const size_t n = side ? columns : rows;
        real square = 0;
        for (size_t i = 0; x && i < n; i++) square += x[i] * x[i];
        if (x) norm[side] = square;
    }
    *sum += norm[0] * norm[1];
}

/*@ kernel_balance */
/* Two products, left[0] right[0] and left[1] right[1], become one, right in the mean over two signs:
 * (Σ s_i p_i left[i]) (Σ s_i / p_i right[i]), with p_i such that both sides are of one length (Tallec &
 * Ollivier 2018, section 3). Of lengths only the squares are known: the diagonals of two Gram matrices.
 * Writes s_i p_i to `x`, s_i / p_i to `y`; 0 where the product is 0. */
KERNEL void kernel_balance(const real *left, const real *right, unsigned draws, unsigned stream, real *x,
                           real *y) {
    double sqrt(double);
    unsigned long long z =
        (((unsigned long long)draws << 32) + stream) * 0xD1342543DE82EF95ULL + 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    for (int i = 0; i < 2; i++) {
        const double a = (double)left[3 * i], b = (double)right[3 * i], sign = (z >> i & 1) != 0 ? 1 : -1;
        x[i] = y[i] = 0;
        if (!(a > 0) || !(b > 0)) continue;
        const double p = sqrt(sqrt(b) / sqrt(a));
        x[i] = (real)(sign * p);
        y[i] = (real)(sign / p);
    }
}

/*@ kernel_mix */
/* r + 1 products left[i] right[i] become r, right in the mean and of least variance (Benzing et al. 2019).
 * Given the Gram matrices of both sides, [r + 1, r + 1], their upper triangles, writes the mixtures: new
 * left[k] = Σ_i x[k, i] left[i], and y for the right, [r, r + 1] both. r is 1 to 16. The matrix of all
 * products is S_lᵀ S_r in orthonormal bases of both sides (S from Cholesky); of its singular values the
 * largest stay as they are, the rest are joined: of q + 1 values with the sum s, √(s / q) times random signs
 * times a basis of the complement of √(1 - q σ_i / s). That is right in the mean whatever the rounding of the
 * Gram matrices; these only decide how small the variance is. */
KERNEL void kernel_mix(size_t r, const real *left, const real *right, unsigned draws, unsigned stream,
                       real *x, real *y) {
    double sqrt(double);
    const size_t size = r + 1;
    const double least = sizeof(real) < sizeof(double) ? 1e-6 : 1e-12; /* what is shorter is rounding */
    const real *const gram[2] = {left, right};
    real *const out[2] = {x, y};
    double root[2][17][17] = {{{0}}}, length[2][17] = {{0}}; /* upper triangles: gram = rootᵀ root */
    double u[17][17] = {{0}}, v[17][17] = {{0}}, sigma[17] = {0}, part[17][17] = {{0}};
    size_t at[17], count = 0; /* terms that aren't zero */
    unsigned long long z = (((unsigned long long)draws << 32) + stream) * 0xD1342543DE82EF95ULL;
    for (size_t i = 0; i < r * size; i++) x[i] = y[i] = 0;
    for (size_t i = 0; i < size; i++)
        if (left[i * size + i] > 0 && right[i * size + i] > 0) at[count++] = i;
    if (count <= r) { /* there is room for each */
        for (size_t i = 0; i < count; i++) x[i * size + at[i]] = y[i * size + at[i]] = 1;
        return;
    }
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < size; i++) length[side][i] = sqrt((double)gram[side][i * size + i]);
    for (int side = 0; side < 2; side++) /* Cholesky of the Gram matrix of unit vectors, kept regular */
        for (size_t i = 0; i < size; i++)
            for (size_t j = i; j < size; j++) {
                double sum = (double)gram[side][i * size + j] / length[side][i] / length[side][j];
                for (size_t k = 0; k < i; k++) sum -= root[side][k][i] * root[side][k][j];
                if (i == j)
                    root[side][i][i] = sqrt(sum > least ? sum : least);
                else
                    root[side][i][j] = sum / root[side][i][i];
            }
    /* u = S_l D_l D_r S_rᵀ, then by one-sided Jacobi rotations u v = columns that are orthogonal */
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            for (size_t k = i > j ? i : j; k < size; k++)
                u[i][j] += root[0][i][k] * length[0][k] * length[1][k] * root[1][j][k];
            v[i][j] = i == j;
        }
    for (int round = 0; round < 40; round++)
        for (size_t p = 0; p + 1 < size; p++)
            for (size_t q = p + 1; q < size; q++) {
                double a = 0, b = 0, c = 0;
                for (size_t i = 0; i < size; i++)
                    a += u[i][p] * u[i][p], b += u[i][q] * u[i][q], c += u[i][p] * u[i][q];
                if (c * c <= 1e-30 * a * b) continue;
                const double zeta = (b - a) / (2 * c);
                const double t = (zeta < 0 ? -1 : 1) / ((zeta < 0 ? -zeta : zeta) + sqrt(1 + zeta * zeta));
                const double cosine = 1 / sqrt(1 + t * t), sine = cosine * t;
                for (size_t i = 0; i < size; i++) {
                    const double up = u[i][p], vp = v[i][p];
                    u[i][p] = cosine * up - sine * u[i][q], u[i][q] = sine * up + cosine * u[i][q];
                    v[i][p] = cosine * vp - sine * v[i][q], v[i][q] = sine * vp + cosine * v[i][q];
                }
            }
    for (size_t j = 0; j < size; j++) {
        double sum = 0;
        for (size_t i = 0; i < size; i++) sum += u[i][j] * u[i][j];
        sigma[j] = sqrt(sum);
        for (size_t i = 0; i < size; i++) u[i][j] = sum > 0 ? u[i][j] / sigma[j] : 0;
    }
    for (size_t i = 0; i < size; i++) /* the largest first */
        for (size_t j = i + 1; j < size; j++)
            if (sigma[j] > sigma[i]) {
                const double swap = sigma[i];
                sigma[i] = sigma[j], sigma[j] = swap;
                for (size_t k = 0; k < size; k++) {
                    const double uk = u[k][i], vk = v[k][i];
                    u[k][i] = u[k][j], u[k][j] = uk;
                    v[k][i] = v[k][j], v[k][j] = vk;
                }
            }
    /* part[size, r]: √σ_i for the first m, the joined rest behind */
    size_t m = 0;
    double sum = 0;
    for (size_t i = 0; i < size; i++) sum += sigma[i];
    while (m + 1 < r && (double)(r - m) * sigma[m] > sum) sum -= sigma[m], m++;
    for (size_t i = 0; i < m; i++) part[i][i] = sqrt(sigma[i]);
    const double q = (double)(r - m);
    double normal[17] = {0}, square = 0;
    for (size_t i = m; i < size; i++) {
        const double rest = sum > 0 ? 1 - q * sigma[i] / sum : 0;
        normal[i] = (rest > 0 ? sqrt(rest) : 0) - (i == m);
        square += normal[i] * normal[i];
    }
    for (size_t i = m; i < size; i++) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL + 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        z ^= z >> 31;
        const double sign = (z & 1) != 0 ? 1 : -1;
        for (size_t k = m; k < r; k++) {
            const double reflected = (i == k + 1) - (square > 0 ? 2 * normal[i] * normal[k + 1] / square : 0);
            part[i][k] = sqrt(sum / q) * sign * reflected;
        }
    }
    /* back to the terms: out = D⁻¹ S⁻¹ (u or v) part */
    for (int side = 0; side < 2; side++)
        for (size_t k = 0; k < r; k++) {
            double b[17];
            for (size_t i = 0; i < size; i++) {
                b[i] = 0;
                for (size_t j = 0; j < size; j++) b[i] += (side ? v[i][j] : u[i][j]) * part[j][k];
            }
            for (size_t i = size; i-- > 0;) {
                for (size_t j = i + 1; j < size; j++) b[i] -= root[side][i][j] * b[j];
                b[i] /= root[side][i][i];
                out[side][k * size + i] = (real)(b[i] / length[side][i]);
            }
        }
}
