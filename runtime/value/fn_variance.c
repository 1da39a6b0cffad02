/* fn_variance.c: icc() and r2(): shares of the response's variance. */
#include "runtime/inference/variance_parts.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

static const struct fit *fit_of(const struct call *c) {
  return c->arg[0].value.u.fit;
}

static struct value label(const char *s) {
  return (struct value){.kind = VALUE_TEXT, .u.text = s};
}

static bool give(struct call *c, int rows, const struct value *cells, const char *const *names, int cols,
                 const char *kind, struct value *out) {
  struct grid_value g = {.rows = rows, .cols = cols, .cell = cells, .col_names = names, .kind = kind};
  arena_hold(c->in->scratch, fit_of(c)->arena);
  *out = value_grid(c->in, &g);
  return true;
}

static struct value share(double part, double whole) {
  return value_number(whole > 0 ? part / whole : (double)NAN);
}

static void put_icc(struct value **at, const char *group, double v, const struct variance_parts *p) {
  *(*at)++ = label(group);
  *(*at)++ = value_number(v);
  *(*at)++ = share(v, p->random + p->residual);
  *(*at)++ = share(v, p->fixed + p->random + p->residual);
}

/* Terms of one grouping factor count together, at the first of them. */
static bool first_of_group(const struct frame *f, int t) {
  for (int s = 0; s < t; s++)
    if (strcmp(f->terms[s].group, f->terms[t].group) == 0) return false;
  return true;
}

bool builtin_icc(struct call *c, struct value *out) {
  static const char *const names[] = {"group", "variance", "icc", "unadjusted"};
  const struct frame *f = fit_of(c)->frame;
  int n = f->problem->n_terms, rows = 0;
  struct variance_parts p = variance_parts(c->in->scratch, fit_of(c));
  struct value *cells = arena_array(c->in->scratch, 4 * ((size_t)n + 1), struct value), *at = cells;
  for (int t = 0; t < n; t++) {
    double sum = 0;
    if (!first_of_group(f, t)) continue;
    for (int s = t; s < n; s++)
      if (strcmp(f->terms[s].group, f->terms[t].group) == 0) sum += p.term[s];
    put_icc(&at, f->terms[t].group, sum, &p);
    rows++;
  }
  if (rows > 1) put_icc(&at, "all groups", p.random, &p);
  return give(c, rows + (rows > 1), cells, names, 4, "icc", out);
}

bool builtin_r2(struct call *c, struct value *out) {
  static const char *const names[] = {"r2", "value"};
  struct variance_parts p = variance_parts(c->in->scratch, fit_of(c));
  double all = p.fixed + p.random + p.residual;
  struct value *cells = arena_array(c->in->scratch, 4, struct value);
  cells[0] = label("marginal");
  cells[1] = share(p.fixed, all);
  cells[2] = label("conditional");
  cells[3] = share(p.fixed + p.random, all);
  return give(c, 2, cells, names, 2, "r2", out);
}
