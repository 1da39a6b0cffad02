#include "runtime/inference/between_within.h"
#include <math.h>

struct level {
  int q;
  const int32_t *of; /* n: the unit of each row; NULL: rows themselves */
};

static bool within(const struct level *fine, const struct level *coarse, int n, int *first) {
  for (int i = 0; i < fine->q; i++) first[i] = -1;
  for (int i = 0; i < n; i++) {
    int *at = &first[fine->of[i]];
    if (*at < 0) *at = coarse->of[i];
    if (*at != coarse->of[i]) return false;
  }
  return true;
}

static bool varies_within(const struct level *x, int n, const double *column, int *first) {
  for (int i = 0; i < x->q; i++) first[i] = -1;
  for (int i = 0; i < n; i++) {
    int *at = &first[x->of[i]];
    if (*at < 0) *at = i;
    if (fabs(column[i] - column[*at]) > 1e-10 * (1 + fabs(column[i]))) return true;
  }
  return false;
}

/* Coarse to fine, each once. */
static int list_levels(const struct problem *p, struct level *level) {
  int n = 0;
  for (int t = 0; t < p->n_terms; t++)
    if (p->terms[t].loads <= 1) level[n++] = (struct level){p->terms[t].q, p->terms[t].level};
  if (p->residual && p->residual->n_blocks < p->n)
    level[n++] = (struct level){p->residual->n_blocks, p->residual->block};
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && level[j].q < level[j - 1].q; j--) {
      struct level swap = level[j];
      level[j] = level[j - 1];
      level[j - 1] = swap;
    }
  int kept = 0;
  for (int i = 0; i < n; i++)
    if (kept == 0 || level[i].q != level[kept - 1].q) level[kept++] = level[i];
  return kept;
}

const double *between_within(struct arena *a, const struct fit *f, const char **why_not) {
  const struct problem *p = f->frame->problem;
  struct level *level = arena_array(a, (size_t)p->n_terms + 1, struct level);
  int n = list_levels(p, level), *first = arena_array(a, (size_t)p->n + 1, int);
  for (int t = 0; t < p->n_terms; t++)
    if (p->terms[t].loads > 1) *why_not = "a row belongs to several units";
  for (int i = 1; i < n; i++)
    if (!within(&level[i], &level[i - 1], p->n, first)) *why_not = "the units are crossed";
  if (*why_not) return NULL;
  int *at = arena_array(a, (size_t)p->p, int), *columns = arena_array(a, (size_t)n + 1, int);
  for (int j = 0; j < p->p; j++) {
    if (f->result->aliased[j]) continue;
    for (at[j] = n; at[j] > 0; at[j]--) /* the coarsest level below which it does not vary */
      if (varies_within(&level[at[j] - 1], p->n, p->x + (size_t)j * (size_t)p->n, first)) break;
    columns[at[j]]++;
  }
  double *df = arena_array(a, (size_t)p->p, double);
  for (int j = 0; j < p->p; j++) {
    int m = at[j] < n ? level[at[j]].q : p->n, above = at[j] > 0 ? level[at[j] - 1].q : 0;
    df[j] = fmax(m - above - columns[at[j]], 0);
    if (df[j] == 0) df[j] = NAN;
  }
  return df;
}
