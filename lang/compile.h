/* compile.h: what the pieces of the formula compiler share; compile_formula stands in model_ir.h. */
#ifndef KIN_COMPILE_H
#define KIN_COMPILE_H

#include "lang/formula.h"
#include "lang/model_ir.h"

struct compiler {
  struct arena *arena;        /* of the IR */
  struct column_scope *scope; /* errors, columns, temporaries */
  struct ir_var *vars;
  enum colkind *kinds; /* n_vars: as far as known */
  int n_vars, room_vars;
  struct ir_random *random;
  int n_random, room_random;
  const struct ir_residual *residual; /* NULL: none */
  const struct ast *offset;           /* sum of the offsets so far, NULL: none */
  int response;                       /* index into vars; -1 before it is known */
};

/* Index of the variable that an expression stands for; made when it is new. */
int compile_var(struct compiler *c, const struct ast *expr);

/* The variables of one expansion, numbered in order of appearance. */
struct local_vars {
  struct compiler *compiler;
  int *var; /* n: indices into compiler.vars */
  int n;
};

/* Expands an expression over columns; `summand` as in struct algebra, its arg is the local_vars. */
struct term_set *compile_expand(struct local_vars *local, const struct ast *expr,
                                bool (*summand)(void *arg, const struct ast *node, const char *place));

/* Terms of one design, coded so that they span what they should and no more.  only: a single term of the set,
   -1 for all. */
struct ir_terms compile_terms(const struct local_vars *local, const struct term_set *set, bool intercept,
                              int only);

/* A random term: `(basis | group)`, or structure(basis | group). */
bool compile_is_structure(const struct ast *call);
void compile_random(struct compiler *c, const struct ast *node);

/* A grouping factor as the block of residuals. */
void compile_block(struct compiler *c, const struct ast *group, struct ir_residual *r);
/* residual(...) */
void compile_residual(struct compiler *c, const struct ast *call);

#endif
