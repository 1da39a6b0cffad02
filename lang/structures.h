/* structures.h: the covariance structures that the language names, and how each is written. */
#ifndef KIN_STRUCTURES_H
#define KIN_STRUCTURES_H

#include <stdbool.h>

enum structure_index {
  INDEX_FREE,  /* with or without: residual (cs | person), cs(day | person) */
  INDEX_ONE,   /* one column: ar1(day | person) */
  INDEX_MANY,  /* coordinates: exp(x, y | site) */
  INDEX_NEVER, /* none: exch */
  INDEX_UNITS, /* the levels of the grouping factor of a random term: known */
};

struct structure_form {
  const char *name;
  enum structure_index index;
  bool distance; /* the index has numbers, and their distance counts */
  bool steps;    /* the index counts steps, or is a factor whose levels follow each other */
  bool band;     /* takes band = k */
};

const struct structure_form *structure_form_find(const char *name); /* NULL: there is none */
/* The name nearest to it, NULL: none is near. */
const char *structure_near(const char *name);

#endif
