/* The engine without a parser: against closed forms, published optima, brute force and itself. */
#include "reml_lab.h"
#include "reml_data.h"

#define assert_near(x, y, tolerance)                                                                         \
  cr_assert(fabs((x) - (y)) <= (tolerance)*fmax(1, fabs(y)), "%.15g is not %.15g", (double)(x), (double)(y))

/* ---- problems ------------------------------------------------------------------------------------------- */

static struct lab *sleepstudy(bool reml) {
  struct lab *lab = lab_new(180, reml);
  double *days = lab_numbers(lab, 180);
  for (int i = 0; i < 180; i++) days[i] = i % 10;
  lab->problem.y = sleep_reaction;
  lab_column(lab, NULL);
  lab_column(lab, days);
  lab_term(lab, "us", 18, lab_levels(lab, 18, 10), days, NULL);
  return lab;
}

static struct lab *dyestuff(const double *yield, bool reml) {
  struct lab *lab = lab_new(30, reml);
  lab->problem.y = yield;
  lab_column(lab, NULL);
  lab_term(lab, "us", 6, lab_levels(lab, 6, 5), NULL, NULL);
  return lab;
}

static struct lab *penicillin(bool reml) {
  struct lab *lab = lab_new(144, reml);
  lab->problem.y = penicillin_diameter;
  lab_column(lab, NULL);
  lab_term(lab, "us", 24, penicillin_plate, NULL, NULL);
  lab_term(lab, "us", 6, penicillin_sample, NULL, NULL);
  return lab;
}

enum shape { ONE_TERM, THREE_COLUMNS, NESTED, CROSSED, DIAGONAL, FEW_ROWS, SHAPES };

/* Unbalanced random data with two covariates; y has effects of every term. */
static struct lab *random_problem(enum shape shape, bool reml, bool weights, int n, uint64_t seed) {
  struct lab *lab = lab_new(n, reml);
  lab->seed += seed * 7919;
  double *x1 = lab_numbers(lab, n), *x2 = lab_numbers(lab, n), *y = lab_numbers(lab, n),
         *w = lab_numbers(lab, n);
  int32_t *a = lab_levels(lab, 1, 1), *b = lab_levels(lab, 1, 1);
  int q = shape == FEW_ROWS ? n / 2 : 7;
  double u[200], v[200];
  for (int i = 0; i < 200; i++) {
    u[i] = lab_normal(lab);
    v[i] = lab_normal(lab);
  }
  for (int i = 0; i < n; i++) {
    x1[i] = lab_normal(lab);
    x2[i] = 3 + lab_uniform(lab);
    a[i] = i < q ? i : (int)(q * lab_uniform(lab) * lab_uniform(lab));
    b[i] = shape == CROSSED ? (i < 5 ? i : (int)(5 * lab_uniform(lab))) : a[i] % 3;
    w[i] = 0.5 + lab_uniform(lab);
    y[i] = 10 + 2 * x1[i] + u[a[i]] + 0.7 * v[a[i]] * x1[i] + u[100 + b[i]] + lab_normal(lab);
  }
  lab->problem.y = y;
  if (weights) lab->problem.w = w;
  lab_column(lab, NULL);
  lab_column(lab, x1);
  switch (shape) {
  case ONE_TERM: lab_term(lab, "us", q, a, x1, NULL); break;
  case FEW_ROWS: lab_term(lab, "us", q, a, x1, NULL); break;
  case THREE_COLUMNS: lab_term(lab, "us", q, a, x1, x2); break;
  case DIAGONAL: lab_term(lab, "diag", q, a, x1, NULL); break;
  case NESTED:
    lab_term(lab, "us", q, a, NULL, NULL);
    lab_term(lab, "us", 3, b, x1, NULL);
    break;
  case CROSSED:
    lab_term(lab, "us", q, a, x1, NULL);
    lab_term(lab, "us", 5, b, NULL, NULL);
    break;
  case SHAPES: break;
  }
  return lab;
}

static struct prepared *prepare(struct lab *lab, enum reml_kernel kernel, const double *start) {
  struct reml_options options = {.threads = 1, .kernel = kernel, .start = start};
  return reml_prepare(lab->arena, &lab->problem, &options);
}

/* ---- published optima ----------------------------------------------------------------------------------- */

Test(reml, sleepstudy_as_published) {
  struct lab *lab = sleepstudy(true);
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->status, REML_CONVERGED);
  assert_near(r->criterion, 1743.62827195849, 1e-11);
  assert_near(r->beta[0], 251.405104848485, 1e-11);
  assert_near(r->beta[1], 10.4672859595961, 1e-11);
  assert_near(sqrt(r->vcov[0]), 6.82455653206649, 1e-9);
  assert_near(sqrt(r->vcov[3]), 1.54578889629524, 1e-9);
  assert_near(r->g[0][0], 612.089938661887, 1e-8);
  assert_near(r->g[0][1], 9.60433331666405, 1e-7);
  assert_near(r->g[0][3], 35.0716604983458, 1e-8);
  assert_near(r->sigma2, 654.941027072315, 1e-9);
  assert_near(r->b[0][0], 2.258565549809, 1e-8);
  assert_near(r->b[0][1], 9.19897187951698, 1e-8);
  assert_near(sqrt(r->b_var[0][0]), 12.0708369083918, 1e-8);
  cr_assert_leq(r->evaluations, 6);
  lab_end(lab);
}

Test(reml, maximum_likelihood) {
  struct lab *lab = sleepstudy(false);
  assert_near(lab_fit(lab)->criterion, 1751.9393444632, 1e-11);
  lab_end(lab);
  lab = penicillin(false);
  assert_near(lab_fit(lab)->criterion, 332.188348668501, 1e-11);
  lab_end(lab);
}

Test(reml, crossed_factors) {
  struct lab *lab = penicillin(true);
  struct reml_result *r = lab_fit(lab);
  assert_near(r->criterion, 330.860588991086, 1e-11);
  cr_assert_leq(r->evaluations, 7);
  lab_end(lab);
}

/* Balanced one-way layout: the analysis of variance has the answer. */
Test(reml, one_way_layout_in_closed_form) {
  struct lab *lab = dyestuff(dyestuff_yield, true);
  double mean = 0, between = 0, within = 0, batch[6] = {0};
  for (int i = 0; i < 30; i++) {
    mean += dyestuff_yield[i] / 30;
    batch[i / 5] += dyestuff_yield[i] / 5;
  }
  for (int i = 0; i < 30; i++) within += pow(dyestuff_yield[i] - batch[i / 5], 2) / 24;
  for (int i = 0; i < 6; i++) between += pow(batch[i] - mean, 2);
  struct reml_result *r = lab_fit(lab);
  assert_near(r->sigma2, within, 1e-10);
  assert_near(r->g[0][0], between / 5 - within / 5, 1e-9);
  assert_near(r->beta[0], mean, 1e-13);
  lab_end(lab);
}

Test(reml, a_variance_of_zero_is_exactly_zero) {
  struct lab *lab = dyestuff(dyestuff2_yield, true);
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->status, REML_SINGULAR);
  cr_assert_eq(r->g[0][0], 0);
  cr_assert_eq(r->g_rank[0], 0);
  assert_near(r->criterion, 161.828277812288, 1e-11);
  for (int i = 0; i < 6; i++) cr_assert_eq(r->b[0][i], 0);
  lab_end(lab);
}

/* ---- brute force ---------------------------------------------------------------------------------------- */

static void against_brute_force(struct lab *lab) {
  struct reml_result *r = lab_fit(lab);
  cr_assert(r->status == REML_CONVERGED || r->status == REML_SINGULAR, "%s", r->message);
  struct brute b = brute_force(lab, r->g, r->sigma2);
  assert_near(r->criterion, b.criterion, 1e-11);
}

Test(reml, criterion_against_brute_force) {
  for (int shape = 0; shape < SHAPES; shape++)
    for (int i = 0; i < 4; i++) {
      struct lab *lab = random_problem((enum shape)shape, i % 2, i / 2, 60, (uint64_t)shape);
      against_brute_force(lab);
      lab_end(lab);
    }
}

/* Conditional modes: b = G Z'V^-1 (y - X b). */
Test(reml, modes_against_brute_force) {
  struct lab *lab = random_problem(CROSSED, true, true, 60, 3);
  struct reml_result *r = lab_fit(lab);
  struct brute b = brute_force(lab, r->g, r->sigma2);
  int n = 60;
  for (int i = n - 1; i >= 0; i--) { /* r := L^-T r */
    for (int k = i + 1; k < n; k++) b.r[i] -= b.l[k + i * n] * b.r[k];
    b.r[i] /= b.l[i + i * n];
  }
  for (int t = 0; t < 2; t++) {
    const struct re_term *x = &lab->terms[t];
    for (int l = 0; l < x->q; l++)
      for (int a = 0; a < x->c; a++) {
        long double want = 0;
        for (int i = 0; i < n; i++)
          for (int c = 0; c < x->c; c++)
            if (x->level[i] == l) want += r->g[t][a + c * x->c] * x->z[i * x->c + c] * b.r[i];
        assert_near(r->b[t][l * x->c + a], (double)want, 1e-10);
      }
  }
  lab_end(lab);
}

/* The optimum is one: nearby points are worse. */
Test(reml, nothing_nearby_is_better) {
  struct lab *lab = random_problem(THREE_COLUMNS, true, false, 80, 5);
  struct reml_result *r = lab_fit(lab);
  struct brute best = brute_force(lab, r->g, r->sigma2);
  for (int i = 0; i < 20; i++) {
    double g[9], *gs[1] = {g};
    for (int a = 0; a < 9; a++) g[a] = r->g[0][a];
    for (int a = 0; a < 3; a++) g[a * 4] *= 1 + 0.02 * lab_uniform(lab);
    struct brute b = brute_force(lab, gs, r->sigma2 * (1 + 0.02 * lab_normal(lab)));
    cr_assert_gt(b.criterion, best.criterion - 1e-9);
  }
  lab_end(lab);
}

/* ---- derivatives ---------------------------------------------------------------------------------------- */

static double criterion_at(struct prepared *pr, const double *theta, struct moments *m) {
  cr_assert(problem_eval(pr, theta, WANT_CRITERION, m));
  return m->criterion;
}

/* Gradient in theta by central differences of fourth order. */
static double slope(struct prepared *pr, double *theta, int i, struct moments *m) {
  double keep = theta[i], h = 1e-3, f[4], at[4] = {-2, -1, 1, 2};
  for (int j = 0; j < 4; j++) {
    theta[i] = keep + at[j] * h;
    f[j] = criterion_at(pr, theta, m);
  }
  theta[i] = keep;
  return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h);
}

static void check_gradient(struct lab *lab, enum reml_kernel kernel) {
  struct prepared *pr = prepare(lab, kernel, NULL);
  int n = reml_n_theta(pr);
  double *theta = lab_numbers(lab, n), *g = lab_numbers(lab, n);
  struct moments *m = moments_new(lab->arena, pr), *scratch = moments_new(lab->arena, pr);
  reml_start(pr, theta);
  for (int i = 0; i < n; i++) theta[i] += 0.3 * lab_normal(lab);
  cr_assert(problem_eval(pr, theta, WANT_GRADIENT, m));
  moments_gradient(pr, theta, m, g);
  for (int i = 0; i < n; i++) {
    double want = slope(pr, theta, i, scratch);
    cr_assert_float_eq(g[i], want, 1e-6 * (1 + fabs(want)), "%d: %.12g %.12g", i, g[i], want);
  }
}

Test(reml, gradient_against_differences) {
  for (int shape = 0; shape < SHAPES; shape++)
    for (int i = 0; i < 4; i++) {
      struct lab *lab = random_problem((enum shape)shape, i % 2, i / 2, 60, (uint64_t)shape + 10);
      check_gradient(lab, KERNEL_DENSE);
      lab_end(lab);
    }
}

Test(reml, gradient_of_the_sparse_kernel) {
  for (int shape = 0; shape < SHAPES; shape++) {
    struct lab *lab = random_problem((enum shape)shape, shape % 2, true, 60, (uint64_t)shape + 20);
    check_gradient(lab, KERNEL_SPARSE);
    lab_end(lab);
  }
}

/* One variance: the chart is its root, and the Hessian in phi can be had by differences of the gradient. */
static void check_hessian(struct lab *lab) {
  struct prepared *pr = prepare(lab, KERNEL_DENSE, NULL);
  struct moments *m = moments_new(lab->arena, pr), *up = moments_new(lab->arena, pr),
                 *down = moments_new(lab->arena, pr);
  double theta[2] = {0.8, -0.1}, h = 1e-5;
  cr_assert(problem_eval(pr, theta, WANT_HESSIAN, m));
  cr_assert(m->observed);
  for (int i = 0; i < 2; i++) {
    double moved[2] = {theta[0], theta[1]}, phi = i ? exp(2 * theta[1]) : theta[0] * theta[0];
    moved[i] = i ? log(phi + h) / 2 : sqrt(phi + h);
    cr_assert(problem_eval(pr, moved, WANT_GRADIENT, up));
    moved[i] = i ? log(phi - h) / 2 : sqrt(phi - h);
    cr_assert(problem_eval(pr, moved, WANT_GRADIENT, down));
    for (int j = 0; j < 2; j++) {
      double want = (up->gradient[j] - down->gradient[j]) / (2 * h);
      cr_assert_float_eq(m->hessian[j + 2 * i], want, 1e-6 * (1 + fabs(want)));
    }
  }
}

Test(reml, observed_information_against_differences) {
  for (int reml = 0; reml < 2; reml++) {
    struct lab *lab = dyestuff(dyestuff_yield, reml);
    check_hessian(lab);
    lab_end(lab);
  }
}

/* ---- two kernels ---------------------------------------------------------------------------------------- */

static struct reml_result *fit_with(struct lab *lab, enum reml_kernel kernel) {
  struct reml_options options = {.threads = 1, .kernel = kernel};
  return reml_fit(lab->arena, &lab->problem, &options);
}

static void assert_same_modes(const struct lab *lab, const struct reml_result *r,
                              const struct reml_result *s) {
  for (int t = 0; t < lab->problem.n_terms; t++)
    for (int i = 0; i < lab->terms[t].q * lab->terms[t].c; i++) {
      cr_assert_float_eq(r->b[t][i], s->b[t][i], 1e-5);
      cr_assert_float_eq(r->b_var[t][i], s->b_var[t][i], 1e-5);
    }
}

Test(reml, both_kernels_end_at_the_same_fit) {
  for (int shape = 0; shape < SHAPES; shape++)
    for (int i = 0; i < 4; i++) {
      struct lab *lab = random_problem((enum shape)shape, i % 2, i / 2, 70, (uint64_t)shape + 30);
      struct reml_result *r = fit_with(lab, KERNEL_DENSE), *s = fit_with(lab, KERNEL_SPARSE);
      cr_assert_eq(r->status, s->status);
      assert_near(s->criterion, r->criterion, 1e-11);
      assert_near(s->beta[1], r->beta[1], 1e-6);
      assert_near(s->vcov[3], r->vcov[3], 1e-6);
      assert_near(s->sigma2, r->sigma2, 1e-6);
      assert_same_modes(lab, r, s);
      lab_end(lab);
    }
}

/* Some clusters to the one, some to the other: one school is too large to be dense. */
Test(reml, both_kernels_in_one_fit) {
  enum { N = 4000 };
  struct lab *lab = lab_new(N, true);
  double *y = lab_numbers(lab, N);
  int32_t *school = lab_levels(lab, 1, 1), *class = lab_levels(lab, 1, 1);
  for (int i = 0; i < N; i++) {
    class[i] = i % 1000;
    school[i] = class[i] < 900 ? 0 : 1 + class[i] % 10;
    y[i] = sin(class[i]) + 2 * cos(school[i]) + lab_normal(lab);
  }
  lab->problem.y = y;
  lab_column(lab, NULL);
  lab_term(lab, "us", 1000, class, NULL, NULL);
  lab_term(lab, "us", 11, school, NULL, NULL);
  struct buf blocks;
  buf_init(&blocks, lab->arena);
  prepared_describe(&blocks, prepare(lab, KERNEL_AUTO, NULL));
  cr_assert(strstr(blocks.text, "independent clusters: 11, of them dense 10"), "%s", blocks.text);
  struct reml_result *r = fit_with(lab, KERNEL_AUTO), *s = fit_with(lab, KERNEL_SPARSE);
  assert_near(r->criterion, s->criterion, 1e-11);
  assert_near(r->g[0][0], s->g[0][0], 1e-6);
  assert_same_modes(lab, r, s);
  lab_end(lab);
}

/* ---- invariance ----------------------------------------------------------------------------------------- */

static void assert_same_fit(const struct reml_result *r, const struct reml_result *s, double scale2) {
  assert_near(s->sigma2 / scale2, r->sigma2, 1e-8);
  for (int i = 0; i < 4; i++) cr_assert_float_eq(s->g[0][i] / scale2, r->g[0][i], 1e-7 * r->g[0][0]);
}

Test(reml, a_shift_of_the_response_changes_nothing) {
  struct lab *lab = random_problem(ONE_TERM, true, false, 90, 1);
  double *y = lab_numbers(lab, 90), *shifted = lab_numbers(lab, 90);
  for (int i = 0; i < 90; i++) {
    y[i] = round(lab->problem.y[i] * 1024) / 1024; /* so that y + 1e9 is exact */
    shifted[i] = y[i] + 1e9;
  }
  lab->problem.y = y;
  struct reml_result *r = lab_fit(lab);
  lab->problem.y = shifted;
  struct reml_result *s = lab_fit(lab);
  assert_same_fit(r, s, 1);
  assert_near(s->criterion, r->criterion, 1e-12);
  assert_near(s->beta[1], r->beta[1], 1e-9);
  assert_near(s->beta[0] - 1e9, r->beta[0], 1e-6);
  lab_end(lab);
}

Test(reml, units_of_the_response_and_of_a_covariate) {
  for (int k = -6; k <= 6; k += 6) {
    struct lab *lab = random_problem(ONE_TERM, true, false, 90, 2);
    struct reml_result *r = lab_fit(lab);
    double unit = pow(10, k), *y = lab_numbers(lab, 90), *x = lab_numbers(lab, 180),
           *z = lab_numbers(lab, 180);
    for (int i = 0; i < 90; i++) {
      y[i] = lab->problem.y[i] * unit;
      x[i] = 1;
      x[90 + i] = lab->problem.x[90 + i] / unit;
      z[2 * i] = 1;
      z[2 * i + 1] = x[90 + i];
    }
    lab->problem.y = y;
    lab->problem.x = x;
    lab->terms[0].z = z;
    struct reml_result *s = lab_fit(lab);
    cr_assert_eq(s->evaluations, r->evaluations);
    assert_near(s->sigma2 / (unit * unit), r->sigma2, 1e-9);
    assert_near(s->g[0][0] / (unit * unit), r->g[0][0], 1e-8);
    assert_near(s->g[0][3] / pow(unit, 4), r->g[0][3], 1e-8);
    assert_near(s->beta[1] / (unit * unit), r->beta[1], 1e-10);
    lab_end(lab);
  }
}

Test(reml, order_of_rows_and_levels) {
  struct lab *lab = random_problem(ONE_TERM, true, false, 90, 4);
  struct reml_result *r = lab_fit(lab);
  double *y = lab_numbers(lab, 90), *x = lab_numbers(lab, 180), *z = lab_numbers(lab, 180);
  int32_t *level = lab_levels(lab, 1, 1);
  for (int i = 0; i < 90; i++) {
    int j = 37 * i % 90;
    y[i] = lab->problem.y[j];
    x[i] = 1;
    x[90 + i] = z[2 * i + 1] = lab->problem.x[90 + j];
    z[2 * i] = 1;
    level[i] = 6 - lab->terms[0].level[j];
  }
  lab->problem.y = y;
  lab->problem.x = x;
  lab->terms[0].z = z;
  lab->terms[0].level = level;
  struct reml_result *s = lab_fit(lab);
  assert_near(s->criterion, r->criterion, 1e-12);
  assert_same_fit(r, s, 1);
  for (int l = 0; l < 7; l++) assert_near(s->b[0][2 * (6 - l)], r->b[0][2 * l], 1e-7);
  lab_end(lab);
}

/* `year` as it comes: a basis nearly parallel to the constant. */
Test(reml, an_offset_of_a_slope_covariate) {
  struct lab *lab = sleepstudy(true);
  double *year = lab_numbers(lab, 180);
  for (int i = 0; i < 180; i++) year[i] = 2000 + i % 10;
  lab->problem.p = lab->problem.n_terms = 0;
  lab_column(lab, NULL);
  lab_column(lab, year);
  lab_term(lab, "us", 18, lab_levels(lab, 18, 10), year, NULL);
  struct reml_result *r = lab_fit(lab);
  assert_near(r->criterion, 1743.62827195849, 1e-11);
  assert_near(r->g[0][3], 35.0716604983458, 1e-7);
  cr_assert_leq(r->evaluations, 6);
  lab_end(lab);
}

Test(reml, digits_do_not_depend_on_threads) {
  int n = 8000;
  struct lab *lab = lab_new(n, true);
  double *x = lab_numbers(lab, n), *y = lab_numbers(lab, n);
  for (int i = 0; i < n; i++) {
    x[i] = lab_uniform(lab);
    y[i] = lab_normal(lab) + (i / 4 % 7) * x[i];
  }
  lab->problem.y = y;
  lab_column(lab, NULL);
  lab_column(lab, x);
  lab_term(lab, "us", 2000, lab_levels(lab, 2000, 4), x, NULL);
  struct reml_options one = {.threads = 1}, three = {.threads = 3};
  struct reml_result *r = reml_fit(lab->arena, &lab->problem, &one);
  struct reml_result *s = reml_fit(lab->arena, &lab->problem, &three);
  cr_assert_eq(r->criterion, s->criterion);
  cr_assert_arr_eq(r->g[0], s->g[0], 4 * sizeof(double));
  cr_assert_arr_eq(r->beta, s->beta, 2 * sizeof(double));
  lab_end(lab);
}

Test(reml, every_start_ends_at_the_same_optimum) {
  double starts[4][4] = {{1e-6, 0, 0, 1e-6}, {1e4, 0, 0, 1e4}, {1, 0.05, 0.05, 0.01}, {0, 0, 0, 0}};
  for (int i = 0; i < 4; i++) {
    struct lab *lab = sleepstudy(true);
    struct reml_options options = {.threads = 1, .start = starts[i]};
    struct reml_result *r = reml_fit(lab->arena, &lab->problem, &options);
    assert_near(r->criterion, 1743.62827195849, 1e-10);
    lab_end(lab);
  }
}

/* ---- designs -------------------------------------------------------------------------------------------- */

Test(reml, aliased_columns_are_named_and_cost_nothing) {
  struct lab *lab = sleepstudy(true);
  double *twice = lab_numbers(lab, 180);
  for (int i = 0; i < 180; i++) twice[i] = 2 * (i % 10) + 1;
  lab_column(lab, twice);
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->rank, 2);
  cr_assert(r->aliased[2] && !r->aliased[1]);
  cr_assert(isnan(r->beta[2]) && isnan(r->vcov[8]) && isnan(r->vcov[2]));
  assert_near(r->criterion, 1743.62827195849, 1e-11);
  lab_end(lab);
}

/* lm drops this column; its digits are there. */
Test(reml, a_covariate_far_from_zero_is_kept) {
  struct lab *lab = sleepstudy(true);
  double *x = lab_numbers(lab, 180);
  for (int i = 0; i < 180; i++) x[i] = 1e8 + i % 10;
  lab->problem.p = 0;
  lab_column(lab, NULL);
  lab_column(lab, x);
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->rank, 2);
  assert_near(r->beta[1], 10.4672859595961, 1e-8);
  lab_end(lab);
}

Test(reml, no_fixed_effects_and_no_random_ones) {
  struct lab *lab = random_problem(ONE_TERM, true, false, 60, 8);
  lab->problem.p = 0;
  against_brute_force(lab);
  lab_end(lab);
  lab = random_problem(ONE_TERM, true, true, 60, 8);
  lab->problem.n_terms = 0;
  against_brute_force(lab);
  lab_end(lab);
}

/* ---- ends that are no optimum --------------------------------------------------------------------------- */

Test(reml, a_perfect_fit_is_said_so) {
  struct lab *lab = sleepstudy(true);
  double *y = lab_numbers(lab, 180);
  for (int i = 0; i < 180; i++) y[i] = 3 + 0.1 * (i % 10);
  lab->problem.y = y;
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->status, REML_PERFECT_FIT);
  cr_assert_eq(r->sigma2, 0);
  assert_near(r->beta[1], 0.1, 1e-13);
  lab_end(lab);
}

Test(reml, one_row_a_level_is_not_identified) {
  struct lab *lab = lab_new(30, true);
  lab->problem.y = dyestuff_yield;
  lab_column(lab, NULL);
  lab_term(lab, "us", 30, lab_levels(lab, 30, 1), NULL, NULL);
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->status, REML_NOT_IDENTIFIED);
  cr_assert_eq(r->n_bad, 2);
  cr_assert_eq(r->bad_term[0], 0);
  cr_assert_eq(r->bad_term[1], 1); /* the residual */
  lab_end(lab);
}

Test(reml, a_basis_of_zeros_is_not_identified) {
  struct lab *lab = sleepstudy(true);
  double *zero = lab_numbers(lab, 180);
  lab->problem.n_terms = 0;
  lab_term(lab, "us", 18, lab_levels(lab, 18, 10), zero, NULL);
  cr_assert_eq(lab_fit(lab)->status, REML_NOT_IDENTIFIED);
  lab_end(lab);
}

/* Equal mean squares: the likelihood is flat to the fourth order at zero, and the search only creeps there. */
Test(reml, a_flat_boundary_is_reached) {
  struct lab *lab = lab_new(20, true);
  double *y = lab_numbers(lab, 20);
  y[3] = 1;
  lab->problem.y = y;
  lab_column(lab, NULL);
  lab_term(lab, "us", 4, lab_levels(lab, 4, 5), NULL, NULL);
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->status, REML_SINGULAR);
  cr_assert_eq(r->g[0][0], 0);
  lab_end(lab);
}

Test(reml, random_effects_that_explain_everything) {
  struct lab *lab = dyestuff(dyestuff_yield, true);
  double *y = lab_numbers(lab, 30);
  for (int i = 0; i < 30; i++) y[i] = sin(i / 5);
  lab->problem.y = y;
  struct reml_result *r = lab_fit(lab);
  cr_assert_eq(r->status, REML_ZERO_RESIDUAL, "%s", r->message);
  cr_assert_lt(r->sigma2, 1e-12);
  lab_end(lab);
}

Test(reml, evaluations_used_up) {
  struct lab *lab = sleepstudy(true);
  struct reml_options options = {.threads = 1, .max_evaluations = 2};
  struct reml_result *r = reml_fit(lab->arena, &lab->problem, &options);
  cr_assert_eq(r->status, REML_NOT_CONVERGED);
  cr_assert(strstr(r->message, "not converged"));
  lab_end(lab);
}

/* A correlation of one: the second column of the basis follows the first. */
Test(reml, a_perfect_correlation_is_exact) {
  int n = 200;
  struct lab *lab = lab_new(n, true);
  double *x = lab_numbers(lab, n), *y = lab_numbers(lab, n);
  int32_t *level = lab_levels(lab, 10, 20);
  for (int i = 0; i < n; i++) {
    x[i] = i % 20 - 9.5;
    y[i] = 3 * sin(level[i]) * (1 + 0.1 * x[i]) + lab_normal(lab);
  }
  lab->problem.y = y;
  lab_column(lab, NULL);
  lab_column(lab, x);
  lab_term(lab, "us", 10, level, x, NULL);
  struct reml_result *r = lab_fit(lab);
  if (r->status == REML_SINGULAR) {
    cr_assert_eq(r->g_rank[0], 1);
    assert_near(r->g[0][1] / sqrt(r->g[0][0] * r->g[0][3]), 1.0, 1e-12);
  }
  struct brute b = brute_force(lab, r->g, r->sigma2);
  assert_near(r->criterion, b.criterion, 1e-11);
  lab_end(lab);
}

/* ---- the house ------------------------------------------------------------------------------------------ */

Test(reml, log_and_blocks_are_text) {
  struct lab *lab = penicillin(true);
  struct buf log, blocks;
  buf_init(&log, lab->arena);
  buf_init(&blocks, lab->arena);
  struct reml_options options = {.threads = 1, .log = &log};
  struct reml_result *r = reml_fit(lab->arena, &lab->problem, &options);
  int lines = 0;
  for (const char *s = log.text; *s; s++) lines += *s == '\n';
  cr_assert_eq(lines, r->evaluations);
  prepared_describe(&blocks, prepare(lab, KERNEL_AUTO, NULL));
  cr_assert(strstr(blocks.text, "independent clusters: 1, of them dense 1"));
  lab_end(lab);
}

static void guarded_fit(void *lab) {
  lab_fit(lab);
}

Test(reml, an_interrupt_leaves_between_evaluations) {
  struct lab *lab = sleepstudy(true);
  lab->mem.interrupted = 1;
  cr_assert_eq(mem_guard(&lab->mem, guarded_fit, lab), UNWIND_INTERRUPT);
  cr_assert_eq(mem_guard(&lab->mem, guarded_fit, lab), UNWIND_NONE);
  lab_end(lab);
}

Test(reml, memory_may_run_out_anywhere) {
  for (size_t n = 1;; n++) {
    struct lab *lab = random_problem(CROSSED, true, true, 60, 3);
    lab->mem.calls = 0;
    lab->mem.fail_at = n;
    enum unwind end = mem_guard(&lab->mem, guarded_fit, lab);
    lab->mem.fail_at = 0;
    lab_end(lab);
    if (end == UNWIND_NONE) return;
    cr_assert_eq(end, UNWIND_MEMORY);
  }
}
