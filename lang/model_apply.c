/* model_apply.c: a model with its arguments becomes one formula. */
#include "lang/base/text.h"
#include "lang/describe.h"
#include "lang/model_parts.h"
#include "lang/rewrite.h"
#include "lang/signature.h"
#include <string.h>

struct applying {
  struct arena *arena;
  const struct model_decl *decl;
  struct diags *diags;
  const struct source *source; /* of the call */
  const struct ast *call;      /* NULL: a bare name */
  const struct ast **argument; /* by parameter; NULL: nothing stands for it */
  bool failed;
};

#define APPLY_ERROR(p, ...) ((p)->failed = true, diag_add((p)->diags, (p)->source, __VA_ARGS__, DIAG_END))

/* ---- arguments ---- */

/* The model as a function, so that arguments find their parameters by the one rule. */
static struct signature signature_of(const struct applying *p) {
  int n = p->decl->node->u.model.params.n, i = 0;
  struct param *params = arena_array(p->arena, (size_t)n, struct param);
  for (const struct ast *q = p->decl->node->u.model.params.first; q; q = q->next, i++)
    params[i] = (struct param){
        .name = q->u.arg.key->u.name.whole, .kind = PARAM_COLUMNS, .optional = q->u.arg.value != NULL};
  return (struct signature){.name = p->decl->name,
                            .n_params = n,
                            .params = params,
                            .result = TYPE_MODEL,
                            .text = model_signature(p->arena, p->decl)};
}

static const char *near_parameter(const struct applying *p, const struct signature *s, const char *key) {
  const char **names = arena_array(p->arena, (size_t)s->n_params, const char *);
  for (int i = 0; i < s->n_params; i++) names[i] = s->params[i].name;
  return text_nearest(key, names, (size_t)s->n_params);
}

static void tell_misfit(struct applying *p, const struct signature *s, const struct ast *arg, int why) {
  const struct ast *key = arg->u.arg.key; /* there unless there are too many */
  struct span at = key ? key->span : arg->span;
  const char *name = key ? print_expr(p->arena, key) : "";
  struct diag *d = why == ARG_UNKNOWN
                       ? APPLY_ERROR(p, at, DIAG_UNKNOWN_ARGUMENT, s->name, name, near_parameter(p, s, name))
                   : why == ARG_TWICE ? APPLY_ERROR(p, at, DIAG_ARGUMENT_TWICE, name, s->name)
                                      : APPLY_ERROR(p, arg->span, DIAG_TOO_MANY_ARGUMENTS, s->name, s->text);
  if (d && why == ARG_UNKNOWN) diag_note(p->diags, d, NULL, (struct span){0, 0}, s->text);
}

static bool is_terms(const struct ast *e) {
  bool number = e->kind == AST_NUMBER && (e->u.number.value == 0 || e->u.number.value == 1);
  bool tilde = e->kind == AST_BINARY && e->u.op.op == OP_TILDE;
  return number || (e->kind == AST_BINARY && !tilde) || e->kind == AST_NAME || e->kind == AST_CALL ||
         e->kind == AST_SLOT || e->kind == AST_SPLICE;
}

static bool is_column(const struct ast *e) {
  return e->kind == AST_NAME || e->kind == AST_CALL || e->kind == AST_SLOT || e->kind == AST_SPLICE;
}

static bool is_unit(const struct ast *e) {
  bool path =
      e->kind == AST_BINARY && (e->u.op.op == OP_IN || e->u.op.op == OP_COLON || e->u.op.op == OP_DIV);
  return is_column(e) || path;
}

static bool is_number(const struct ast *e) {
  if (e->kind == AST_UNARY && e->u.op.op == OP_NEG) e = e->u.op.a;
  return e->kind == AST_NUMBER || e->kind == AST_SPLICE;
}

struct wanted {
  const char *type, *what, *hint;
  bool (*fits)(const struct ast *);
};

static const struct wanted kinds_of_argument[] = {
    {"column", "one column, or a function of columns",
     "write its name; arithmetic stands in I(...): I(a / b)", is_column},
    {"terms", "terms of a formula", "write names of columns without quotes, joined by `+`, `*` or `:`",
     is_terms},
    {"unit", "a unit: a column of ids", "write its name, or `class in school`", is_unit},
    {"number", "a number", NULL, is_number}};

static void check_argument(struct applying *p, const struct ast *parameter, const struct ast *value) {
  const char *type = parameter->u.arg.ptype;
  for (size_t i = 0; type && i < sizeof kinds_of_argument / sizeof *kinds_of_argument; i++) {
    const struct wanted *w = &kinds_of_argument[i];
    if (strcmp(w->type, type) != 0 || value->kind == AST_ERROR || w->fits(value)) continue;
    APPLY_ERROR(p, value->span, DIAG_MODEL_ARGUMENT_TYPE, parameter->u.arg.key->u.name.whole, p->decl->name,
                w->what, describe_expr(p->arena, value), w->hint);
  }
}

static void take_defaults(struct applying *p, const struct signature *s, const bool *given) {
  int i = 0;
  for (const struct ast *q = p->decl->node->u.model.params.first; q; q = q->next, i++) {
    if (given[i]) continue;
    p->argument[i] = q->u.arg.value;
    if (q->u.arg.value || p->failed) continue;
    struct span at = p->call->kind == AST_CALL ? p->call->u.call.callee->span : p->call->span;
    APPLY_ERROR(p, at, DIAG_MISSING_ARGUMENT, s->name, s->params[i].name, s->text);
  }
}

static void take_arguments(struct applying *p) {
  struct signature s = signature_of(p);
  const struct ast_list *args = &p->call->u.call.args;
  int *param = arena_array(p->arena, (size_t)args->n, int), i = 0;
  bool *given = arena_array(p->arena, (size_t)s.n_params, bool);
  signature_match(&s, args, param);
  for (const struct ast *arg = args->first; arg; arg = arg->next, i++) {
    if (param[i] < 0) {
      tell_misfit(p, &s, arg, param[i]);
      continue;
    }
    const struct ast *parameter = p->decl->node->u.model.params.first;
    for (int k = 0; k < param[i]; k++) parameter = parameter->next;
    check_argument(p, parameter, arg->u.arg.value);
    p->argument[param[i]] = arg->u.arg.value;
    given[param[i]] = true;
  }
  take_defaults(p, &s, given);
}

/* ---- the lines with arguments for parameters; NULL stands for no term ---- */

static struct ast *body(struct applying *p, const struct ast *e);

static struct span place(const struct applying *p, const struct ast *e) {
  return p->call && p->call->kind == AST_CALL ? p->call->span : e->span;
}

static struct ast *keep_all(void *arg, const struct ast *e) {
  (void)arg;
  (void)e;
  return NULL;
}

static struct ast *moved(const struct applying *p, const struct ast *e) {
  struct ast *copy = arena_make(p->arena, struct ast);
  *copy = *e;
  copy->next = NULL;
  copy->span = place(p, e);
  return copy;
}

static bool is_nothing(const struct ast *parameter, const struct ast *value) {
  bool terms = parameter->u.arg.ptype && strcmp(parameter->u.arg.ptype, "terms") == 0;
  return !value || (terms && value->kind == AST_NUMBER && value->u.number.value == 0);
}

static struct ast *body_name(struct applying *p, const struct ast *e) {
  int i = 0;
  for (const struct ast *q = p->decl->node->u.model.params.first; q; q = q->next, i++) {
    if (strcmp(q->u.arg.key->u.name.whole, e->u.name.whole) != 0) continue;
    return is_nothing(q, p->argument[i]) ? NULL : rewrite_expr(p->arena, p->argument[i], keep_all, NULL);
  }
  return moved(p, e);
}

/* What is left of an operation of which a side came to nothing. */
static struct ast *half(const struct applying *p, const struct ast *e, struct ast *a, struct ast *b) {
  enum ast_op op = e->u.op.op;
  if (op == OP_ADD || op == OP_MUL) return a ? a : b;
  if (op == OP_SUB || op == OP_DIV) return a;
  if (op != OP_TILDE || !a) return NULL;
  struct ast *one = moved(p, e);
  one->kind = AST_NUMBER;
  one->u.number.value = 1;
  one->depth = 1;
  return make_binary(p->arena, one->span, OP_TILDE, a, one);
}

static struct ast *body_binary(struct applying *p, const struct ast *e) {
  struct ast *a = body(p, e->u.op.a), *b = body(p, e->u.op.b);
  if (!a || !b) return half(p, e, a, b);
  struct ast *out = make_binary(p->arena, place(p, e), e->u.op.op, a, b);
  out->parens = e->parens;
  return out;
}

static struct ast *body_call(struct applying *p, const struct ast *e) {
  struct ast *out = moved(p, e);
  out->u.call.args = (struct ast_list){0};
  for (const struct ast *arg = e->u.call.args.first; arg; arg = arg->next) {
    struct ast *value = body(p, arg->u.arg.value);
    if (!value && arg == e->u.call.args.first) return NULL;
    if (!value) continue;
    struct ast *copy = moved(p, arg);
    copy->u.arg.value = value;
    copy->depth = value->depth + 1;
    if (copy->depth >= out->depth) out->depth = copy->depth + 1;
    ast_append(&out->u.call.args, copy);
  }
  return out;
}

static struct ast *body(struct applying *p, const struct ast *e) {
  if (e->kind == AST_NAME) return body_name(p, e);
  if (e->kind == AST_BINARY) return body_binary(p, e);
  if (e->kind == AST_CALL) return body_call(p, e);
  struct ast *out = moved(p, e);
  if (e->kind == AST_UNARY && !(out->u.op.a = body(p, e->u.op.a))) return NULL;
  return out;
}

/* ---- the formula ---- */

static struct ast *add(const struct applying *p, struct ast *sum, struct ast *term) {
  if (!term) return sum;
  if (ast_is_bar(term)) term->parens = true;
  return make_binary(p->arena, term->span, OP_ADD, sum, term);
}

static void add_named(const struct applying *p, struct ast *call, const char *key, struct ast *value) {
  struct ast *arg = arena_make(p->arena, struct ast);
  arg->kind = AST_ARG;
  arg->span = value->span;
  arg->u.arg.key = make_name(p->arena, value->span, key);
  arg->u.arg.value = value;
  arg->depth = value->depth + 1;
  if (arg->depth >= call->depth) call->depth = arg->depth + 1;
  ast_append(&call->u.call.args, arg);
}

/* `random us(1 + t | g) by arm` is us(1 + t | g, by = arm). */
static struct ast *random_term(struct applying *p, const struct ast *line) {
  struct ast *term = body(p, line->u.cov.term), *by = line->u.cov.by ? body(p, line->u.cov.by) : NULL;
  if (!term || !by) return term;
  if (term->kind != AST_CALL) term = make_call(p->arena, term->span, "us", term);
  add_named(p, term, "by", by);
  return term;
}

/* The residual line, and the variance line, as one call: residual(ar1(day | person), by = arm, variance = power(x)). */
static struct ast *residual_call(struct applying *p, const struct model_lines *l) {
  struct ast *term = l->residual ? body(p, l->residual->u.cov.term) : NULL, *call = NULL;
  const struct ast *variance = l->variance;
  if (!term && !variance) return NULL;
  if (term) term->parens = false;
  call = term ? make_call(p->arena, term->span, "residual", term) : NULL;
  if (!call) {
    struct ast *one = make_name(p->arena, place(p, variance), "residual");
    call = make_call(p->arena, one->span, "residual", one);
    call->u.call.args = (struct ast_list){0};
  }
  if (l->residual && l->residual->u.cov.by) add_named(p, call, "by", body(p, l->residual->u.cov.by));
  const struct ast *how = variance ? (variance->u.cov.by ? variance->u.cov.by : variance->u.cov.term) : NULL;
  struct ast *value = how ? body(p, how) : NULL;
  if (value) add_named(p, call, "variance", value);
  return call;
}

static struct ast *whole_formula(struct applying *p, const struct model_lines *l) {
  struct ast *mean = body(p, l->mean->u.expr.value);
  if (!mean) return NULL;
  struct ast *right = mean->u.op.b;
  for (const struct ast *line = p->decl->node->u.model.lines.first; line; line = line->next) {
    if (line->kind == AST_RANDOM) right = add(p, right, random_term(p, line));
    if (line->kind != AST_OFFSET) continue;
    struct ast *x = body(p, line->u.expr.value);
    if (x) right = add(p, right, make_call(p->arena, x->span, "offset", x));
  }
  struct ast *residual = residual_call(p, l);
  if (residual) right = add(p, right, residual);
  return make_binary(p->arena, mean->span, OP_TILDE, mean->u.op.a, right);
}

static void take_weights(struct applying *p, const struct model_lines *l, struct model_spec *spec) {
  if (!l->weights) return;
  const struct ast *call = l->weights->u.expr.value;
  spec->weights_kind = ast_calls(call, "frequency") ? WEIGHTS_FREQUENCY : WEIGHTS_PRECISION;
  spec->weights = body(p, call->u.call.args.first->u.arg.value);
}

static void take_allowed(const struct model_decl *decl, struct model_spec *spec) {
  int n = 0;
  for (const struct ast *line = decl->node->u.model.lines.first; line; line = line->next)
    if (line->kind == AST_ALLOW) n += line->u.values.values.n;
  const char **allow = arena_array(spec->arena, (size_t)n, const char *);
  for (const struct ast *line = decl->node->u.model.lines.first; line; line = line->next)
    if (line->kind == AST_ALLOW)
      for (const struct ast *name = line->u.values.values.first; name; name = name->next)
        allow[spec->n_allow++] = name->u.name.whole;
  spec->allow = allow;
}

static struct model_spec *spec_new(struct mem *m, const struct source *source, struct arena *keep) {
  struct arena *a = arena_new(m);
  if (keep) arena_hold(a, keep);
  struct model_spec *spec = arena_make(a, struct model_spec);
  *spec = (struct model_spec){.arena = a, .source = source};
  return spec;
}

static bool not_too_deep(struct diags *diags, const struct model_spec *spec) {
  if (spec->formula->depth <= AST_DEPTH_MAX) return true;
  diag_add(diags, spec->source, spec->formula->span, DIAG_TREE_TOO_DEEP,
           arena_printf(spec->arena, "%d", AST_DEPTH_MAX), DIAG_END);
  return false;
}

static struct model_spec *finish(struct applying *p, struct model_spec *spec) {
  struct model_lines lines;
  model_lines_read(&lines, p->decl);
  spec->formula = whole_formula(p, &lines);
  take_weights(p, &lines, spec);
  take_allowed(p->decl, spec);
  return spec->formula && not_too_deep(p->diags, spec) ? spec : NULL;
}

struct model_spec *model_apply(struct mem *m, struct diags *diags, const struct model_decl *decl,
                               const struct ast *call, const struct source *call_source, struct arena *keep) {
  bool called = call && call->kind == AST_CALL;
  struct model_spec *spec = spec_new(m, called ? call_source : decl->source, keep);
  size_t n = (size_t)decl->node->u.model.params.n;
  struct applying p = {.arena = spec->arena,
                       .decl = decl,
                       .diags = diags,
                       .source = call_source,
                       .call = call,
                       .argument = arena_array(spec->arena, n, const struct ast *)};
  arena_hold(spec->arena, decl->arena);
  spec->decl = decl;
  if (called && n == 0)
    APPLY_ERROR(&p, call->span, DIAG_MODEL_NO_PARAMETERS, decl->name);
  else if (call && n > 0 && !called)
    APPLY_ERROR(&p, call->span, DIAG_MODEL_WANTS_ARGUMENTS, decl->name, model_signature(spec->arena, decl));
  else if (called)
    take_arguments(&p);
  return p.failed ? NULL : finish(&p, spec);
}

struct model_spec *model_outline(struct mem *m, struct diags *diags, const struct model_decl *decl) {
  struct model_spec *spec = spec_new(m, decl->source, decl->arena);
  struct applying p = {
      .arena = spec->arena,
      .decl = decl,
      .diags = diags,
      .source = decl->source,
      .argument = arena_array(spec->arena, (size_t)decl->node->u.model.params.n, const struct ast *)};
  int i = 0;
  for (const struct ast *q = decl->node->u.model.params.first; q; q = q->next) p.argument[i++] = q->u.arg.key;
  spec->decl = decl;
  return finish(&p, spec);
}

struct model_spec *model_of_formula(struct mem *m, const struct source *source, const struct ast *formula,
                                    struct arena *keep) {
  struct model_spec *spec = spec_new(m, source, keep);
  spec->formula = formula;
  return spec;
}

/* ---- update ---- */

struct updating {
  struct arena *arena;
  const struct ast *old; /* what `.` stands for on this side */
};

/* A tree of another source gets the place of the dot that stands for it. */
static void set_places(struct ast *e, void *span) {
  e->span = *(struct span *)span;
  ast_children(e, set_places, span);
}

static struct ast *for_dot(void *arg, const struct ast *e) {
  struct updating *u = arg;
  if (!ast_is_dot(e)) return NULL;
  struct ast *copy = rewrite_expr(u->arena, u->old, keep_all, NULL);
  struct span span = e->span;
  set_places(copy, &span);
  return copy;
}

/* The sum without the summand, NULL: it is not among them. *gone: the sum was nothing else. */
static struct ast *without(struct arena *a, struct ast *sum, const struct ast *term, bool *gone) {
  *gone = ast_equal(sum, term);
  if (*gone || sum->kind != AST_BINARY || (sum->u.op.op != OP_ADD && sum->u.op.op != OP_SUB)) return NULL;
  if (sum->u.op.op == OP_ADD && ast_equal(sum->u.op.b, term)) return sum->u.op.a;
  bool left_gone;
  struct ast *left = without(a, sum->u.op.a, term, &left_gone);
  if (left_gone) return sum->u.op.op == OP_ADD ? sum->u.op.b : NULL;
  return left ? make_binary(a, sum->span, sum->u.op.op, left, sum->u.op.b) : NULL;
}

/* `sum - term` by taking the summand out; a term that is none alone is left to the algebra of terms. */
static struct ast *simplified(struct arena *a, struct ast *e) {
  if (e->kind != AST_BINARY || (e->u.op.op != OP_ADD && e->u.op.op != OP_SUB)) return e;
  struct ast *left = simplified(a, e->u.op.a);
  bool gone = false;
  struct ast *rest = e->u.op.op == OP_SUB ? without(a, left, e->u.op.b, &gone) : NULL;
  return rest ? rest : make_binary(a, e->span, e->u.op.op, left, e->u.op.b);
}

static bool bars_left(const struct ast *e, const struct ast **at) {
  if (e->kind != AST_BINARY || (e->u.op.op != OP_ADD && e->u.op.op != OP_SUB)) return false;
  *at = e->u.op.b;
  return (e->u.op.op == OP_SUB && ast_is_bar(e->u.op.b)) || bars_left(e->u.op.a, at);
}

struct model_spec *model_update(struct mem *m, struct diags *diags, const struct model_spec *old,
                                const struct ast *change, const struct source *source, struct arena *keep) {
  struct model_spec *spec = spec_new(m, source, keep);
  arena_hold(spec->arena, old->arena);
  struct updating u = {spec->arena, old->formula->u.op.a};
  bool two_sided = change->kind == AST_BINARY;
  struct ast *left = two_sided ? rewrite_expr(spec->arena, change->u.op.a, for_dot, &u)
                               : rewrite_expr(spec->arena, old->formula->u.op.a, keep_all, NULL);
  u.old = old->formula->u.op.b;
  struct ast *right = rewrite_expr(spec->arena, two_sided ? change->u.op.b : change->u.op.a, for_dot, &u);
  right = simplified(spec->arena, right);
  *spec = (struct model_spec){.arena = spec->arena,
                              .source = source,
                              .decl = old->decl,
                              .weights = old->weights,
                              .weights_kind = old->weights_kind,
                              .allow = old->allow,
                              .n_allow = old->n_allow,
                              .formula = make_binary(spec->arena, change->span, OP_TILDE, left, right)};
  const struct ast *at = NULL;
  if (bars_left(right, &at)) {
    diag_add(diags, source, at->span, DIAG_UPDATE_NOTHING, describe_expr(spec->arena, at), DIAG_END);
    return NULL;
  }
  return not_too_deep(diags, spec) ? spec : NULL;
}
