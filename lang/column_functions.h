/* column_functions.h: the functions that stand among columns, their parameters, and what a call binds to them.
 *
 * One table for the check (lang/column_expr.c), the evaluation (runtime/model/) and near names.
 */
#ifndef KIN_COLUMN_FUNCTIONS_H
#define KIN_COLUMN_FUNCTIONS_H

#include "lang/column_expr.h"

enum { COLUMN_PARAMETERS_MAX = 5 };

/* What an argument is. */
enum parameter_kind {
  PARAMETER_NONE,
  PARAMETER_COLUMN,  /* an expression over columns */
  PARAMETER_UNIT,    /* lang/unit_argument.h: school, class in school, couple:role */
  PARAMETER_COUNT,   /* a whole number, written out, from 1 */
  PARAMETER_TEXT,    /* a text, written out */
  PARAMETER_WORD,    /* a unit of time: days */
  PARAMETER_MOMENT,  /* numbers, or a text that is a date */
  PARAMETER_NUMBERS, /* a number, or a list of numbers, written out */
  PARAMETER_TRUTH,   /* true or false, written out */
  PARAMETER_LEVEL,   /* a level of a factor: wife, "Day 1", 2 */
  PARAMETER_CODING,  /* lang/contrasts.h: sum, treatment(wife) */
  PARAMETER_CASES,   /* all that is left, each with a value as its key: "old" = "new" */
};

/* What the arguments must be and what comes out. */
enum column_rule {
  RULE_NUMERIC,   /* numbers to numbers */
  RULE_SAME,      /* what the argument is */
  RULE_FACTOR,    /* a factor */
  RULE_TO_NUMBER, /* numbers, of anything */
  RULE_IFELSE,
  RULE_IS_NA,
  RULE_RECODE,
  RULE_DATE,
  RULE_COUNT,   /* a number, of no column */
  RULE_CODING,  /* a factor to the same, with a coding of its contrasts */
  RULE_PAIR,    /* two columns to a factor of their pairs, whichever comes first */
  RULE_RELEVEL, /* a factor to the same, another level first */
  RULE_BASIS,   /* numbers to several columns of numbers: lang/basis.h */
  RULE_MEASURE, /* numbers, or truth values as 0 and 1, to numbers */
};

/* What the operator needs of the design of the data. */
enum column_needs {
  NEEDS_NOTHING,
  NEEDS_UNIT,        /* a unit, unless one is given */
  NEEDS_DYADS,       /* dyads or a round robin */
  NEEDS_ROUND_ROBIN, /* */
  NEEDS_TIME,        /* time or an occasion */
};

struct column_parameter {
  const char *name; /* NULL: there is none */
  enum parameter_kind kind;
  bool by_name; /* never by its place */
};

struct column_function {
  const char *name;
  int least; /* arguments without which there is no call: the first ones */
  enum column_rule rule;
  enum column_needs needs;
  struct column_parameter parameter[COLUMN_PARAMETERS_MAX];
};

const struct column_function *column_function_find(const char *name); /* NULL: none */
/* The one that is meant: a near name, and numeric for as.numeric; NULL: none is near. */
const char *column_function_near(const char *name);

/* The arguments of a call: argument[i] is the ARG node of parameter i, NULL when it is not given; of CASES the first. */
struct column_arguments {
  const struct ast *argument[COLUMN_PARAMETERS_MAX];
};

/* Binds the arguments; false after an error, reported in scope s (NULL: none is expected, the call was checked). */
bool column_bind(struct column_scope *s, const struct column_function *f, const struct ast *call,
                 struct column_arguments *bound);

#endif
