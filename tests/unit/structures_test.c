/* Covariance structures: each matrix against its definition, and the kernel against a dense evaluation, its gradient and Hessian
   against differences. */
#include "reml_lab.h"

TestSuite(structures);

enum { BLOCKS = 14, POSITIONS = 4, ROWS_MAX = BLOCKS * 2 * POSITIONS };

static struct positions line(int m) {
  return (struct positions){.m = m};
}

struct scene {
  struct lab *lab;
  struct residual residual;
  struct residual_factor factor[2];
  int32_t block[ROWS_MAX], position[2][ROWS_MAX], stratum[ROWS_MAX], group[ROWS_MAX];
  double scale[ROWS_MAX], x[ROWS_MAX];
};

static struct scene *scene;

/* Blocks of members 0 and 1 at POSITIONS occasions, one in seven missing, in a shuffled order. */
static void open_scene(bool reml) {
  static struct scene s;
  memset(&s, 0, sizeof s);
  scene = &s;
  s.lab = lab_new(ROWS_MAX, reml);
  int n = 0;
  for (int b = 0; b < BLOCKS; b++)
    for (int k = 0; k < 2 * POSITIONS; k++) {
      int r = (k * 3 + b) % (2 * POSITIONS);
      if (lab_uniform(s.lab) < 1.0 / 7) continue;
      s.block[n] = b;
      s.position[0][n] = r % POSITIONS;
      s.position[1][n] = r / POSITIONS;
      s.stratum[n] = b % 2;
      s.group[n] = b / 2;
      s.scale[n] = 0.3 * (r % POSITIONS) - 0.2 * (b % 3);
      s.x[n] = lab_normal(s.lab);
      n++;
    }
  s.lab->problem.n = n;
  lab_column(s.lab, NULL);
  lab_column(s.lab, s.x);
  double *y = lab_numbers(s.lab, n), shared = 0;
  for (int i = 0; i < n; i++) {
    if (i == 0 || s.block[i] != s.block[i - 1]) shared = lab_normal(s.lab);
    y[i] = 2 + s.x[i] + shared + (1 + 0.3 * s.position[0][i]) * lab_normal(s.lab);
  }
  s.lab->problem.y = y;
  s.residual = (struct residual){.n_blocks = BLOCKS, .block = s.block, .n_strata = 1, .factors = s.factor};
  s.lab->problem.residual = &s.residual;
}

/* Without an index of members, a block is a member's occasions. */
static void split_members(void) {
  for (int i = 0; i < scene->lab->problem.n; i++)
    scene->block[i] = 2 * scene->block[i] + scene->position[1][i];
  scene->residual.n_blocks = 2 * BLOCKS;
}

static void add_factor(const char *structure, const struct positions *x, int place) {
  scene->factor[scene->residual.n_factors++] =
      (struct residual_factor){structure_find(structure), *x, scene->position[place]};
}

static double criterion(struct prepared *pr, struct moments *m, const double *theta) {
  return problem_eval(pr, theta, WANT_CRITERION, m) ? m->criterion : (double)NAN;
}

/* At a point that is nobody's optimum: gradient and observed Hessian in theta against differences. */
static void expect_derivatives(const char *what) {
  struct lab *l = scene->lab;
  struct reml_options options = {.threads = 1};
  struct prepared *pr = reml_prepare(l->arena, &l->problem, &options);
  int n = reml_n_theta(pr);
  struct moments *m = moments_new(l->arena, pr), *other = moments_new(l->arena, pr);
  double *theta = lab_numbers(l, n), *g = lab_numbers(l, n), *up = lab_numbers(l, n),
         *down = lab_numbers(l, n);
  reml_start(pr, theta);
  for (int i = 0; i < n; i++) theta[i] += 0.11 * sin(3 * i + 1);
  cr_assert(problem_eval(pr, theta, WANT_HESSIAN, m), "%s", what);
  moments_gradient(pr, theta, m, g);
  for (int i = 0; i < n; i++) {
    double h = 1e-4, at = theta[i], f[4];
    for (int k = 0; k < 4; k++) {
      theta[i] = at + h * (k < 2 ? k - 2 : k - 1);
      f[k] = criterion(pr, other, theta);
    }
    theta[i] = at;
    double difference = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
    cr_expect(fabs(g[i] - difference) < 1e-7 * (1 + fabs(g[i])), "%s, gradient %d: %.12g, not %.12g", what, i,
              g[i], difference);
    if (i == n - 1) continue;
    theta[i] = at + 1e-5;
    problem_eval(pr, theta, WANT_GRADIENT, other);
    memcpy(up, other->gradient, sizeof(double) * (size_t)n);
    theta[i] = at - 1e-5;
    problem_eval(pr, theta, WANT_GRADIENT, other);
    memcpy(down, other->gradient, sizeof(double) * (size_t)n);
    theta[i] = at;
    for (int j = 0; j < n - 1; j++) {
      double d = (up[j] - down[j]) / 2e-5, v = m->hessian[i * n + j];
      cr_expect(fabs(v - d) < 2e-6 * (1 + fabs(d)), "%s, Hessian %d %d: %.12g, not %.12g", what, i, j, v, d);
    }
  }
}

static const char *const names[] = {"us",   "exch", "diag", "homdiag", "cs",    "hcs",  "ar1",
                                    "har1", "ou",   "exp",  "toep",    "htoep", "ante1"};
enum { N_NAMES = sizeof names / sizeof *names };

/* ---- by definition ---------------------------------------------------------------------------------------- */

/* A natural parameter of the residual: of kind, at positions a and b as the list has them. */
static double natural(const struct reml_result *r, enum natural_kind kind, int a, int b) {
  for (int i = 0; i < r->n_natural; i++) {
    const struct natural *x = &r->natural[i].what;
    if (x->kind == kind && x->a == a && x->b == b) return r->natural[i].value;
  }
  return NAN;
}

static double sd_at(const struct reml_result *r, int a) {
  double common = natural(r, NATURAL_SD, -1, -1);
  return isnan(common) ? natural(r, NATURAL_SD, a, a) : common;
}

/* The correlation of positions a > b. */
static double correlation_at(const char *name, const struct reml_result *r, int a, int b) {
  double rho = natural(r, NATURAL_CORRELATION, -1, -1), product = 1;
  if (strcmp(name, "us") == 0) return natural(r, NATURAL_CORRELATION, a, b);
  if (strstr(name, "diag")) return 0;
  if (strstr(name, "cs")) return rho;
  if (strstr(name, "ar1")) return pow(rho, a - b);
  if (strcmp(name, "ou") == 0) return exp(-natural(r, NATURAL_RATE, -1, -1) * (a - b));
  if (strcmp(name, "exp") == 0) return exp(-(a - b) / natural(r, NATURAL_RANGE, -1, -1));
  if (strstr(name, "toep")) return natural(r, NATURAL_CORRELATION, a - b, -1);
  for (int k = b; k < a; k++) product *= natural(r, NATURAL_CORRELATION, k + 1, k); /* ante1 */
  return product;
}

static long double *v_by_definition(const char *name, const struct reml_result *r) {
  int n = scene->lab->problem.n;
  long double *v = arena_array(scene->lab->arena, (size_t)n * (size_t)n, long double);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      int a = scene->position[0][i], b = scene->position[0][j];
      if (scene->block[i] != scene->block[j]) continue;
      double rho = a == b ? 1 : a > b ? correlation_at(name, r, a, b) : correlation_at(name, r, b, a);
      v[i + j * n] = (long double)rho * sd_at(r, a) * sd_at(r, b);
    }
  return v;
}

Test(structures, a_fit_has_the_criterion_of_v_by_definition) {
  for (int i = 0; i < N_NAMES; i++) {
    if (strcmp(names[i], "exch") == 0) continue; /* an identity: tests/golden/identities.test */
    open_scene(i % 2 == 0);
    split_members();
    struct positions x = line(POSITIONS);
    add_factor(names[i], &x, 0);
    const struct reml_result *r = lab_fit(scene->lab);
    struct brute b = brute_of(scene->lab, v_by_definition(names[i], r));
    cr_expect(fabs(b.criterion - r->criterion) < 1e-8, "%s: %.12g, by definition %.12g", names[i],
              r->criterion, b.criterion);
    lab_end(scene->lab);
  }
}

/* ---- derivatives ------------------------------------------------------------------------------------------ */

Test(structures, derivatives_of_residuals) {
  for (int i = 0; i < N_NAMES; i++) {
    open_scene(i % 2 == 0);
    split_members();
    struct positions x = line(POSITIONS);
    add_factor(names[i], &x, 0);
    expect_derivatives(names[i]);
    lab_end(scene->lab);
  }
}

Test(structures, derivatives_of_products) {
  static const char *const second[] = {"ar1", "cs", "ou", "toep", "us", "hcs"};
  for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
    open_scene(true);
    struct positions two = line(2), x = line(POSITIONS);
    add_factor(i % 2 ? "us" : "hcs", &two, 1);
    add_factor(second[i], &x, 0);
    expect_derivatives(second[i]);
    lab_end(scene->lab);
  }
}

Test(structures, derivatives_with_strata_scales_and_random_terms) {
  for (int i = 0; i < N_NAMES; i++) {
    open_scene(true);
    split_members();
    struct positions x = line(POSITIONS);
    add_factor(names[i], &x, 0);
    scene->residual.n_strata = 2;
    scene->residual.stratum = scene->stratum;
    scene->residual.n_scale = 1;
    scene->residual.scale = scene->scale;
    lab_term(scene->lab, "us", BLOCKS / 2, scene->group, scene->x, NULL);
    expect_derivatives(names[i]);
    lab_end(scene->lab);
  }
}

/* Random effects of four columns with each structure, residuals with a variance that depends on a covariate. */
Test(structures, derivatives_of_random_terms) {
  for (int i = 0; i < N_NAMES; i++) {
    open_scene(i % 2 == 1);
    int n = scene->lab->problem.n;
    double *z = lab_numbers(scene->lab, n * POSITIONS);
    for (int r = 0; r < n; r++) z[r * POSITIONS + scene->position[0][r]] = 1 + 0.1 * scene->x[r];
    scene->residual.n_scale = 1;
    scene->residual.scale = scene->scale;
    for (int r = 0; r < n; r++) scene->group[r] = scene->block[r];
    for (int r = 0; r < n; r++) scene->block[r] = r;
    scene->residual.n_blocks = n;
    scene->lab->terms[scene->lab->problem.n_terms++] = (struct re_term){.c = POSITIONS,
                                                                        .q = BLOCKS,
                                                                        .level = scene->group,
                                                                        .z = z,
                                                                        .structure = structure_find(names[i]),
                                                                        .x = line(POSITIONS)};
    expect_derivatives(names[i]);
    lab_end(scene->lab);
  }
}

/* ---- clusters served by their effects ---- */

/* Criterion, gradient and A of both kernels at one point. */
static void expect_same_moments(const char *what) {
  struct lab *l = scene->lab;
  struct reml_options v = {.threads = 1, .kernel = KERNEL_DENSE},
                      effects = {.threads = 1, .kernel = KERNEL_SPARSE};
  struct prepared *one = reml_prepare(l->arena, &l->problem, &v),
                  *two = reml_prepare(l->arena, &l->problem, &effects);
  int n = reml_n_theta(one);
  struct moments *m = moments_new(l->arena, one), *k = moments_new(l->arena, two);
  double *theta = lab_numbers(l, n);
  reml_start(one, theta);
  for (int i = 0; i < n; i++) theta[i] += 0.13 * sin(2 * i + 1);
  cr_assert(problem_eval(one, theta, WANT_HESSIAN, m) && problem_eval(two, theta, WANT_HESSIAN, k), "%s",
            what);
  cr_expect(fabs(m->criterion - k->criterion) < 1e-9 * fabs(m->criterion), "%s: %.14g, %.14g", what,
            m->criterion, k->criterion);
  for (int i = 0; i < n; i++)
    cr_expect(fabs(m->gradient[i] - k->gradient[i]) < 1e-8 * (1 + fabs(m->gradient[i])),
              "%s, gradient %d: %.12g, %.12g", what, i, m->gradient[i], k->gradient[i]);
}

/* Two crossed factors beside every structure. */
static void cross(void) {
  struct scene *s = scene;
  int n = s->lab->problem.n;
  int32_t *other = arena_array(s->lab->arena, (size_t)n, int32_t);
  for (int i = 0; i < n; i++) other[i] = (i * 7 + s->position[0][i]) % 5;
  lab_term(s->lab, "us", BLOCKS / 2, s->group, s->x, NULL);
  lab_term(s->lab, "diag", 5, other, NULL, NULL);
}

Test(structures, effects_give_the_moments_that_v_gives) {
  for (int i = 0; i < N_NAMES; i++) {
    open_scene(i % 2 == 0);
    split_members();
    struct positions x = line(POSITIONS);
    add_factor(names[i], &x, 0);
    scene->residual.n_scale = 1;
    scene->residual.scale = scene->scale;
    cross();
    expect_same_moments(names[i]);
    lab_end(scene->lab);
  }
}

Test(structures, effects_give_the_fit_that_v_gives) {
  open_scene(true);
  split_members();
  struct positions x = line(POSITIONS);
  add_factor("ar1", &x, 0);
  cross();
  struct reml_options v = {.threads = 1, .kernel = KERNEL_DENSE},
                      effects = {.threads = 1, .kernel = KERNEL_SPARSE};
  struct lab *l = scene->lab;
  const struct reml_result *a = reml_fit(l->arena, &l->problem, &v),
                           *b = reml_fit(l->arena, &l->problem, &effects);
  cr_expect(fabs(a->criterion - b->criterion) < 1e-8, "%.14g, %.14g", a->criterion, b->criterion);
  for (int t = 0; t < l->problem.n_terms; t++)
    for (int i = 0; i < l->terms[t].q * l->terms[t].c; i++)
      cr_expect(fabs(a->b[t][i] - b->b[t][i]) < 1e-5 * (1 + fabs(a->b[t][i])), "mode %d of term %d: %g, %g",
                i, t, a->b[t][i], b->b[t][i]);
  for (int i = 0; i < a->n_natural; i++)
    cr_expect(fabs(a->natural[i].value - b->natural[i].value) < 1e-5 * (1 + fabs(a->natural[i].value)));
  lab_end(l);
}
