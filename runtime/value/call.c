/* call.c: from a call's syntax to a built-in function's arguments. */
#include "runtime/value/interp.h"
#include <assert.h>
#include <string.h>

struct builtin {
  const char *name, *spec, *help;
  builtin_fn *run;
};

static const struct builtin builtins[] = {
#define BUILTIN(name, spec, function, help) {name, spec, help, function},
#include "runtime/value/builtins.def"
#undef BUILTIN
};

enum { N_BUILTINS = sizeof builtins / sizeof *builtins };

void builtins_register(struct interp *in) {
  struct signature *s = arena_array(in->arena, N_BUILTINS, struct signature);
  for (int i = 0; i < N_BUILTINS; i++)
    signature_parse(in->arena, &s[i], builtins[i].name, builtins[i].spec, builtins[i].help);
  in->functions = (struct signatures){.n = N_BUILTINS, .items = s};
}

builtin_fn *builtin_find(const struct signature *s, const struct interp *in) {
  return builtins[s - in->functions.items].run;
}

/* A word of the enumeration: written as it is, or held by a variable as a text. */
static bool enum_argument(struct call *c, const struct param *p, const struct ast *value,
                          struct argument *out) {
  const char *word = value->kind == AST_NAME ? value->u.name.whole : NULL;
  const struct value *v = word ? env_find(c->in, word) : NULL;
  bool known = false;
  for (int i = 0; i < p->n_words && word; i++) known = known || strcmp(p->words[i], word) == 0;
  if (!known && v && v->kind == VALUE_TEXT) {
    word = v->u.text;
    for (int i = 0; i < p->n_words; i++) known = known || strcmp(p->words[i], word) == 0;
  }
  if (!known)
    return CALL_ERROR(c, value->span, DIAG_NOT_A_WORD, p->name,
                      word ? word : print_expr(c->in->scratch, value));
  out->value = (struct value){.kind = VALUE_ENUM, .u.text = word};
  return true;
}

/* The checker has seen to it that it is one of these. */
static bool word_argument(const struct ast *value, struct argument *out) {
  const char *word = value->kind == AST_TEXT ? value->u.text.value : value->u.name.whole;
  out->value = (struct value){.kind = VALUE_TEXT, .u.text = word};
  return true;
}

static bool argument_fits(struct call *c, const struct param *p, const struct ast *at,
                          const struct value *v) {
  enum type type = value_type(v);
  if (type == TYPE_NONE) return CALL_ERROR(c, at->span, DIAG_NO_VALUE);
  if (p->type == TYPE_UNKNOWN || type == p->type) return true;
  if (p->type == TYPE_MODEL && type == TYPE_FORMULA) return true; /* a formula is a model of its own */
  return CALL_ERROR(c, at->span, DIAG_ARGUMENT_KIND, c->signature->name, p->name, type_name(p->type),
                    value_kind_name(v));
}

static bool value_argument(struct call *c, const struct param *p, const struct ast *value,
                           struct argument *out) {
  return eval_expr(c->in, value, &out->value) && argument_fits(c, p, value, &out->value);
}

static bool take_argument(struct call *c, const struct param *p, const struct ast *arg,
                          struct argument *out) {
  const struct ast *value = arg->u.arg.value;
  out->ast = value;
  switch (p->kind) {
  case PARAM_ENUM: return enum_argument(c, p, value, out);
  case PARAM_VALUE: return value_argument(c, p, value, out);
  case PARAM_WORD: return word_argument(value, out);
  case PARAM_COLUMNS: return true; /* the function evaluates them over its table */
  }
  return false;
}

/* The checker has told of calls of functions that it knows; others come to light here. */
static bool misfit(struct call *c, const struct ast *arg, int why) {
  const struct signature *s = c->signature;
  if (why == ARG_SURPLUS) return CALL_ERROR(c, arg->span, DIAG_TOO_MANY_ARGUMENTS, s->name, s->text);
  const struct ast *key = arg->u.arg.key;
  const char *name = key->kind == AST_NAME ? key->u.name.whole : print_expr(c->in->scratch, key);
  if (why == ARG_TWICE) return CALL_ERROR(c, key->span, DIAG_ARGUMENT_TWICE, name, s->name);
  struct diag *d = diag_add(c->in->diags, c->in->script->source, key->span, DIAG_UNKNOWN_ARGUMENT, s->name,
                            name, signature_near(c->in->scratch, s, name), DIAG_END);
  if (d) diag_note(c->in->diags, d, NULL, (struct span){0, 0}, s->text);
  return false;
}

static bool nothing_missing(struct call *c) {
  const struct signature *s = c->signature;
  for (int j = 0; j < s->n_params; j++)
    if (!s->params[j].optional && !s->params[j].rest && !c->arg[j].ast)
      return CALL_ERROR(c, c->node->span, DIAG_MISSING_ARGUMENT, s->name, s->params[j].name, s->text);
  return true;
}

static bool take_all(struct call *c, const struct ast_list *args) {
  int *param = arena_array(c->in->scratch, (size_t)args->n, int), i = 0;
  signature_match(c->signature, args, param);
  for (const struct ast *a = args->first; a; a = a->next, i++) {
    if (param[i] < 0) return misfit(c, a, param[i]);
    const struct param *p = &c->signature->params[param[i]];
    struct argument *to = p->rest ? &c->rest[c->n_rest] : &c->arg[param[i]];
    assert(!p->rest || c->rest_name);
    if (p->rest)
      c->rest_name[c->n_rest++] =
          a->u.arg.key && a->u.arg.key->kind == AST_NAME ? a->u.arg.key->u.name.whole : NULL;
    if (!take_argument(c, p, a, to)) return false;
  }
  return nothing_missing(c);
}

/* ---- called as it is written ---------------------------------------------------------------------------- */

static bool call_builtin(struct interp *in, const struct ast *node, const struct signature *s,
                         struct value *out) {
  size_t n = (size_t)node->u.call.args.n;
  struct call c = {.in = in,
                   .node = node,
                   .signature = s,
                   .arg = arena_array(in->scratch, (size_t)s->n_params, struct argument),
                   .rest = arena_array(in->scratch, n, struct argument),
                   .rest_name = arena_array(in->scratch, n, const char *)};
  *out = (struct value){.kind = VALUE_NONE};
  return take_all(&c, &node->u.call.args) && builtin_find(s, in)(&c, out);
}

static bool call_written(struct interp *in, const struct ast *node, const struct signature *s,
                         struct value *out) {
  struct call c = {.in = in,
                   .node = node,
                   .signature = s,
                   .arg = arena_array(in->scratch, (size_t)s->n_params, struct argument)};
  struct value *given = arena_array(in->scratch, (size_t)s->n_params, struct value);
  if (!take_all(&c, &node->u.call.args)) return false;
  for (int i = 0; i < s->n_params; i++) given[i] = c.arg[i].value;
  return call_closure(in, node, s->closure, given, out);
}

bool call_function(struct interp *in, const struct ast *node, const struct signature *s, struct value *out) {
  return s->closure ? call_written(in, node, s, out) : call_builtin(in, node, s, out);
}

/* ---- called with values --------------------------------------------------------------------------------- */

/* The values as arguments that all stand at one place. */
static struct ast_list written_arguments(struct interp *in, const struct ast *at, int n,
                                         const char *const *name) {
  struct ast_list args = {0};
  struct ast *nodes = arena_array(in->scratch, 2 * (size_t)n, struct ast);
  for (int i = 0; i < n; i++) {
    struct ast *arg = &nodes[2 * i], *key = &nodes[2 * i + 1];
    *key = (struct ast){.kind = AST_NAME, .span = at->span, .u.name = {.whole = name[i], .n_parts = 1}};
    *arg = (struct ast){.kind = AST_ARG, .span = at->span};
    arg->u.arg.key = name[i] ? key : NULL;
    ast_append(&args, arg);
  }
  return args;
}

static bool take_value(struct call *c, const struct ast *arg, int p, const struct value *v) {
  const struct signature *s = c->signature;
  if (p < 0) return misfit(c, arg, p);
  if (s->params[p].kind != PARAM_VALUE)
    return CALL_ERROR(c, arg->span, DIAG_ARGUMENT_WRITTEN, s->name, s->params[p].name);
  struct argument *to = s->params[p].rest ? &c->rest[c->n_rest] : &c->arg[p];
  if (s->params[p].rest) c->rest_name[c->n_rest++] = arg->u.arg.key ? arg->u.arg.key->u.name.whole : NULL;
  *to = (struct argument){.ast = c->node, .value = *v};
  return argument_fits(c, &s->params[p], c->node, v);
}

static bool take_values(struct call *c, const struct ast_list *args, const struct value *values) {
  int *param = arena_array(c->in->scratch, (size_t)args->n, int), i = 0;
  signature_match(c->signature, args, param);
  for (const struct ast *a = args->first; a; a = a->next, i++)
    if (!take_value(c, a, param[i], &values[i])) return false;
  return nothing_missing(c);
}

bool call_with_values(struct interp *in, const struct ast *at, const struct signature *s, int n,
                      const struct value *values, const char *const *name, struct value *out) {
  struct ast_list args = written_arguments(in, at, n, name);
  struct call c = {.in = in,
                   .node = at,
                   .signature = s,
                   .arg = arena_array(in->scratch, (size_t)s->n_params, struct argument),
                   .rest = arena_array(in->scratch, (size_t)n, struct argument),
                   .rest_name = arena_array(in->scratch, (size_t)n, const char *)};
  *out = (struct value){.kind = VALUE_NONE};
  if (!take_values(&c, &args, values)) return false;
  if (!s->closure) return builtin_find(s, in)(&c, out);
  struct value *given = arena_array(in->scratch, (size_t)s->n_params, struct value);
  for (int i = 0; i < s->n_params; i++) given[i] = c.arg[i].value;
  return call_closure(in, at, s->closure, given, out);
}

bool call_level(struct call *c, int arg, double *level) {
  const struct argument *a = &c->arg[arg];
  *level = 0.95;
  if (!a->ast) return true;
  *level = a->value.u.number;
  return (*level > 0 && *level < 1) || CALL_ERROR(c, a->ast->span, DIAG_LEVEL_RANGE);
}
