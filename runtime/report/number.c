#include "runtime/report/number.h"
#include "runtime/report/report.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal exponent of x when it is rounded to `digits` significant digits: 9.9996 with 4 is 1.000e1. */
static int exponent_of(double x, int digits) {
  char text[NUMBER_TEXT];
  snprintf(text, sizeof text, "%.*e", digits - 1, x);
  return atoi(strchr(text, 'e') + 1);
}

/* Decimals that x has when it is rounded to `digits` significant digits, zeros at the end left out. */
static int decimals_used(double x, int digits) {
  char text[NUMBER_TEXT];
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
  return isfinite(x) && x != 0 && exponent_of(x, 15) < NUMBER_LARGE;
}

struct number_format number_format_of(const double *v, int n, int digits, bool trim) {
  struct number_format f = {.digits = digits};
  int largest = 0;
  for (int i = 0; i < n; i++) {
    if (!is_plain(v[i])) continue;
    int e = exponent_of(v[i], digits);
    int wanted = trim ? decimals_used(v[i], digits) : digits - 1 - e;
    if (wanted > f.decimals) f.decimals = wanted;
    if (e > largest) largest = e;
  }
  int span = NUMBER_SPAN > digits ? NUMBER_SPAN : digits;
  int room = span - 1 - largest;
  if (f.decimals > room) f.decimals = room > 0 ? room : 0;
  return f;
}

/* A number of which the format would leave fewer than two significant digits, and not all there are. */
static bool too_small(double x, struct number_format f) {
  return exponent_of(x, f.digits) < 1 - f.decimals && decimals_used(x, f.digits) > f.decimals;
}

struct number_format number_format_fixed(int decimals) {
  return (struct number_format){.decimals = decimals, .digits = 4, .fixed = true};
}

struct number_format number_format_beside(struct number_format f, double se) {
  f.fixed = isfinite(se) && se > 0 && !too_small(se, f);
  return f;
}

static void without_minus_zero(char *text) {
  if (text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1)) memmove(text, text + 1, strlen(text));
}

const char *number_text(struct arena *a, double x, struct number_format f) {
  if (isnan(x)) return "NA";
  if (isinf(x)) return x > 0 ? "Inf" : "-Inf";
  if (x == 0 && !f.fixed) return "0";
  char text[NUMBER_TEXT];
  bool large = exponent_of(x, 15) >= NUMBER_LARGE;
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

double number_correlation(const double *g, int c, int i, int j) {
  double scale = sqrt(g[i * c + i]) * sqrt(g[j * c + j]);
  if (scale == 0) return NAN;
  return i == j ? 1 : fmax(-1, fmin(1, g[j * c + i] / scale));
}
