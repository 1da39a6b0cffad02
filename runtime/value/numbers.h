/* numbers.h: statistics of numbers, and what a table's columns hold. */
#ifndef KIN_NUMBERS_H
#define KIN_NUMBERS_H

#include "runtime/value/interp.h"

/* Of n numbers that are not missing; NaN of none.  numbers_quantile sorts v: p = 0 is the least, 0.5 the median (R's type
   7). */
double numbers_mean(const double *v, int n);
double numbers_sd(const double *v, int n);
double numbers_quantile(double *v, int n, double p);

/* describe(), as summary() of a table shows it. */
void describe_table(struct call *c, const struct table *t, struct value *out);

#endif
