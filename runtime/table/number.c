#include "runtime/table/number.h"
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Powers of ten that a double holds exactly; those up to WHOLE_POWER_MAX fit into 64 bits. */
static const double exact_power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { POWER_MAX = 22, WHOLE_POWER_MAX = 19, DIGITS_MAX = 19 };
#define MANTISSA_MAX (UINT64_C(1) << 53)

struct decimal {
  bool negative;
  uint64_t mantissa; /* of DIGITS_MAX significant digits or fewer; of more, nothing */
  size_t digits;     /* significant digits */
  long exponent;     /* of ten */
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Appends digits to the mantissa; zeros before the first other digit are not significant. */
static const char *read_digits(const char *s, const char *end, struct decimal *d) {
  if (d->digits == 0)
    while (s < end && *s == '0') s++;
  const char *first = s;
  uint64_t mantissa = d->mantissa;
  for (; s < end && is_digit(*s); s++) mantissa = mantissa * 10 + (uint64_t)(*s - '0');
  d->mantissa = mantissa;
  d->digits += (size_t)(s - first);
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
  s = read_digits(s, end, d);
  bool any = s > first;
  if (s < end && *s == decimal) {
    const char *fraction = ++s;
    s = read_digits(s, end, d);
    d->exponent -= s - fraction;
    any = any || s > fraction;
  }
  if (!any) return false;
  if (s < end && (*s == 'e' || *s == 'E')) s = read_exponent(s + 1, end, d);
  return s == end;
}

/* mantissa / power, rounded once: a quotient of 63 bits or more, whose last bit says whether anything is left. */
static double quotient(uint64_t mantissa, double power) {
  if (mantissa == 0) return 0;
  int shift = __builtin_clzll(mantissa);
  unsigned __int128 top = (unsigned __int128)(mantissa << shift) << 64;
  unsigned __int128 q = top / (uint64_t)power;
  if (q * (uint64_t)power != top) q |= 1;
  return ldexp((double)q, -64 - shift);
}

static double product(uint64_t mantissa, double power) {
  return (double)((unsigned __int128)mantissa * (uint64_t)power);
}

/* One rounding of exact operands is exact rounding: in doubles (Clinger 1990), or in 128 bits. */
static bool exactly(const struct decimal *d, double *value) {
  long e = d->exponent;
  if (d->digits > DIGITS_MAX || e < -POWER_MAX || e > POWER_MAX) return false;
  double x;
  if (d->mantissa <= MANTISSA_MAX)
    x = e < 0 ? (double)d->mantissa / exact_power[-e] : (double)d->mantissa * exact_power[e];
  else if (e >= -WHOLE_POWER_MAX && e <= WHOLE_POWER_MAX)
    x = e < 0 ? quotient(d->mantissa, exact_power[-e]) : product(d->mantissa, exact_power[e]);
  else
    return false;
  *value = d->negative ? -x : x;
  return true;
}

/* strtod whatever locale the process has chosen; the C locale is one that the C library always holds. */
static double strtod_plain(const char *s) {
  locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c) return strtod(s, NULL);
  double x = strtod_l(s, NULL, c);
  freelocale(c);
  return x;
}

/* The rare rest: a copy with a '.' in it. */
static bool by_library(const char *s, size_t n, char decimal, double *value) {
  char copy[NUMBER_BYTES_MAX + 1];
  if (n > NUMBER_BYTES_MAX) return false;
  memcpy(copy, s, n);
  copy[n] = '\0';
  char *mark = strchr(copy, decimal);
  if (mark) *mark = '.';
  *value = strtod_plain(copy);
  return true;
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
