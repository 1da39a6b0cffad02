#include "lang/calendar.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct moment {
  int year, month, day, hour, minute;
  double second;
};

/* ---- days and dates ---- */

/* Counted from a first of March, so that the leap day is a year's last; H. Hinnant, chrono-compatible low-level date
   algorithms. */
static long days_from_civil(long y, int m, int d) {
  y -= m <= 2;
  long era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  long of_year = (153L * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_from_days(long z, struct moment *t) {
  z += 719468;
  long era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
  long year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  long of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
  t->day = (int)(of_year - (153 * month + 2) / 5 + 1);
  t->month = (int)(month < 10 ? month + 3 : month - 9);
  t->year = (int)(year + era * 400 + (t->month <= 2));
}

static bool leap(int y) {
  return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static bool exists(const struct moment *t) {
  static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (t->month < 1 || t->month > 12 || t->day < 1) return false;
  if (t->day > length[t->month - 1] + (t->month == 2 && leap(t->year))) return false;
  return t->hour < 24 && t->minute < 60 && t->second < 60;
}

/* ---- reading ---- */

/* Up to `most` digits; false: there is none. */
static bool read_digits(const char **s, int most, int *value) {
  int n = 0;
  for (*value = 0; n < most && isdigit((unsigned char)**s); n++, (*s)++) *value = *value * 10 + (**s - '0');
  return n > 0;
}

static bool read_second(const char **s, double *value) {
  int whole;
  if (!read_digits(s, 2, &whole)) return false;
  *value = whole;
  if (**s != '.' || !isdigit((unsigned char)(*s)[1])) return true;
  double unit = 0.1;
  for ((*s)++; isdigit((unsigned char)**s); (*s)++, unit /= 10) *value += unit * (**s - '0');
  return true;
}

static size_t same_letters(const char *s, const char *word) {
  size_t n = 0;
  while (word[n] && tolower((unsigned char)s[n]) == tolower((unsigned char)word[n])) n++;
  return n;
}

/* The first three letters, or the whole name. */
static bool read_month_name(const char **s, int *month) {
  static const char *const names[] = {"January", "February", "March",     "April",   "May",      "June",
                                      "July",    "August",   "September", "October", "November", "December"};
  for (*month = 1; *month <= 12; (*month)++) {
    size_t n = same_letters(*s, names[*month - 1]);
    if (n < 3) continue;
    *s += n == strlen(names[*month - 1]) ? n : 3;
    return true;
  }
  return false;
}

static bool read_short_year(const char **s, int *year) {
  const char *from = *s;
  if (!read_digits(s, 2, year) || *s != from + 2) return false;
  *year += *year < 69 ? 2000 : 1900;
  return true;
}

static bool read_year(const char **s, int *year) {
  const char *from = *s;
  return read_digits(s, 4, year) && *s == from + 4;
}

static bool read_part(char part, const char **s, struct moment *t) {
  switch (part) {
  case 'Y': return read_year(s, &t->year);
  case 'y': return read_short_year(s, &t->year);
  case 'm': return read_digits(s, 2, &t->month);
  case 'b': return read_month_name(s, &t->month);
  case 'd': return read_digits(s, 2, &t->day);
  case 'H': return read_digits(s, 2, &t->hour);
  case 'M': return read_digits(s, 2, &t->minute);
  case 'S': return read_second(s, &t->second);
  default: return *(*s)++ == part;
  }
}

static void skip_blanks(const char **s) {
  while (isspace((unsigned char)**s)) (*s)++;
}

static bool read_moment(const char *s, const char *format, struct moment *t) {
  skip_blanks(&s);
  for (const char *f = format; *f; f++) {
    if (isspace((unsigned char)*f)) {
      skip_blanks(&s);
    } else if (*f == '%') {
      if (!read_part(*++f, &s, t)) return false;
    } else if (*s++ != *f) {
      return false;
    }
  }
  skip_blanks(&s);
  return *s == '\0';
}

enum calendar calendar_read(const char *text, const char *format, double *day) {
  struct moment t = {.month = 1, .day = 1};
  if (!read_moment(text, format, &t) || !exists(&t)) return CALENDAR_NONE;
  *day = (double)days_from_civil(t.year, t.month, t.day) + (t.hour * 3600 + t.minute * 60 + t.second) / 86400;
  return calendar_of_format(format);
}

/* ---- formats ---- */

static bool has_part(const char *format, char part) {
  for (const char *f = format; *f; f++) {
    if (*f != '%') continue;
    if (*++f == part) return true;
    if (!*f) break;
  }
  return false;
}

bool calendar_format_known(const char *format) {
  if (strlen(format) > CALENDAR_FORMAT_MAX) return false;
  unsigned long seen = 0;
  for (const char *f = format; *f; f++) {
    if (*f != '%') continue;
    f++;
    if (!*f || !strchr("YymbdHMS%", *f)) return false;
    unsigned long bit = 1UL << (*f & 31) << (islower((unsigned char)*f) ? 32 : 0);
    if (*f != '%' && (seen & bit)) return false;
    seen |= bit;
  }
  return (has_part(format, 'Y') || has_part(format, 'y')) &&
         (has_part(format, 'm') || has_part(format, 'b')) && has_part(format, 'd');
}

enum calendar calendar_of_format(const char *format) {
  return has_part(format, 'H') || has_part(format, 'M') || has_part(format, 'S') ? CALENDAR_TIME
                                                                                 : CALENDAR_DATE;
}

/* ---- writing ---- */

void calendar_write(double day, enum calendar calendar, char text[CALENDAR_TEXT]) {
  const double first = -719528, end = 2932897; /* 0000-01-01, 10000-01-01 */
  if (isnan(day)) {
    snprintf(text, CALENDAR_TEXT, "NA");
    return;
  }
  double seconds = nearbyint(day * 86400), date = floor(seconds / 86400);
  if (calendar == CALENDAR_NONE || !(date >= first && date < end)) {
    snprintf(text, CALENDAR_TEXT, "%.15g", day);
    return;
  }
  struct moment t;
  civil_from_days((long)date, &t);
  int rest = (int)(seconds - date * 86400);
  int n = snprintf(text, CALENDAR_TEXT, "%04d-%02d-%02d", t.year, t.month, t.day);
  if (calendar == CALENDAR_DATE && rest == 0) return;
  n += snprintf(text + n, CALENDAR_TEXT - (size_t)n, " %02d:%02d", rest / 3600, rest / 60 % 60);
  if (rest % 60) snprintf(text + n, CALENDAR_TEXT - (size_t)n, ":%02d", rest % 60);
}

const char *calendar_text(struct arena *a, double day, enum calendar calendar) {
  char text[CALENDAR_TEXT];
  calendar_write(day, calendar, text);
  return arena_strdup(a, text);
}

const char *calendar_name(enum calendar calendar) {
  switch (calendar) {
  case CALENDAR_NONE: return "numeric";
  case CALENDAR_DATE: return "date";
  case CALENDAR_TIME: return "date and time";
  }
  return "";
}
