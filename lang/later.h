/* later.h: words that the language has and this version lacks, so that they are refused by name. */
#ifndef KIN_LATER_H
#define KIN_LATER_H

#include <stdbool.h>

bool later_function(const char *name); /* confint, predict, ... */

#endif
