/* check_parts.h: what the pieces of the checker share; check_script stands in check.h.
 *
 *   check.c          statements            check_call.c     calls of functions
 *   check_model.c    designs, models, and models that meet data
 *   check_names.c    scopes, near names    check_columns.c  formulas, data blocks, arguments over columns
 *   check_expr.c     types of expressions  check_control.c  blocks, conditions, loops, functions
 *   check_module.c   what `use` brings
 *
 * An expression that is wrong is reported where it is wrong and has TYPE_UNKNOWN from there on, which fits
 * everywhere: one mistake is told once.
 */
#ifndef KIN_CHECK_PARTS_H
#define KIN_CHECK_PARTS_H

#include "lang/check.h"
#include "lang/lint.h"

/* A table that the script knows where to find. */
struct table_ref {
  const char *name;
  const struct ast *decl; /* its DATA statement; NULL: a variable of an earlier prompt line */
  bool asked;             /* the runtime was asked for its schema, or must not be */
  const struct schema *schema;
};

/* A fit that the script makes: what is fitted, and to what. */
struct fit_ref {
  const struct model_spec *spec; /* NULL: not known */
  struct table_ref *table;
};

struct binding {
  struct binding *next; /* older, in the same bucket */
  const char *name;
  const struct ast
      *node; /* NAME where it was made, or the USE that brought it; NULL: an earlier prompt line */
  const struct script *module; /* that it was brought from; NULL: none */
  struct binding *in_scope;    /* local: the one made before it in the same scope */
  bool local;
  int times; /* in checker.makers: how many statements make the name */
  enum type type;
  struct ast *formula;              /* the formula that it stands for, NULL if that is not known */
  struct table_ref *table;          /* the same of a table */
  struct model_value model;         /* the same of a model; both NULL: not known */
  struct fit_ref fit;               /* the same of a fit */
  const struct signature *function; /* the same of a function */
};

/* A block, a turn of a loop or a function: its names go when it ends. */
struct scope {
  struct scope *outer;
  struct binding *made; /* newest first */
};

/* The variables so far: a hash table, so that a script may have many. */
struct names {
  struct binding **bucket; /* newest first */
  size_t n_buckets;        /* a power of two; 0 before the first variable */
  size_t n;
};

struct checker {
  struct checker *user;     /* of the script or module that uses this one; NULL: none does */
  struct checker **modules; /* those checked so far, shared by all */
  struct checker *next_module;
  const struct script *script;
  const struct source *source;
  struct diags *diags;
  const struct check_env *env;
  struct arena *arena; /* temporaries of the whole check */
  struct names names;
  struct names
      makers; /* names that the script's statements make, those further down too; empty before a function is met */
  struct names gone;       /* local names of blocks that have ended */
  struct scope *scope;     /* NULL: the script's own level */
  const struct ast *fn;    /* whose body is checked; NULL: none */
  bool library;            /* a module could not be had: names may come from there */
  struct lint_set allowed; /* lints that the script silences so far */
};

/* Reports an error of the checked script. */
#define CHECK_ERROR(ck, ...) diag_add((ck)->diags, (ck)->source, __VA_ARGS__, DIAG_END)

/* ---- check_names.c ---- */

/* The variable of that name, NULL if there is none (yet). */
struct binding *names_find(struct checker *ck, const char *name);
struct binding *names_make(struct checker *ck, const struct ast *node, enum type type);
/* Reports a name that is not known, once, and makes it known. `name` is the first piece of node. */
void names_unknown(struct checker *ck, const struct ast *node, const char *name);
/* The statement further down that makes the name, NULL if none does. */
const struct ast *names_later(struct checker *ck, const char *name);
const char *names_near_variable(struct checker *ck, const char *name);
const char *names_near_function(struct checker *ck, const char *name);
/* A NAME that makes a variable: reports dots. */
void names_check_new(struct checker *ck, const struct ast *node);

/* What is made until the scope is left is local to it. */
void names_enter(struct checker *ck, struct scope *scope);
void names_leave(struct checker *ck);
/* Is there such a variable of the script itself, made so far?  Not those of earlier prompt lines. */
struct binding *names_made(struct checker *ck, const char *name);
/* The variable of an import: a copy of b. */
void names_import(struct checker *ck, const struct binding *b, const struct ast *use,
                  const struct script *module);

/* ---- check.c ---- */

/* A statement of the script or of a block; the type of its value, NONE for one that has none. */
enum type check_statement(struct checker *ck, struct ast *s);
void check_bind(struct checker *ck, struct binding *b, struct ast *value);
/* The first word of a statement. */
struct span check_keyword(const struct ast *s);

/* ---- check_control.c ---- */

enum type check_block(struct checker *ck, struct ast *block);
enum type check_if(struct checker *ck, struct ast *s);
void check_for(struct checker *ck, struct ast *s);
void check_fn(struct checker *ck, struct ast *s);

/* ---- check_module.c ---- */

void check_use(struct checker *ck, struct ast *s);

/* ---- check_expr.c ---- */

enum type check_expr(struct checker *ck, struct ast *e);
bool check_is_number_like(enum type t); /* may stand in arithmetic, as far as is known */

/* ---- check_call.c ---- */

enum type check_call(struct checker *ck, struct ast *call);
/* The signature of a function that a name stands for; NULL if that is not known. */
const struct signature *check_function_of(struct checker *ck, const struct ast *e);

/* ---- check_model.c ---- */

void check_design(struct checker *ck, struct ast *design);
void check_model(struct checker *ck, struct ast *model);
/* What a call of a model with these arguments is wrong in. */
void check_model_call(struct checker *ck, struct ast *call, const struct binding *model);
/* What is known of a model that an expression stands for; both NULL: nothing, or it is none. */
struct model_value check_model_value(struct checker *ck, struct ast *e);
/* The model that an expression is, a formula too; NULL if that is not known.  Reports a model that wants arguments. */
const struct model_spec *check_model_of(struct checker *ck, struct ast *e);
/* What an expression that is a fit was made of. */
struct fit_ref check_fit_of(struct checker *ck, struct ast *e);
/* Hypotheses on the coefficients of a fit. */
void check_hypotheses(struct checker *ck, const struct ast *block, struct fit_ref fit);
/* The model against the columns of the table that `e` is given with. */
void check_model_over(struct checker *ck, const struct model_spec *spec, const struct ast *e,
                      struct table_ref *table);

/* ---- check_columns.c ---- */

/* Reports `$x` whose x is not known. */
void check_splices(struct checker *ck, struct ast *e);
/* Columns of the diagnostics after `before` that are names of variables: `$x` may be meant. */
void suggest_splices(struct checker *ck, const struct diag *before);

/* The formula that an expression is or stands for, the table likewise; NULL if that is not known. */
struct ast *check_formula_of(struct checker *ck, struct ast *e);
struct table_ref *check_table_of(struct checker *ck, const struct ast *e);
/* The table's columns; loads the data when first asked; NULL if they cannot be had. */
const struct schema *check_schema(struct checker *ck, struct table_ref *table);
/* Compiles a formula as far as that goes without a table. */
void check_formula(struct checker *ck, struct ast *formula);
/* An expression over the columns of a table (NULL: not known).  condition: what wants it to be true or false
   ("where"), NULL if nothing does. */
void check_columns(struct checker *ck, struct ast *expr, struct table_ref *table, const char *condition);
void check_data(struct checker *ck, struct ast *data);

#endif
