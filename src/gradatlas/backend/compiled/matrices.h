/* Products of two matrices of any strides, for one floating type. Included by kernels.c after kernels.h. */

typedef struct {
    const REAL *a, *b;
    REAL *c;
    Size rows, depth, columns, a_row, a_column, b_row, b_column, tall, wide, stacks, across;
    Size a_next, b_next; /* from one product to the next */
} NAME(Matrices);

enum { NAME(WIDE) = 4 * NAME(COLUMNS) };

/* One item is a block of one product's result. Each entry is summed in the order of its terms, however the blocks lie. A panel of B
   stays in the nearest cache while the rows of A pass by. */
static int NAME(block_item)(const void *task, Size item, void *memory) {
    const NAME(Matrices) *t = task;
    Size i = item % t->stacks * t->tall, j = item / t->stacks % t->across * t->wide, one = item / t->stacks / t->across;
    REAL *c = t->c + one * t->rows * t->columns;
    Size rows = min_size(t->tall, t->rows - i), columns = min_size(t->wide, t->columns - j);
    for (Size k = 0; k < t->depth; k += NAME(DEPTH)) {
        Size here = min_size(NAME(DEPTH), t->depth - k);
        const REAL *a = t->a + one * t->a_next + i * t->a_row + k * t->a_column, *panel = memory;
        NAME(pack)(memory, t->b + one * t->b_next + k * t->b_row + j * t->b_column, t->b_row, t->b_column, here, columns);
        for (Size n = 0; n < columns; n += NAME(COLUMNS), panel += NAME(COLUMNS) * here)
            NAME(multiply)(c + i * t->columns + j + n, t->columns, a, t->a_row, t->a_column, panel, here, rows,
                           min_size(NAME(COLUMNS), columns - n), here, k > 0);
    }
    return 0;
}

static Size NAME(blocks)(const NAME(Matrices) *t) {
    return ((t->columns + t->wide - 1) / t->wide) * ((t->rows + t->tall - 1) / t->tall);
}

/* Half of a length, in whole tiles. */
static Size NAME(half)(Size length, Size tile) { return (length / 2 + tile - 1) / tile * tile; }

/* C (rows x columns) = A B, for several A and B. sizes: rows, depth, columns, then the strides of A and of B, two each, in
   entries, how many products there are, and how far the next A and the next B are. */
int NAME(matrix_product)(const REAL *a, const REAL *b, REAL *c, const Size *sizes, Size threads) {
    NAME(Matrices) t = {.a = a, .b = b, .c = c, .rows = sizes[0], .depth = sizes[1], .columns = sizes[2],
                        .a_row = sizes[3], .a_column = sizes[4], .b_row = sizes[5], .b_column = sizes[6], .a_next = sizes[8],
                        .b_next = sizes[9]};
    Size many = sizes[7];
    if (!t.rows || !t.columns || !many) return 0;
    if (!t.depth) {
        memset(c, 0, (size_t)(many * t.rows * t.columns) * sizeof(REAL));
        return 0;
    }
    threads = worth((double)many * (double)t.rows * (double)t.depth * (double)t.columns, 4e6, threads);
    t.wide = min_size(t.columns, NAME(WIDE));
    t.tall = t.rows;
    while (threads > 1 && many * NAME(blocks)(&t) < 4 * threads) { /* some for each thread, the longer side in parts first */
        if (t.tall > 8 * NAME(ROWS) && (t.tall >= t.wide || t.wide <= NAME(COLUMNS)))
            t.tall = NAME(half)(t.tall, NAME(ROWS));
        else if (t.wide > NAME(COLUMNS))
            t.wide = NAME(half)(t.wide, NAME(COLUMNS));
        else
            break;
    }
    t.across = (t.columns + t.wide - 1) / t.wide;
    t.stacks = (t.rows + t.tall - 1) / t.tall;
    return share(NAME(block_item), &t, many * t.across * t.stacks, NAME(packed_size)(NAME(DEPTH), t.wide) * (Size)sizeof(REAL),
                 threads);
}
