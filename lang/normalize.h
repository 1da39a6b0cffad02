/* normalize.h: a formula in terms of columns alone: slots become columns of the design, operators reach each term.
 *
 * `actor` and `partner`, `within` and `between`, `center`, `scale`, `lag` and `reciprocal` distribute over `+ - : *` of terms:
 * partner(a + b:c) is partner(a) + partner(b):partner(c), partner(within(a + b)) is partner(within(a)) + partner(within(b)).
 */
#ifndef KIN_NORMALIZE_H
#define KIN_NORMALIZE_H

#include "lang/column_expr.h"

/* The normal form in arena a.  A slot stays when no design is known yet (scope without schema and design); one that the
   design lacks is reported in the scope, and stays. */
const struct ast *formula_normalize(struct arena *a, struct column_scope *scope, const struct ast *formula);

/* Does a function of this name distribute over terms? */
bool operator_distributes(const char *function);

/* The expression over columns that a slot stands for, in arena a; NULL after an error in the scope, and where neither data nor
   design are known. */
struct ast *slot_resolve(struct arena *a, struct column_scope *scope, const struct ast *slot);

#endif
