/* schema.h: all that the language sees of a table: columns with type, levels and counts, never a number of a
 * row. runtime/table makes one from a table (table_schema); lang/check.c and lang/compile.c read it. */
#ifndef KIN_SCHEMA_H
#define KIN_SCHEMA_H

#include "lang/calendar.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(TYPE, "name as users read it") */
#define COLTYPES(X)                                                                                          \
  X(NUMBER, "numeric") /* doubles; missing is NaN */                                                         \
  X(FACTOR, "factor")  /* labels; text columns are factors with levels sorted in the C locale */             \
  X(BOOL, "logical")   /* true/false */

enum coltype {
#define X(type, name) COL_##type,
  COLTYPES(X)
#undef X
};

/* How the contrasts of a factor are coded.  X(CODING, "name as users write it") */
#define CODINGS(X)                                                                                           \
  X(TREATMENT, "treatment")   /* each level with the first */                                                \
  X(SUM, "sum")               /* each level but the last with the mean of all */                             \
  X(HELMERT, "helmert")       /* each level with the mean of those before it */                              \
  X(POLY, "poly")             /* linear, quadratic, ... trend over equally spaced levels */                  \
  X(SUCCESSIVE, "successive") /* each level with the one before it */

enum coding {
#define X(coding, name) CODING_##coding,
  CODINGS(X)
#undef X
};

struct schema_column {
  const char *name;
  enum coltype type;
  enum coding coding;        /* FACTOR */
  enum calendar calendar;    /* NUMBER: shown as a date; NONE: as a number */
  bool integer;              /* NUMBER: every value is a whole number */
  int n_levels;              /* FACTOR: levels; else 0 */
  const char *const *levels; /* FACTOR: labels in order; the first is the reference */
  int n_distinct;            /* distinct non-missing values */
  int n_missing;
  double min, max; /* NUMBER: range of the non-missing finite values; NaN if there are none */
};

struct design; /* lang/design.h */

struct schema {
  const char *source;          /* file name, for messages */
  const struct design *design; /* that the data are declared as; NULL: none */
  int n_rows;
  int n_columns;
  const struct schema_column *columns;
};

/* Index of a column, -1 if there is none. */
int schema_find(const struct schema *s, const char *name);
/* The column nearest to name, NULL if none is near. */
const char *schema_nearest(const struct schema *s, const char *name);

#endif
