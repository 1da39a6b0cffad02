/* known.h: a random term whose levels are related by a given matrix: kinship, phylogeny.  For runtime/model/frame.c. */
#ifndef KIN_MODEL_KNOWN_H
#define KIN_MODEL_KNOWN_H

#include "runtime/model/grouping.h"

/* Cov(u) = K (x) G with K of the levels that occur, by its Cholesky factor: rows load on independent effects b, u = (L (x) I) b
   (Henderson 1976).  Changes loads, level and z of the term t that is made.  False after an error: the table is no matrix, lacks
   a level, is not symmetric or not positive definite. */
bool known_make(struct making *k, int t, const struct grouping *g, struct re_term *term);

#endif
