/* loads.h: random terms whose rows load on several levels of one factor: mm(a, b), persons of a round robin. */
#ifndef KIN_LOADS_H
#define KIN_LOADS_H

#include "runtime/model/grouping.h"

/* Of a term with members: their levels, n x loads row by row, within its other grouping variables. */
struct grouping loads_grouping(const struct making *k, const struct ir_random *r);
/* Spreads the basis z (n x c) over the loads: each row once for each level, weighted; actor(1) and partner(1) load on the first
   and the second alone. */
double *loads_basis(const struct making *k, const struct ir_random *r, int c, const double *z);

#endif
