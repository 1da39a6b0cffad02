/* frame.h: a model meets a table: which rows are used, the design matrices, the grouping factors, and all
 * names.
 *
 * The frame owns the Problem that runtime/reml fits, and keeps what reports need: names of columns and
 * levels, codings, rows dropped and why.
 */
#ifndef KIN_FRAME_H
#define KIN_FRAME_H

#include "lang/model_ir.h"
#include "runtime/model/columns.h"
#include "runtime/model/problem.h"
#include "runtime/table/table.h"

enum { FRAME_ROWS_MAX = 1 << 30 }; /* rows of a fit, each as often as its frequency says */

struct frame_weights {
  const struct ast *expr; /* over columns; NULL: none */
  enum weights_kind kind; /* precisions, up to a constant, or the number of rows that a row stands for */
  const struct source *source;
};

struct frame_factor { /* a factor of the fixed part or of a basis */
  const char *name;
  int n_levels;
  const char *const *levels; /* those that occur in the rows used; the first is the reference */
  enum coding coding;
};

struct frame_term {          /* names that go with problem.terms[t] */
  const char *group;         /* "Subject" */
  const char *text;          /* "(1 + Days | Subject)" */
  const char *structure;     /* "us" */
  const char *const *names;  /* c: "(Intercept)", "Days" */
  const char *const *labels; /* q: level labels, "a:b" for interactions */
};

struct frame_factor_names { /* of a factor of the residual's structure */
  const char *structure;
  const char *index; /* "day"; NULL: none */
  int m;
  double step; /* of ar1, toep, ...: what of a numeric index counts as one; 0: no numeric index */
  const char *const *labels; /* m: of the positions; NULL without an index */
};

struct frame_residual {
  const char *text;                /* "residual(us(role | couple))" */
  const char *block;               /* "couple"; NULL: every row is one */
  const char *const *labels;       /* n_blocks */
  int n_blocks, smallest, largest; /* rows in a block */
  int n_factors;
  struct frame_factor_names factor[RESIDUAL_FACTORS_MAX];
  int n_strata;
  const char *by; /* NULL: one matrix for all */
  const char *const *strata;
  enum ir_variance variance;
  int n_scale;
  const char *const *scale; /* n_scale: "arm[digital]", "power(x)" */
  const char *reference;    /* VARIANCE_BY: "arm[usual]", whose standard deviation is sigma */
};

struct frame_dropped {
  const char *variable;
  int rows; /* rows missing this variable (a row may count for several) */
};

enum unit_relation {
  UNITS_NESTED,
  UNITS_CROSSED,
  UNITS_PARTLY,
  UNITS_SAME
}; /* first in second; every/some pairs occur */

struct frame_pair { /* two grouping factors, as the data have them */
  int a, b;         /* indices into terms; NESTED: a in b */
  enum unit_relation relation;
  int64_t occur; /* pairs of levels that occur in the rows used; 0: not counted */
};

struct variable;

struct frame {
  struct arena *arena; /* counted; holds the table's and the IR's arenas */
  const struct model_ir *ir;
  const struct table *table;
  struct problem *problem;
  const char *response;       /* "Reaction" */
  const char *const *x_names; /* p */
  int *x_term;                /* p: index of the fixed term that the column belongs to */
  struct frame_term *terms;
  int n_factors;
  const struct frame_factor *factors;
  int n_pairs;
  const struct frame_residual *residual; /* NULL: independent, with one variance */
  const struct frame_pair *pairs;        /* every pair of different grouping factors */
  const struct variable *var;            /* ir->n_vars: on the rows used (rows.h) */
  const int *row;                        /* problem.n: row of the table */
  const double *offset;                  /* problem.n: already taken from problem.y; NULL: none */
  const char *implied_unit; /* of within(x), between(x) where none is written: "role:couple"; NULL: none */
  const char *weights;      /* canonical spelling; NULL: none */
  int rows_subset;          /* left out by `subset` */
  int rows_dropped;         /* left out for missing values */
  int n_dropped;
  const struct frame_dropped *dropped;
};

/* Builds the frame.  subset: NULL or table->n_rows flags.  weights: NULL, or precisions, positive numbers, or frequencies,
   whole numbers: a row stands for so many of its kind, and is there so often in `row`.  known: for each random term the table of its matrix, or
   NULL; itself NULL: no term has one.  src and span: the fit call, for messages (those on parts of the formula use the IR's source).  NULL after
   errors. */
struct frame *frame_build(struct mem *m, struct diags *diags, const struct source *src, struct span span,
                          const struct model_ir *ir, const struct table *table, const bool *subset,
                          const struct frame_weights *weights, const struct table *const *known, bool reml);

#endif
