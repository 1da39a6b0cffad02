/* diag.h: what kin tells a user who is wrong.
 *
 * A diagnostic is a code, a severity, a place, a text and a hint.  All wording stands in messages.def, one
 * entry a code, with placeholders {0}..{5} for strings; callers only name the entry and give the strings.  A
 * hint that uses a placeholder whose string is NULL is left out ("did you mean `{1}`?" without a near name).
 * Diagnostics are collected in the order they are found and printed in one place (diag_print.c).
 */
#ifndef KIN_DIAG_H
#define KIN_DIAG_H

#include "lang/base/buf.h"
#include "lang/base/source.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

enum diag_code {
#define DIAG(id, number, severity, text, hint) DIAG_##id,
#include "lang/messages.def"
#undef DIAG
  DIAG_COUNT
};

struct diag_note {
  struct diag_note *next;
  const struct source *source; /* NULL: no place */
  struct span span;
  const char *text;
};

struct diag {
  struct diag *next;
  enum diag_code code;
  enum severity severity;
  const struct source *source; /* NULL: no place in a script (a usage error, a data file) */
  struct span span;
  const char *text;
  const char *hint; /* NULL: none */
  struct diag_note *notes;
};

/* The collection: one per interpreter.  Its strings live in its own arena until diags_clear. */
struct diags {
  struct mem *mem;
  struct arena *arena;
  struct diag *first, *last;
  int n_errors;
  int n_warnings;
  int n_dropped; /* errors past DIAG_MAX, counted and not kept */
};

enum { DIAG_MAX = 50 }; /* errors kept of one run; the rest is counted */

struct diags *diags_new(struct mem *m);
void diags_clear(struct diags *d);
void diags_free(struct diags *d);

/* Adds a diagnostic.  The strings for {0}, {1}, ... follow, exactly as many as the highest placeholder in the
   entry needs, each a const char * (NULL allowed where only a hint uses it), then DIAG_END.  Strings are
   copied. A second diagnostic of the same code at the same place is dropped. Returns it (or NULL when
   dropped), for notes. */
struct diag *diag_add(struct diags *d, const struct source *src, struct span span, enum diag_code code, ...);
extern const char diag_end[]; /* its address ends the strings */
#define DIAG_END diag_end
#define DIAG_NONE ((const char *)NULL) /* a string that a hint can do without */

/* A diagnostic whose texts are filled in already (diag_texts); else as diag_add. */
struct diag *diag_put(struct diags *d, const struct source *src, struct span span, enum diag_code code,
                      const char *text, const char *hint);

enum { DIAG_ARGS = 6 }; /* placeholders {0} .. {5} */

/* The entry's text and hint with their placeholders filled in, in arena a.  A hint that lacks a string is NULL. */
void diag_texts(struct arena *a, enum diag_code code, const char *const arg[DIAG_ARGS], const char **text,
                const char **hint);

void diag_note(struct diags *d, struct diag *to, const struct source *src, struct span span,
               const char *text);

/* "K0123", severity and texts of the catalogue. */
const char *diag_number(enum diag_code code);
enum severity diag_severity(enum diag_code code);
const char *diag_catalogue_text(enum diag_code code);
const char *diag_catalogue_hint(enum diag_code code);

/* Prints one diagnostic: file:line:column: error: text [K0123], the line, a caret under the span, hint,
 * notes. */
void diag_print(struct buf *out, const struct diag *d, bool colour);

#endif
