/* table.h: rows and columns, immutable once made.
 *
 * A table lives in its own counted arena (arena.h).  Numbers are doubles with NaN for missing; factors are
 * int32 codes 0..n_levels-1 with -1 for missing; truth values are int32 0/1 with -1 for missing.  Integer ids
 * are numbers: grouping code makes levels of them when a model asks (in increasing order).
 */
#ifndef KIN_TABLE_H
#define KIN_TABLE_H

#include "lang/base/diag.h"
#include "lang/schema.h"

struct column {
  const char *name;
  enum coltype type;
  enum calendar calendar; /* NUMBER: days that are shown as dates; NONE: numbers */
  union {
    const double *number; /* NUMBER: n_rows */
    const int32_t *code;  /* FACTOR, BOOL: n_rows */
  } v;
  int n_levels;
  const char *const *levels; /* FACTOR */
  enum coding coding;        /* FACTOR: of its contrasts in a model */
};

struct table {
  struct arena *arena; /* owns everything, counted */
  const char *source;  /* file name as the user wrote it; "" for a table made by a script */
  char sha256[65];     /* of the file's bytes, hexadecimal; "" if no file */
  int n_rows;
  int n_columns;
  const struct column *columns;
  int rows_read;               /* rows of the file, before `where` */
  int rows_where;              /* rows that `where` lines removed */
  double seconds;              /* reading, wall clock */
  const struct design *design; /* that the data are declared as, its arena held; NULL: none */
};

/* How to read a delimited file.  Blank lines are none; blanks round numbers and missing codes do not count, in labels they
   do; a column without a name is V and its number.  A column of whole numbers stays numeric, one of nothing but true and
   false (also TRUE, True) is logical, any other a factor. */
enum { CSV_COLUMNS_MAX = 1 << 18, CSV_ROWS_MAX = 1 << 30, CSV_LINE_MIB_MAX = 64 };
struct csv_options {
  char delimiter; /* ',' ; '\t' ; 0: by the file's name (.tsv, .tab: tab) and its header */
  char decimal;   /* '.' or ',' */
  int n_missing;  /* further spellings of a missing field; the empty field and NA always are */
  const char *const *missing;
  int n_text; /* columns to be read as factors whatever they look like (declared in the data block) */
  const char *const *text;
  int max_rows; /* 0: CSV_ROWS_MAX */
};

/* Reads a file.  path is opened as it is; shown is how messages name it; span is where the script names it.
   NULL after an error (in diags).  Hints (a column numeric but for one field) are notes in diags. */
struct table *csv_read(struct mem *m, struct diags *diags, const struct source *src, struct span span,
                       const char *path, const char *shown, const struct csv_options *options);

int table_find(const struct table *t, const char *name); /* -1: none */
/* Schema in arena a; the table must outlive it. */
struct schema *table_schema(struct arena *a, const struct table *t);

/* New tables that share columns with the old one and hold its arena.
   table_with_column adds c, or replaces the column of its name; c's name and arrays stay where they are, and the caller
   sees to it that the new table holds their arena.  table_filter keeps the rows with keep[i] (n_rows) and counts the others
   in rows_where.  table_with_design declares the data as a design. */
struct table *table_with_column(const struct table *t, const struct column *c);
struct table *table_filter(const struct table *t, const bool *keep);
struct table *table_with_design(const struct table *t, const struct design *d);

/* The distinct values of a column as a factor: codes (n_rows, -1 missing) and labels, in arena a.  Numbers in increasing
   order, spelled with up to 15 digits (those of one spelling are one level); of a factor the levels that occur, in their
   order; FALSE before TRUE. */
void column_levels(struct arena *a, const struct column *c, int n_rows, int32_t *code, int *n_levels,
                   const char *const **levels);

#endif
