/* search.h: the optimizer: a trust-region Newton search for the least -2 log L; for runtime/reml/{search,identify,fit}.c. */
#ifndef KIN_REML_SEARCH_H
#define KIN_REML_SEARCH_H

#include "runtime/reml/holds.h"

struct search {
  struct prepared *pr;
  struct arena *scratch;
  int n;                 /* k + 1 */
  double *theta, *trial; /* n */
  double *g_phi, *h_phi; /* n, n x n: derivatives in phi */
  double *g, *h;         /* the same in theta */
  struct holds *holds;   /* NULL: every parameter is free, and the scale is always at its best */
  struct step step;
  double criterion, delta;
  double decrement; /* predicted decrease of the last full Newton step */
  double before;    /* and of the one before it */
  bool observed;
  int evaluations;
};

struct search search_new(struct prepared *pr, struct arena *scratch);
/* Restart `which`, 0 the first search.  Leaves the kernels at s->theta. */
void search_run(struct arena *a, struct search *s, int which, struct reml_result *out);
/* Takes the point of options.start or options.theta with the scale sigma2 (internal units), where the optimum was found, as the
   current one. */
void search_at(struct search *s, double sigma2);
/* s->h := the Hessian at s->theta: observed or average information. */
void search_hessian(struct search *s, bool observed);
/* The minimiser of the quadratic model at s->theta with Hessian h, no longer than delta. */
void search_step(struct search *s, const double *h, double delta, struct step *out);
/* out (n x n) := 2 (s->h)^-1 of the parameters that are free; false: it is not positive definite. */
bool search_covariance(struct search *s, double *out);

/* s->h := the observed information; leaves the kernels near s->theta. */
void search_last_hessian(struct search *s);
/* A problem at its result again: s stands at the optimum, with first and second moments. */
struct prepared *reml_reopen(struct arena *scratch, const struct problem *problem,
                             const struct reml_result *r, int threads, struct search *s);

/* identify.c: marks the terms that the data cannot tell apart (bad: n_terms + 1, the residual last); how many. */
int search_not_identified(struct search *s, bool *bad);

#endif
