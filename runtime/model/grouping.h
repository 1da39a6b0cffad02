/* grouping.h: grouping factors and their interactions; how two of them lie to each other. */
#ifndef KIN_GROUPING_H
#define KIN_GROUPING_H

#include "runtime/model/rows.h"

struct grouping {
  const char *name;
  const int32_t *level; /* n, or n x loads row by row: 0..q-1, every level occurs */
  int loads;            /* levels of a row; 0: one */
  int q;
  const char *const *labels; /* "a" or "a:b" */
};

/* The grouping factor of a random term: levels in the order of the first variable's, then the second's, ... */
struct grouping grouping_make(const struct making *k, const struct ir_random *term);

/* Fills frame->pairs: every pair of terms with different grouping factors, once. */
void grouping_relate(struct making *k, const struct grouping *group);

#endif
