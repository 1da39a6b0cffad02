#include "runtime/model/loads.h"
#include "lang/describe.h"
#include "runtime/model/design.h"
#include <string.h>

struct grouping loads_grouping(const struct making *k, const struct ir_random *r) {
  int loads = r->members->n;
  size_t rows = (size_t)k->n * (size_t)loads;
  struct grouping inside = {0}, g = {.name = r->group_name, .loads = loads};
  if (r->n_group) inside = grouping_make(k, &(struct ir_random){.n_group = r->n_group, .group = r->group});
  const char **label = arena_array(k->scratch, rows, const char *);
  for (int s = 0; s < loads; s++) {
    int32_t *code;
    int n_levels;
    const char *const *levels;
    variable_levels(k, &k->var[r->members->var[s]], &code, &n_levels, &levels);
    for (int i = 0; i < k->n; i++)
      label[i * loads + s] =
          r->n_group ? arena_printf(k->scratch, "%s:%s", levels[code[i]], inside.labels[inside.level[i]])
                     : levels[code[i]];
  }
  struct column *c = column_of_labels(k->scratch, label, (int)rows);
  g.q = c->n_levels;
  int32_t *level = arena_raw(k->arena, rows, int32_t);
  memcpy(level, c->v.code, rows * sizeof *level);
  const char **labels = arena_array(k->arena, (size_t)g.q, const char *);
  for (int l = 0; l < g.q; l++) labels[l] = arena_strdup(k->arena, c->levels[l]);
  g.level = level;
  g.labels = labels;
  return g;
}

/* The load that a term of the basis belongs to: of actor(1) the first, of partner(1) the second; -1: all. */
static int load_of(const struct making *k, const struct ir_term *t) {
  for (int i = 0; i < t->n; i++) {
    const struct ast *e = k->var[t->var[i]].expr;
    if (ast_is_loading(e)) return ast_calls(e, "partner");
  }
  return -1;
}

static int *load_of_columns(const struct making *k, const struct ir_random *r, int c) {
  int *load = arena_array(k->scratch, (size_t)c, int), j = 0;
  for (int t = 0; t < r->basis.n; t++) {
    const struct ir_term *term = &r->basis.term[t];
    struct ir_terms one = {.n = 1, .term = term};
    int width = design_width(k, &one), of = load_of(k, term);
    for (int w = 0; w < width && j < c; w++) load[j++] = of;
  }
  return load;
}

double *loads_basis(const struct making *k, const struct ir_random *r, int c, const double *z) {
  int loads = r->members->n;
  double *out = arena_array(k->arena, (size_t)k->n * (size_t)loads * (size_t)c, double);
  const int *only = load_of_columns(k, r, c);
  for (int i = 0; i < k->n; i++)
    for (int s = 0; s < loads; s++) {
      double w = r->members->n_weights ? k->var[r->members->weight[s]].number[i] : 1;
      for (int j = 0; j < c; j++)
        if (only[j] < 0 || only[j] == s) out[(i * loads + s) * c + j] = w * z[i * c + j];
    }
  return out;
}
