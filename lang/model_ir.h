/* model_ir.h: a model after the compiler: symbols and coding, no data.
 *
 * A formula is expanded by the Wilkinson-Rogers algebra (1973) into terms over *variables*.  A variable is a
 * column or a call on columns, kept once however often it occurs (identity: canonical spelling).  Coding
 * follows Chambers & Hastie (1992, sec. 2.4.1): in a term, a factor is coded by contrasts if what comes before
 * spans the term without it, else by indicators of all its levels (lang/coding.c).
 */
#ifndef KIN_MODEL_IR_H
#define KIN_MODEL_IR_H

#include "lang/ast.h"
#include "lang/model.h"
#include "lang/schema.h"

struct ir_var {
  const struct ast *expr; /* over columns */
  const char *name;       /* canonical spelling: "Days", "log(rt)", "factor(visit)" */
  enum coltype type;      /* NUMBER, FACTOR, BOOL (coded as a factor with levels FALSE, TRUE) */
};

struct ir_term {
  int n;            /* variables multiplied; 0: the intercept */
  const int *var;   /* indices into model_ir.vars, in order of appearance */
  const bool *full; /* var i: indicators of all levels (true) or contrasts (false); numeric: false */
  const char *name; /* "Days:arm"; "(Intercept)" */
};

struct ir_terms {
  int n;
  const struct ir_term
      *term; /* in R's order: by degree, then order of appearance; the intercept first if there */
};

enum { MEMBERS_MAX = 8 };

struct ir_members { /* mm(a, b): a row has a level of each column, of one factor that has the labels of all */
  int n;
  int var[MEMBERS_MAX];
  int n_weights; /* 0: each counts once; else n */
  int weight[MEMBERS_MAX];
  const char *name;
  struct span span;
};

/* One random term: basis and grouping factor. */
struct ir_random {
  struct ir_terms basis;
  int n_group;                      /* variables whose interaction is the grouping factor; 1 = one column */
  const int *group;                 /* indices into vars, coded as factors whatever their type */
  const struct ir_members *members; /* the grouping factor is these, within `group`; NULL: `group` alone */
  const char *group_name;           /* "Subject", "dept:service"; for (1 | a/b) and (1 | b in a): "b:a" */
  const char *structure;            /* "us", "diag": name in the registry of covariance structures */
  const char *known; /* the matrix of relations among the levels: a table's name; NULL: none are related */
  const char *text;  /* "(1 + Days | Subject)" as the report shows it */
  bool split;        /* a part of (basis || group) */
  int band;          /* of toep; 0: all lags */
  int by;            /* variable: only rows of its level `stratum` have the effects; -1: all rows */
  const char *stratum;
  struct span span; /* for messages */
};

enum { RESIDUAL_FACTORS_MAX = 3, RESIDUAL_INDEX_MAX = 3 };

struct ir_residual_factor {      /* ar1(day) */
  const char *structure;         /* lang/structures.h */
  int n_index;                   /* 0: rows of a block have no positions */
  int index[RESIDUAL_INDEX_MAX]; /* into vars; several are coordinates */
  int band;                      /* of toep; 0: all lags */
  struct span span;
};

enum ir_variance { VARIANCE_ONE, VARIANCE_BY, VARIANCE_POWER, VARIANCE_EXPONENTIAL };

struct ir_residual {
  int n_factors; /* 0: no correlations */
  struct ir_residual_factor factor[RESIDUAL_FACTORS_MAX];
  int n_block; /* variables whose interaction is the block; 0: every row is one */
  const int *block;
  const char *block_name;
  int by;                    /* variable: a matrix for each of its levels; -1: one for all */
  enum ir_variance variance; /* what variance_var does to the variance */
  int variance_var;          /* -1: none */
  const char *text;          /* "residual(ar1(day | person))" */
  const struct ast *node;
  struct span span;
};

struct model_ir {
  struct arena *arena;
  const struct source *source;
  const struct model_spec *spec; /* NULL: a formula alone */
  const struct ast *formula;     /* normalized */
  const char *text;              /* canonical spelling of the formula */
  int n_vars;
  const struct ir_var *vars;
  int response; /* index into vars */
  struct ir_terms fixed;
  int n_random;
  const struct ir_random *random;     /* finest grouping of a/b first, as lme4 */
  const struct ir_residual *residual; /* NULL: independent, with one variance */
  int offset; /* index into vars, -1: none (formula term offset(x); several are summed into one var) */
};

/* Compiles a model over a schema: slots and operators are put in their normal form first (lang/normalize.h).  Without a
   schema, as far as that goes; places are of spec->source.  NULL after errors (in diags).  The IR lives in a, which holds
   the model. */
struct model_ir *compile_model(struct arena *a, struct diags *diags, const struct model_spec *spec,
                               const struct schema *schema);

/* Compiles a formula over a schema.  NULL after errors (in diags).  `source` is the script the formula stands
 * in. */
struct model_ir *compile_formula(struct arena *a, struct diags *diags, const struct source *source,
                                 const struct ast *formula, const struct schema *schema);

/* --dump=model */
void model_ir_dump(struct buf *out, const struct model_ir *ir);

#endif
