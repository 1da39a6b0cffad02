#include "runtime/model/recoded.h"
#include "runtime/model/design.h"
#include <string.h>

double *frame_recoded(struct arena *a, const struct frame *f, enum coding coding) {
  size_t n = (size_t)f->problem->n, p = (size_t)f->problem->p, vars = (size_t)f->ir->n_vars;
  struct variable *var = arena_array(a, vars + 1, struct variable);
  memcpy(var, f->var, vars * sizeof *var);
  for (size_t i = 0; i < vars; i++) var[i].coding = coding;
  struct making k = {.arena = a, .scratch = a, .ir = f->ir, .n = f->problem->n, .var = var};
  double *x = arena_raw(a, n * p, double);
  const char **names = arena_array(a, p, const char *);
  design_fill(&k, &f->ir->fixed, x, 1, n, names, NULL);
  return x;
}
