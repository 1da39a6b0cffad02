#include "runtime/table/number.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Powers of ten that a double holds exactly. */
static const double exact_power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { POWER_MAX = 22, DIGITS_MAX = 19, COPY_MAX = 512 };
#define MANTISSA_MAX (UINT64_C(1) << 53)

struct decimal {
  bool negative;
  uint64_t mantissa; /* of the first DIGITS_MAX significant digits */
  int digits;        /* significant digits seen; more than DIGITS_MAX: the mantissa is cut */
  long exponent;     /* of ten */
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static const char *read_digits(const char *s, const char *end, struct decimal *d, bool fraction) {
  for (; s < end && is_digit(*s); s++) {
    if (d->digits < DIGITS_MAX) d->mantissa = d->mantissa * 10 + (uint64_t)(*s - '0');
    if (d->digits > 0 || *s != '0') d->digits++;
    if (fraction) d->exponent--;
    if (d->digits > DIGITS_MAX) d->exponent++;
  }
  return s;
}

static const char *read_exponent(const char *s, const char *end, struct decimal *d) {
  bool negative = false;
  if (s < end && (*s == '+' || *s == '-')) negative = *s++ == '-';
  if (s == end || !is_digit(*s)) return NULL;
  long e = 0;
  for (; s < end && is_digit(*s); s++)
    if (e < 100000) e = e * 10 + (*s - '0');
  d->exponent += negative ? -e : e;
  return s;
}

/* The number's parts; false if s..end is no decimal number. */
static bool scan(const char *s, const char *end, char decimal, struct decimal *d) {
  *d = (struct decimal){0};
  if (s < end && (*s == '+' || *s == '-')) d->negative = *s++ == '-';
  const char *first = s;
  s = read_digits(s, end, d, false);
  bool any = s > first;
  if (s < end && *s == decimal) {
    const char *fraction = ++s;
    s = read_digits(s, end, d, true);
    any = any || s > fraction;
  }
  if (!any) return false;
  if (s < end && (*s == 'e' || *s == 'E')) s = read_exponent(s + 1, end, d);
  return s == end;
}

/* One rounding of exact operands is exact rounding (Clinger 1990). */
static bool exactly(const struct decimal *d, double *value) {
  if (d->digits > DIGITS_MAX || d->mantissa > MANTISSA_MAX || d->exponent < -POWER_MAX ||
      d->exponent > POWER_MAX)
    return false;
  double x = (double)d->mantissa;
  x = d->exponent < 0 ? x / exact_power[-d->exponent] : x * exact_power[d->exponent];
  *value = d->negative ? -x : x;
  return true;
}

/* The rare rest, by the C library: a copy with a '.' in it (the process keeps the C locale's numbers). */
static bool by_library(const char *s, size_t n, char decimal, double *value) {
  char copy[COPY_MAX];
  if (n >= sizeof copy) return false;
  memcpy(copy, s, n);
  copy[n] = '\0';
  char *comma = decimal != '.' ? strchr(copy, decimal) : NULL;
  if (comma) *comma = '.';
  char *end;
  *value = strtod(copy, &end);
  return *end == '\0';
}

static bool infinite(const char *s, size_t n, double *value) {
  bool negative = n == 4 && *s == '-';
  if (negative) s++, n--;
  if (n != 3 || memcmp(s, "Inf", 3) != 0) return false;
  *value = negative ? -INFINITY : INFINITY;
  return true;
}

bool number_read(const char *s, size_t n, char decimal, double *value) {
  while (n > 0 && (*s == ' ' || *s == '\t')) s++, n--;
  while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t')) n--;
  struct decimal d;
  if (!scan(s, s + n, decimal, &d)) return infinite(s, n, value);
  return exactly(&d, value) || by_library(s, n, decimal, value);
}
