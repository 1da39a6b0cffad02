/* gather.h: tables made of the rows of others. */
#ifndef KIN_GATHER_H
#define KIN_GATHER_H

#include "runtime/table/table.h"

/* A column of n rows: row[i] of c, missing where row[i] < 0.  In arena a; labels are shared. */
struct column column_gather(struct arena *a, const struct column *c, const int32_t *row, int n);
/* a's value where it has one (take[i] >= 0), else b's: row take_a[i] of a, or take_b[i] of b.  Levels are a's, then b's others.
   Both are of one type. */
struct column column_merge(struct arena *a, const struct column *x, const int32_t *take_x,
                           const struct column *y, const int32_t *take_y, int n);

/* A table in an arena of its own, made by a script: the columns' names and arrays must live in arenas that the caller lets
   it hold. */
struct table *table_make(struct mem *m, int n_rows, int n_columns, const struct column *columns);

#endif
