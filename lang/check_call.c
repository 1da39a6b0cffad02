#include "lang/foreign.h"
#include "lang/base/text.h"
#include "lang/check_parts.h"
#include "lang/describe.h"
#include "lang/later.h"
#include <string.h>

/* One call of a function whose signature is known. */
struct call {
  struct checker *ck;
  const struct signature *sig;
  struct ast *node;
  const int *param;              /* which parameter each argument belongs to */
  struct table_ref *table;       /* of the argument that is a table, NULL if not known */
  const struct model_spec *spec; /* of the argument that is a model, NULL if not known */
  struct ast *model;             /* that argument */
  struct fit_ref fit;            /* of the argument that is a fit */
  struct ast *hypotheses;        /* NULL: none */
};

static struct span callee_span(const struct call *c) {
  return c->node->u.call.callee->span;
}

/* ---- arguments that fit nowhere, parameters that got nothing ---- */

static void show_signature(struct call *c, struct diag *d) {
  diag_note(c->ck->diags, d, NULL, (struct span){0, 0}, c->sig->text);
}

static void tell_misfit(struct call *c, const struct ast *arg, int why) {
  struct checker *ck = c->ck;
  const struct ast *key = arg->u.arg.key;
  const char *name = key ? print_expr(ck->arena, key) : "";
  if (why == ARG_UNKNOWN)
    show_signature(c, CHECK_ERROR(ck, key->span, DIAG_UNKNOWN_ARGUMENT, c->sig->name, name,
                                  signature_near(ck->arena, c->sig, name)));
  else if (why == ARG_TWICE)
    CHECK_ERROR(ck, key->span, DIAG_ARGUMENT_TWICE, name, c->sig->name);
  else
    CHECK_ERROR(ck, arg->span, DIAG_TOO_MANY_ARGUMENTS, c->sig->name, c->sig->text);
}

static bool given(const struct call *c, int p) {
  for (int i = 0; i < c->node->u.call.args.n; i++)
    if (c->param[i] == p) return true;
  return false;
}

static void check_missing(struct call *c) {
  for (int p = 0; p < c->sig->n_params; p++) {
    if (c->sig->params[p].optional || given(c, p)) continue;
    CHECK_ERROR(c->ck, callee_span(c), DIAG_MISSING_ARGUMENT, c->sig->name, c->sig->params[p].name,
                c->sig->text);
    return;
  }
}

/* ---- arguments of each kind ---- */

static const char *word_list(struct arena *a, const struct param *p) {
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; i < p->n_words; i++)
    buf_printf(&b, "%s%s", i == 0 ? "" : i == p->n_words - 1 ? " or " : ", ", p->words[i]);
  return b.text;
}

static bool is_word(const struct param *p, const char *word) {
  for (int i = 0; i < p->n_words; i++)
    if (strcmp(p->words[i], word) == 0) return true;
  return false;
}

/* Words are constants of the parameter; other names may be variables that hold one. */
static void check_word(struct call *c, const struct param *p, struct ast *value) {
  struct checker *ck = c->ck;
  if (value->kind == AST_ERROR) return;
  const char *name = value->kind == AST_NAME ? value->u.name.whole : print_expr(ck->arena, value);
  if (value->kind == AST_TEXT && is_word(p, value->u.text.value)) {
    CHECK_ERROR(ck, value->span, DIAG_WORD_IN_QUOTES, p->name, value->u.text.value);
    return;
  }
  if (value->kind == AST_NAME) {
    const struct binding *b = is_word(p, name) ? NULL : names_find(ck, describe_head(value));
    if (is_word(p, name) || (b && (b->type == TYPE_UNKNOWN || b->type == TYPE_TEXT))) return;
  }
  CHECK_ERROR(ck, value->span, DIAG_NOT_A_CHOICE, name, p->name, word_list(ck->arena, p),
              text_nearest(name, p->words, (size_t)p->n_words));
}

static void check_bare_word(struct call *c, const struct param *p, const struct ast *value) {
  if (value->kind != AST_NAME && value->kind != AST_TEXT && value->kind != AST_SLOT &&
      value->kind != AST_ERROR)
    CHECK_ERROR(c->ck, value->span, DIAG_BARE_WORD, p->name, describe_expr(c->ck->arena, value));
}

/* `pairwise ~ arm | month`: names of the model's variables, and no model. */
static bool is_specs(const struct param *p, const struct ast *value) {
  bool tilde = (value->kind == AST_BINARY || value->kind == AST_UNARY) && value->u.op.op == OP_TILDE;
  return p->type == TYPE_FORMULA && strcmp(p->name, "specs") == 0 && tilde;
}

static void check_value(struct call *c, const struct param *p, struct ast *value) {
  struct checker *ck = c->ck;
  if (is_specs(p, value)) {
    check_splices(ck, value);
    return;
  }
  enum type t = check_expr(ck, value);
  if (p->type == TYPE_TABLE) c->table = check_table_of(ck, value);
  if (p->type == TYPE_FIT) c->fit = check_fit_of(ck, value);
  if (p->type == TYPE_HYPOTHESES && value->kind == AST_HYPOTHESES) c->hypotheses = value;
  if (p->type == TYPE_MODEL) {
    c->spec = check_model_of(ck, value);
    c->model = value;
    if (t == TYPE_FORMULA) return;
  }
  if (p->type == TYPE_UNKNOWN || t == TYPE_UNKNOWN || t == p->type) return;
  CHECK_ERROR(ck, value->span, DIAG_ARGUMENT_TYPE, c->sig->name,
              p->type == TYPE_MODEL ? "a formula or a model" : describe_type(p->type),
              describe_expr(ck->arena, value), describe_type(t));
}

/* `family` is read before the signature: it is a word that this version does not have. */
static bool refused_family(struct call *c, const struct ast *arg) {
  const struct ast *key = arg->u.arg.key, *value = arg->u.arg.value;
  if (!key || key->kind != AST_NAME || strcmp(key->u.name.whole, "family") != 0) return false;
  if (strcmp(c->sig->name, "fit") != 0) return false;
  if (value->kind != AST_NAME || strcmp(value->u.name.whole, "gaussian") != 0)
    CHECK_ERROR(c->ck, value->span, DIAG_NOT_YET_FAMILY, print_expr(c->ck->arena, value));
  return true;
}

static void check_argument(struct call *c, struct ast *arg, int p) {
  if (refused_family(c, arg)) return;
  if (p < 0) {
    tell_misfit(c, arg, p);
    return;
  }
  const struct param *param = &c->sig->params[p];
  switch (param->kind) {
  case PARAM_VALUE: check_value(c, param, arg->u.arg.value); break;
  case PARAM_ENUM: check_word(c, param, arg->u.arg.value); break;
  case PARAM_WORD: check_bare_word(c, param, arg->u.arg.value); break;
  case PARAM_COLUMNS: break; /* when the table is known */
  }
}

/* ---- what needs the table's columns ---- */

/* weights = precision(w), frequency(w): what the numbers are is said round them. */
static struct ast *bare_weights(const struct param *p, struct ast *value) {
  bool kind = ast_calls(value, "precision") || ast_calls(value, "frequency");
  bool one = kind && value->u.call.args.n == 1 && !value->u.call.args.first->u.arg.key;
  return one && strcmp(p->name, "weights") == 0 ? value->u.call.args.first->u.arg.value : value;
}

static void check_over_table(struct call *c) {
  if (c->spec && c->table) check_model_over(c->ck, c->spec, c->model, c->table);
  int i = 0;
  for (struct ast *arg = c->node->u.call.args.first; arg; arg = arg->next, i++) {
    const struct param *p = c->param[i] >= 0 ? &c->sig->params[c->param[i]] : NULL;
    if (p && p->kind == PARAM_COLUMNS)
      check_columns(c->ck, bare_weights(p, arg->u.arg.value), c->table ? c->table : c->fit.table,
                    p->type == TYPE_BOOL ? p->name : NULL);
  }
}

static enum type check_signature(struct checker *ck, struct ast *node, const struct signature *sig) {
  struct ast_list *args = &node->u.call.args;
  int *param = arena_array(ck->arena, (size_t)args->n, int);
  signature_match(sig, args, param);
  struct call c = {.ck = ck, .sig = sig, .node = node, .param = param};
  int i = 0;
  for (struct ast *arg = args->first; arg; arg = arg->next) check_argument(&c, arg, param[i++]);
  check_missing(&c);
  check_over_table(&c);
  if (c.hypotheses && sig->n_params && sig->params[0].type == TYPE_FIT)
    check_hypotheses(ck, c.hypotheses, c.fit);
  return sig->result;
}

/* ---- what is called ---- */

static void check_arguments_alone(struct checker *ck, struct ast *node) {
  for (struct ast *arg = node->u.call.args.first; arg; arg = arg->next) check_expr(ck, arg->u.arg.value);
}

static enum type call_value(struct checker *ck, struct ast *node, enum type callee, const struct ast *made) {
  const struct ast *what = node->u.call.callee;
  if (callee == TYPE_UNKNOWN || callee == TYPE_FUNCTION) {
    check_arguments_alone(ck, node);
    return TYPE_UNKNOWN;
  }
  struct diag *d =
      CHECK_ERROR(ck, what->span, DIAG_NOT_A_FUNCTION, describe_expr(ck->arena, what), describe_type(callee));
  if (made) diag_note(ck->diags, d, ck->source, made->span, "made here");
  return TYPE_UNKNOWN;
}

/* The arguments of a function that is not known are left alone: they may be words or columns. */
static enum type call_unknown(struct checker *ck, const struct ast *callee) {
  const char *name = callee->u.name.whole;
  if (later_function(name))
    CHECK_ERROR(ck, callee->span, DIAG_NOT_YET_FUNCTION, name);
  else if (names_later(ck, name))
    names_unknown(ck, callee, name);
  else if (foreign_function(name))
    CHECK_ERROR(ck, callee->span, DIAG_FOREIGN_FUNCTION, name, foreign_function(name));
  else if (!ck->library)
    CHECK_ERROR(ck, callee->span, DIAG_UNKNOWN_FUNCTION, name, names_near_function(ck, name));
  return TYPE_UNKNOWN;
}

enum type check_call(struct checker *ck, struct ast *node) {
  struct ast *callee = node->u.call.callee;
  if (callee->kind != AST_NAME || callee->u.name.n_parts > 1)
    return call_value(ck, node, check_expr(ck, callee), NULL);
  const struct binding *b = names_find(ck, callee->u.name.whole);
  if (b && b->type == TYPE_MODEL) {
    check_model_call(ck, node, b);
    return TYPE_MODEL;
  }
  if (b && b->function) return check_signature(ck, node, b->function);
  if (b) return call_value(ck, node, b->type, b->node);
  const struct signature *sig = signature_find(ck->env->functions, callee->u.name.whole);
  return sig ? check_signature(ck, node, sig) : call_unknown(ck, callee);
}

const struct signature *check_function_of(struct checker *ck, const struct ast *e) {
  if (e->kind != AST_NAME || e->u.name.n_parts > 1) return NULL;
  const struct binding *b = names_find(ck, e->u.name.whole);
  return b ? b->function : signature_find(ck->env->functions, e->u.name.whole);
}
