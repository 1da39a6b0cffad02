/* column_operators.h: parts of the check of calls among columns: what stands as an argument, and what an operator needs of
 * the design.  lang/column_expr.c puts them together.
 */
#ifndef KIN_COLUMN_OPERATORS_H
#define KIN_COLUMN_OPERATORS_H

#include "lang/column_functions.h"

/* What argument i is; UNKNOWN for one that is no column.  Its form is checked. */
enum colkind column_argument_kind(struct column_scope *s, const struct column_function *f,
                                  const struct column_arguments *args, int i);

/* An operator that the design of the data, or of the model, cannot serve, and units that nobody knows. */
void column_check_design(struct column_scope *s, const struct column_function *f, const struct ast *call,
                         const struct column_arguments *args);

/* The rules RECODE, DATE and MEASURE (lang/column_functions.h); kind: of the first argument. */
enum colkind column_recode_kind(struct column_scope *s, const struct column_arguments *args,
                                enum colkind kind);
enum colkind column_date_kind(struct column_scope *s, const struct column_arguments *args, enum colkind kind);
/* The rules CODING and RELEVEL. */
enum colkind column_factor_kind(struct column_scope *s, const struct column_function *f,
                                const struct column_arguments *args, enum colkind kind);
enum colkind column_measure_kind(struct column_scope *s, const struct column_function *f, const struct ast *x,
                                 enum colkind kind);

/* Does the expression take means of rows or units: within, between, center, scale, at any depth? */
bool column_takes_means(const struct ast *expr);

/* The seconds of a unit of time that elapsed() measures in: hours has 3600; 0: there is none of the name. */
double column_seconds_of(const char *measure);

#endif
