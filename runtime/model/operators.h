/* operators.h: the operators over columns that know the design, one function each, and what they share; for runtime/model alone.
 *
 * An operator gives the column of its call, or NULL after an error, told at its place.
 */
#ifndef KIN_OPERATORS_H
#define KIN_OPERATORS_H

#include "runtime/model/column_memo.h"

struct unit_argument; /* lang/unit_argument.h */

/* ---- operator_means.c ---- */
struct column *operator_within(struct evaluation *e, const struct column_call *c);
struct column *operator_between(struct evaluation *e, const struct column_call *c);
struct column *operator_center(struct evaluation *e, const struct column_call *c);
struct column *operator_scale(struct evaluation *e, const struct column_call *c);
struct column *operator_count(struct evaluation *e, const struct column_call *c);

/* ---- operator_dyads.c ---- */
struct column *operator_actor(struct evaluation *e, const struct column_call *c);
struct column *operator_partner(struct evaluation *e, const struct column_call *c);
struct column *operator_opposite(struct evaluation *e, const struct column_call *c); /* reciprocal */

/* ---- operator_times.c ---- */
struct column *operator_lag(struct evaluation *e, const struct column_call *c);
struct column *operator_first(struct evaluation *e, const struct column_call *c);
struct column *operator_cumulative(struct evaluation *e, const struct column_call *c);
struct column *operator_elapsed(struct evaluation *e, const struct column_call *c);

/* ---- what they share, operators.c ---- */

struct span operator_span(const struct column_call *c); /* of the name */
/* The unit if one is written, else the operator: the place to speak of it. */
struct span operator_unit_span(const struct column_call *c);

/* The unit that is written; NULL: none is. */
const struct ast *operator_unit_written(const struct column_call *c);
/* Its columns; false after an error: what the check lets through where it does not know the design. */
bool operator_read_unit(struct evaluation *e, const struct ast *x, struct unit_argument *unit);
/* The codes of the unit that is written, or of the smallest that is repeated; NULL after an error. */
const struct unit_codes *operator_units(struct evaluation *e, const struct column_call *c,
                                        struct unit_argument *unit);

/* The numbers of the first argument, truth values as 0 and 1; NULL after an error. */
const double *operator_measure(struct evaluation *e, const struct column_call *c);

/* Each row's value is that of another row of c; missing where row[i] < 0. */
struct column *operator_gather(struct evaluation *e, const struct column *c, const int32_t *row);

#endif
