/* takahashi.h: the elements of (L L')^-1 on the pattern of a supernodal Cholesky factor L.
 *
 * Takahashi, Fagan & Chin (1973); Erisman & Tinney (1975).  With the columns J of a supernode and the rows I below it,
 *
 *   Y = L_IJ L_JJ^-1,   Z_IJ = -Z_II Y,   Z_JJ = (L_JJ L_JJ')^-1 - Y' Z_IJ
 *
 * from the last supernode to the first; the pattern of Z_II lies in later ones.  Supernodes of equal depth in the
 * elimination tree do not need each other and are done in parallel; the large ones near the root in panels of fixed width.
 * Either way each element is computed by one thread in one order, so the digits do not depend on the threads.
 */
#ifndef KIN_TAKAHASHI_H
#define KIN_TAKAHASHI_H

#include "lang/base/arena.h"
#include <cholmod.h>

struct takahashi;

/* For a factor whose analysis is done (supernodal LL', int indices, real); keeps no reference to its numbers. */
struct takahashi *takahashi_new(struct arena *a, const cholmod_factor *l, int threads);

/* Computes Z from the numbers of a factor with the analysed pattern. */
void takahashi_invert(struct takahashi *t, const cholmod_factor *l);

/* Place in takahashi_values of element (i, j) of the permuted matrix, i, j < n; it must lie in the pattern. */
size_t takahashi_place(const struct takahashi *t, int i, int j);
const double *takahashi_values(const struct takahashi *t);

#endif
