/* distributions.h: tails and quantiles of t and F, by R's library of mathematical functions (libRmath). */
#ifndef KIN_DISTRIBUTIONS_H
#define KIN_DISTRIBUTIONS_H

/* df > 0, infinity allowed: normal, chi-squared. */
double t_upper(double t, double df);
double t_two_sided(double t, double df);
double t_quantile(double p, double df);
double f_upper(double f, double ndf, double ddf);
/* Upper tail of the studentized range of `groups` means. */
double tukey_upper(double q, double groups, double df);
double chi2_upper(double x, double df);

#endif
