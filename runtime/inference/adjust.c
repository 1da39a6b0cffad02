#include "runtime/inference/adjust.h"
#include <math.h>
#include <string.h>

/* Places of the p-values that are there, in rising order; how many. */
static int rising(const double *p, int n, int *order) {
  int m = 0;
  for (int i = 0; i < n; i++) {
    if (isnan(p[i])) continue;
    int at = m++;
    for (; at > 0 && p[order[at - 1]] > p[i]; at--) order[at] = order[at - 1];
    order[at] = i;
  }
  return m;
}

void adjust_p(struct arena *scratch, const char *method, int n, double *p) {
  int *order = arena_array(scratch, (size_t)n + 1, int), m = rising(p, n, order);
  double running = 0;
  if (strcmp(method, "bonferroni") == 0)
    for (int i = 0; i < m; i++) p[order[i]] = fmin(1, m * p[order[i]]);
  if (strcmp(method, "holm") == 0)
    for (int i = 0; i < m; i++) p[order[i]] = running = fmax(running, fmin(1, (m - i) * p[order[i]]));
  running = 1;
  if (strcmp(method, "fdr") == 0)
    for (int i = m - 1; i >= 0; i--) p[order[i]] = running = fmin(running, p[order[i]] * m / (i + 1));
}
