/* signature.h: what is known of a function before it runs: its parameters, their types, its enumerations, its
 * help. runtime/value/builtins.def holds one line a function; lang/check.c checks calls against it. */
#ifndef KIN_SIGNATURE_H
#define KIN_SIGNATURE_H

#include "lang/base/arena.h"
#include "lang/type.h"

enum param_kind {
  PARAM_VALUE,   /* an expression of type `type` (TYPE_UNKNOWN: any) */
  PARAM_ENUM,    /* one of `words`; words are constants here, not variables */
  PARAM_COLUMNS, /* an expression over the columns of the call's table argument (subset = Days > 2) */
};

struct param {
  const char *name;
  enum param_kind kind;
  enum type type; /* VALUE */
  int n_words;    /* ENUM */
  const char *const *words;
  bool optional;
  bool rest; /* takes all further positional arguments (print) */
};

struct signature {
  const char *name;
  int n_params;
  const struct param *params;
  enum type result;
  const char *text; /* "fit(formula, data, method = reml | ml, ...)": as help shows it */
  const char *help; /* one line */
};

struct signatures {
  int n;
  const struct signature *items;
};

/* Reads "formula: formula, data: table, method: reml|ml = reml, subset: columns = ?, rest..: any -> fit".
   Asserts on a malformed line: the table is part of the program. */
void signature_parse(struct arena *a, struct signature *out, const char *name, const char *spec,
                     const char *help);
const struct signature *signature_find(const struct signatures *all, const char *name);

#endif
