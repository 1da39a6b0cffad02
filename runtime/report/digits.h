/* digits.h: numbers as text: alone, and in columns whose points align. */
#ifndef KIN_REPORT_DIGITS_H
#define KIN_REPORT_DIGITS_H

#include "lang/base/buf.h"

/* How the numbers of one column are written. */
struct digits {
  int decimals; /* digits after the point */
  int digits;   /* significant digits of a number that is written as 1.234e-07 */
  bool fixed;   /* always `decimals`, however small: what rounds to zero is 0.00 (t values, correlations) */
};

enum {
  DIGITS_SPAN = 7,  /* the largest number of a column gets no more significant digits than this */
  DIGITS_LARGE = 9, /* from 1e9 on a number is written with an exponent */
  DIGITS_TEXT = 32, /* bytes that digits_text needs */
};

/* The format in which the smallest of n numbers shows `digits` significant digits, as far as the span of the
   column allows; what is too small for it gets an exponent of its own.  trim: no more decimals than the
   numbers have at that precision (data), else all of them (estimates).  NaN and infinities count for nothing. */
struct digits digits_of(const double *v, int n, int digits, bool trim);
struct digits digits_fixed(int decimals);
/* The format for x, whose uncertainty is se: where f shows two digits of se, x gets the same decimals. */
struct digits digits_beside(struct digits f, double se);

/* x in a format: "NA" for NaN, "Inf", "0" for an exact zero, never "-0.00".  In the arena. */
const char *digits_text(struct arena *a, double x, struct digits f);

#endif
