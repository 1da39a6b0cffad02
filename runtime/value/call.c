/* call.c: from a call's syntax to a built-in function's arguments. */
#include "runtime/value/interp.h"
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

static bool value_argument(struct call *c, const struct param *p, const struct ast *value,
                           struct argument *out) {
  if (!eval_expr(c->in, value, &out->value)) return false;
  enum type type = value_type(&out->value);
  if (p->type == TYPE_UNKNOWN || type == p->type) return true;
  if (p->type == TYPE_MODEL && type == TYPE_FORMULA) return true; /* a formula is a model of its own */
  return CALL_ERROR(c, value->span, DIAG_ARGUMENT_KIND, c->signature->name, p->name, type_name(p->type),
                    value_kind_name(&out->value));
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

static bool take_all(struct call *c, const struct ast_list *args) {
  int *param = arena_array(c->in->scratch, (size_t)args->n, int), i = 0;
  signature_match(c->signature, args, param);
  for (const struct ast *a = args->first; a; a = a->next, i++) {
    if (param[i] < 0)
      return CALL_ERROR(c, a->span, DIAG_TOO_MANY_ARGUMENTS, c->signature->name, c->signature->text);
    const struct param *p = &c->signature->params[param[i]];
    struct argument *to = p->rest ? &c->rest[c->n_rest] : &c->arg[param[i]];
    if (p->rest)
      c->rest_name[c->n_rest++] =
          a->u.arg.key && a->u.arg.key->kind == AST_NAME ? a->u.arg.key->u.name.whole : NULL;
    if (!take_argument(c, p, a, to)) return false;
  }
  for (int j = 0; j < c->signature->n_params; j++)
    if (!c->signature->params[j].optional && !c->signature->params[j].rest && !c->arg[j].ast)
      return CALL_ERROR(c, c->node->span, DIAG_MISSING_ARGUMENT, c->signature->name,
                        c->signature->params[j].name, c->signature->text);
  return true;
}

bool call_builtin(struct interp *in, const struct ast *node, const struct signature *s, struct value *out) {
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
