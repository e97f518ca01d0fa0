/* Convolution and pooling along two axes, for one floating type. Included by kernels.c after kernels.h. */

/* ---------------------------------------------------------------- convolution along two axes, channels last

   x (batch x height x width x channels), w (tall x wide x channels x filters), y (batch x down x across x filters). */

typedef struct {
    const REAL *x, *y;
    REAL *to, *panels;
    Size batch, height, width, channels, tall, wide, filters, down, across, steps[2], before[2], apart[2], band, places;
} NAME(Conv);

/* The windows of one row of outputs, from place `first` of a window to place `last`, as rows of a matrix. */
static void NAME(lay_out)(const NAME(Conv) *t, const REAL *image, Size o, Size first, Size last, REAL *to) {
    Size channels = t->channels, depth = (last - first) * channels;
    for (Size place = first; place < last; place++) {
        Size k = place / t->wide, l = place % t->wide;
        Size i = o * t->steps[0] + k * t->apart[0] - t->before[0];
        REAL *here = to + (place - first) * channels;
        int inside = i >= 0 && i < t->height;
        for (Size p = 0; p < t->across; p++, here += depth) {
            Size j = p * t->steps[1] + l * t->apart[1] - t->before[1];
            if (inside && j >= 0 && j < t->width) {
                const REAL *from = image + (i * t->width + j) * channels;
                for (Size c = 0; c < channels; c++) here[c] = from[c];
            } else
                for (Size c = 0; c < channels; c++) here[c] = 0;
        }
    }
}

static int NAME(conv_item)(const void *task, Size item, void *memory) {
    const NAME(Conv) *t = task;
    Size bands = (t->down + t->band - 1) / t->band, b = item / bands, start = item % bands * t->band;
    Size depth = t->tall * t->wide * t->channels, run = t->wide * t->channels;
    const REAL *image = t->x + b * t->height * t->width * t->channels;
    int whole = t->apart[1] == 1 && run >= 32 && !t->before[0] && !t->before[1] &&
                (t->down - 1) * t->steps[0] + (t->tall - 1) * t->apart[0] < t->height &&
                (t->across - 1) * t->steps[1] + t->wide <= t->width; /* rows of windows lie in x as they are needed */
    for (Size o = start; o < min_size(start + t->band, t->down); o++) {
        REAL *y = t->to + (b * t->down + o) * t->across * t->filters;
        if (whole)
            for (Size k = 0; k < t->tall; k++)
                NAME(multiply)(y, t->filters, image + (o * t->steps[0] + k * t->apart[0]) * t->width * t->channels,
                               t->steps[1] * t->channels, 1, t->panels + k * run * NAME(COLUMNS), depth, t->across,
                               t->filters, run, k > 0);
        else {
            NAME(lay_out)(t, image, o, 0, t->tall * t->wide, memory);
            NAME(multiply)(y, t->filters, memory, depth, 1, t->panels, depth, t->across, t->filters, depth, 0);
        }
    }
    return 0;
}

static int NAME(conv_back_item)(const void *task, Size b, void *memory) {
    const NAME(Conv) *t = task;
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
                    REAL *to = image + (i * t->width + j) * channels;
                    const REAL *from = all + p * depth + (k * t->wide + l) * channels;
                    for (Size c = 0; c < channels; c++) to[c] += from[c];
                }
        }
    }
    return 0;
}

/* One item is some places of the window: their rows of dw, summed over the batch in order. */
static int NAME(conv_kernel_item)(const void *task, Size item, void *memory) {
    const NAME(Conv) *t = task;
    Size first = item * t->places, last = min_size(first + t->places, t->tall * t->wide);
    Size rows = (last - first) * t->channels, outputs = t->down * t->across;
    REAL *columns = memory, *room = columns + outputs * t->places * t->channels;
    REAL *dw = t->to + first * t->channels * t->filters;
    memset(dw, 0, (size_t)(rows * t->filters) * sizeof(REAL));
    for (Size b = 0; b < t->batch; b++) {
        const REAL *image = t->x + b * t->height * t->width * t->channels;
        for (Size o = 0; o < t->down; o++) NAME(lay_out)(t, image, o, first, last, columns + o * t->across * rows);
        NAME(product)(dw, t->filters, columns, 1, rows, t->y + b * outputs * t->filters, t->filters, 1, rows, t->filters,
                      outputs, 1, room);
    }
    return 0;
}

/* sizes: batch, height, width, channels, tall, wide, filters, down, across; then stride, padding before and dilation, two
   each. face: 0 the value y(x, w), 1 the adjoint in x of (y, w), 2 the adjoint in w of (x, y). */
int NAME(convolution)(int face, const REAL *first, const REAL *second, REAL *to, const Size *sizes, Size threads) {
    NAME(Conv) t = {.batch = sizes[0], .height = sizes[1], .width = sizes[2], .channels = sizes[3], .tall = sizes[4],
                    .wide = sizes[5], .filters = sizes[6], .down = sizes[7], .across = sizes[8],
                    .steps = {sizes[9], sizes[10]}, .before = {sizes[11], sizes[12]}, .apart = {sizes[13], sizes[14]},
                    .to = to};
    Size places = t.tall * t.wide, depth = places * t.channels, unit = sizeof(REAL);
    if (face == 2) {
        t.x = first;
        t.y = second;
        t.places = min_size((32 + t.channels - 1) / (t.channels ? t.channels : 1), places);
        Size room = t.down * t.across * t.places * t.channels + NAME(packed_size)(NAME(DEPTH), t.filters);
        return share(NAME(conv_kernel_item), &t, (places + t.places - 1) / t.places, room * unit, threads);
    }
    t.panels = aligned(unit * (face ? NAME(packed_size)(t.filters, depth) : NAME(packed_size)(depth, t.filters)));
    if (!t.panels) return -1;
    int failed;
    if (face == 0) {
        t.x = first;
        NAME(pack)(t.panels, second, t.filters, 1, depth, t.filters);
        Size work = t.across * depth * t.filters;
        t.band = work >= 1000000 ? 1 : min_size(t.down, 1000000 / (work ? work : 1) + 1);
        if (t.band < 1) t.band = 1;
        Size bands = (t.down + t.band - 1) / t.band;
        failed = share(NAME(conv_item), &t, t.batch * bands, t.across * depth * unit, threads);
    } else {
        t.y = first;
        NAME(pack)(t.panels, second, 1, t.filters, t.filters, depth);
        failed = share(NAME(conv_back_item), &t, t.batch, t.across * depth * unit, threads);
    }
    free(t.panels);
    return failed;
}
