/* Convolution and pooling along two axes, channels last, for one floating type. Included by kernels.c after kernels.h.

   x (batch x height x width x channels), w (tall x wide x channels x filters), y (batch x down x across x filters, or
   channels where windows are pooled). Along each axis place k of the window of output o lies at o steps + k apart - before. */

typedef struct {
    const REAL *x, *y, *panels;
    REAL *to;
    Size batch, height, width, channels, tall, wide, filters, down, across, steps[2], before[2], apart[2];
    Size rows, columns; /* of an image with its padding, as far as windows reach */
    int bare;           /* no window reaches into padding: an image is read where it lies */
    Size run, segments, band, examples, parts, pieces, piece;
} NAME(Windows);

/* sizes: batch, height, width, channels, tall, wide, filters, down, across; then steps, before and apart, two each. */
static NAME(Windows) NAME(windows)(const Size *sizes) {
    NAME(Windows) t = {.batch = sizes[0], .height = sizes[1], .width = sizes[2], .channels = sizes[3], .tall = sizes[4],
                       .wide = sizes[5], .filters = sizes[6], .down = sizes[7], .across = sizes[8],
                       .steps = {sizes[9], sizes[10]}, .before = {sizes[11], sizes[12]}, .apart = {sizes[13], sizes[14]}};
    t.rows = (t.down - 1) * t.steps[0] + (t.tall - 1) * t.apart[0] + 1;
    t.columns = (t.across - 1) * t.steps[1] + (t.wide - 1) * t.apart[1] + 1;
    t.bare = !t.before[0] && !t.before[1] && t.rows <= t.height && t.columns <= t.width;
    if (t.bare) t.columns = t.width;
    return t;
}

/* Rows [first, last) of an image with its padding: where they lie, or copied into room. */
static const REAL *NAME(padded)(const NAME(Windows) *t, const REAL *image, Size first, Size last, REAL *room) {
    Size channels = t->channels, left = min_size(t->before[1], t->columns);
    Size inside = min_size(t->width, t->columns - left);
    if (t->bare) return image + first * t->width * channels;
    for (Size i = first; i < last; i++) {
        REAL *to = room + (i - first) * t->columns * channels;
        Size row = i - t->before[0];
        if (row < 0 || row >= t->height) {
            memset(to, 0, (size_t)(t->columns * channels) * sizeof(REAL));
            continue;
        }
        memset(to, 0, (size_t)(left * channels) * sizeof(REAL));
        memcpy(to + left * channels, image + row * t->width * channels, (size_t)(inside * channels) * sizeof(REAL));
        memset(to + (left + inside) * channels, 0, (size_t)((t->columns - left - inside) * channels) * sizeof(REAL));
    }
    return room;
}

/* ---------------------------------------------------------------- convolution

   The depth of a window is in segments of `run` entries that lie side by side: its rows, or its places where they are apart. */

static void NAME(in_segments)(NAME(Windows) *t) {
    int rows = t->apart[1] == 1;
    t->run = rows ? t->wide * t->channels : t->channels;
    t->segments = rows ? t->tall : t->tall * t->wide;
}

static Size NAME(segment)(const NAME(Windows) *t, Size s) {
    if (t->apart[1] == 1) return s * t->apart[0] * t->columns * t->channels;
    return (s / t->wide * t->apart[0] * t->columns + s % t->wide * t->apart[1]) * t->channels;
}

static int NAME(conv_item)(const void *task, Size item, void *memory) {
    const NAME(Windows) *t = task;
    Size bands = (t->down + t->band - 1) / t->band, b = item / bands, start = item % bands * t->band;
    Size end = min_size(start + t->band, t->down), depth = t->segments * t->run;
    Size first = start * t->steps[0], last = (end - 1) * t->steps[0] + (t->tall - 1) * t->apart[0] + 1;
    Size *jumps = memory;
    REAL *room = (REAL *)(jumps + t->segments + 8);
    for (Size s = 0; s < t->segments; s++) jumps[s] = NAME(segment)(t, s);
    const REAL *image = NAME(padded)(t, t->x + b * t->height * t->width * t->channels, first, last, room);
    const REAL *panel = t->panels;
    for (Size j = 0; j < t->filters; j += NAME(COLUMNS), panel += NAME(COLUMNS) * depth)
        for (Size o = start; o < end; o++) {
            const REAL *from = image + (o - start) * t->steps[0] * t->columns * t->channels;
            REAL *y = t->to + (b * t->down + o) * t->across * t->filters + j;
            for (Size p = 0; p < t->across; p += NAME(ROWS))
                NAME(tile)(min_size(NAME(ROWS), t->across - p), from + p * t->steps[1] * t->channels,
                           t->steps[1] * t->channels, 1, jumps, t->segments, t->run, panel, NAME(COLUMNS),
                           y + p * t->filters, t->filters, min_size(NAME(COLUMNS), t->filters - j), 0);
        }
    return 0;
}

/* The adjoint in x where the rows of windows are long: each is a row of a product, added where it lies in the image. */
static int NAME(conv_back_rows_item)(const void *task, Size b, void *memory) {
    static const Size whole[1] = {0};
    const NAME(Windows) *t = task;
    Size line = t->columns * t->channels, apart = t->steps[1] * t->channels;
    REAL *image = t->to + b * t->height * t->width * t->channels, *to = t->bare ? image : memory;
    const REAL *panel = t->panels;
    memset(image, 0, (size_t)(t->height * t->width * t->channels) * sizeof(REAL));
    if (!t->bare) memset(to, 0, (size_t)(t->rows * line) * sizeof(REAL));
    for (Size s = 0; s < t->segments; s++)
        for (Size j = 0; j < t->run; j += NAME(COLUMNS), panel += NAME(COLUMNS) * t->filters)
            for (Size o = 0; o < t->down; o++) {
                const REAL *y = t->y + (b * t->down + o) * t->across * t->filters;
                REAL *here = to + (o * t->steps[0] + s * t->apart[0]) * line + j;
                for (Size p = 0; p < t->across; p += NAME(ROWS))
                    NAME(tile)(min_size(NAME(ROWS), t->across - p), y + p * t->filters, t->filters, 1, whole, 1, t->filters,
                               panel, NAME(COLUMNS), here + p * apart, apart, min_size(NAME(COLUMNS), t->run - j), 1);
            }
    Size left = min_size(t->before[1], t->columns), inside = min_size(t->width, t->columns - left) * t->channels;
    for (Size i = t->before[0]; !t->bare && i < min_size(t->rows, t->before[0] + t->height); i++)
        memcpy(image + (i - t->before[0]) * t->width * t->channels, to + i * line + left * t->channels,
               (size_t)inside * sizeof(REAL));
    return 0;
}

static int NAME(conv_back_item)(const void *task, Size b, void *memory) {
    const NAME(Windows) *t = task;
    Size channels = t->channels, depth = t->tall * t->wide * channels;
    REAL *image = t->to + b * t->height * t->width * channels, *all = memory;
    memset(image, 0, (size_t)(t->height * t->width * channels) * sizeof(REAL));
    for (Size o = 0; o < t->down; o++) {
        const REAL *y = t->y + (b * t->down + o) * t->across * t->filters;
        NAME(multiply)(all, depth, y, t->filters, 1, t->panels, t->filters, t->across, depth, t->filters, 0);
        for (Size k = 0; k < t->tall; k++) {
            Size i = o * t->steps[0] + k * t->apart[0] - t->before[0];
            if (i < 0 || i >= t->height) continue;
            for (Size p = 0; p < t->across; p++)
                for (Size l = 0; l < t->wide; l++) {
                    Size j = p * t->steps[1] + l * t->apart[1] - t->before[1];
                    if (j < 0 || j >= t->width) continue;
                    REAL *restrict to = image + (i * t->width + j) * channels;
                    const REAL *from = all + p * depth + (k * t->wide + l) * channels;
                    for (Size c = 0; c < channels; c++) to[c] += from[c];
                }
        }
    }
    return 0;
}

/* One item is some pieces of segments, rows of dw, summed over some examples of the batch in order: each image stands for
   the windows' entries at a place of all windows, at the steps of the windows, and its outputs are the panel. */
static int NAME(conv_kernel_item)(const void *task, Size item, void *memory) {
    const NAME(Windows) *t = task;
    Size part = item % t->parts, first = item / t->parts * t->pieces, each = (t->run + t->piece - 1) / t->piece;
    Size outputs = t->down * t->across, filters = t->filters, packed = NAME(packed_size)(outputs, filters);
    Size *jumps = memory;
    REAL *panels = (REAL *)(jumps + t->down + 8), *room = panels + packed;
    REAL *dw = t->to + part * t->segments * t->run * filters;
    for (Size o = 0; o < t->down; o++) jumps[o] = o * t->steps[0] * t->columns * t->channels;
    Size start = part * t->examples, end = min_size(start + t->examples, t->batch);
    for (Size b = start; b < end; b++) {
        const REAL *image = NAME(padded)(t, t->x + b * t->height * t->width * t->channels, 0, t->rows, room);
        const REAL *panel = panels;
        NAME(pack)(panels, t->y + b * outputs * filters, filters, 1, outputs, filters);
        for (Size j = 0; j < filters; j += NAME(COLUMNS), panel += NAME(COLUMNS) * outputs)
            for (Size u = first; u < min_size(first + t->pieces, each * t->segments); u++) {
                Size s = u / each, m = u % each * t->piece, rows = min_size(t->piece, t->run - m);
                const REAL *from = image + NAME(segment)(t, s) + m;
                REAL *to = dw + (s * t->run + m) * filters + j;
                for (Size i = 0; i < rows; i += NAME(ROWS))
                    NAME(tile)(min_size(NAME(ROWS), rows - i), from + i, 1, t->steps[1] * t->channels, jumps, t->down,
                               t->across, panel, NAME(COLUMNS), to + i * filters, filters,
                               min_size(NAME(COLUMNS), filters - j), b > start);
            }
    }
    return 0;
}

/* The adjoint in w: parts of the batch, as many whatever the threads, each with a dw of its own, are summed at the end. */
static int NAME(conv_kernel)(NAME(Windows) *t, REAL *to, Size threads) {
    enum { PARTS = 8, LARGE = 1 << 20 };
    Size length = t->segments * t->run * t->filters, outputs = t->down * t->across;
    if (!length) return 0;
    if (!t->batch) {
        memset(to, 0, (size_t)length * sizeof(REAL));
        return 0;
    }
    t->parts = length >= LARGE ? 1 : min_size(min_size(t->batch, PARTS), LARGE / length);
    t->examples = (t->batch + t->parts - 1) / t->parts;
    t->parts = (t->batch + t->examples - 1) / t->examples;
    t->piece = min_size(t->run, 16 * NAME(ROWS));
    Size all = (t->run + t->piece - 1) / t->piece * t->segments, stacks = min_size((PARTS + t->parts - 1) / t->parts, all);
    t->pieces = (all + stacks - 1) / stacks;
    stacks = (all + t->pieces - 1) / t->pieces;
    Size room = (NAME(packed_size)(outputs, t->filters) + (t->bare ? 0 : t->rows * t->columns * t->channels)) *
                (Size)sizeof(REAL) + (t->down + 8) * (Size)sizeof(Size);
    REAL *sums = t->parts > 1 ? aligned(t->parts * length * (Size)sizeof(REAL)) : NULL;
    if (t->parts > 1 && !sums) return -1;
    t->to = t->parts > 1 ? sums : to;
    int failed = share(NAME(conv_kernel_item), t, t->parts * stacks, room, threads);
    if (t->parts > 1) {
        memcpy(to, sums, (size_t)length * sizeof(REAL));
        for (Size part = 1; part < t->parts; part++)
            for (Size k = 0; k < length; k++) to[k] += sums[part * length + k];
        free(sums);
    }
    return failed;
}

/* face: 0 the value y(x, w), 1 the adjoint in x of (y, w), 2 the adjoint in w of (x, y). */
int NAME(convolution)(int face, const REAL *first, const REAL *second, REAL *to, const Size *sizes, Size threads) {
    NAME(Windows) t = NAME(windows)(sizes);
    NAME(in_segments)(&t);
    Size depth = t.tall * t.wide * t.channels, unit = sizeof(REAL);
    Size work = t.across * depth * t.filters;
    threads = worth((double)work * (double)t.down * (double)t.batch, 2e6, threads);
    t.to = to;
    if (face == 2) {
        t.x = first;
        t.y = second;
        return NAME(conv_kernel)(&t, to, threads);
    }
    int long_rows = t.apart[1] == 1 && t.run >= NAME(COLUMNS);
    Size each = NAME(packed_size)(t.filters, t.run);
    Size packed = long_rows ? t.segments * each : NAME(packed_size)(t.filters, depth);
    if (face == 0) packed = NAME(packed_size)(depth, t.filters);
    REAL *panels = aligned(packed * unit);
    if (!panels) return -1;
    t.panels = panels;
    int failed;
    if (face == 0) {
        t.x = first;
        NAME(pack)(panels, second, t.filters, 1, depth, t.filters);
        t.band = work >= 1000000 ? 1 : min_size(t.down, 1000000 / (work ? work : 1) + 1);
        if (t.band < 1) t.band = 1;
        Size bands = (t.down + t.band - 1) / t.band;
        Size rows = t.bare ? 0 : (t.band - 1) * t.steps[0] + (t.tall - 1) * t.apart[0] + 1;
        Size room = rows * t.columns * t.channels * unit + (t.segments + 8) * (Size)sizeof(Size);
        failed = share(NAME(conv_item), &t, t.batch * bands, room, threads);
    } else if (long_rows) {
        t.y = first;
        for (Size s = 0; s < t.segments; s++)
            NAME(pack)(panels + s * each, second + s * t.run * t.filters, 1, t.filters, t.filters, t.run);
        Size room = t.bare ? 0 : t.rows * t.columns * t.channels * unit;
        failed = share(NAME(conv_back_rows_item), &t, t.batch, room, threads);
    } else {
        t.y = first;
        NAME(pack)(panels, second, 1, t.filters, t.filters, depth);
        failed = share(NAME(conv_back_item), &t, t.batch, t.across * depth * unit, threads);
    }
    free(panels);
    return failed;
}

/* ---------------------------------------------------------------- the largest entry of a window

   Padding holds no entry. A nan wins, as the first entry that equals nothing. */

static int NAME(largest_item)(const void *task, Size item, void *memory) {
    const NAME(Windows) *t = task;
    Size b = item / t->down, o = item % t->down, channels = t->channels, length = t->width * channels;
    const REAL *image = t->x + b * t->height * length;
    REAL *y = t->to + item * t->across * channels;
    REAL *restrict top = memory;
    int begun = 0;
    for (Size k = 0; k < t->tall; k++) { /* the largest of each column first */
        Size i = o * t->steps[0] + k * t->apart[0] - t->before[0];
        if (i < 0 || i >= t->height) continue;
        const REAL *from = image + i * length;
        if (begun)
            for (Size n = 0; n < length; n++) top[n] = from[n] > top[n] || from[n] != from[n] ? from[n] : top[n];
        else
            memcpy(top, from, (size_t)length * sizeof(REAL));
        begun = 1;
    }
    for (Size p = 0; p < t->across; p++) {
        REAL *restrict to = y + p * channels;
        begun = 0;
        for (Size l = 0; l < t->wide; l++) {
            Size j = p * t->steps[1] + l * t->apart[1] - t->before[1];
            if (j < 0 || j >= t->width) continue;
            const REAL *from = top + j * channels;
            if (begun)
                for (Size c = 0; c < channels; c++) to[c] = from[c] > to[c] || from[c] != from[c] ? from[c] : to[c];
            else
                memcpy(to, from, (size_t)channels * sizeof(REAL));
            begun = 1;
        }
    }
    return 0;
}

/* g / (how many entries are the largest) goes to each of these; to the others 0 times that, nan where it is not finite. */
static inline __attribute__((always_inline)) void NAME(share_out)(const REAL *x, const REAL *y, const REAL *g, REAL *to,
                                                                  const Size *places, Size count, int add) {
    typedef INTEGER Truth __attribute__((vector_size(VECTOR_BYTES)));
    NAME(Vector) top = *(const NAME(Loose) *)y;
    Truth hits = {0};
    for (Size k = 0; k < count; k++) hits -= (Truth)(*(const NAME(Loose) *)(x + places[k]) == top);
    NAME(Vector) part = *(const NAME(Loose) *)g / __builtin_convertvector(hits, NAME(Vector));
    for (Size k = 0; k < count; k++) {
        Truth hit = (Truth)(*(const NAME(Loose) *)(x + places[k]) == top);
        NAME(Vector) found = part * __builtin_convertvector(-hit, NAME(Vector));
        NAME(Loose) *here = (NAME(Loose) *)(to + places[k]);
        if (add)
            *here += found;
        else
            *here = found;
    }
}

static int NAME(largest_back_item)(const void *task, Size b, void *memory) {
    const NAME(Windows) *t = task;
    Size channels = t->channels, length = t->width * channels, *places = memory;
    const REAL *image = t->x + b * t->height * length, *y = t->y + b * t->down * t->across * channels;
    const REAL *g = t->panels + b * t->down * t->across * channels;
    REAL *to = t->to + b * t->height * length;
    int add = t->steps[0] < (t->tall - 1) * t->apart[0] + 1 || t->steps[1] < (t->wide - 1) * t->apart[1] + 1;
    int tiles = !add && t->bare && t->down * t->tall * t->across * t->wide == t->height * t->width;
    if (!tiles) memset(to, 0, (size_t)(t->height * length) * sizeof(REAL));
    for (Size o = 0; o < t->down; o++)
        for (Size p = 0; p < t->across; p++, y += channels, g += channels) {
            Size count = 0, c = 0;
            for (Size k = 0; k < t->tall; k++) {
                Size i = o * t->steps[0] + k * t->apart[0] - t->before[0];
                if (i < 0 || i >= t->height) continue;
                for (Size l = 0; l < t->wide; l++) {
                    Size j = p * t->steps[1] + l * t->apart[1] - t->before[1];
                    if (j >= 0 && j < t->width) places[count++] = i * length + j * channels;
                }
            }
            if (add)
                for (; c + NAME(LANES) <= channels; c += NAME(LANES))
                    NAME(share_out)(image + c, y + c, g + c, to + c, places, count, 1);
            else
                for (; c + NAME(LANES) <= channels; c += NAME(LANES))
                    NAME(share_out)(image + c, y + c, g + c, to + c, places, count, 0);
            for (; c < channels; c++) {
                Size hits = 0;
                for (Size k = 0; k < count; k++) hits += image[places[k] + c] == y[c];
                REAL part = g[c] / (REAL)hits;
                for (Size k = 0; k < count; k++) {
                    REAL found = part * (REAL)(image[places[k] + c] == y[c]);
                    to[places[k] + c] = add ? to[places[k] + c] + found : found;
                }
            }
        }
    return 0;
}

/* y = the largest entries of x's windows. sizes as above; the number of filters is not read. */
int NAME(window_largest)(const REAL *x, REAL *y, const Size *sizes, Size threads) {
    NAME(Windows) t = NAME(windows)(sizes);
    t.x = x;
    t.to = y;
    threads = worth((double)t.batch * (double)(t.down * t.across) * (double)(t.tall * t.wide * t.channels), 3e5, threads);
    return share(NAME(largest_item), &t, t.batch * t.down, t.width * t.channels * (Size)sizeof(REAL), threads);
}

/* dx = g shared out among the largest entries of each window. */
int NAME(window_largest_adjoint)(const REAL *g, const REAL *x, const REAL *y, REAL *dx, const Size *sizes, Size threads) {
    NAME(Windows) t = NAME(windows)(sizes);
    t.panels = g;
    t.x = x;
    t.y = y;
    t.to = dx;
    threads = worth((double)t.batch * (double)(t.down * t.across) * (double)(t.tall * t.wide * t.channels), 3e5, threads);
    return share(NAME(largest_back_item), &t, t.batch, t.tall * t.wide * (Size)sizeof(Size), threads);
}
