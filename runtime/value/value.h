/* value.h: what an expression evaluates to.
 *
 * A value is small and copied; what is large lives in a counted arena, `home` (NULL for numbers, truth values
 * and NA). An evaluation gets its values from the statement's scratch arena or from the arena of the object;
 * who stores a value (an environment, a list) retains `home`.  Values are immutable.
 */
#ifndef KIN_VALUE_H
#define KIN_VALUE_H

#include "lang/ast.h"
#include "lang/model.h"
#include "lang/signature.h"
#include "runtime/inference/fit.h"
#include "runtime/table/table.h"

struct value;

/* Lists share their items, so that a short script can name a list of any size: what a list may hold, with all that lies in
   it, is limited where it is made, and whoever walks it may recurse.  So is a text. */
enum { LIST_SIZE_MAX = 10000000, LIST_DEPTH_MAX = 100, TEXT_MIB_MAX = 256 };

struct list_value {
  int n;
  const struct value *item;
  const char *const *name; /* RECORD: names of the items; LIST: NULL */
  int depth;               /* 1 + that of the deepest item: at most LIST_DEPTH_MAX */
  int64_t size;            /* values in it, those of its items counted: at most LIST_SIZE_MAX */
};

struct column_value {
  struct column column;
  int n_rows;
};

/* A matrix with names: vcov, ranef, coef, varcorr...  Also "tables of results" in --json. */
struct matrix_value {
  int rows, cols;
  const double *v;              /* column by column; NaN shows as NA */
  const char *const *row_names; /* may be NULL */
  const char *const *col_names; /* may be NULL */
  const char *title;            /* above it when printed; may be NULL */
};

/* A table of results with mixed columns (varcorr, describe, ...): cells are values (number, text, bool, NA).
 */
struct grid_value {
  int rows, cols;
  const struct value *cell; /* row by row */
  const char *const *col_names;
  const char *kind;  /* "varcorr", "describe", ...: the "kind" of --json */
  const char *title; /* may be NULL */
};

struct formula_value {
  const struct ast *ast;
  const struct source *source;
};

enum value_kind {
  VALUE_NONE,
  VALUE_NA,
  VALUE_NUMBER,
  VALUE_BOOL,
  VALUE_TEXT,
  VALUE_LIST,
  VALUE_RECORD,
  VALUE_COLUMN,
  VALUE_TABLE,
  VALUE_FORMULA,
  VALUE_FIT,
  VALUE_MATRIX,
  VALUE_GRID,
  VALUE_FUNCTION,
  VALUE_DESIGN,
  VALUE_MODEL,
  VALUE_HYPOTHESES, /* as a formula: a tree and its source */
  VALUE_ENUM,       /* a word of a parameter's enumeration */
};

struct value {
  enum value_kind kind;
  struct arena *home;
  union {
    double number;
    bool boolean;
    const char *text; /* TEXT, ENUM */
    const struct list_value *list;
    const struct column_value *column;
    const struct table *table;
    const struct formula_value *formula; /* FORMULA, HYPOTHESES */
    const struct fit *fit;
    const struct matrix_value *matrix;
    const struct grid_value *grid;
    const struct signature *function;
    const struct design *design;
    const struct model_value *model;
  } u;
};

#endif
