/* later.h: words that the language has and this version lacks, so that they are refused by name. */
#ifndef KIN_LATER_H
#define KIN_LATER_H

#include <stdbool.h>

bool later_function(const char *name);  /* confint, predict, ... */
bool later_structure(const char *name); /* cs, ar1, ... */
/* The structure of that name that this version has, or has not yet, or the one nearest to it. */
const char *near_structure(const char *name);

#endif
