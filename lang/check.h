/* check.h: names and types of a whole script, before anything runs.
 *
 * Stage "static": every name is known, every call fits its signature, every enumeration word exists.
 * Stage "schema": every formula and every column argument over a data block of the script, against its
 * columns. The environment knows the variables of earlier statements (the prompt) and the schemas of loaded
 * data blocks.
 */
#ifndef KIN_CHECK_H
#define KIN_CHECK_H

#include "lang/ast.h"
#include "lang/lint.h"
#include "lang/model.h"
#include "lang/schema.h"
#include "lang/signature.h"

/* What the checker asks of the runtime. */
struct check_env {
  const struct signatures *functions;
  struct lint_set allowed; /* lints that earlier statements silence */
  void *runtime;           /* passed back to the calls below */
  /* Type of a variable of an earlier prompt line; false if there is none. */
  bool (*variable)(void *runtime, const char *name, enum type *type);
  /* All names of such variables, for near names. */
  size_t (*variables)(void *runtime, const char *const **names);
  /* Schema of the table that the variable holds, loading the data statement if need be (decl is the script's
     DATA node, NULL for a variable of an earlier prompt line); NULL after an error, which was reported. */
  const struct schema *(*schema)(void *runtime, const char *name, const struct ast *decl);
  /* The design of a DESIGN statement; NULL after an error, which was reported. */
  const struct design *(*design)(void *runtime, const struct ast *decl);
  /* The model of a MODEL statement, or, decl NULL, of a variable of an earlier prompt line; false likewise. */
  bool (*model)(void *runtime, const char *name, const struct ast *decl, struct model_value *out);
  /* The module of a USE statement, read; NULL after an error, which was reported.  Its statements are checked between the
     other two calls. */
  const struct script *(*module)(void *runtime, const struct ast *use);
  void (*enter)(void *runtime, const struct ast *use);
  void (*leave)(void *runtime, const struct ast *use);
};

/* Checks all statements, fills ast.type, reports all errors.  True if there were none.  Formulas given to
   `fit` are compiled against the schema of the data argument when that is a data block's name or a variable
   bound to one. */
bool check_script(struct diags *diags, struct script *script, const struct check_env *env);

#endif
