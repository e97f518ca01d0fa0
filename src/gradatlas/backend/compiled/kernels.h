/* The kernels for one floating type: REAL, with SUFFIX in the names. Included by kernels.c. */

enum { NAME(LANES) = VECTOR_BYTES / sizeof(REAL), NAME(ROWS) = 6, NAME(COLUMNS) = 2 * NAME(LANES), NAME(DEPTH) = 256 };

typedef REAL NAME(Vector) __attribute__((vector_size(VECTOR_BYTES)));
typedef REAL NAME(Loose) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias)); /* in memory */

/* ---------------------------------------------------------------- products of matrices

   C = or += A B, tile by tile. A is read as it lies, by two strides, its depth in segments that begin where `jumps` says;
   so the windows of an image need no copy. B is a panel of COLUMNS columns whose rows are `step` apart. */

static Size NAME(packed_size)(Size depth, Size columns) {
    return (columns + NAME(COLUMNS) - 1) / NAME(COLUMNS) * NAME(COLUMNS) * depth;
}

/* B as panels one after the other, padded by zeros. */
static void NAME(pack)(REAL *panels, const REAL *b, Size row, Size column, Size depth, Size columns) {
    for (Size j = 0; j < columns; j += NAME(COLUMNS)) {
        Size here = min_size(NAME(COLUMNS), columns - j);
        for (Size k = 0; k < depth; k++, panels += NAME(COLUMNS)) {
            const REAL *from = b + k * row + j * column;
            if (column == 1)
                for (Size n = 0; n < here; n++) panels[n] = from[n];
            else
                for (Size n = 0; n < here; n++) panels[n] = from[n * column];
            for (Size n = here; n < NAME(COLUMNS); n++) panels[n] = 0;
        }
    }
}

#define TILE(M)                                                                                                  \
    static inline __attribute__((always_inline)) void NAME(tile##M)(                                             \
        const REAL *a, Size row, Size column, const Size *jumps, Size segments, Size run, const REAL *panel,     \
        Size step, REAL *c, Size width, Size here, int add) {                                                    \
        NAME(Vector) sums[M][2];                                                                                 \
        for (int m = 0; m < M; m++) sums[m][0] = sums[m][1] = (NAME(Vector)){0};                                 \
        for (Size s = 0; s < segments; s++) {                                                                    \
            const REAL *from = a + jumps[s];                                                                     \
            for (Size k = 0; k < run; k++, panel += step) {                                                      \
                NAME(Vector) first = *(const NAME(Loose) *)panel;                                                \
                NAME(Vector) second = *(const NAME(Loose) *)(panel + NAME(LANES));                               \
                for (int m = 0; m < M; m++) {                                                                    \
                    REAL factor = from[m * row + k * column];                                                    \
                    sums[m][0] += factor * first;                                                                \
                    sums[m][1] += factor * second;                                                               \
                }                                                                                                \
            }                                                                                                    \
        }                                                                                                        \
        for (int m = 0; m < M; m++, c += width) {                                                                \
            if (here == NAME(COLUMNS)) {                                                                         \
                NAME(Loose) *to = (NAME(Loose) *)c;                                                              \
                if (add) {                                                                                       \
                    to[0] += sums[m][0];                                                                         \
                    to[1] += sums[m][1];                                                                         \
                } else {                                                                                         \
                    to[0] = sums[m][0];                                                                          \
                    to[1] = sums[m][1];                                                                          \
                }                                                                                                \
            } else {                                                                                             \
                const REAL *from = (const REAL *)sums[m];                                                        \
                for (Size n = 0; n < here; n++) c[n] = add ? c[n] + from[n] : from[n];                           \
            }                                                                                                    \
        }                                                                                                        \
    }
TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#undef TILE

/* At most ROWS rows of C, `here` columns wide. */
static inline __attribute__((always_inline)) void NAME(tile)(
    Size rows, const REAL *a, Size row, Size column, const Size *jumps, Size segments, Size run, const REAL *panel,
    Size step, REAL *c, Size width, Size here, int add) {
    switch (rows) {
    case 1: NAME(tile1)(a, row, column, jumps, segments, run, panel, step, c, width, here, add); break;
    case 2: NAME(tile2)(a, row, column, jumps, segments, run, panel, step, c, width, here, add); break;
    case 3: NAME(tile3)(a, row, column, jumps, segments, run, panel, step, c, width, here, add); break;
    case 4: NAME(tile4)(a, row, column, jumps, segments, run, panel, step, c, width, here, add); break;
    case 5: NAME(tile5)(a, row, column, jumps, segments, run, panel, step, c, width, here, add); break;
    default: NAME(tile6)(a, row, column, jumps, segments, run, panel, step, c, width, here, add);
    }
}

/* C (rows x columns, rows `width` apart) = or += A (rows x depth) times the packed B, whose panels are `tall` rows long. */
static void NAME(multiply)(REAL *c, Size width, const REAL *a, Size row, Size column, const REAL *panels, Size tall,
                           Size rows, Size columns, Size depth, int add) {
    static const Size whole[1] = {0};
    Size tiles = (rows + NAME(ROWS) - 1) / NAME(ROWS), i = 0;
    for (Size left = tiles; left > 0; left--) {
        Size tall_here = (rows - i + left - 1) / left; /* all nearly alike: a tile of few rows takes as long as one of four */
        const REAL *panel = panels;
        for (Size j = 0; j < columns; j += NAME(COLUMNS), panel += NAME(COLUMNS) * tall)
            NAME(tile)(tall_here, a + i * row, row, column, whole, 1, depth, panel, NAME(COLUMNS), c + i * width + j, width,
                       min_size(NAME(COLUMNS), columns - j), add);
        i += tall_here;
    }
}

/* C = or += A B for any strides, B packed here, a piece of its rows at a time; room: packed_size(DEPTH, columns). */
static void NAME(product)(REAL *c, Size width, const REAL *a, Size row, Size column, const REAL *b, Size b_row,
                          Size b_column, Size rows, Size columns, Size depth, int add, REAL *room) {
    for (Size k = 0; k < depth; k += NAME(DEPTH)) {
        Size here = min_size(NAME(DEPTH), depth - k);
        NAME(pack)(room, b + k * b_row, b_row, b_column, here, columns);
        NAME(multiply)(c, width, a + k * column, row, column, room, here, rows, columns, here, add || k);
    }
    if (!depth && !add)
        for (Size i = 0; i < rows; i++) memset(c + i * width, 0, (size_t)columns * sizeof(REAL));
}

/* ---------------------------------------------------------------- exponentials, written so that loops over them vectorise */

typedef union {
    INTEGER bits;
    REAL value;
} NAME(Bits);

static inline REAL NAME(power_of_two)(INTEGER n) {
    NAME(Bits) found = {.bits = (n + BIAS) << MANTISSA};
    return found.value;
}

/* exp(r) - 1 for |r| <= log(2)/2 by its series, and the n for which x = n log(2) + r: adding ROUNDER leaves n in the last
   bits of the sum. */
static inline REAL NAME(reduced)(REAL x, INTEGER *n) {
    NAME(Bits) shifted = {.value = x * LOG2_E + ROUNDER}, base = {.value = ROUNDER};
    REAL whole = shifted.value - ROUNDER;
    REAL r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
    const REAL terms[14] = {0,          1.0,        1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,       1.0 / 720,
                            1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600,
                            1.0 / 6227020800};
    REAL sum = 0;
#pragma GCC unroll 16
    for (int k = TERMS; k >= 2; k--) sum = sum * r + terms[k];
    *n = shifted.bits - base.bits;
    return r + r * r * sum;
}

static inline REAL NAME(exponential)(REAL x) {
    REAL held = x < EXP_LOWEST ? EXP_LOWEST : x > EXP_HIGHEST ? EXP_HIGHEST : x;
    held = x != x ? 0 : held;
    INTEGER n;
    REAL p = NAME(reduced)(held, &n);
    INTEGER half = n >> 1; /* in two steps, for results that are subnormal and for 2^128 */
    REAL found = (1 + p) * NAME(power_of_two)(half) * NAME(power_of_two)(n - half);
    return x != x ? x : found;
}

/* ---------------------------------------------------------------- attention

   One item is a head: queries q (n x d), keys k (m x d), values v (m x e). Blocks of queries, and of keys those alone
   that one of them may look at. */

enum { NAME(QUERIES) = 64 };

typedef struct {
    const REAL *q, *k, *v, *g;
    REAL *out, *dq, *dk, *dv;
    Size n, m, d, e;
    int causal;
    REAL scale;
} NAME(Attention);

static Size NAME(attention_room)(Size m, Size d, Size e) {
    Size widest = d > e ? d : e;
    return (2 * NAME(QUERIES) * m + 2 * NAME(packed_size)(d, m) + 2 * NAME(packed_size)(e, m) +
            2 * NAME(packed_size)(m, widest) + NAME(packed_size)(NAME(DEPTH), widest) + NAME(QUERIES) * widest + 256) *
           (Size)sizeof(REAL);
}

/* P for the queries from `first` on: the softmax of the scaled scores over the first `keys` keys, less those too late. */
static void NAME(weights)(const NAME(Attention) *t, const REAL *q, const REAL *packed, REAL *p, Size first, Size rows,
                          Size keys) {
    NAME(multiply)(p, keys, q + first * t->d, t->d, 1, packed, t->d, rows, keys, t->d, 0);
    for (Size i = 0; i < rows; i++) {
        REAL *row = p + i * keys;
        Size seen = t->causal ? min_size(first + i + 1, keys) : keys;
        REAL top = -INFINITY, total = 0;
        int odd = 0;
        for (Size j = 0; j < seen; j++) row[j] *= t->scale;
        for (Size j = 0; j < seen; j++) {
            top = row[j] > top ? row[j] : top;
            odd |= row[j] != row[j];
        }
        if (odd) top = NAN;
        for (Size j = 0; j < seen; j++) row[j] = NAME(exponential)(row[j] - top);
        REAL sums[8] = {0};
        Size j = 0;
        for (; j + 8 <= seen; j += 8)
            for (int lane = 0; lane < 8; lane++) sums[lane] += row[j + lane];
        for (; j < seen; j++) total += row[j];
        total += ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        REAL part = 1 / total;
        for (j = 0; j < seen; j++) row[j] *= part;
        for (j = seen; j < keys; j++) row[j] = 0;
    }
}

/* What is packed for all keys serves for the first few as well: the first panels, or the first rows of each. */

static int NAME(attend_item)(const void *task, Size item, void *memory) {
    const NAME(Attention) *t = task;
    const REAL *q = t->q + item * t->n * t->d, *k = t->k + item * t->m * t->d, *v = t->v + item * t->m * t->e;
    REAL *out = t->out + item * t->n * t->e;
    REAL *p = memory, *keys_across = p + NAME(QUERIES) * t->m;
    REAL *room = keys_across + NAME(packed_size)(t->d, t->m);
    NAME(pack)(keys_across, k, 1, t->d, t->d, t->m);
    NAME(pack)(room, v, t->e, 1, t->m, t->e);
    for (Size first = 0; first < t->n; first += NAME(QUERIES)) {
        Size rows = min_size(NAME(QUERIES), t->n - first);
        Size keys = t->causal ? min_size(first + rows, t->m) : t->m;
        NAME(weights)(t, q, keys_across, p, first, rows, keys);
        NAME(multiply)(out + first * t->e, t->e, p, keys, 1, room, t->m, rows, t->e, keys, 0);
    }
    return 0;
}

static int NAME(attend_back_item)(const void *task, Size item, void *memory) {
    const NAME(Attention) *t = task;
    Size n = t->n, m = t->m, d = t->d, e = t->e;
    const REAL *q = t->q + item * n * d, *k = t->k + item * m * d, *v = t->v + item * m * e, *g = t->g + item * n * e;
    REAL *dq = t->dq + item * n * d, *dk = t->dk + item * m * d, *dv = t->dv + item * m * e;
    REAL *p = memory, *ds = p + NAME(QUERIES) * m;
    REAL *keys_across = ds + NAME(QUERIES) * m, *values_across = keys_across + NAME(packed_size)(d, m);
    REAL *keys = values_across + NAME(packed_size)(e, m), *room = keys + NAME(packed_size)(m, d);
    NAME(pack)(keys_across, k, 1, d, d, m);
    NAME(pack)(values_across, v, 1, e, e, m);
    NAME(pack)(keys, k, d, 1, m, d);
    memset(dk, 0, (size_t)(m * d) * sizeof(REAL));
    memset(dv, 0, (size_t)(m * e) * sizeof(REAL));
    for (Size first = 0; first < n; first += NAME(QUERIES)) {
        Size rows = min_size(NAME(QUERIES), n - first);
        Size seen = t->causal ? min_size(first + rows, m) : m;
        NAME(weights)(t, q, keys_across, p, first, rows, seen);
        NAME(product)(dv, e, p, 1, seen, g + first * e, e, 1, seen, e, rows, 1, room); /* P^T G */
        NAME(multiply)(ds, seen, g + first * e, e, 1, values_across, e, rows, seen, e, 0); /* G V^T */
        for (Size i = 0; i < rows; i++) {
            REAL *row = ds + i * seen, *weight = p + i * seen, sums[8] = {0}, mean = 0;
            Size j = 0;
            for (; j + 8 <= seen; j += 8)
                for (int lane = 0; lane < 8; lane++) sums[lane] += row[j + lane] * weight[j + lane];
            for (; j < seen; j++) mean += row[j] * weight[j];
            mean += ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
            for (j = 0; j < seen; j++) row[j] = weight[j] * (row[j] - mean) * t->scale;
        }
        NAME(multiply)(dq + first * d, d, ds, seen, 1, keys, m, rows, d, seen, 0); /* dS K */
        NAME(product)(dk, d, ds, 1, seen, q + first * d, d, 1, seen, d, rows, 1, room); /* dS^T Q */
    }
    return 0;
}

int NAME(attention_forward)(const REAL *q, const REAL *k, const REAL *v, REAL *out, Size heads, Size n, Size m, Size d,
                            Size e, int causal, double scale, Size threads) {
    NAME(Attention) task = {.q = q, .k = k, .v = v, .out = out, .n = n, .m = m, .d = d, .e = e, .causal = causal,
                            .scale = (REAL)scale};
    return share(NAME(attend_item), &task, heads, NAME(attention_room)(m, d, e), threads);
}

int NAME(attention_backward)(const REAL *g, const REAL *q, const REAL *k, const REAL *v, REAL *dq, REAL *dk, REAL *dv,
                             Size heads, Size n, Size m, Size d, Size e, int causal, double scale, Size threads) {
    NAME(Attention) task = {.q = q, .k = k, .v = v, .g = g, .dq = dq, .dk = dk, .dv = dv, .n = n, .m = m, .d = d,
                            .e = e, .causal = causal, .scale = (REAL)scale};
    return share(NAME(attend_back_item), &task, heads, NAME(attention_room)(m, d, e), threads);
}
