/* rewrite.h: a copy of an expression in which some nodes are replaced. */
#ifndef KIN_REWRITE_H
#define KIN_REWRITE_H

#include "lang/ast.h"

/* What stands in place of a node; NULL: the node itself, its children rewritten. */
typedef struct ast *rewrite_node(void *arg, const struct ast *node);

/* The rewritten copy, in arena a, depths computed anew (they may pass AST_DEPTH_MAX: the caller checks the root's).
   A function's name is no node of the expression: callees are left as they are. */
struct ast *rewrite_expr(struct arena *a, const struct ast *expr, rewrite_node *fn, void *arg);

/* The same with the root itself left out of the question. */
struct ast *rewrite_children(struct arena *a, const struct ast *expr, rewrite_node *fn, void *arg);

/* Nodes made by the program rather than written, at a place of the script. */
struct ast *make_name(struct arena *a, struct span at, const char *name);
struct ast *make_binary(struct arena *a, struct span at, enum ast_op op, struct ast *left, struct ast *right);
struct ast *make_call(struct arena *a, struct span at, const char *function, struct ast *argument);

#endif
