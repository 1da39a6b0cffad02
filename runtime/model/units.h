/* units.h: the rows of a table by the units of its design: who is of which unit, who is whose partner, what came one step
 * earlier.  Everything is found from the rows that are there, so that a data block's lines may ask while it runs.
 *
 * Codes number the units 0, 1, ... in the order of their first row; -1: an id of the row is missing.  All arrays live in the
 * given arena, n_rows long.
 */
#ifndef KIN_UNITS_H
#define KIN_UNITS_H

#include "lang/design.h"
#include "runtime/table/table.h"

struct unit_codes {
  int n; /* units that occur */
  const int32_t *code;
};

/* The units that the values of these columns together tell apart (path as design_path gives it).  A column that the table
   lacks is an error at span. */
struct unit_codes *units_by_columns(struct arena *a, struct diags *diags, const struct source *src,
                                    struct span span, const struct table *t, const char *const *path,
                                    int n_path);

/* The smallest unit of the table's design with more than one row in a unit: the members of dyads first, then the units from
   the finest; its path in `path` (room for DESIGN_PATH_MAX), its length returned.  0 after an error at span, told with
   what to write instead: no design, no repeated unit, or two crossed ones of which none is the smaller. `what` is the
   operator that asks ("within"). */
int units_smallest_repeated(struct arena *a, struct diags *diags, const struct source *src, struct span span,
                            const struct table *t, const char *what, const char **path);

/* For each row the row of the other member of its dyad at the same time and occasion; -1: there is none.  In a round robin:
   the row of the opposite rating.  NULL after an error at span: no dyads in the design. */
const int32_t *units_partner_rows(struct arena *a, struct diags *diags, const struct source *src,
                                  struct span span, const struct table *t, const char *what);

/* The members of a round robin as one list, a person of a group being one whether rating or rated: codes of each row's rater
   and target.  The design is one (the caller has looked); NULL after an error at span. */
struct round_robin {
  int n;
  const int32_t *actor, *partner;
};
const struct round_robin *units_round_robin(struct arena *a, struct diags *diags, const struct source *src,
                                            struct span span, const struct table *t);

/* For each row the row of the same unit (the person, or the unit that time runs in) exactly `steps` declared steps earlier, or
   so many occasions earlier by the order of the occasion's levels; -1: there is none.  The step is 1 where none is declared and
   all times are whole numbers.  NULL after an error at span: no time, no numbers, or no step. */
const int32_t *units_rows_before(struct arena *a, struct diags *diags, const struct source *src,
                                 struct span span, const struct table *t, const char *what, int steps);

/* All rows in the order of unit and then time; ties and missing times in the order of the rows (for cumulative, first). */
const int32_t *units_rows_in_time(struct arena *a, struct diags *diags, const struct source *src,
                                  struct span span, const struct table *t, const char *what,
                                  const struct unit_codes **units);

/* ---- checks when the data are loaded ---- */

/* Checks the rows against table->design; every fault is told with the rows and labels at fault and a remedy.  span: the name
   after `as`.  False after an error. */
bool units_check(struct diags *diags, const struct source *src, struct span span, const struct table *t);

#endif
