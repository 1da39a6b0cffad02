#include "runtime/random/random.h"
#include <math.h>

static uint64_t rotated(uint64_t x, int k) {
  return x << k | x >> (64 - k);
}

static uint64_t splitmix(uint64_t *x) {
  uint64_t z = *x += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

void random_seed(struct random *r, uint64_t seed) {
  for (int i = 0; i < 4; i++) r->state[i] = splitmix(&seed);
}

uint64_t random_bits(struct random *r) {
  uint64_t *s = r->state, result = rotated(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotated(s[3], 45);
  return result;
}

void random_jump(struct random *r) {
  static const uint64_t jump[] = {0x180ec6d33cfd0aba, 0xd5a61266f0c9392c, 0xa9582618e03fc9aa,
                                  0x39abdc4529b1661c};
  uint64_t s[4] = {0};
  for (int i = 0; i < 4; i++)
    for (int b = 0; b < 64; b++) {
      for (int k = 0; k < 4 && jump[i] >> b & 1; k++) s[k] ^= r->state[k];
      random_bits(r);
    }
  for (int k = 0; k < 4; k++) r->state[k] = s[k];
}

/* The middle of one of 2^53 equal pieces. */
double random_uniform(struct random *r) {
  return ((double)(random_bits(r) >> 11) + 0.5) * 0x1p-53;
}

double random_normal(struct random *r) {
  return normal_quantile(random_uniform(r));
}

double random_exponential(struct random *r) {
  return -log(random_uniform(r));
}

/* The first 2^64 mod n values would make the small remainders likelier. */
uint64_t random_below(struct random *r, uint64_t n) {
  uint64_t least = -n % n, x = random_bits(r);
  while (x < least) x = random_bits(r);
  return x % n;
}

/* Events of a process of rate 1 before the time `mean`. */
double random_poisson(struct random *r, double mean) {
  double n = 0, t = random_exponential(r);
  while (t < mean) {
    t += random_exponential(r);
    n++;
  }
  return n;
}

double random_binomial(struct random *r, int n, double p) {
  double k = 0;
  for (int i = 0; i < n; i++) k += random_uniform(r) < p;
  return k;
}

/* ---- AS 241, PPND16 ---- */

static double ratio(const double *a, const double *b, double x) {
  double up = a[7], down = b[7];
  for (int i = 6; i >= 0; i--) {
    up = up * x + a[i];
    down = down * x + b[i];
  }
  return up / down;
}

double normal_quantile(double p) {
  static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                             1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                             3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static const double b[] = {1,
                             4.2313330701600911252e+1,
                             6.8718700749205790830e+2,
                             5.3941960214247511077e+3,
                             2.1213794301586595867e+4,
                             3.9307895800092710610e+4,
                             2.8729085735721942674e+4,
                             5.2264952788528545610e+3};
  static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                             3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static const double d[] = {1,
                             2.05319162663775882187e0,
                             1.67638483018380384940e0,
                             6.89767334985100004550e-1,
                             1.48103976427480074590e-1,
                             1.51986665636164571966e-2,
                             5.47593808499534494600e-4,
                             1.05075007164441684324e-9};
  static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                             2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static const double f[] = {1,
                             5.99832206555887937690e-1,
                             1.36929880922735805310e-1,
                             1.48753612908506148525e-2,
                             7.86869131145613259100e-4,
                             1.84631831751005468180e-5,
                             1.42151175831644588870e-7,
                             2.04426310338993978564e-15};
  double q = p - 0.5;
  if (fabs(q) <= 0.425) return q * ratio(a, b, 0.180625 - q * q);
  double tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail == 0 ? (q < 0 ? -INFINITY : INFINITY) : (double)NAN;
  double s = sqrt(-log(tail)), x = s <= 5 ? ratio(c, d, s - 1.6) : ratio(e, f, s - 5);
  return q < 0 ? -x : x;
}
