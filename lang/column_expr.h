/* column_expr.h: expressions over columns, before a row is seen: names, functions, types.
 *
 * In a formula, a line of a data block and an argument declared as `columns`, a bare name is a column and a
 * function works row by row or knows the design.  The functions are those of lang/column_functions.h; runtime/model/columns.c
 * evaluates them.
 */
#ifndef KIN_COLUMN_EXPR_H
#define KIN_COLUMN_EXPR_H

#include "lang/ast.h"
#include "lang/schema.h"

/* X(KIND, "as messages say what an expression is") */
#define COLKINDS(X)                                                                                          \
  X(UNKNOWN, "a column")                                                                                     \
  X(NUMBER, "numeric")                                                                                       \
  X(FACTOR, "a factor")                                                                                      \
  X(BOOL, "true or false")                                                                                   \
  X(TEXT, "a text")

enum colkind {
#define X(kind, name) COLKIND_##kind,
  COLKINDS(X)
#undef X
};

/* Where the names of an expression are looked up. */
struct column_scope {
  struct arena *arena; /* of temporaries */
  struct diags *diags;
  const struct source *source;
  const struct schema *schema; /* NULL: columns are not known yet, and every name is one */
  const struct design *design; /* while the schema is NULL: that of the model; NULL: not known */
  const char **told;           /* unknown columns reported so far, each once */
  int n_told;
  bool failed; /* an error was found, also one that was reported before and is not reported again */
};

/* The design of the data, before they are known that of the model; NULL: none. */
static inline const struct design *scope_design(const struct column_scope *s) {
  return s->schema ? s->schema->design : s->design;
}

/* Reports an error in a scope: span, code and strings as diag_add takes them; gives the diagnostic. */
#define COLUMN_ERROR(scope, ...)                                                                             \
  ((scope)->failed = true, diag_add((scope)->diags, (scope)->source, __VA_ARGS__, DIAG_END))

/* What the expression is, row by row; reports what is wrong with it.  UNKNOWN when that cannot be told, after
   an error too. */
enum colkind column_kind(struct column_scope *s, const struct ast *expr);

/* The same, for an expression of which the place wants numbers (or truth values): an error otherwise.  `by`
   names the place: "subset". */
void column_want(struct column_scope *s, const struct ast *expr, enum colkind want, const char *by);

const char *colkind_name(enum colkind kind);
enum colkind colkind_of(enum coltype type);

#endif
