/* signature.h: what is known of a function before it runs: its parameters, their types, its enumerations, its
 * help. runtime/value/builtins.def holds one line a function; lang/check.c checks calls against it. */
#ifndef KIN_SIGNATURE_H
#define KIN_SIGNATURE_H

#include "lang/ast.h"

enum param_kind {
  PARAM_VALUE,   /* an expression of type `type` (TYPE_UNKNOWN: any) */
  PARAM_ENUM,    /* one of `words`; words are constants here, not variables */
  PARAM_WORD,    /* any bare name, or a text: what it names is not looked at */
  PARAM_COLUMNS, /* an expression over the columns of the call's table argument (subset = Days > 2) */
};

struct param {
  const char *name;
  enum param_kind kind;
  enum type type; /* VALUE; COLUMNS: BOOL where a condition is wanted, else UNKNOWN */
  int n_words;    /* ENUM */
  const char *const *words;
  bool optional;
  const char *fallback; /* the default as help shows it, "reml"; NULL: none is said */
  bool rest;            /* takes all further positional arguments (print) */
  bool named;           /* a rest that takes named arguments too, with any names (record) */
};

struct signature {
  const char *name;
  int n_params;
  const struct param *params;
  enum type result;
  const char *text; /* "fit(formula, data, method = reml | ml, ...)": as help shows it */
  const char *help; /* one line */
  const struct closure
      *closure; /* its body, of one that is written in kin (runtime/value/interp.h); NULL: built in */
};

struct signatures {
  int n;
  const struct signature *items;
};

/* Reads "formula: formula, data: table, method: reml|ml = reml, subset: columns = ?, rest..: any -> fit".
   A parameter's type is one of: any number text bool list record column table formula hypotheses design model
   fit matrix function; `word`: a bare name or a text; `columns`: an expression over the table argument's columns;
   `condition`: one that is true or false; words joined by `|`: an
   enumeration.  `= word` gives a default, `= ?` marks it optional without one.  `name..` takes the further
   positional arguments, `name=..` the further named ones too.  The result is left out for "not known before".
   Asserts on a malformed line: the table is part of the program. */
void signature_parse(struct arena *a, struct signature *out, const char *name, const char *spec,
                     const char *help);
/* "f(x, k = 2)", from the parameters. */
const char *signature_show(struct arena *a, const struct signature *s);
/* The type of that name; false, and *out left alone, if there is none.  signature_type_near: the name nearest to it. */
bool signature_type(const char *word, enum type *out);
const char *signature_type_near(const char *word);
/* The parameter whose name is nearest; NULL: none is near. */
const char *signature_near(struct arena *a, const struct signature *s, const char *name);
const struct signature *signature_find(const struct signatures *all, const char *name);

/* What stands in param[i] below for an argument that fits nowhere. */
enum { ARG_UNKNOWN = -1, ARG_SURPLUS = -2, ARG_TWICE = -3 };

/* Which parameter each argument of a call belongs to, as R does it: named arguments first, then the
   positional ones to the parameters that are left, in order; rest parameters take what is over.  Fills
   param[0..args->n). The one rule for checking and running a call. */
void signature_match(const struct signature *s, const struct ast_list *args, int *param);

#endif
