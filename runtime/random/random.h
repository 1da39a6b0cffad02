/* random.h: random numbers, the same stream from the same seed on every platform.
 *
 * The generator is xoshiro256** (Blackman & Vigna 2021, ACM Trans. Math. Softw. 47:36), period 2^256 - 1, its state filled from
 * the seed by splitmix64 (Steele, Lea & Flood 2014).  Uniform numbers have 53 bits and are never 0 or 1; normal ones are the
 * inverse distribution function of a uniform one (Wichura 1988, AS 241), so that each takes exactly one step of the stream.
 */
#ifndef KIN_RANDOM_H
#define KIN_RANDOM_H

#include <stdint.h>

struct random {
  uint64_t state[4];
};

void random_seed(struct random *r, uint64_t seed);
/* A stream of its own, 2^128 steps further: for work that is divided. */
void random_jump(struct random *r);
uint64_t random_bits(struct random *r);
double random_uniform(struct random *r);                   /* in (0, 1) */
double random_normal(struct random *r);                    /* mean 0, variance 1 */
uint64_t random_below(struct random *r, uint64_t n);       /* 0 .. n - 1, each equally likely; n > 0 */
double random_exponential(struct random *r);               /* mean 1 */
double random_poisson(struct random *r, double mean);      /* mean >= 0; takes about `mean` steps */
double random_binomial(struct random *r, int n, double p); /* n steps */

/* The quantile of the standard normal distribution, about 16 digits; p in (0, 1), else an infinity or NaN. */
double normal_quantile(double p);

#endif
