/* marginal.h: the kernel for any covariance structure on both sides.
 *
 * For each independent cluster of rows (joined by blocks of the residual and by levels of random terms) the covariance matrix
 * itself, relative to sigma^2, and its derivatives in theta:
 *
 *   V = R + sum_t Z_t (I (x) G_t) Z_t',   V = L L',   K_i = V^-1 V_i,   P_i = V^-1 V_i V^-1
 *
 * Clusters that look alike (positions, strata, bases, scales, which rows share a level) are one *pattern*: V is factored once for
 * all of them, and what their data add is the sum of vec(D) vec(D)', so that the cost of an evaluation grows with the number of
 * patterns alone.  Parameters are theta itself, in the order: random terms, parts of the residual (stratum by stratum, factor by
 * factor), delta.  Structures are nonlinear in theta: second derivatives enter the Hessian by marginal_weights.
 */
#ifndef KIN_REML_MARGINAL_H
#define KIN_REML_MARGINAL_H

#include "runtime/reml/internal.h"

struct marginal;

/* all: rows in internal units; its terms' bases are internal too.  The problem and `all` must live as long.  kernel:
   DENSE serves every cluster by V, SPARSE by its effects (marginal_large.h). */
struct marginal *marginal_new(struct arena *a, const struct problem *problem,
                              const struct sparse_problem *all, enum reml_kernel kernel);
/* Is the expected information worked out: are all clusters served by V? */
bool marginal_has_ei(const struct marginal *ms);
int marginal_n(const struct marginal *ms); /* parameters, the scale of all not counted */
void marginal_start(const struct marginal *ms, double *theta);
bool marginal_eval(struct marginal *ms, const double *theta, unsigned want, struct kernel_sums *out);
/* After marginal_eval.  Besides w: second (k x k, both) receive sum_ab gamma_ab d2V_ab of the two parts of the gradient's
   gamma = V^-1 - V^-1 X Phi X'V^-1 - (1 / sigma^2) V^-1 r r'V^-1: that without and that with r. */
void marginal_weights(struct marginal *ms, struct kernel_weights *w, bool reml, double *trace, double *quad);
/* True: theta is another one for the same V, and derivatives have to be had anew. */
bool marginal_repivot(struct marginal *ms, double *theta);
int marginal_zero(struct marginal *ms, double *theta, double small);
/* Which term a parameter belongs to; n_terms: the residual. */
int marginal_owner(const struct marginal *ms, int i);
/* Conditional modes and variances of a term's levels, relative, internal basis: b[t] q x c, var[t] q of c x c. */
void marginal_modes(struct marginal *ms, const double *d, double *const *b, double *const *var);
const double *marginal_g(const struct marginal *ms, int t); /* G_t of the last evaluation */
int marginal_rank(const struct marginal *ms, const double *theta, int t);
void marginal_describe(struct buf *out, const struct marginal *ms);

/* Parts of the residual for reports: part f of stratum s, and where its theta begins. */
const struct part *marginal_part(const struct marginal *ms, int stratum, int factor, int *theta);
int marginal_term_theta(const struct marginal *ms, int t, const struct part **part);
int marginal_delta(const struct marginal *ms); /* where delta begins */

#endif
