/* build.h: how the grammar makes nodes.  Internal to the front end: used by grammar/kin.y and lang/parse.c. */
#ifndef KIN_BUILD_H
#define KIN_BUILD_H

#include "lang/layout.h"

struct parser {
  struct layout *layout;
  struct ast_builder build;
  struct ast_list statements; /* the result */
  bool lost;                  /* a block was left open: what follows is read as its lines */
};

struct ast_list list_add(struct ast_list list, struct ast *node);

struct ast *node_number(struct parser *p, struct span at, struct token t);
struct ast *node_text(struct parser *p, struct span at, struct token t);
struct ast *node_bool(struct parser *p, struct span at, bool value);
struct ast *node_name(struct parser *p, enum ast_kind kind, struct span at,
                      struct token t); /* NAME, SLOT, SPLICE */
struct ast *node_list(struct parser *p, enum ast_kind kind, struct span at, struct ast_list items);
struct ast *node_unary(struct parser *p, enum ast_op op, struct span at, struct ast *a);
struct ast *node_binary(struct parser *p, enum ast_op op, struct span at, struct ast *a, struct ast *b);
struct ast *node_parens(struct ast *inner, struct span at); /* returns inner */
struct ast *node_call(struct parser *p, enum ast_kind kind, struct span at, struct ast *callee,
                      struct ast_list args);
struct ast *node_field(struct parser *p, struct span at, struct ast *of, struct token name);
struct ast *node_arg(struct parser *p, struct span at, struct ast *key, struct ast *value);
struct ast *node_param(struct parser *p, struct span at, struct ast *name, const char *type,
                       struct ast *value);
struct ast *node_expr(struct parser *p, enum ast_kind kind, struct span at, struct ast *value);
struct ast *node_let(struct parser *p, enum ast_kind kind, struct span at, struct ast *name,
                     struct ast *value);
struct ast *node_if(struct parser *p, struct span at, struct ast *cond, struct ast *then,
                    struct ast *otherwise);
struct ast *node_for(struct parser *p, struct span at, struct ast *name, struct ast *over, struct ast *body);
struct ast *node_fn(struct parser *p, struct span at, struct ast *name, struct ast_list params,
                    struct ast *body);
struct ast *node_use(struct parser *p, struct span at, struct token name);
struct ast *node_values(struct parser *p, enum ast_kind kind, struct span at, struct ast_list values);
struct ast *node_data(struct parser *p, struct span at, struct ast *name, struct ast *file, struct ast *query,
                      struct ast *design, struct ast_list lines, struct span braces);
struct ast *node_design(struct parser *p, struct span at, struct ast *name, struct ast_list lines);
struct ast *node_nesting(struct parser *p, struct span at,
                         struct ast_list units); /* of ARG: key set when unique */
struct ast *node_unique(struct parser *p, struct span at, struct ast *name, struct token word,
                        struct span word_at);
struct ast *node_unit(struct parser *p, enum ast_kind kind, struct span at, struct ast *var,
                      struct ast *partner, struct ast *in, struct ast *step);
struct ast *node_model(struct parser *p, struct span at, struct ast *name, struct ast_list params,
                       struct ast *of, struct ast_list lines);
struct ast *node_cov(struct parser *p, enum ast_kind kind, struct span at, struct ast *term, struct ast *by);
struct ast *node_leading_sign(struct parser *p, struct span at,
                              struct span sign); /* reports; an ERROR node */

/* Called by the grammar. */
void parser_unexpected(struct parser *p, struct span at, const char *found, const char *const *expected,
                       int n);
void parser_exhausted(struct parser *p, struct span at);

#endif
