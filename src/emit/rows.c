/* Statements on rows of masked influences: each is one call of a kernel with its tables. */
#include "emit/emitter.h"

static const char *table_or_null(Emitter *e, const IntTable *table) {
    return table ? table_name(e, table) : "(const int *)0";
}

static const char *whole(Emitter *e, const Buffer *buffer, int lag, bool write) {
    return buffer ? address(e, buffer, lag, NULL, 0, write) : "(const real *)0";
}

/* rows, columns, where the rows of a sparse parameter begin */
static const char *shape(Emitter *e, const PairRows *rows) {
    return arena_printf(e->arena, "%s, %s, %s", size_of(e, rows->rows), size_of(e, rows->columns),
                        table_or_null(e, rows->csr ? rows->csr->start : NULL));
}

static const char *operations(Emitter *e, const PairRows *rows) {
    return arena_printf(e->arena, "%s, %s, %s", table_name(e, rows->op_first), table_name(e, rows->op_entry),
                        table_name(e, rows->op_pair));
}

void emit_rows(Emitter *e, const PairRows *rows) {
    const char *a = whole(e, rows->operator, 0, false), *out = whole(e, rows->out, 0, true);
    const char *in = whole(e, rows->in.buffer, rows->in.lag, false), *first = table_name(e, rows->first);
    switch (rows->kind) {
    case ROWS_MIX:
        use_kernel(e, "kernel_rows_mix");
        line(e, "kernel_rows_mix(%s, %s, %s, %s, %s, %s, %s, %s, %s, %ld, %d);", shape(e, rows), first,
             table_name(e, rows->source), operations(e, rows), table_name(e, rows->op_row), a, in, out,
             whole(e, rows->work, 0, true), rows->room, rows->accumulate);
        break;
    case ROWS_OUTER:
        use_kernel(e, "kernel_rows_outer");
        line(e, "kernel_rows_outer(%s, %s, %s, %s, %s, %s, %s);", shape(e, rows),
             table_or_null(e, rows->csr ? rows->csr->column : NULL), first, operations(e, rows), a, in, out);
        break;
    case ROWS_PULL:
        use_kernel(e, "kernel_rows_pull");
        line(e, "kernel_rows_pull(%s, %s, %s, %s, %s, %s, %s, %ld);", shape(e, rows), first,
             table_or_null(e, rows->operator->rank ? rows->unit : NULL), a, in, out,
             whole(e, rows->work, 0, true), rows->room);
        break;
    }
}
