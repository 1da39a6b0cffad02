/* sheet.h: tables and paragraphs on a terminal.
 *
 * A sheet is a grid of texts.  Columns are as wide as their widest cell by display width, two spaces apart;
 * numbers align at their decimal points.  What is wider than the terminal folds: the columns that do not fit
 * go into further blocks below, each with the stub (the columns that name the rows) repeated at its left.
 * A sheet, and the texts given to it, live in its arena.
 */
#ifndef KIN_REPORT_SHEET_H
#define KIN_REPORT_SHEET_H

#include "runtime/report/digits.h"
#include "runtime/report/report.h"

enum align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_POINT };

enum {
  SHEET_GAP = 2,       /* spaces between columns */
  SHEET_CELL_MAX = 72, /* columns of a terminal that a cell may take; a longer text is cut */
};

struct sheet {
  struct arena *arena;
  int rows, cols;
  int heads;         /* the first rows are headings: bold, never aligned at points */
  int stub;          /* columns repeated in each block */
  int indent;        /* spaces at the left */
  enum align *align; /* cols */
  const char **cell; /* rows x cols, row by row; NULL: empty */
};

/* All columns left-aligned, all cells empty, indented by two, one heading row, a stub of one column. */
struct sheet *sheet_new(struct arena *a, int rows, int cols);
void sheet_set(struct sheet *l, int row, int col, const char *text);
/* A whole column of numbers below the headings: v[0 .. rows - heads). */
void sheet_numbers(struct sheet *l, int col, const double *v, struct digits f);
void sheet_put(struct buf *out, const struct sheet *l, const struct report_style *style);

/* The style with defaults filled in. */
struct report_style sheet_style(const struct report_style *style);
/* A heading, bold where there is colour, and a newline. */
void sheet_heading(struct buf *out, const char *text, const struct report_style *style);
/* A paragraph broken at spaces; every line is indented, the further ones by `hang` more. */
void sheet_paragraph(struct buf *out, const char *text, int indent, int hang,
                     const struct report_style *style);
/* Text with its control characters replaced, so that a label in a data file cannot steer the terminal. */
const char *sheet_safe(struct arena *a, const char *text);

/* The rooms of the text report: value_text.c leaves these to table_text.c. */
void report_column(struct buf *out, const struct column_value *c, const struct report_style *style);
void report_table(struct buf *out, const struct table *t, const char *name, const struct report_style *style);
void report_matrix(struct buf *out, const struct matrix_value *m, const struct report_style *style);
void report_grid(struct buf *out, const struct grid_value *g, const struct report_style *style);

/* One value of a column as text: a number with 7 digits, a label, true, NA. */
const char *report_column_cell(struct arena *a, const struct column *c, int row);
/* A scalar as a cell: text without quotes.  NULL for what has no short form. */
const char *report_cell(struct arena *a, const struct value *v);

#endif
