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

double table_pair(const struct table *x, const double *theta, int a, int b, double *slope) {
  if (!x->value) return distance_pair(x, theta, a, b, slope, NULL);
  size_t m = (size_t)x->part.x.m, i = (size_t)a + (size_t)b * m;
  for (int k = 0; k < x->n && slope; k++) slope[k] = x->slope[i + (size_t)k * m * m];
  return x->value[i];
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

/* One element of R; with slope[], its derivatives go to place `at` of their matrices. */
static double residual_element(const struct marginal_model *m, int i, int j, double **slope, size_t at) {
  enum { PARAMETERS = COV_MAX * (COV_MAX + 1) / 2 };
  double part[PARAMETERS], value = scale_pair(m, i, j), before = value;
  const struct residual *e = m->problem->residual;
  int s = stratum_of(m, i);
  for (int f = 0; f < m->n_factors; f++) {
    const struct table *x = table_of(m, s, f);
    const int32_t *at_f = e->factors[f].position;
    double c = table_pair(x, m->theta, at_f[i], at_f[j], slope ? part : NULL);
    if (slope) {
      double others = before;
      for (int g = f + 1; g < m->n_factors; g++)
        others *= table_pair(table_of(m, s, g), m->theta, e->factors[g].position[i],
                             e->factors[g].position[j], NULL);
      for (int k = 0; k < x->n; k++) slope[x->theta + k][at] = others * part[k];
    }
    before *= c;
  }
  for (int k = 0; k < m->n_scale && slope; k++)
    slope[m->delta + k][at] = before * (scale_of(m, i)[k] + scale_of(m, j)[k]);
  return before;
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
          out[at(u, w, c)] += i == j ? value : value;
          if (i != j) out[at(w, u, c)] += value;
        }
    }
}

/* What belongs to two parameters of different parts, or to delta, and of parts without a table. */
static void add_mixed(const struct marginal_model *m, int i, int j, double g, const double *value,
                      double *const *slope, double rest, struct curvature *c) {
  const struct residual *e = m->problem->residual;
  int s = stratum_of(m, i), n = m->n_theta;
  double all = rest;
  for (int f = 0; f < m->n_factors; f++) all *= value[f];
  for (int f = 0; f < m->n_factors; f++) {
    const struct table *x = table_of(m, s, f);
    double others = g * rest;
    for (int h = 0; h < m->n_factors; h++) others *= h == f ? 1 : value[h];
    if (c->residual[s * m->n_factors + f]) {
      c->residual[s * m->n_factors + f]
                 [at(e->factors[f].position[i], e->factors[f].position[j], x->part.x.m)] += others;
    } else {
      double second[4];
      distance_pair(x, m->theta, e->factors[f].position[i], e->factors[f].position[j], NULL, second);
      for (int k = 0; k < x->n * x->n; k++)
        c->h[at(x->theta + k % x->n, x->theta + k / x->n, n)] += others * second[k];
    }
    for (int h = 0; h < f; h++) {
      const struct table *y = table_of(m, s, h);
      double both = g * rest;
      for (int o = 0; o < m->n_factors; o++) both *= o == f || o == h ? 1 : value[o];
      for (int k = 0; k < x->n; k++)
        for (int l = 0; l < y->n; l++) {
          c->h[at(x->theta + k, y->theta + l, n)] += both * slope[f][k] * slope[h][l];
          c->h[at(y->theta + l, x->theta + k, n)] += both * slope[f][k] * slope[h][l];
        }
    }
    for (int k = 0; k < m->n_scale; k++) {
      double z = scale_of(m, i)[k] + scale_of(m, j)[k];
      for (int l = 0; l < x->n; l++) {
        c->h[at(m->delta + k, x->theta + l, n)] += others * slope[f][l] * z;
        c->h[at(x->theta + l, m->delta + k, n)] += others * slope[f][l] * z;
      }
    }
  }
  for (int k = 0; k < m->n_scale; k++)
    for (int l = 0; l < m->n_scale; l++)
      c->h[at(m->delta + k, m->delta + l, n)] +=
          g * all * (scale_of(m, i)[k] + scale_of(m, j)[k]) * (scale_of(m, i)[l] + scale_of(m, j)[l]);
}

/* block NULL: all rows are of one. */
static void add_residual(const struct marginal_model *m, const int *row, const int *block, int n,
                         const double *gamma, struct curvature *c) {
  enum { FACTORS = 4, PARAMETERS = COV_MAX * (COV_MAX + 1) / 2 };
  const struct residual *e = m->problem->residual;
  double value[FACTORS], room[FACTORS][PARAMETERS], *slope[FACTORS];
  bool mixed = m->n_factors > 1 || m->n_scale > 0;
  for (int f = 0; f < FACTORS; f++) slope[f] = room[f];
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      if ((block && block[i] != block[j]) || (m->n_factors == 0 && i != j)) continue;
      int a = row[i], b = row[j], s = stratum_of(m, a);
      for (int f = 0; f < m->n_factors; f++)
        value[f] = table_pair(table_of(m, s, f), m->theta, e->factors[f].position[a],
                              e->factors[f].position[b], mixed ? slope[f] : NULL);
      add_mixed(m, a, b, gamma[at(i, j, n)], value, slope, scale_pair(m, a, b), c);
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
