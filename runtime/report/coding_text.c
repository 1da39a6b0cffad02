/* coding_text.c: what the columns of a fit's factors and curves mean. */
#include "runtime/report/coding_text.h"
#include "runtime/model/basis.h"
#include "runtime/model/rows.h"
#include "runtime/report/sheet.h"
#include <string.h>

struct coding_report {
  struct buf *out;
  struct arena *a;
  const struct frame *frame;
  struct report_style style;
};

static void section(const struct coding_report *r, const char *title) {
  buf_putc(r->out, '\n');
  sheet_heading(r->out, title, &r->style);
}

/* Do the terms have the factor coded by indicators of all its levels, by contrasts, or both? */
static void coding_in(const struct model_ir *ir, const struct ir_terms *terms, const char *name, bool *full,
                      bool *contrasts) {
  for (int t = 0; t < terms->n; t++)
    for (int i = 0; i < terms->term[t].n; i++) {
      if (strcmp(ir->vars[terms->term[t].var[i]].name, name) != 0) continue;
      *(terms->term[t].full[i] ? full : contrasts) = true;
    }
}

static const char *other_levels(const struct coding_report *r, const struct frame_factor *f, int from) {
  struct buf b;
  buf_init(&b, r->a);
  for (int i = from; i < f->n_levels && i < from + REPORT_LEVELS_MAX; i++)
    buf_printf(&b, "%s%s", i > from ? ", " : "", sheet_safe(r->a, f->levels[i]));
  if (f->n_levels > from + REPORT_LEVELS_MAX) buf_printf(&b, ", ... (%d levels)", f->n_levels);
  return b.text;
}

/* What the coefficients of a factor compare. */
static const char *contrasts_text(const struct coding_report *r, const struct frame_factor *f) {
  const char *first = f->n_levels > 0 ? sheet_safe(r->a, f->levels[0]) : "NA";
  switch (f->coding) {
  case CODING_TREATMENT: break;
  case CODING_SUM:
    return arena_printf(r->a, "each level but the last with the mean of all (sum coding): %s",
                        other_levels(r, f, 0));
  case CODING_HELMERT:
    return arena_printf(r->a, "each level with the mean of those before it (Helmert coding): %s",
                        other_levels(r, f, 0));
  case CODING_POLY:
    return arena_printf(r->a, "trends over equally spaced levels (orthogonal polynomials): %s",
                        other_levels(r, f, 0));
  case CODING_SUCCESSIVE:
    return arena_printf(r->a, "each level with the one before it (successive differences): %s",
                        other_levels(r, f, 0));
  }
  return arena_printf(r->a, "%s is the reference (treatment coding), compared with %s", first,
                      other_levels(r, f, 1));
}

static const char *factor_text(const struct coding_report *r, const struct frame_factor *f) {
  const struct model_ir *ir = r->frame->ir;
  bool full = false;
  bool contrasts = false;
  coding_in(ir, &ir->fixed, f->name, &full, &contrasts);
  for (int t = 0; t < ir->n_random; t++) coding_in(ir, &ir->random[t].basis, f->name, &full, &contrasts);
  const char *name = sheet_safe(r->a, f->name);
  if (full && !contrasts)
    return arena_printf(r->a, "%s: an indicator for every level: %s", name, other_levels(r, f, 0));
  return arena_printf(r->a, "%s: %s%s", name, contrasts_text(r, f),
                      full ? "; in some terms an indicator for every level" : "");
}

/* Where a basis has its knots, or over which rows it is orthogonal. */
static const char *curve_text(const struct coding_report *r, const struct variable *v) {
  const struct basis *b = v->basis;
  const char *name = sheet_safe(r->a, v->name);
  if (b->kind == BASIS_POLY)
    return b->raw ? arena_printf(r->a, "%s: powers as they are", name)
                  : arena_printf(r->a, "%s: orthogonal over all rows of the data", name);
  int order = b->degree + 1;
  struct buf knots;
  buf_init(&knots, r->a);
  for (int i = order; i < b->n_knots - order; i++)
    buf_printf(&knots, "%s%.7g", i > order ? ", " : "knots at ", b->knots[i]);
  return arena_printf(r->a, "%s: %s; boundary %.7g and %.7g", name, knots.n ? knots.text : "no inner knot",
                      b->knots[0], b->knots[b->n_knots - 1]);
}

static void put_curves(const struct coding_report *r) {
  bool any = false;
  for (int j = 0; j < r->frame->ir->n_vars; j++) {
    if (!r->frame->var[j].basis) continue;
    if (!any) section(r, "Curves");
    any = true;
    sheet_paragraph(r->out, curve_text(r, &r->frame->var[j]), 2, 2, &r->style);
  }
}

static void put_factors(const struct coding_report *r) {
  if (r->frame->n_factors == 0) return;
  section(r, "Factors");
  for (int i = 0; i < r->frame->n_factors; i++)
    sheet_paragraph(r->out, factor_text(r, &r->frame->factors[i]), 2, 2, &r->style);
}

void coding_text(struct buf *out, struct arena *a, const struct frame *frame,
                 const struct report_style *style) {
  struct coding_report r = {out, a, frame, *style};
  put_factors(&r);
  put_curves(&r);
}
