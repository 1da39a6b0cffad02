/* marginal_large.h: clusters of many rows and fewer random effects, in the marginal kernel: crossed terms beside a residual
 * structure.  By Woodbury's identity, with C = R^-1 block by block:
 *
 *   S = Z'CZ,  M = I + Lambda'S Lambda,  B = Lambda M^-1 Lambda',  V^-1 = C - C Z B Z'C,  K = Z'V^-1 Z = S - S B S,
 *   Y = V^-1 D,  E = Z'Y,  log|V| = log|R| + log|M|
 *
 * Work grows with the rows times the size of a block, and with the cube of the number of effects, which are held in dense matrices.
 * tr(V^-1 V_i V^-1 V_j) is not worked out: the search goes by average information.
 */
#ifndef KIN_REML_MARGINAL_LARGE_H
#define KIN_REML_MARGINAL_LARGE_H

#include "runtime/reml/marginal_model.h"

struct large;

/* NULL: the pattern is better served by V itself, or (always) has no effects. */
struct large *large_new(struct arena *a, const struct marginal_model *m, const struct sparse_problem *all,
                        const struct pattern *p, bool always);
bool large_eval(struct large *l, unsigned want, struct kernel_sums *out);
/* After large_eval.  dwd (k x k) and both curvatures are added to. */
void large_weights(struct large *l, const double *d, const double *phi, bool reml, double *dwd,
                   struct curvature *trace, struct curvature *quad);
/* Of level `level` of term t in cluster `cluster`: b (c) and var (c x c). */
void large_mode(const struct large *l, int cluster, int t, int level, const double *d, double *b,
                double *var);

#endif
