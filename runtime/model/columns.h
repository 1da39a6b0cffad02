/* columns.h: expressions over the columns of a table, evaluated row by row.
 *
 * The functions are those of lang/column_expr.h, which has checked names and types before; `$x` has been spliced
 * (lang/splice.h).  Missing values propagate; `and` and `or` are Kleene's (NA and false is false).
 */
#ifndef KIN_COLUMNS_H
#define KIN_COLUMNS_H

#include "lang/ast.h"
#include "runtime/table/table.h"

/* The value of an expression, a column of table->n_rows values in arena a, named by its canonical spelling.  NULL after an error.
   Values that a function makes missing (log(-1)) are counted in a warning. */
struct column *eval_column(struct arena *a, struct diags *diags, const struct source *src,
                           const struct table *table, const struct ast *expr);

/* The column a line of a data block declares (COLTYPE): `x: factor`, `x: factor(a, b)`, `x: factor(-1 = wife, 1 = husband)`,
   `x: numeric`, `x: text`, `x: logical`.  Other forms and values that do not fit are errors that name value and row; then NULL. */
struct column *column_declare(struct arena *a, struct diags *diags, const struct source *src,
                              const struct table *table, const struct column *column,
                              const struct ast *coltype);

#endif
