/* fn_vmatrix.c: vmatrix(): the covariance matrix that a fit implies for the rows of one unit. */
#include "runtime/inference/implied.h"
#include "runtime/model/columns.h"
#include "runtime/value/interp.h"

enum { ARG_FIT, ARG_UNIT }; /* ORDER VMATRIX: builtins.def */
enum { VMATRIX_MAX = 500 };

/* `308` or `"308"`: a unit's label; NULL: a condition on the columns. */
static const char *label_of(struct call *c, const struct ast *e) {
  if (e->kind == AST_TEXT) return e->u.text.value;
  if (e->kind == AST_NUMBER) return arena_printf(c->in->scratch, "%.15g", e->u.number.value);
  return NULL;
}

/* Rows of the problem for which the condition is true; -1 after an error. */
static int rows_where(struct call *c, const struct fit *f, const struct ast *condition, int *row) {
  const struct table *t = f->frame->table;
  struct column *col = eval_column(c->in->scratch, c->in->diags, c->in->script->source, t, condition);
  int n = 0;
  if (!col) return -1;
  if (col->type != COL_BOOL) {
    (void)CALL_ERROR(c, condition->span, DIAG_CONDITION_WANTED, "unit");
    return -1;
  }
  for (int i = 0; i < f->frame->problem->n; i++)
    if (col->v.code[f->frame->row[i]] == 1) row[n++] = i;
  return n;
}

static int find_rows(struct call *c, const struct fit *f, int *row) {
  const struct ast *at = splice_values(c->in, c->in->scratch, c->arg[ARG_UNIT].ast);
  if (!at) return -1;
  const char *label = label_of(c, at);
  int n = label ? implied_unit_rows(f->frame, label, row) : rows_where(c, f, at, row);
  if (n == 0 && label && implied_unit_name(f->frame)) {
    (void)CALL_ERROR(c, at->span, DIAG_UNIT_UNKNOWN, implied_unit_name(f->frame), label);
    return -1;
  }
  if (n == 0) (void)CALL_ERROR(c, at->span, DIAG_UNIT_ROWS);
  if (n > VMATRIX_MAX)
    (void)CALL_ERROR(c, at->span, DIAG_VMATRIX_LARGE, arena_printf(c->in->scratch, "%d", n),
                     arena_printf(c->in->scratch, "%d", VMATRIX_MAX));
  return n > VMATRIX_MAX || n == 0 ? -1 : n;
}

static struct value matrix_of(struct interp *in, int n, const double *v, const char *const *names,
                              const char *title) {
  struct matrix_value m = {
      .rows = n, .cols = n, .v = v, .row_names = names, .col_names = names, .title = title};
  return value_matrix(in, &m);
}

bool builtin_vmatrix(struct call *c, struct value *out) {
  static const char *const fields[] = {"covariance", "correlation"};
  struct interp *in = c->in;
  const struct fit *f = c->arg[ARG_FIT].value.u.fit;
  int *row = arena_raw(in->scratch, (size_t)f->frame->problem->n, int), n = find_rows(c, f, row);
  if (n < 0) return false;
  const char **names = arena_array(in->scratch, (size_t)n, const char *);
  for (int i = 0; i < n; i++) names[i] = implied_row_name(in->scratch, f->frame, row[i]);
  const double *v = implied_covariance(in->scratch, f, n, row);
  struct value *parts = arena_array(in->scratch, 2, struct value);
  parts[0] = matrix_of(in, n, v, names, NULL);
  parts[1] = matrix_of(in, n, implied_correlation(in->scratch, n, v), names, NULL);
  *out = value_list(in, 2, parts, fields);
  return true;
}
