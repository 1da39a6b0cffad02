/* unit_argument.h: the unit that an operator over columns is told: `school`, `class in school`, `couple:role`.
 *
 * A unit of the design stands for all columns that tell its members apart (design_path); any other name is a column.
 */
#ifndef KIN_UNIT_ARGUMENT_H
#define KIN_UNIT_ARGUMENT_H

#include "lang/design.h"

enum { UNIT_COLUMNS_MAX = 2 * DESIGN_PATH_MAX };

struct unit_argument {
  int n;
  const char *path[UNIT_COLUMNS_MAX]; /* columns, each once */
  int n_above; /* `class in school`: those of what stands after the first `in`; 0: there is none */
  const char *above[UNIT_COLUMNS_MAX];
};

/* The names and slots of the expression in the order of writing; NULL after the last.  False: the form is no unit. */
typedef bool unit_name(void *arg, const struct ast *name);
bool unit_argument_walk(const struct ast *expr, unit_name *fn, void *arg);

/* Reads an expression; design: NULL when there is none.  False: the form is no unit, or has too many columns. */
bool unit_argument_read(const struct ast *expr, const struct design *design, struct unit_argument *unit);

/* The columns as messages name them: "class:school". */
const char *unit_argument_text(struct arena *a, const char *const *path, int n);

#endif
