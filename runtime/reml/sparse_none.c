/* sparse_none.c: stands in for the sparse kernel until it is there: every large cluster fails to factor. */
#include "runtime/reml/internal.h"

#define WEAK __attribute__((weak))

struct sparse {
  int unused;
};

WEAK struct sparse *sparse_new(struct arena *a, const struct sparse_problem *sp) {
  (void)sp;
  return arena_make(a, struct sparse);
}

WEAK bool sparse_eval(struct sparse *s, const double *const *lambda, unsigned want, struct kernel_sums *out) {
  (void)s;
  (void)lambda;
  (void)want;
  (void)out;
  return false;
}

WEAK void sparse_weights(struct sparse *s, struct kernel_weights *w) {
  (void)s;
  (void)w;
}

WEAK void sparse_modes(struct sparse *s, const double *d, double *const *b, double *const *var) {
  (void)s;
  (void)d;
  (void)b;
  (void)var;
}

WEAK bool sparse_start(struct sparse *s, double *const *g) {
  (void)s;
  (void)g;
  return false;
}

WEAK void sparse_describe(struct buf *out, const struct sparse *s) {
  (void)s;
  buf_put(out, "sparse kernel: not in this build\n");
}
