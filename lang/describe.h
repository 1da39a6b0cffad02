/* describe.h: questions about a piece of a script, and how messages speak of it. */
#ifndef KIN_DESCRIBE_H
#define KIN_DESCRIBE_H

#include "lang/ast.h"

/* The expression in backticks, "`sleep`"; "this" when it is too long to be quoted. */
const char *describe_expr(struct arena *a, const struct ast *expr);
/* "a fit", "a truth value"; "nothing". */
const char *describe_type(enum type t);
/* The first piece of a name: the variable that a dotted name begins with. */
const char *describe_head(const struct ast *name);

/* Of `x[level]`: the level as it is, without quotes; NULL: e is none, or the level is no name, text or number. */
const char *describe_level(struct arena *a, const struct ast *e);

bool ast_is_bar(const struct ast *e);                      /* a | b, a || b */
bool ast_is_dot(const struct ast *e);                      /* `.`, in update() */
bool ast_calls(const struct ast *e, const char *function); /* function(...) */

/* actor(1), partner(1) */
bool ast_is_loading(const struct ast *e);

/* The NAME that a statement makes a variable of; NULL: none. */
const struct ast *ast_name_made(const struct ast *statement);

/* The kinds of node that are no expressions, for the switches of those who only look at expressions. */
#define AST_CASES_NO_EXPRESSION                                                                              \
  AST_EXPR:                                                                                                  \
  case AST_LET:                                                                                              \
  case AST_ASSIGN:                                                                                           \
  case AST_IF:                                                                                               \
  case AST_FOR:                                                                                              \
  case AST_BLOCK:                                                                                            \
  case AST_FN:                                                                                               \
  case AST_PARAM:                                                                                            \
  case AST_USE:                                                                                              \
  case AST_DATA:                                                                                             \
  case AST_DESIGN:                                                                                           \
  case AST_MODEL:                                                                                            \
  case AST_MISSING:                                                                                          \
  case AST_COLTYPE:                                                                                          \
  case AST_DERIVE:                                                                                           \
  case AST_WHERE:                                                                                            \
  case AST_MEMBERS:                                                                                          \
  case AST_DECIMAL:                                                                                          \
  case AST_NESTING:                                                                                          \
  case AST_TIME:                                                                                             \
  case AST_OCCASION:                                                                                         \
  case AST_DYAD:                                                                                             \
  case AST_ROUNDROBIN:                                                                                       \
  case AST_MEAN:                                                                                             \
  case AST_RANDOM:                                                                                           \
  case AST_RESIDUAL:                                                                                         \
  case AST_VARIANCE:                                                                                         \
  case AST_WEIGHTS:                                                                                          \
  case AST_OFFSET:                                                                                           \
  case AST_FAMILY:                                                                                           \
  case AST_ALLOW

#endif
