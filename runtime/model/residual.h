/* residual.h: the residual part of a model on its rows: blocks, positions, strata, scales. */
#ifndef KIN_MODEL_RESIDUAL_H
#define KIN_MODEL_RESIDUAL_H

#include "runtime/model/rows.h"

/* p->residual and k->frame->residual, where the IR has one.  False after an error: a position that a block has twice, strata that
   cross blocks, an index that does not count steps. */
bool residual_make(struct making *k, struct problem *p);

/* The structure of a random term over the columns of its basis, where it is not us or diag of all rows; `level` names them. */
bool residual_make_term(struct making *k, const struct ir_random *r, struct re_term *term);

/* Are rows that depend on each other few enough for the kernel?  Only where structures need it. */
bool residual_fits(struct making *k, const struct problem *p);

#endif
