/* dense.h: the dense kernel, for clusters that are small after compression.
 *
 * For each batch of equal designs, in relative scale (R: the compressed design, r x q):
 *
 *     V = I + R G R',   V = L L',   B = L^-1 [R D],   K = B_R' B_R,   E = B_R' B_D,   A += B_D' B_D
 *
 * No inverse of any G occurs: a variance of zero is nothing special.  The calls mirror the sparse kernel's
 * (internal.h); levels are those of the whole problem.  T_ij and the full second pass are available.
 */
#ifndef KIN_REML_DENSE_H
#define KIN_REML_DENSE_H

#include "runtime/reml/cluster.h"

struct dense;

/* Compresses and sorts the dense clusters; `all` and `cl` must live as long. */
struct dense *dense_new(struct arena *a, const struct sparse_problem *all, const struct clusters *cl);

bool dense_eval(struct dense *ds, const double *const *lambda, unsigned want, struct kernel_sums *out);
void dense_weights(struct dense *ds, const struct kernel_weights *w);

/* Conditional modes and their variances (as sparse_modes) at any lambda. */
void dense_modes(struct dense *ds, struct arena *scratch, const double *const *lambda, const double *d,
                 double *const *b, double *const *var);

void dense_describe(struct buf *out, const struct dense *ds);

#endif
