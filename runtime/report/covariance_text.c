/* covariance_text.c: of a fit with covariance structures, their parameters as users know them. */
#include "runtime/report/covariance_text.h"
#include "runtime/inference/covariances.h"
#include "runtime/report/digits.h"
#include "runtime/report/sheet.h"
#include <math.h>
#include <string.h>

enum { COLUMN_NAME, COLUMN_VALUE, COLUMN_SE, COLUMN_LOWER, COLUMN_UPPER, COLUMNS };

static void put_heads(struct sheet *l) {
  static const char *const head[] = {"Parameter", "Estimate", "Std.error", "95% from", "to"};
  for (int j = 0; j < COLUMNS; j++) sheet_set(l, 0, j, head[j]);
}

static void put_part(struct buf *out, struct arena *a, const struct covariance_parameter *p, int n,
                     const struct report_style *style) {
  struct sheet *l = sheet_new(a, n + 1, COLUMNS);
  double *number[COLUMNS];
  put_heads(l);
  for (int j = COLUMN_VALUE; j < COLUMNS; j++) number[j] = arena_array(a, (size_t)n, double);
  for (int i = 0; i < n; i++) {
    sheet_set(l, i + 1, COLUMN_NAME, p[i].name);
    number[COLUMN_VALUE][i] = p[i].value;
    number[COLUMN_SE][i] = p[i].se;
    number[COLUMN_LOWER][i] = p[i].lower;
    number[COLUMN_UPPER][i] = p[i].upper;
  }
  for (int j = COLUMN_VALUE; j < COLUMNS; j++)
    sheet_numbers(l, j, number[j], digits_of(number[COLUMN_VALUE], n, 4, false));
  sheet_paragraph(out, p->where, 2, 2, style);
  sheet_put(out, l, style);
}

/* "; a step of age is 2", where one is not 1. */
static const char *steps_text(struct arena *a, const struct frame_residual *e) {
  for (int i = 0; i < e->n_factors; i++)
    if (e->factor[i].step > 0 && e->factor[i].step != 1)
      return arena_printf(a, "; a step of %s is %.7g", e->factor[i].index, e->factor[i].step);
  return "";
}

static void put_blocks(struct buf *out, struct arena *a, const struct frame_residual *e,
                       const struct report_style *style) {
  if (!e || !e->block) return;
  const char *rows = e->smallest == e->largest ? arena_printf(a, "%d", e->largest)
                                               : arena_printf(a, "%d to %d", e->smallest, e->largest);
  sheet_paragraph(
      out, arena_printf(a, "%d blocks (%s) of %s rows%s", e->n_blocks, e->block, rows, steps_text(a, e)), 2,
      2, style);
}

void covariance_text(struct buf *out, struct arena *a, const struct fit *f,
                     const struct report_style *style) {
  int n;
  struct covariance_parameter *p = covariance_parameters(a, f, 0.95, &n);
  if (n == 0) return;
  buf_putc(out, '\n');
  sheet_heading(out, "Covariance parameters", style);
  for (int i = 0, to; i < n; i = to) {
    for (to = i; to < n && strcmp(p[to].where, p[i].where) == 0;) to++;
    if (i) buf_putc(out, '\n');
    put_part(out, a, p + i, to - i, style);
  }
  put_blocks(out, a, f->frame->residual, style);
}
