/* lint.h: the pitfalls of the field, as kin tells of them: the catalogue, what `allow` silences, and what was found.
 *
 * A lint is a message with a code of its own, L0101, that never stops anything.  It is found in three places: in the model
 * (lang/lint_model.c, so that `kin check` tells it), where the model meets its data, and in the fit
 * (runtime/inference/lints.h).  All stand in lints.def.
 *
 * Those who look for lints only collect them; whoever tells them leaves out what is silenced.
 */
#ifndef KIN_LINT_H
#define KIN_LINT_H

#include "lang/base/diag.h"
#include "lang/model_ir.h"

/* ---- the catalogue ---- */

struct lint_entry {
  enum diag_code code;
  const char *name;   /* "few_groups" */
  const char *title;  /* one line: what it looks for */
  const char *about;  /* long text; an empty line ends a paragraph, lines that begin with spaces are script */
  const char *source; /* literature */
};

enum {
#define LINT(id, number, severity, name, title, text, hint, about, source) LINT_AT_##id,
#include "lang/lints.def"
#undef LINT
  LINT_COUNT
};

extern const struct lint_entry lint_catalogue[LINT_COUNT];

/* By code ("L0101") or name, in any case of letters; NULL: there is none. */
const struct lint_entry *lint_find(const char *word);
/* The name or code that is nearest; NULL: none is near. */
const char *lint_nearest(const char *word);

/* ---- what is silenced ---- */

struct lint_set { /* a bit for each entry of the catalogue */
  uint64_t bits;
};

/* Adds the words of an AST_ALLOW; reports those that are no lints.  diags NULL: they were reported before. */
void lint_allow(struct lint_set *set, struct diags *diags, const struct source *source,
                const struct ast *allow);
/* What is silenced for fits of a model: what the script allows, and what the model itself does (spec NULL: nothing). */
struct lint_set lint_allowed(struct lint_set script, const struct model_spec *spec);
bool lint_is_in(struct lint_set set, enum diag_code code);

/* ---- what was found ---- */

struct lint {
  struct lint *next;
  enum diag_code code;
  const struct source *source;
  struct span span;
  const char *text;
  const char *hint; /* NULL: none */
};

struct lint_list {
  struct arena *arena; /* of the lints and their texts */
  struct lint *first, *last;
};

/* Adds a lint; strings as for diag_add, DIAG_END last. */
void lint_add(struct lint_list *list, const struct source *source, struct span span, enum diag_code code,
              ...);
/* Takes out what the set silences. */
void lint_silence(struct lint_list *list, struct lint_set silenced);
/* Tells all.  A lint is told once at a place, whatever its figures (a fit in a loop).  call, at: the fit, which a note names
   where the model stands in another text; NULL: there is none yet. */
void lint_tell(struct diags *diags, const struct lint_list *list, const struct source *call, struct span at);

/* ---- lints of a model before it meets data ---- */

/* Looks at a compiled model.  schema: whether it was compiled over columns, so that their types are known; design: of the
   data (NULL: none). */
void lint_model(struct lint_list *found, const struct model_ir *ir, bool schema, const struct design *design);

#endif
