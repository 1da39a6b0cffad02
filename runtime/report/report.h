/* report.h: a value as text for people, or as a line of JSON for programs.
 *
 * Text goes to a buf, laid out for `width` columns of a terminal, and ends with a newline (nothing at all for
 * a value that shows nothing).  No time of day and no duration stands in it: the same value gives the same
 * bytes.  A number that does not exist is NA in text and null in JSON; neither form ever says NaN.
 */
#ifndef KIN_REPORT_H
#define KIN_REPORT_H

#include "runtime/value/value.h"

struct report_style {
  int width;   /* columns; 0: REPORT_WIDTH */
  bool colour; /* ANSI colours: headings bold, a status that is no success yellow */
  bool utf8;   /* the terminal takes UTF-8 (marks such as U+2026 in place of "...") */
};

enum {
  REPORT_WIDTH = 80,      /* columns when nobody knows better */
  REPORT_WIDTH_MIN = 40,  /* narrower than this is laid out as this */
  REPORT_TABLE_ROWS = 10, /* rows of a data table that are shown */
  REPORT_ROWS_MAX = 200,  /* rows of a matrix or grid that are shown */
  REPORT_COLUMN_MAX = 20, /* values of a column, items of a list in a list that are shown */
  REPORT_LEVELS_MAX = 12, /* levels of a factor that are named */
  REPORT_DEPTH_MAX = 100, /* lists in lists; what lies deeper is "..." in text and null in JSON */
  REPORT_SCHEMA = 1,      /* "schema" of the JSON lines: docs/results.md */
};

/* A value as it shows itself at top level.  name: the variable it came from, or NULL; a table's heading uses
   it.  VALUE_NONE shows nothing. */
void report_value(struct buf *out, const struct value *v, const char *name, const struct report_style *style);

/* The report of a fit: what report_value prints for one. */
void report_fit(struct buf *out, const struct fit *f, const struct report_style *style);

/* A value inside a line, for print() and text(): numbers with up to 10 significant digits, text without
   quotes, lists in brackets.  Without a newline for these; other values as report_value has them. */
void report_inline(struct buf *out, const struct value *v, const struct report_style *style);

/* A number with up to `digits` significant digits, whole numbers below 1e15 with all of theirs; NA, Inf,
 * -Inf. */
void report_number(struct buf *out, double x, int digits);
enum { REPORT_DIGITS = 10, REPORT_DIGITS_TABLE = 7 }; /* of a number alone; of one in a table */

/* "numeric", "factor", "logical" */
const char *report_type_name(const struct column *c); /* "numeric", "date" */

/* Correlation of effects i and j under a c x c covariance matrix, within [-1, 1]; NaN where a variance is zero. */
double report_correlation(const double *g, int c, int i, int j);

/* One line of JSON with its newline, in the arena; keys as docs/results.md has them.  Numbers read back to the
   same double.  name: the variable shown, or NULL for null. */
char *report_json(struct arena *a, const struct value *v, const char *name);
char *report_diag_json(struct arena *a, const struct diag *d);

#endif
