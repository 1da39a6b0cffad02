/* takahashi.h: the elements of (L L')^-1 on the pattern of a supernodal Cholesky factor L.
 *
 * Takahashi, Fagan & Chin (1973); Erisman & Tinney (1975).  With the columns J of a supernode and the rows I
 * below it,
 *
 *   Y = L_IJ L_JJ^-1,   Z_IJ = -Z_II Y,   Z_JJ = (L_JJ L_JJ')^-1 - Y' Z_IJ
 *
 * from the last supernode to the first; the pattern of Z_II lies in later ones.  Large supernodes and those
 * above them come first, one after the other in panels; then the subtrees below, which do not need each
 * other.  Either way each element is computed by one thread in one order, so the digits do not depend on the
 * threads.
 */
#ifndef KIN_TAKAHASHI_H
#define KIN_TAKAHASHI_H

#include "runtime/reml/supernodes.h"

/* z: laid out as L (supernodes_place), lower triangle; l: the numbers of L. */
void takahashi_invert(const struct supernodes *s, const double *l, double *z);

#endif
