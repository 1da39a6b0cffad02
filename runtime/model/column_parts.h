/* column_parts.h: what the files that evaluate expressions over columns share; for them alone. */
#ifndef KIN_COLUMN_PARTS_H
#define KIN_COLUMN_PARTS_H

#include "lang/column_functions.h"
#include "runtime/model/columns.h"

struct evaluation {
  struct arena *arena;
  struct diags *diags;
  const struct source *src;
  const struct table *table;
  struct column_memo *memo; /* of the table */
  int n;                    /* rows */
};

/* The value of any expression; NULL after an error. */
struct column *column_evaluate(struct evaluation *e, const struct ast *x);

/* How a value of a data file is spelled that is written as a number, a name, a text or a truth value; NULL: it is none. */
const char *column_spelling(struct arena *a, const struct ast *x);

/* New columns without a name; *v: their values, to be filled. */
struct column *column_numbers(struct evaluation *e, double **v);
struct column *column_codes(struct evaluation *e, enum coltype type, int32_t **v);
struct column *column_constant(struct evaluation *e, double x);

/* A bare NA has no kind of its own: it takes the one that its place wants. */
struct column *column_conform(struct evaluation *e, const struct ast *x, struct column *c,
                              enum coltype wanted);

/* The kinds do not go together, where the check could not see it: an error, and NULL. */
struct column *column_unfit(struct evaluation *e, const struct ast *x);

/* Values that came to be missing where the operands were not. */
struct made_missing {
  int n, first; /* rows; the first of them */
};

static inline void made_missing_at(struct made_missing *m, int row) {
  if (m->n++ == 0) m->first = row;
}

void made_missing_tell(struct evaluation *e, const struct ast *x, const struct made_missing *m);

/* The operator of a UNARY or BINARY node. */
struct column *column_operator(struct evaluation *e, const struct ast *x);

/* A call of one of the functions of columns: those that work row by row, and those that know the design.  `column` has the
   values of the COLUMN arguments. */
struct column_call {
  const struct ast *node;
  const struct column_function *f;
  struct column_arguments args;
  struct column *column[COLUMN_PARAMETERS_MAX]; /* NULL: not given, or no column */
};

static inline const struct ast *call_value(const struct column_call *c, int i) {
  return c->args.argument[i] ? c->args.argument[i]->u.arg.value : NULL;
}

/* Their parts: recode(x, ...), date(x, format). */
struct column *column_recode(struct evaluation *e, const struct column_call *c);
struct column *column_date(struct evaluation *e, const struct column_call *c);
/* pair(a, b). */
struct column *column_pair(struct evaluation *e, const struct column_call *c);
/* relevel(f, ref), C(f, coding). */
struct column *column_recoded(struct evaluation *e, const struct column_call *c);

struct column *column_apply_rows(struct evaluation *e, const struct column_call *c);
struct column *column_apply_design(struct evaluation *e, const struct column_call *c);

#endif
