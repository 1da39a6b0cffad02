#include "runtime/inference/anova.h"
#include "runtime/model/recoded.h"
#include "runtime/model/rows.h"
#include "runtime/reml/prepared.h"
#include <string.h>

/* Columns of x in an order, made orthonormal: those kept are q r. */
struct ordered {
  int n, m, rank;
  const int *order; /* m: columns */
  int *keep;        /* rank: places in order */
  double *q, *r;    /* n x m; m x m */
};

static struct ordered orthonormal(struct arena *a, int n, int m, const double *x, const int *order) {
  struct ordered o = {.n = n, .m = m, .order = order};
  struct basis_source *source = arena_array(a, (size_t)m, struct basis_source);
  int ones;
  for (int j = 0; j < m; j++) source[j] = (struct basis_source){x + (size_t)order[j] * (size_t)n, 1};
  o.q = arena_raw(a, (size_t)n * (size_t)m, double);
  o.r = arena_array(a, (size_t)m * (size_t)m, double);
  o.keep = arena_array(a, (size_t)m, int);
  o.rank = basis_orthonormalise(a, n, m, source, NULL, o.q, o.r, o.keep, &ones);
  return o;
}

/* The columns of X that were estimated. */
static int kept_columns(struct arena *a, const struct fit *f, int **column) {
  int p = f->frame->problem->p, n = 0;
  *column = arena_array(a, (size_t)p, int);
  for (int j = 0; j < p; j++)
    if (!f->result->aliased[j]) (*column)[n++] = j;
  return n;
}

/* ---- containment ---------------------------------------------------------------------------------------- */

static bool has(const struct ir_term *t, int var) {
  for (int i = 0; i < t->n; i++)
    if (t->var[i] == var) return true;
  return false;
}

static bool contains(const struct fit *f, const struct ir_term *large, const struct ir_term *small) {
  if (large->n <= small->n) return false;
  for (int i = 0; i < small->n; i++)
    if (!has(large, small->var[i])) return false;
  for (int i = 0; i < large->n; i++) /* both have the same numeric variables */
    if (f->frame->var[large->var[i]].type == COL_NUMBER && !has(small, large->var[i])) return false;
  return true;
}

/* Terms that do not contain it, itself, those that do; type 1: as they stand. */
static int *column_order(struct arena *a, const struct fit *f, int type, int term, const int *column, int n) {
  const struct ir_term *terms = f->frame->ir->fixed.term;
  int *order = arena_array(a, (size_t)n, int), m = 0;
  for (int pass = 0; pass < 3; pass++)
    for (int i = 0; i < n; i++) {
      int t = f->frame->x_term[column[i]];
      int rank = type == 1 ? 0 : t == term ? 1 : contains(f, &terms[t], &terms[term]) ? 2 : 0;
      if (rank == pass) order[m++] = column[i];
    }
  return order;
}

/* ---- the three types ------------------------------------------------------------------------------------ */

/* What X b has along the term's own directions: rows of R. */
static int sequential(struct arena *a, const struct fit *f, int type, int term, double **l) {
  int *column, n = kept_columns(a, f, &column), rows = 0;
  size_t p = (size_t)f->frame->problem->p;
  const int *order = column_order(a, f, type, term, column, n);
  struct ordered o = orthonormal(a, f->frame->problem->n, n, f->frame->problem->x, order);
  *l = arena_array(a, (size_t)n * p, double);
  for (int i = 0; i < o.rank; i++) {
    if (f->frame->x_term[order[o.keep[i]]] != term) continue;
    for (int j = i; j < o.rank; j++) (*l)[(size_t)rows * p + (size_t)order[o.keep[j]]] = o.r[i + j * o.m];
    rows++;
  }
  return rows;
}

/* x := R^-1 x, R upper triangular of leading dimension ld. */
static void solve_upper(int n, const double *r, int ld, double *x) {
  for (int i = n - 1; i >= 0; i--) {
    for (int j = i + 1; j < n; j++) x[i] -= r[i + j * ld] * x[j];
    x[i] /= r[i + i * ld];
  }
}

/* Coefficients under sum-to-zero coding are M b with X_s M = X. */
static int marginal(struct arena *a, const struct fit *f, int term, double **l) {
  int n = f->frame->problem->n, m = f->frame->problem->p, rows = 0, *column,
      kept = kept_columns(a, f, &column);
  size_t p = (size_t)m;
  int *order = arena_array(a, p, int);
  for (int j = 0; j < m; j++) order[j] = j;
  struct ordered o = orthonormal(a, n, m, frame_recoded(a, f->frame, CODING_SUM), order);
  double *all = arena_array(a, (size_t)o.rank * p, double), *x = arena_raw(a, (size_t)o.rank, double);
  for (int c = 0; c < kept; c++) {
    const double *from = f->frame->problem->x + (size_t)column[c] * (size_t)n;
    for (int i = 0; i < o.rank; i++) {
      x[i] = 0;
      for (int k = 0; k < n; k++) x[i] += o.q[(size_t)i * (size_t)n + (size_t)k] * from[k];
    }
    solve_upper(o.rank, o.r, o.m, x);
    for (int i = 0; i < o.rank; i++) all[(size_t)i * p + (size_t)column[c]] = x[i];
  }
  *l = arena_array(a, (size_t)o.rank * p, double);
  for (int i = 0; i < o.rank; i++)
    if (f->frame->x_term[o.keep[i]] == term)
      memcpy(*l + (size_t)rows++ * p, all + (size_t)i * p, p * sizeof(double));
  return rows;
}

int anova_rows(struct arena *a, const struct fit *f, int type, int term, double **l) {
  return type == 3 ? marginal(a, f, term, l) : sequential(a, f, type, term, l);
}
