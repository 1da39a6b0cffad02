/* units_levels.h: at which level of a design a variable varies, and how many units there are. */
#ifndef KIN_UNITS_LEVELS_H
#define KIN_UNITS_LEVELS_H

#include "runtime/model/units.h"

struct unit_level {
  const char *name; /* "schoolid", "childid in schoolid", "role in couple" */
  int unit;         /* of the design; -1: the members of dyads told apart by role */
  struct unit_codes *codes;
  int fewest, most; /* rows of a unit */
  int labels; /* distinct labels of the unit's own column, fewer than units where they are reused; -1: no column */
};

/* The levels of the table's design, the coarsest first, the members of dyads last; n of them.  Columns that the table lacks
   leave their level out. */
struct unit_level *units_levels(struct arena *a, const struct table *t, int *n);

/* Is the column the same in all rows of each unit?  Missing values count for nothing. */
bool units_constant(struct arena *a, const struct unit_codes *u, const struct column *c, int n_rows);

struct pair_counts {
  int complete, alone; /* dyads (at a time) with both members, and with one */
};
struct pair_counts units_pairs(struct arena *a, const struct table *t);

#endif
