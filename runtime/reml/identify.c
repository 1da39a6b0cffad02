/* identify.c: can the data tell the parameters apart?  By the information where the search begins. */
#include "runtime/reml/linalg.h"
#include "runtime/reml/search.h"
#include <math.h>
#include <string.h>

#define IDENTIFIED 1e-8      /* smallest eigenvalue of the scaled information at the start */
#define NO_INFORMATION 1e-12 /* see scale_to_unit */

static bool moves_term(const struct search *s, int t, const double *v) {
  const struct prepared_term *x = &s->pr->terms[t];
  double part = 0;
  for (int i = x->phi; i < x->phi + x->n_phi; i++) part = fmax(part, fabs(v[i]));
  return part > 0.1;
}

static void mark_terms(const struct search *s, const double *v, bool *bad) {
  int m = s->pr->all.n_terms;
  for (int t = 0; t < m; t++) bad[t] = bad[t] || moves_term(s, t, v);
  bad[m] = bad[m] || fabs(v[s->n - 1]) > 0.1;
  for (int i = 0; i < s->n - 1 && s->pr->marginal; i++)
    if (marginal_owner(s->pr->marginal, i) == m) bad[m] = bad[m] || fabs(v[i]) > 0.1;
}

/* Scaled to a unit diagonal; a parameter without information gets a zero row.  Information that is rounding error is none:
   tr(V^-1 V_i V^-1 V_i) is at least t_i^2 / n, and what the fixed effects leave of it is compared with that. */
static void scale_to_unit(const struct prepared *pr, int n, double *h) {
  for (int i = 0; i < n; i++) {
    double t = pr->sums.t[i], d = h[at(i, i, n)];
    double scale = d > NO_INFORMATION * t * t / pr->all.n ? 1 / sqrt(d) : 0;
    for (int j = 0; j < n; j++) h[at(i, j, n)] *= scale;
    for (int j = 0; j < n; j++) h[at(j, i, n)] *= scale;
  }
}

/* Terms that the data cannot tell apart, by the information at the start.  Only there it can be seen: where the
   likelihood is flat, the search slides along. */
int search_not_identified(struct search *s, bool *bad) {
  int n = s->n;
  double *value = matrix_raw(s->scratch, n, 1), *v = matrix_raw(s->scratch, n, n);
  double *h = matrix_raw(s->scratch, n, n);
  memcpy(h, solved_has_ei(s->pr) ? s->pr->solved.ei : s->pr->solved.ai, sizeof(double) * area(n, n));
  scale_to_unit(s->pr, n, h);
  la_eigen(n, h, value, v);
  for (int i = 0; i < n; i++)
    if (value[i] < IDENTIFIED) mark_terms(s, v + at(0, i, n), bad);
  int count = 0;
  for (int t = 0; t <= s->pr->all.n_terms; t++) count += bad[t];
  return count;
}
