#include "runtime/report/digits.h"
#include "runtime/report/report.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal exponent of x when it is rounded to `digits` significant digits: 9.9996 with 4 is 1.000e1. */
static int exponent_of(double x, int digits) {
  char text[DIGITS_TEXT];
  snprintf(text, sizeof text, "%.*e", digits - 1, x);
  return atoi(strchr(text, 'e') + 1);
}

/* Decimals that x has when it is rounded to `digits` significant digits, zeros at the end left out. */
static int decimals_used(double x, int digits) {
  char text[DIGITS_TEXT];
  snprintf(text, sizeof text, "%.*e", digits - 1, x);
  char *e = strchr(text, 'e');
  int exponent = atoi(e + 1);
  int last = digits - 1;
  while (last > 0 && e[-1] == '0') {
    e--;
    last--;
  }
  return last - exponent > 0 ? last - exponent : 0;
}

static bool is_plain(double x) {
  return isfinite(x) && x != 0 && exponent_of(x, 15) < DIGITS_LARGE;
}

struct digits digits_of(const double *v, int n, int digits, bool trim) {
  struct digits f = {.digits = digits};
  int largest = 0;
  for (int i = 0; i < n; i++) {
    if (!is_plain(v[i])) continue;
    int e = exponent_of(v[i], digits);
    int wanted = trim ? decimals_used(v[i], digits) : digits - 1 - e;
    if (wanted > f.decimals) f.decimals = wanted;
    if (e > largest) largest = e;
  }
  int span = DIGITS_SPAN > digits ? DIGITS_SPAN : digits;
  int room = span - 1 - largest;
  if (f.decimals > room) f.decimals = room > 0 ? room : 0;
  return f;
}

/* A number of which the format would leave fewer than two significant digits, and not all there are. */
static bool too_small(double x, struct digits f) {
  return exponent_of(x, f.digits) < 1 - f.decimals && decimals_used(x, f.digits) > f.decimals;
}

struct digits digits_fixed(int decimals) {
  return (struct digits){.decimals = decimals, .digits = 4, .fixed = true};
}

struct digits digits_beside(struct digits f, double se) {
  f.fixed = isfinite(se) && se > 0 && !too_small(se, f);
  return f;
}

static void without_minus_zero(char *text) {
  if (text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1)) memmove(text, text + 1, strlen(text));
}

const char *digits_text(struct arena *a, double x, struct digits f) {
  if (isnan(x)) return "NA";
  if (isinf(x)) return x > 0 ? "Inf" : "-Inf";
  if (x == 0 && !f.fixed) return "0";
  char text[DIGITS_TEXT];
  bool large = exponent_of(x, 15) >= DIGITS_LARGE;
  if (large || (!f.fixed && too_small(x, f)))
    snprintf(text, sizeof text, "%.*e", f.digits - 1, x);
  else
    snprintf(text, sizeof text, "%.*f", f.decimals, x);
  without_minus_zero(text);
  return arena_strdup(a, text);
}

void report_number(struct buf *out, double x, int digits) {
  if (isnan(x))
    buf_put(out, "NA");
  else if (isinf(x))
    buf_put(out, x > 0 ? "Inf" : "-Inf");
  else if (x == 0)
    buf_putc(out, '0');
  else if (x == floor(x) && fabs(x) < 1e15)
    buf_printf(out, "%.0f", x);
  else
    buf_printf(out, "%.*g", digits, x);
}
