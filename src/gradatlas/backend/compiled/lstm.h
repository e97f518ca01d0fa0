/* Long short-term memory, for one floating type. Included by kernels.c after kernels.h.

   Time-major arrays: z and a (steps x batch x 4n) with blocks i, f, g, o, states and cells (steps x batch x n); u (n x 4n).
   One item is some rows of the batch through all of time. */

typedef struct {
    const REAL *z, *h0, *c0, *u;
    REAL *states, *cells, *a;
    const REAL *gh, *gc, *ga, *none; /* cotangents of these three; none: zeros, which stand for those that are zero */
    Size gh_step, gh_row, gc_step, gc_row;
    REAL *dz, *dh, *dc;
    const REAL *panels; /* u or its transpose, packed */
    Size steps, batch, n, items;
} NAME(Lstm);

/* exp(x) - 1 = scale - 1 + scale p, for x within +-0.693 (BIAS - 1), as `reduced` has it; its series is written out here, for
   a loop around several of these to be vectorised. */
static inline REAL NAME(split)(REAL x, REAL *scale) {
    NAME(Bits) shifted = {.value = x * LOG2_E + ROUNDER}, base = {.value = ROUNDER};
    REAL whole = shifted.value - ROUNDER, r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
#if TERMS > 7
    REAL sum = (REAL)(1.0 / 6227020800);
    sum = sum * r + (REAL)(1.0 / 479001600);
    sum = sum * r + (REAL)(1.0 / 39916800);
    sum = sum * r + (REAL)(1.0 / 3628800);
    sum = sum * r + (REAL)(1.0 / 362880);
    sum = sum * r + (REAL)(1.0 / 40320);
    sum = sum * r + (REAL)(1.0 / 5040);
#else
    REAL sum = (REAL)(1.0 / 5040);
#endif
    sum = sum * r + (REAL)(1.0 / 720);
    sum = sum * r + (REAL)(1.0 / 120);
    sum = sum * r + (REAL)(1.0 / 24);
    sum = sum * r + (REAL)(1.0 / 6);
    sum = sum * r + (REAL)0.5;
    *scale = NAME(power_of_two)(shifted.bits - base.bits);
    return r + r * r * sum;
}

/* The sigmoid 1/(1 + e), e = exp(-x), and what it lacks to 1, as accurate as itself. Where one of them is less than the least
   normal number it is 0, or that number: so the exponential needs no care for what is infinite or subnormal. */
static inline REAL NAME(opened)(REAL x, REAL *rest) {
    const REAL most = (REAL)0.693 * (BIAS - 1);
    REAL held = x > most ? most : x;
    held = held < -most ? -most : held;
    REAL scale, p = NAME(split)(-held, &scale), e = scale + scale * p, share = 1 / (1 + e);
    *rest = e * share;
    return x < -most ? 0 : share;
}

/* tanh(x) = -m/(m + 2) with m = exp(-2|x|) - 1, which loses no digit near 0, and its slope 4e/(1 + e)^2, e = m + 1. */
static inline REAL NAME(bent)(REAL x, REAL *slope) {
    const REAL most = (REAL)0.3465 * (BIAS - 1);
    REAL size = x < 0 ? -x : x;
    size = size > most ? most : size;
    REAL scale, p = NAME(split)(-2 * size, &scale);
    REAL m = scale * p + (scale - 1), share = 1 / (m + 2);
    *slope = 4 * ((scale + scale * p) * share) * share;
    return _Generic(x, float: copysignf, double: copysign)(m * share, x);
}

/* The scalar functions as the kernels compute them, for their accuracy to be measured: 0 exp, 1 tanh, 2 sigmoid,
   3 what it lacks to 1, 4 the slope of tanh. */
int NAME(scalar_function)(int which, const REAL *x, REAL *y, Size count) {
    for (Size k = 0; k < count; k++) {
        REAL rest, slope, s = NAME(opened)(x[k], &rest), t = NAME(bent)(x[k], &slope);
        const REAL all[5] = {NAME(exponential)(x[k]), t, s, rest, slope};
        y[k] = all[which];
    }
    return 0;
}

/* One step of one row; a is h u, and becomes z + h u. */
static void NAME(lstm_row)(Size n, const REAL *restrict z, const REAL *restrict before, REAL *restrict a,
                           REAL *restrict state, REAL *restrict cell) {
    for (Size k = 0; k < 4 * n; k++) a[k] += z[k];
    for (Size k = 0; k < n; k++) {
        REAL unused, i = NAME(opened)(a[k], &unused), f = NAME(opened)(a[n + k], &unused);
        REAL g = NAME(bent)(a[2 * n + k], &unused), o = NAME(opened)(a[3 * n + k], &unused);
        REAL c = f * before[k] + i * g;
        cell[k] = c;
        state[k] = o * NAME(bent)(c, &unused);
    }
}

static int NAME(lstm_item)(const void *task, Size item, void *unused) {
    (void)unused;
    const NAME(Lstm) *t = task;
    Size n = t->n, first = item * t->batch / t->items, rows = (item + 1) * t->batch / t->items - first;
    const REAL *h = t->h0 + first * n, *c = t->c0 + first * n;
    for (Size step = 0; step < t->steps; step++) {
        Size at = step * t->batch + first;
        REAL *a = t->a + at * 4 * n, *states = t->states + at * n, *cells = t->cells + at * n;
        NAME(multiply)(a, 4 * n, h, n, 1, t->panels, n, rows, 4 * n, n, 0);
        for (Size b = 0; b < rows; b++)
            NAME(lstm_row)(n, t->z + (at + b) * 4 * n, c + b * n, a + b * 4 * n, states + b * n, cells + b * n);
        h = states;
        c = cells;
    }
    return 0;
}

/* One step back of one row: gh, gc, ga come from above, to_state and to_cell from the step after. */
static void NAME(lstm_back_row)(Size n, const REAL *restrict a, const REAL *restrict cell, const REAL *restrict before,
                                const REAL *restrict gh, const REAL *restrict gc, const REAL *restrict ga,
                                const REAL *restrict to_state, REAL *restrict to_cell, REAL *restrict d) {
    for (Size k = 0; k < n; k++) {
        REAL not_i, not_f, not_o, slope, fall;
        REAL i = NAME(opened)(a[k], &not_i), f = NAME(opened)(a[n + k], &not_f);
        REAL g = NAME(bent)(a[2 * n + k], &slope), o = NAME(opened)(a[3 * n + k], &not_o);
        REAL out = NAME(bent)(cell[k], &fall);
        REAL above = to_state[k] + gh[k], whole = to_cell[k] + gc[k] + above * (o * fall);
        d[k] = whole * (g * (i * not_i)) + ga[k];
        d[n + k] = whole * (before[k] * (f * not_f)) + ga[n + k];
        d[2 * n + k] = whole * (i * slope) + ga[2 * n + k];
        d[3 * n + k] = above * (out * (o * not_o)) + ga[3 * n + k];
        to_cell[k] = whole * f;
    }
}

static int NAME(lstm_back_item)(const void *task, Size item, void *unused) {
    (void)unused;
    const NAME(Lstm) *t = task;
    Size n = t->n, first = item * t->batch / t->items, rows = (item + 1) * t->batch / t->items - first;
    REAL *dh = t->dh + first * n, *dc = t->dc + first * n;
    memset(dh, 0, (size_t)(rows * n) * sizeof(REAL));
    memset(dc, 0, (size_t)(rows * n) * sizeof(REAL));
    for (Size step = t->steps; step-- > 0;) {
        Size at = step * t->batch + first;
        const REAL *before = step ? t->cells + (at - t->batch) * n : t->c0 + first * n;
        for (Size b = 0; b < rows; b++)
            NAME(lstm_back_row)(n, t->a + (at + b) * 4 * n, t->cells + (at + b) * n, before + b * n,
                                t->gh + step * t->gh_step + (first + b) * t->gh_row,
                                t->gc + step * t->gc_step + (first + b) * t->gc_row,
                                t->ga ? t->ga + (at + b) * 4 * n : t->none, dh + b * n, dc + b * n,
                                t->dz + (at + b) * 4 * n);
        NAME(multiply)(dh, n, t->dz + at * 4 * n, 4 * n, 1, t->panels, 4 * n, rows, n, 4 * n, 0);
    }
    return 0;
}

/* Into how many items the batch falls: a tile of rows for each, or all of it where there is but one thread. */
static Size NAME(parts)(Size batch, Size threads) { return threads > 1 ? (batch + NAME(ROWS) - 1) / NAME(ROWS) : batch > 0; }

int NAME(lstm_forward)(const REAL *z, const REAL *h0, const REAL *c0, const REAL *u, REAL *states, REAL *cells, REAL *a,
                       Size steps, Size batch, Size n, Size threads) {
    REAL *panels = aligned(NAME(packed_size)(n, 4 * n) * (Size)sizeof(REAL));
    if (!panels) return -1;
    NAME(pack)(panels, u, 4 * n, 1, n, 4 * n);
    NAME(Lstm) task = {.z = z, .h0 = h0, .c0 = c0, .u = u, .states = states, .cells = cells, .a = a, .panels = panels,
                       .steps = steps, .batch = batch, .n = n, .items = NAME(parts)(batch, threads)};
    int failed = share(NAME(lstm_item), &task, task.items, 0, threads);
    free(panels);
    return failed;
}

/* strides: of gh and of gc, how far apart its steps and its rows are, in entries. Cotangents that are NULL are zero. */
int NAME(lstm_backward)(const REAL *gh, const REAL *gc, const REAL *ga, const Size *strides, const REAL *c0, const REAL *u,
                        const REAL *cells, const REAL *a, REAL *dz, REAL *dh, REAL *dc, Size steps, Size batch, Size n,
                        Size threads) {
    REAL *none = aligned((4 * n + NAME(packed_size)(4 * n, n)) * (Size)sizeof(REAL)), *panels = none + 4 * n;
    if (!none) return -1;
    memset(none, 0, (size_t)(4 * n) * sizeof(REAL));
    NAME(pack)(panels, u, 1, 4 * n, 4 * n, n);
    NAME(Lstm) task = {.gh = gh ? gh : none, .gh_step = gh ? strides[0] : 0, .gh_row = gh ? strides[1] : 0,
                       .gc = gc ? gc : none, .gc_step = gc ? strides[2] : 0, .gc_row = gc ? strides[3] : 0,
                       .ga = ga, .none = none, .c0 = c0, .u = u, .cells = (REAL *)cells, .a = (REAL *)a, .dz = dz,
                       .dh = dh, .dc = dc, .panels = panels, .steps = steps, .batch = batch, .n = n,
                       .items = NAME(parts)(batch, threads)};
    int failed = share(NAME(lstm_back_item), &task, task.items, 0, threads);
    free(none);
    return failed;
}
