/* columns.h: expressions over the columns of a table, evaluated row by row.
 *
 * The functions are those of lang/column_expr.h, which has checked names and types before; `$x` has been spliced
 * (lang/splice.h).  Missing values propagate; `and` and `or` are Kleene's (NA and false is false).
 */
#ifndef KIN_COLUMNS_H
#define KIN_COLUMNS_H

#include "lang/ast.h"
#include "runtime/table/table.h"

/* The value of an expression, a column of table->n_rows values in arena a, named by its canonical spelling.
   NULL after an error.  Values that do not exist where the operands do (log(-1), 0/0) are counted in a
   warning; infinite values stand. */
struct column *eval_column(struct arena *a, struct diags *diags, const struct source *src,
                           const struct table *table, const struct ast *expr);

/* What the expressions over one table share, so that its units and partners are found once: a model's variables are evaluated
   with one memo.  It lives in a; the table must outlive it. */
struct column_memo;
struct column_memo *column_memo_new(struct arena *a, const struct table *table);
/* The table got one more column, or several, none of another's name: what is known stays true. */
void column_memo_extend(struct column_memo *memo, const struct table *table);
const struct table *column_memo_table(const struct column_memo *memo);
/* As eval_column; a lives as long as the memo. */
struct column *eval_column_memo(struct arena *a, struct diags *diags, const struct source *src,
                                struct column_memo *memo, const struct ast *expr);

/* What center() and scale() took from the rows, which new rows are to be treated by: (x - center) / scale.  Means of units are
   not kept: they are those of the fitted table, which the fit holds, for units that it has, and of the new rows for others.
   Partners and times before are always those of the new rows. */
struct operator_state {
  const struct operator_state *next;
  const char *call; /* canonical spelling: "scale(x)", "center(x, over = school)" */
  double center, scale;
};

/* The states of all calls evaluated with the memo, the latest first, in its arena; NULL: none. */
const struct operator_state *column_memo_states(const struct column_memo *memo);

/* The unit of within(x), between(x), where none is written: "role:couple"; NULL: none was asked for. */
const char *column_memo_implied_unit(const struct column_memo *memo);

/* A copy that needs nothing outside arena a. */
struct column *column_copy(struct arena *a, const struct column *c, int n_rows);

/* The column that a line of a data block declares (COLTYPE): `x: factor`, `x: factor(a, b)`,
   `x: factor(-1 = wife, 1 = husband)`, `x: numeric`, `x: text`, `x: logical`,
   `x: date("%d.%m.%Y")`.  Levels that are listed stay,
   in that order, whether they occur or not; values with one label become one level.  A form that is none of
   these, and a value that does not fit (named with its row), are errors: NULL. */
struct column *column_declare(struct arena *a, struct diags *diags, const struct source *src,
                              const struct table *table, const struct column *column,
                              const struct ast *coltype);

/* The distinct values as levels, numbers in increasing order; of a factor, the levels that occur. */
struct column *column_to_factor(struct arena *a, const struct column *c, int n_rows);

/* A factor from a label for each row, NULL where it is missing; levels sorted as bytes. */
struct column *column_of_labels(struct arena *a, const char *const *label, int n_rows);

/* Truth values become 0 and 1, labels the numbers that they spell; an error at `span`, and NULL, if one that
   occurs spells none. */
struct column *column_to_number(struct arena *a, struct diags *diags, const struct source *src,
                                struct span span, const struct column *c, int n_rows);

/* Labels, or numbers by their spelling, become days since 1970-01-01 (lang/calendar.h), a column of dates stays; an error at
   `span`, and NULL, if a value does not fit the format. */
struct column *column_to_date(struct arena *a, struct diags *diags, const struct source *src,
                              struct span span, const struct column *c, const char *format, int n_rows);

/* The operator of a UNARY or BINARY node on columns of n values (y NULL: unary), in arena a; NULL after an error: their kinds do
   not go together. */
struct column *column_operate(struct arena *a, struct diags *diags, const struct source *src,
                              const struct ast *node, struct column *x, struct column *y, int n);

/* The function of a number that is applied row by row ("log", "sqrt", ...); NULL if there is none of the name. */
typedef double column_real(double);
column_real *column_real_find(const char *name);

#endif
