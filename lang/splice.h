/* splice.h: `$x` among columns: the value of a variable in place of a piece of a formula.
 *
 * A text stands for the column of that name, a number or a truth value for itself.  The evaluator splices
 * before it compiles, so that names, texts of reports and IR show what was meant.
 */
#ifndef KIN_SPLICE_H
#define KIN_SPLICE_H

#include "lang/ast.h"

/* The node for a `$x`, made with one of the functions below; NULL after an error, which was reported. */
typedef struct ast *splice_value(void *arg, const struct ast *splice);

/* The expression with every `$x` replaced: the same tree if there is none, else a copy in the arena of what
   is on the way to one.  NULL after an error. */
const struct ast *splice_expr(struct arena *a, const struct ast *expr, splice_value *value, void *arg);

struct ast *splice_column(struct arena *a, const struct ast *splice, const char *name);
struct ast *splice_number(struct arena *a, const struct ast *splice, double value);
struct ast *splice_bool(struct arena *a, const struct ast *splice, bool value);

#endif
