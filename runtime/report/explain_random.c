/* explain_random.c: what the covariance structure of a random term says of its effects: parameters, and the pattern in symbols. */
#include "runtime/model/cov/part.h"
#include "runtime/report/explain_parts.h"
#include <string.h>

/* Of structures but us, diag and exch: the parameters, and what they make of variances and covariances of the effects. */
static const struct effects_text {
  const char *structure, *parameters, *meaning;
} texts[] = {
    {"homdiag", "s2", "each var is s2"},
    {"cs", "s2, rho", "each var is s2, each cov is rho s2"},
    {"hcs", "an s for each, rho", "each var is its s^2, each cov is rho s s'"},
    {"ar1", "s2, rho", ""},
    {"har1", "an s for each, rho", ""},
    {"ou", "s2, rate", ""},
    {"exp", "s2, range", ""},
    {"toep", "s2, rho[1], rho[2], ...", ""},
    {"htoep", "an s for each, rho[1], rho[2], ...", ""},
    {"ante1", "an s for each, rho of neighbours", ""},
    {"exch", "var and cov within a member, and across the two", ""},
};

static const struct effects_text *text_of(const char *structure) {
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (strcmp(texts[i].structure, structure) == 0) return &texts[i];
  return NULL;
}

static bool is_full(const struct ir_random *r) {
  return strcmp(r->structure, "us") == 0;
}

int random_parameters(struct arena *a, const struct ir_random *r, int n) {
  if (strcmp(r->structure, "diag") == 0) return n;
  if (is_full(r)) return n * (n + 1) / 2;
  struct positions x = {.m = strcmp(r->structure, "exch") == 0 ? 2 * n : n, .band = r->band};
  struct part part = part_new(a, structure_find(r->structure), &x, false, false);
  return part_n(&part);
}

void put_random_parameters(struct buf *b, const struct ir_random *r, int n, char u) {
  const struct effects_text *text = text_of(r->structure);
  if (text) {
    buf_put(b, text->parameters);
    return;
  }
  for (int k = 0; k < n; k++) buf_printf(b, "%svar(%c%d)", k ? ", " : "", u, k);
  for (int k = 0; k < n && is_full(r); k++)
    for (int j = 0; j < k; j++) buf_printf(b, ", cov(%c%d, %c%d)", u, j, u, k);
}

/* var(u0) + cov(u0, u1) (year + year') + var(u1) year year' */
static void put_sum(struct buf *b, const struct model_columns *basis, bool full, char u) {
  const struct model_column *c = basis->column;
  for (int k = 0; k < basis->n; k++) {
    bool one = c[k].n == 0;
    buf_printf(b, "%svar(%c%d)", k ? " + " : "", u, k);
    if (!one) buf_printf(b, " %s %s'", c[k].name, c[k].name);
    for (int j = 0; j < k && full; j++) {
      if (c[j].n == 0)
        buf_printf(b, " + cov(%c%d, %c%d) (%s + %s')", u, j, u, k, c[k].name, c[k].name);
      else
        buf_printf(b, " + cov(%c%d, %c%d) (%s %s' + %s %s')", u, j, u, k, c[j].name, c[k].name, c[k].name,
                   c[j].name);
    }
  }
}

/* The variable whose levels are the effects; NULL: they are of something else. */
static const char *factor_of(const struct model_ir *ir, const struct ir_random *r) {
  const struct ir_term *t = r->basis.n == 1 ? &r->basis.term[0] : NULL;
  return t && t->n == 1 && t->full[0] ? ir->vars[t->var[0]].name : NULL;
}

static void put_long(struct buf *b, const struct ir_random *r, int n) {
  buf_printf(b, "z' G z', with the %d by %d matrix G of %s", n, n, r->text);
}

void put_random_pattern(struct buf *b, struct arena *a, const struct model_ir *ir, const struct ir_random *r,
                        const struct model_columns *basis, char u) {
  const struct effects_text *text = text_of(r->structure);
  const char *factor = text ? factor_of(ir, r) : NULL;
  bool exch = text && strcmp(r->structure, "exch") == 0;
  if (factor && !exch)
    buf_put(b, structure_pattern(a, r->structure, factor));
  else if (basis->n > EXPLAIN_SUM_MAX)
    put_long(b, r, basis->n);
  else
    put_sum(b, basis, is_full(r) || (text && strcmp(r->structure, "homdiag") != 0), u);
  if (exch) buf_put(b, ", with other parameters for rows of one member than for rows of the two");
  if (text && !factor && *text->meaning) buf_printf(b, ", where %s", text->meaning);
  if (r->known) buf_printf(b, "; of any two: times %s[one, the other]", r->known);
}
