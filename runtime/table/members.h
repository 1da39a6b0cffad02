/* members.h: a row for each dyad becomes a row for each member. */
#ifndef KIN_MEMBERS_H
#define KIN_MEMBERS_H

#include "runtime/table/table.h"

/* A member of every dyad: the level of the role, and what the names of its columns begin or end with. */
struct member {
  const char *level; /* "wife" */
  const char *affix; /* "_w" ends a name; "w_" and "w.", which end so themselves, begin it */
  struct span span;
};

/* New table: for each row of t one for each member, in the order given; `x_w` and `x_h` are one column `x`, a column without
   affix is repeated, and the role stands in a column of its own, a factor with the members' levels; in `role` where the members'
   columns bring one of the name asked for.  Errors at the members'
   spans and NULL: an affix that no column has, a column that one member lacks, two kinds in one column, a name that is
   taken. */
struct table *table_members(struct mem *m, struct diags *diags, const struct source *src,
                            const struct table *t, const struct member *member, int n, const char *role);

#endif
