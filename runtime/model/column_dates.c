/* column_dates.c: dates are read from texts: date(x, "%d.%m.%Y"), and the same as a column's type. */
#include "runtime/model/column_parts.h"
#include <math.h>

/* The row of a code, from 1. */
static int row_of(const int32_t *code, int n, int32_t wanted) {
  for (int i = 0; i < n; i++)
    if (code[i] == wanted) return i + 1;
  return 0;
}

struct column *column_to_date(struct arena *a, struct diags *diags, const struct source *src,
                              struct span span, const struct column *c, const char *format, int n_rows) {
  struct column *out = arena_make(a, struct column);
  *out = *c;
  if (c->type == COL_NUMBER && c->calendar != CALENDAR_NONE) return out;
  int32_t *code = arena_raw(a, (size_t)n_rows, int32_t);
  double *v = arena_raw(a, (size_t)n_rows, double);
  int n;
  const char *const *label;
  column_levels(a, c, n_rows, code, &n, &label);
  double *day = arena_array(a, (size_t)n, double);
  for (int k = 0; k < n; k++) {
    if (calendar_read(label[k], format, &day[k]) != CALENDAR_NONE) continue;
    diag_add(diags, src, span, DIAG_DATE_UNREADABLE, label[k], arena_printf(a, "%d", row_of(code, n_rows, k)),
             format, DIAG_END);
    return NULL;
  }
  for (int i = 0; i < n_rows; i++) v[i] = code[i] < 0 ? (double)NAN : day[code[i]];
  *out = (struct column){.type = COL_NUMBER, .calendar = calendar_of_format(format), .v.number = v};
  return out;
}

struct column *column_date(struct evaluation *e, const struct column_call *c) {
  const struct ast *text = call_value(c, 1);
  const char *format = text && text->kind == AST_TEXT ? text->u.text.value : CALENDAR_ISO;
  if (c->column[0]->type == COL_BOOL || !calendar_format_known(format)) return column_unfit(e, c->node);
  return column_to_date(e->arena, e->diags, e->src, c->node->span, c->column[0], format, e->n);
}
