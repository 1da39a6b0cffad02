/* Random numbers: the stream is what it is on every platform, and has the moments it should have. */
#include "runtime/random/random.h"
#include <criterion/criterion.h>
#include <math.h>

Test(random, the_stream_of_a_seed) {
  struct random r;
  random_seed(&r, 1);
  cr_expect_eq(random_bits(&r), 12966619160104079557u);
  cr_expect_eq(random_bits(&r), 9600361134598540522u);
  cr_expect_eq(random_bits(&r), 10590380919521690900u);
  random_seed(&r, 1);
  random_jump(&r);
  cr_expect_eq(random_bits(&r), 3686199559692413392u);
}

/* Figures of R 4.2.2's qnorm. */
Test(random, normal_quantiles) {
  static const double p[] = {0.975, 1e-10, 0.3, 1e-300}, z[] = {1.95996398454005361, -6.36134090240405570,
                                                                -0.52440051270804067, -37.04709629936120052};
  for (int i = 0; i < 4; i++) cr_expect_float_eq(normal_quantile(p[i]), z[i], 1e-14 * fabs(z[i]));
  cr_expect(isinf(normal_quantile(0)) && isinf(normal_quantile(1)) && isnan(normal_quantile(2)));
}

static void expect_moments(double (*draw)(struct random *), double mean, double variance) {
  enum { N = 200000 };
  struct random r;
  double sum = 0, squares = 0;
  random_seed(&r, 7);
  for (int i = 0; i < N; i++) {
    double x = draw(&r) - mean;
    sum += x;
    squares += x * x;
  }
  cr_expect_float_eq(sum / N, 0, 4 * sqrt(variance / N));
  cr_expect_float_eq(squares / N, variance, 0.02 * variance);
}

static double poisson(struct random *r) {
  return random_poisson(r, 3.5);
}

static double binomial(struct random *r) {
  return random_binomial(r, 8, 0.25);
}

static double below(struct random *r) {
  return (double)random_below(r, 6);
}

Test(random, moments) {
  expect_moments(random_uniform, 0.5, 1.0 / 12);
  expect_moments(random_normal, 0, 1);
  expect_moments(random_exponential, 1, 1);
  expect_moments(poisson, 3.5, 3.5);
  expect_moments(binomial, 2, 1.5);
  expect_moments(below, 2.5, 35.0 / 12);
}
