#include "runtime/reml/marginal_model.h"
#include <math.h>
#include <string.h>

/* ---- tables ---- */

static struct table table_new(struct arena *a, struct marginal_model *m, const struct structure *s,
                              const struct positions *x, bool positive, bool unit) {
  struct table t = {.part = part_new(a, s, x, positive, unit), .theta = m->n_theta};
  t.n = part_n(&t.part);
  m->n_theta += t.n;
  if (x->m > POSITIONS_TABLE && s->correlation && s->correlation->of_distance) return t;
  t.value = matrix_raw(a, x->m, x->m);
  t.slope = matrix_raw(a, x->m * x->m, t.n);
  return t;
}

struct marginal_model marginal_model_new(struct arena *a, const struct problem *problem) {
  const struct residual *e = problem->residual;
  struct marginal_model m = {.problem = problem,
                             .n_terms = problem->n_terms,
                             .n_factors = e ? e->n_factors : 0,
                             .n_strata = e && e->n_strata > 1 ? e->n_strata : 1,
                             .n_scale = e ? e->n_scale : 0};
  m.term = arena_array(a, (size_t)m.n_terms, struct table);
  for (int t = 0; t < m.n_terms; t++) {
    const struct re_term *x = &problem->terms[t];
    struct positions plain = {.m = x->c};
    const struct structure *s = x->structure ? x->structure : structure_find(x->cov->name);
    m.term[t] = table_new(a, &m, s, x->structure ? &x->x : &plain, false, false);
  }
  m.residual = arena_array(a, (size_t)(m.n_strata * m.n_factors), struct table);
  for (int s = 0; s < m.n_strata; s++)
    for (int f = 0; f < m.n_factors; f++)
      m.residual[s * m.n_factors + f] =
          table_new(a, &m, e->factors[f].structure, &e->factors[f].x, true, s == 0 || f > 0);
  m.delta = m.n_theta;
  m.n_theta += m.n_scale;
  return m;
}

static bool fill_table(struct table *t, const double *theta, bool slopes) {
  size_t size = area(t->part.x.m, t->part.x.m);
  if (!t->value) return true;
  if (!part_matrix(&t->part, theta + t->theta, t->value)) return false;
  for (int i = 0; i < t->n && slopes; i++)
    part_derivative(&t->part, theta + t->theta, i, t->slope + (size_t)i * size);
  return true;
}

bool marginal_model_at(struct marginal_model *m, const double *theta, bool slopes) {
  m->theta = theta;
  for (int t = 0; t < m->n_terms; t++)
    if (!fill_table(&m->term[t], theta, slopes)) return false;
  for (int i = 0; i < m->n_strata * m->n_factors; i++)
    if (!fill_table(&m->residual[i], theta, slopes)) return false;
  return true;
}

const struct table *table_of(const struct marginal_model *m, int stratum, int factor) {
  return &m->residual[stratum * m->n_factors + factor];
}

/* Correlations of distance have one variance: theta is [log sd,] log rate. */
static double distance_pair(const struct table *x, const double *theta, int a, int b, double *slope,
                            double *second) {
  const struct part *p = &x->part;
  int at = p->unit ? 0 : 1;
  double scale = p->unit ? 1 : exp(2 * theta[x->theta]), first, curve;
  double c = p->structure->correlation->of_distance(position_distance(&p->x, a, b), theta[x->theta + at],
                                                    &first, &curve);
  if (slope) {
    if (!p->unit) slope[0] = 2 * scale * c;
    slope[at] = scale * first;
  }
  if (second) {
    memset(second, 0, sizeof(double) * area(x->n, x->n));
    if (!p->unit) {
      second[0] = 4 * scale * c;
      second[1] = second[2] = 2 * scale * first;
    }
    second[at + at * x->n] = scale * curve;
  }
  return scale * c;
}

double table_pair(const struct table *x, const double *theta, int a, int b) {
  if (!x->value) return distance_pair(x, theta, a, b, NULL, NULL);
  return x->value[at(a, b, x->part.x.m)];
}

double table_slope(const struct table *x, const double *theta, int a, int b, int k) {
  double slope[2] = {0, 0}; /* of a distance: log sd, rate */
  if (x->value) return x->slope[(size_t)k * area(x->part.x.m, x->part.x.m) + at(a, b, x->part.x.m)];
  distance_pair(x, theta, a, b, slope, NULL);
  return slope[k > 0];
}

static const double *scale_of(const struct marginal_model *m, int row) {
  return m->problem->residual->scale + area(row, m->n_scale);
}

double scale_pair(const struct marginal_model *m, int i, int j) {
  double sum = 0;
  for (int k = 0; k < m->n_scale; k++)
    sum += m->theta[m->delta + k] * (scale_of(m, i)[k] + scale_of(m, j)[k]);
  return m->n_scale ? exp(sum) : 1;
}

/* ---- V and its derivatives ---- */

static int stratum_of(const struct marginal_model *m, int row) {
  const struct residual *e = m->problem->residual;
  return m->n_strata > 1 ? e->stratum[row] : 0;
}

/* The product of the factors' elements but for factor f, times the scale. */
static double product_without(const struct marginal_model *m, int stratum, int f, int i, int j) {
  const struct residual *e = m->problem->residual;
  double value = scale_pair(m, i, j);
  for (int g = 0; g < m->n_factors; g++)
    if (g != f)
      value *=
          table_pair(table_of(m, stratum, g), m->theta, e->factors[g].position[i], e->factors[g].position[j]);
  return value;
}

/* One element of R; with slope[], its derivatives go to place `at` of their matrices. */
static double residual_element(const struct marginal_model *m, int i, int j, double **slope, size_t at) {
  const struct residual *e = m->problem->residual;
  int s = stratum_of(m, i);
  double value = product_without(m, s, -1, i, j);
  for (int f = 0; f < m->n_factors && slope; f++) {
    const struct table *x = table_of(m, s, f);
    double others = product_without(m, s, f, i, j);
    for (int k = 0; k < x->n; k++)
      slope[x->theta + k][at] =
          others * table_slope(x, m->theta, e->factors[f].position[i], e->factors[f].position[j], k);
  }
  for (int k = 0; k < m->n_scale && slope; k++)
    slope[m->delta + k][at] = value * (scale_of(m, i)[k] + scale_of(m, j)[k]);
  return value;
}

double residual_pair(const struct marginal_model *m, int i, int j) {
  const struct residual *e = m->problem->residual;
  if (i != j && (m->n_factors == 0 || e->block[i] != e->block[j])) return 0;
  return residual_element(m, i, j, NULL, 0);
}

void marginal_fill_block(const struct marginal_model *m, const int *row, int n, double *v, double **slope) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i <= j; i++) {
      if (m->n_factors == 0 && i != j) continue;
      v[at(i, j, n)] = v[at(j, i, n)] =
          m->problem->residual ? residual_element(m, row[i], row[j], slope, at(i, j, n)) : 1;
      if (!slope || i == j) continue;
      for (int k = 0; k < m->n_theta; k++)
        if (slope[k]) slope[k][at(j, i, n)] = slope[k][at(i, j, n)];
    }
}

static void fill_residual(const struct marginal_model *m, const struct pattern *p, double *v,
                          double **slope) {
  int n = p->n;
  if (!m->problem->residual) {
    for (int i = 0; i < n; i++) v[at(i, i, n)] = 1;
    return;
  }
  for (int j = 0; j < n; j++)
    for (int i = 0; i <= j; i++) {
      if (p->block[i] != p->block[j] || (m->n_factors == 0 && i != j)) continue;
      v[at(i, j, n)] = v[at(j, i, n)] = residual_element(m, p->rows[i], p->rows[j], slope, at(i, j, n));
      if (!slope || i == j) continue;
      for (int k = 0; k < m->n_theta; k++)
        if (slope[k]) slope[k][at(j, i, n)] = slope[k][at(i, j, n)];
    }
}

/* z'Gz of two loads, over the columns that are not zero. */
static double load_product(const struct load *x, const struct load *y, const double *g, int c) {
  double sum = 0;
  for (int b = 0; b < y->n; b++)
    for (int a = 0; a < x->n; a++)
      sum += x->z[x->column[a]] * g[at(x->column[a], y->column[b], c)] * y->z[y->column[b]];
  return sum;
}

static void fill_term(const struct marginal_model *m, const struct pattern *p, int t, double *v,
                      double **slope) {
  const struct table *x = &m->term[t];
  int c = x->part.x.m, n = p->n;
  const struct load *load = p->loads[t];
  for (int i = 0; i < p->n_loads[t]; i++)
    for (int j = i; j < p->n_loads[t] && load[j].level == load[i].level; j++) {
      for (int k = slope ? -1 : x->n - 1; k < x->n; k++) {
        double *to = slope && k >= 0 ? slope[x->theta + k] : v;
        const double *g = slope && k >= 0 ? x->slope + area(k, c * c) : x->value;
        double value = load_product(&load[i], &load[j], g, c);
        to[at(load[i].row, load[j].row, n)] += value;
        if (i != j) to[at(load[j].row, load[i].row, n)] += value;
        if (!slope) break;
      }
    }
}

void marginal_fill(const struct marginal_model *m, const struct pattern *p, double *v, double **slope) {
  size_t size = sizeof(double) * area(p->n, p->n);
  memset(v, 0, size);
  for (int k = 0; k < m->n_theta && slope; k++) memset(slope[k], 0, size);
  fill_residual(m, p, v, slope);
  for (int t = 0; t < m->n_terms; t++) fill_term(m, p, t, v, slope);
}

/* ---- second derivatives ---- */

struct curvature curvature_new(struct arena *a, const struct marginal_model *m) {
  struct curvature c = {.h = matrix_raw(a, m->n_theta, m->n_theta)};
  int tables = m->n_strata * m->n_factors;
  c.term = arena_array(a, (size_t)m->n_terms, double *);
  c.residual = arena_array(a, (size_t)tables, double *);
  for (int t = 0; t < m->n_terms; t++) c.term[t] = matrix_raw(a, m->term[t].part.x.m, m->term[t].part.x.m);
  for (int i = 0; i < tables; i++) {
    int n = m->residual[i].part.x.m;
    c.residual[i] = m->residual[i].value ? matrix_raw(a, n, n) : NULL;
  }
  return c;
}

void curvature_clear(const struct marginal_model *m, struct curvature *c) {
  memset(c->h, 0, sizeof(double) * area(m->n_theta, m->n_theta));
  for (int t = 0; t < m->n_terms; t++)
    memset(c->term[t], 0, sizeof(double) * area(m->term[t].part.x.m, m->term[t].part.x.m));
  for (int i = 0; i < m->n_strata * m->n_factors; i++) {
    int n = m->residual[i].part.x.m;
    if (c->residual[i]) memset(c->residual[i], 0, sizeof(double) * area(n, n));
  }
}

static void add_term(const struct marginal_model *m, const struct pattern *p, int t, const double *gamma,
                     double *out) {
  int c = m->term[t].part.x.m;
  const struct load *load = p->loads[t];
  for (int i = 0; i < p->n_loads[t]; i++)
    for (int j = i; j < p->n_loads[t] && load[j].level == load[i].level; j++) {
      double g = gamma[at(load[i].row, load[j].row, p->n)];
      for (int b = 0; b < load[j].n; b++)
        for (int a = 0; a < load[i].n; a++) {
          int u = load[i].column[a], w = load[j].column[b];
          double value = g * load[i].z[u] * load[j].z[w];
          out[at(u, w, c)] += value;
          if (i != j) out[at(w, u, c)] += value;
        }
    }
}

/* Of one element of gamma: what belongs to two parameters of different parts, or to delta, and to parts without a table. */
struct element {
  int i, j; /* rows of the data */
  int stratum;
  double gamma;
};

static int position_of(const struct marginal_model *m, int f, int row) {
  return m->problem->residual->factors[f].position[row];
}

static double slope_at(const struct marginal_model *m, const struct element *x, int f, int k) {
  return table_slope(table_of(m, x->stratum, f), m->theta, position_of(m, f, x->i), position_of(m, f, x->j),
                     k);
}

/* gamma times the product of all factors but f and g. */
static double rest_of(const struct marginal_model *m, const struct element *x, int f, int g) {
  double value = x->gamma * scale_pair(m, x->i, x->j);
  for (int h = 0; h < m->n_factors; h++)
    if (h != f && h != g)
      value *=
          table_pair(table_of(m, x->stratum, h), m->theta, position_of(m, h, x->i), position_of(m, h, x->j));
  return value;
}

static void add_within(const struct marginal_model *m, const struct element *x, int f, struct curvature *c) {
  const struct table *t = table_of(m, x->stratum, f);
  double rest = rest_of(m, x, f, f), second[4], *own = c->residual[x->stratum * m->n_factors + f];
  if (own) {
    own[at(position_of(m, f, x->i), position_of(m, f, x->j), t->part.x.m)] += rest;
    return;
  }
  distance_pair(t, m->theta, position_of(m, f, x->i), position_of(m, f, x->j), NULL, second);
  for (int k = 0; k < t->n * t->n; k++)
    c->h[at(t->theta + k % t->n, t->theta + k / t->n, m->n_theta)] += rest * second[k];
}

static void add_both(const struct marginal_model *m, int k, int l, double value, struct curvature *c) {
  c->h[at(k, l, m->n_theta)] += value;
  c->h[at(l, k, m->n_theta)] += value;
}

static void add_between(const struct marginal_model *m, const struct element *x, int f, int g,
                        struct curvature *c) {
  const struct table *s = table_of(m, x->stratum, f), *t = table_of(m, x->stratum, g);
  double rest = rest_of(m, x, f, g);
  for (int k = 0; k < s->n; k++)
    for (int l = 0; l < t->n; l++)
      add_both(m, s->theta + k, t->theta + l, rest * slope_at(m, x, f, k) * slope_at(m, x, g, l), c);
}

static void add_scales(const struct marginal_model *m, const struct element *x, struct curvature *c) {
  double whole = rest_of(m, x, -1, -1);
  for (int k = 0; k < m->n_scale; k++) {
    double z = scale_of(m, x->i)[k] + scale_of(m, x->j)[k];
    for (int f = 0; f < m->n_factors; f++)
      for (int l = 0; l < table_of(m, x->stratum, f)->n; l++)
        add_both(m, m->delta + k, table_of(m, x->stratum, f)->theta + l,
                 rest_of(m, x, f, f) * slope_at(m, x, f, l) * z, c);
    for (int l = 0; l < m->n_scale; l++)
      c->h[at(m->delta + k, m->delta + l, m->n_theta)] +=
          whole * z * (scale_of(m, x->i)[l] + scale_of(m, x->j)[l]);
  }
}

/* block NULL: all rows are of one. */
static void add_residual(const struct marginal_model *m, const int *row, const int *block, int n,
                         const double *gamma, struct curvature *c) {
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      if ((block && block[i] != block[j]) || (m->n_factors == 0 && i != j)) continue;
      struct element x = {row[i], row[j], stratum_of(m, row[i]), gamma[at(i, j, n)]};
      for (int f = 0; f < m->n_factors; f++) {
        add_within(m, &x, f, c);
        for (int g = 0; g < f; g++) add_between(m, &x, f, g, c);
      }
      add_scales(m, &x, c);
    }
}

void curvature_add_block(const struct marginal_model *m, const int *row, int n, const double *gamma,
                         struct curvature *c) {
  if (m->problem->residual) add_residual(m, row, NULL, n, gamma, c);
}

void curvature_add(const struct marginal_model *m, const struct pattern *p, const double *gamma,
                   struct curvature *c) {
  for (int t = 0; t < m->n_terms; t++) add_term(m, p, t, gamma, c->term[t]);
  if (m->problem->residual) add_residual(m, p->rows, p->block, p->n, gamma, c);
}

void curvature_collect(const struct marginal_model *m, struct arena *scratch, const struct curvature *c,
                       double *out) {
  int n = m->n_theta;
  memcpy(out, c->h, sizeof(double) * area(n, n));
  for (int t = 0; t < m->n_terms; t++) {
    const struct table *x = &m->term[t];
    part_curvature(&x->part, scratch, m->theta + x->theta, c->term[t], out + at(x->theta, x->theta, n), n);
  }
  for (int i = 0; i < m->n_strata * m->n_factors; i++) {
    const struct table *x = &m->residual[i];
    if (c->residual[i] && x->n)
      part_curvature(&x->part, scratch, m->theta + x->theta, c->residual[i], out + at(x->theta, x->theta, n),
                     n);
  }
}
