/* model.h: a `model` statement, and what of it fit() sees.
 *
 * A model's lines become one formula: `y ~ fixed + (basis | group) + residual(...) + offset(x)`.  Its parameters are
 * replaced by the arguments of the call, terms that came to nothing (`also: terms = 0`) are left out, and slots stand for
 * the columns of the design of the data (lang/normalize.h).  So the standard library's models are kin code.
 */
#ifndef KIN_MODEL_H
#define KIN_MODEL_H

#include "lang/design.h"

struct model_decl {
  struct arena *arena; /* counted; holds the script's */
  const struct source *source;
  const struct ast *node; /* AST_MODEL */
  const char *name;
  const struct design *design; /* `of` a design; NULL: of a kind, or nothing is said */
  struct design_kind kind;     /* `of` a kind */
};

enum weights_kind { WEIGHTS_PRECISION, WEIGHTS_FREQUENCY };

struct model_spec {
  struct arena *arena;         /* counted; holds all that the trees below live in */
  const struct source *source; /* of the trees' places */
  const struct ast *formula;   /* y ~ ... */
  const struct ast *weights;   /* an expression over columns; NULL: none */
  enum weights_kind weights_kind;
  const struct ast *variance;    /* the AST_VARIANCE line; NULL: none */
  const struct ast *family;      /* NULL: gaussian */
  const struct model_decl *decl; /* that it came from; NULL: a formula */
  int n_allow;
  const char *const *allow; /* lints that it silences */
};

/* A model as a value: as declared, and as fit() takes it. */
struct model_value {
  const struct model_decl *decl; /* NULL: made by update() of a formula */
  const struct model_spec *spec; /* NULL: its parameters have no arguments yet */
};

/* Reports what is wrong with a MODEL statement itself: lines that there are twice, parameters, slots that the kind or the
   design lacks, units that the design lacks, then what the formula shows without data.  `design`: of the name after `of`,
   NULL when it is a kind or a fault that was told.  NULL after an error. */
struct model_decl *model_declare(struct mem *m, struct diags *diags, const struct source *source,
                                 const struct ast *node, const struct design *design, struct arena *keep);

/* The model with these arguments (ARGs of `call`, in call_source; NULL: a bare name).  Places in the result are the call's
   where the model has parameters, so that a message points at the caller's line; each diagnostic found there later gets a
   note by model_note.  NULL after an error. */
struct model_spec *model_apply(struct mem *m, struct diags *diags, const struct model_decl *decl,
                               const struct ast *call, const struct source *call_source, struct arena *keep);

/* The model with every parameter standing for itself, for what can be seen before a call. */
struct model_spec *model_outline(struct mem *m, struct diags *diags, const struct model_decl *decl);

/* A formula as a model. */
struct model_spec *model_of_formula(struct mem *m, const struct source *source, const struct ast *formula,
                                    struct arena *keep);

/* `update`: the model with the formula `change` for its own, where `.` on either side stands for what was there. */
struct model_spec *model_update(struct mem *m, struct diags *diags, const struct model_spec *old,
                                const struct ast *change, const struct source *source, struct arena *keep);

/* Do the data's design and the model's go together?  Tells at span in source if not. */
bool model_fits_design(struct diags *diags, const struct source *source, struct span span,
                       const struct model_spec *spec, const struct design *data, const char *data_name);

/* Adds to every diagnostic after `before` (NULL: all) where in which model it comes from. */
void model_note(struct diags *diags, const struct diag *before, const struct model_spec *spec);

/* "apim(y: column, x: terms, also: terms = 0) of dyadic(role)". */
const char *model_signature(struct arena *a, const struct model_decl *decl);

#endif
