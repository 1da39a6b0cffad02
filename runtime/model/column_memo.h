/* column_memo.h: what expressions over one table share: its units, partners and times, found once, and the values of the
 * operators that know the design.  All lives in the memo's arena.
 *
 * Each function reports at span in the evaluation's place and gives NULL (0) after an error; `what` is the operator that asks.
 */
#ifndef KIN_COLUMN_MEMO_H
#define KIN_COLUMN_MEMO_H

#include "runtime/model/column_parts.h"
#include "runtime/model/units.h"

const struct unit_codes *memo_units(struct evaluation *e, struct span span, const char *const *path, int n);
int memo_smallest(struct evaluation *e, struct span span, const char *what, const char **path);
const int32_t *memo_partner(struct evaluation *e, struct span span, const char *what);
const int32_t *memo_before(struct evaluation *e, struct span span, const char *what, int steps);
const int32_t *memo_in_time(struct evaluation *e, struct span span, const char *what,
                            const struct unit_codes **units);
const struct round_robin *memo_round_robin(struct evaluation *e, struct span span);

/* Keeps what center() and scale() of the call took from the rows. */
void memo_state(struct evaluation *e, const struct ast *call, double center, double scale);

/* The value of a call that was worked out before; NULL: it was not.  memo_keep puts it there. */
struct column *memo_value(const struct evaluation *e, const char *text);
void memo_keep(struct evaluation *e, const char *text, struct column *value);

#endif
