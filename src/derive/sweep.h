/* Building sweeps by role: which loop runs over a parameter's rows, its columns, a target's units, a source's
 * units. */
#ifndef ELIGO_DERIVE_SWEEP_H
#define ELIGO_DERIVE_SWEEP_H

#include "derive/schedule.h"

typedef enum { ROLE_ROW, ROLE_COLUMN, ROLE_UNIT, ROLE_SOURCE, ROLE_COUNT } Role;

typedef struct Sweep {
    Arena *arena;
    Statement *statement;
    int loop[ROLE_COUNT];   /* the statement's loop for a role, or -1 where the range is absent (NULL dim) */
    const IntTable *column; /* where ROLE_COLUMN runs over a sparse matrix's entries: their columns */
} Sweep;

/* A sweep over the ranges given by role (NULL: absent or unused). */
Sweep sweep_new(Arena *arena, const Dim *const dims[ROLE_COUNT]);
/* Makes a role's loop over the matrix's entries run over those of the row that another role is at. */
void sweep_along(Sweep *sweep, Role entries, const Csr *csr, Role row);
/* The same for ROLE_COLUMN and ROLE_ROW; vectors over ROLE_COLUMN are then read by column. */
void sweep_by_rows(Sweep *sweep, const Csr *csr);
/* Starts an update of `out`, whose ranges (those that exist) are run over by `roles`, in order. */
Update *sweep_update(Sweep *sweep, Buffer *out, int count, const Role *roles, const Dim *const *dims,
                     bool accumulate);
/* Adds a term to the sweep's last update, and factors to its last term. */
void sweep_term(Sweep *sweep);
Factor *sweep_factor(Sweep *sweep, Placed place, int count, const Role *roles, const Dim *const *dims);
/* A factor over one role; a rank-0 place is a number. Over ROLE_COLUMN of a sparse matrix: by the entry's
 * column. */
void sweep_vector(Sweep *sweep, Placed place, Role role);

#endif
