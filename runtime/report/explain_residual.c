/* explain_residual.c: in symbols, how two residuals of one block covary. */
#include "runtime/report/explain_parts.h"
#include <string.h>

/* The element of a structure at two positions x and x'. */
static const struct pattern_text {
  const char *structure, *scale, *correlation; /* with %s for the index; scale of a first factor */
} patterns[] = {
    {"us", "", "s[%s, %s']"},
    {"diag", "s2[%s]", "(0 for %s other than %s')"},
    {"homdiag", "s2", "(0 between rows)"},
    {"cs", "s2", "rho (s2 of a row with itself)"},
    {"hcs", "s[%s] s[%s']", "rho (s[%s]^2 of a row with itself)"},
    {"ar1", "s2", "rho^|%s - %s'|"},
    {"har1", "s[%s] s[%s']", "rho^|%s - %s'|"},
    {"ou", "s2", "exp(-rate |%s - %s'|)"},
    {"exp", "s2", "exp(-distance / range)"},
    {"toep", "s2", "rho[|%s - %s'|]"},
    {"htoep", "s[%s] s[%s']", "rho[|%s - %s'|]"},
    {"ante1", "s[%s] s[%s']", "rho[%s, next] ... rho[before, %s']"},
    {"exch", "s2", "rho (s2 of a row with itself)"},
};

/* The template with the index for each %s. */
static void put_template(struct buf *b, const char *text, const char *index) {
  for (; *text; text++) {
    if (text[0] == '%' && text[1] == 's') {
      buf_put(b, index);
      text++;
    } else {
      buf_putc(b, *text);
    }
  }
}

static const struct pattern_text *pattern_of(const char *structure) {
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
    if (strcmp(patterns[i].structure, structure) == 0) return &patterns[i];
  return &patterns[0];
}

const char *structure_pattern(struct arena *a, const char *structure, const char *index) {
  const struct pattern_text *p = pattern_of(structure);
  struct buf b;
  buf_init(&b, a);
  put_template(&b, p->scale, index);
  if (*p->scale) buf_putc(&b, ' ');
  put_template(&b, p->correlation, index);
  return b.text;
}

/* "s[role, role'] rho^|day - day'|" */
const char *residual_pattern(struct arena *a, const struct model_ir *ir) {
  const struct ir_residual *r = ir->residual;
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < r->n_factors; i++) {
    const struct ir_residual_factor *f = &r->factor[i];
    const struct pattern_text *p = pattern_of(f->structure);
    const char *index = f->n_index ? ir->vars[f->index[0]].name : "x";
    if (i == 0 && *p->scale) {
      put_template(&b, p->scale, index);
      buf_putc(&b, ' ');
    }
    if (i) buf_putc(&b, ' ');
    put_template(&b, p->correlation, index);
  }
  return b.n ? b.text : "0";
}

/* What the variance of a residual depends on, as the end of a sentence; "" where on nothing. */
const char *residual_variance_text(struct arena *a, const struct model_ir *ir) {
  const struct ir_residual *r = ir->residual;
  const char *x = r->variance_var >= 0 ? ir->vars[r->variance_var].name : "";
  switch (r->variance) {
  case VARIANCE_ONE: break;
  case VARIANCE_BY: return arena_printf(a, "; their standard deviation differs by %s", x);
  case VARIANCE_POWER: return arena_printf(a, "; their standard deviation grows as |%s|^delta", x);
  case VARIANCE_EXPONENTIAL: return arena_printf(a, "; their standard deviation grows as exp(delta %s)", x);
  }
  return r->by >= 0 ? arena_printf(a, "; with parameters of its own for each %s", ir->vars[r->by].name) : "";
}
