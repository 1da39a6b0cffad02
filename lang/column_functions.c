#include "lang/column_functions.h"
#include "lang/base/text.h"
#include <string.h>

#define AT(name, kind)                                                                                       \
  { name, PARAMETER_##kind, false }
#define NAMED(name, kind)                                                                                    \
  { name, PARAMETER_##kind, true }
#define REAL(name)                                                                                           \
  {                                                                                                          \
    name, 1, RULE_NUMERIC, NEEDS_NOTHING, {                                                                  \
      AT("x", COLUMN)                                                                                        \
    }                                                                                                        \
  }

static const struct column_function functions[] = {
    REAL("log"),
    REAL("log2"),
    REAL("log10"),
    REAL("log1p"),
    REAL("exp"),
    REAL("expm1"),
    REAL("sqrt"),
    REAL("abs"),
    REAL("sin"),
    REAL("cos"),
    REAL("tan"),
    REAL("floor"),
    REAL("ceiling"),
    {"round", 1, RULE_NUMERIC, NEEDS_NOTHING, {AT("x", COLUMN), AT("digits", COLUMN)}},
    {"I", 1, RULE_SAME, NEEDS_NOTHING, {AT("x", COLUMN)}},
    {"factor", 1, RULE_FACTOR, NEEDS_NOTHING, {AT("x", COLUMN)}},
    {"numeric", 1, RULE_TO_NUMBER, NEEDS_NOTHING, {AT("x", COLUMN)}},
    {"ifelse", 3, RULE_IFELSE, NEEDS_NOTHING, {AT("condition", COLUMN), AT("yes", COLUMN), AT("no", COLUMN)}},
    {"is_na", 1, RULE_IS_NA, NEEDS_NOTHING, {AT("x", COLUMN)}},
    {"recode", 2, RULE_RECODE, NEEDS_NOTHING, {AT("x", COLUMN), AT("old = new", CASES)}},
    {"date", 1, RULE_DATE, NEEDS_NOTHING, {AT("x", COLUMN), AT("format", TEXT)}},
    {"elapsed",
     1,
     RULE_NUMERIC,
     NEEDS_UNIT,
     {AT("x", COLUMN), AT("measure", WORD), NAMED("since", MOMENT), NAMED("over", UNIT)}},
    {"pair", 2, RULE_PAIR, NEEDS_NOTHING, {AT("a", COLUMN), AT("b", COLUMN)}},
    {"relevel", 2, RULE_RELEVEL, NEEDS_NOTHING, {AT("x", COLUMN), AT("ref", LEVEL)}},
    {"C", 2, RULE_CODING, NEEDS_NOTHING, {AT("x", COLUMN), AT("coding", CODING)}},
    {"poly", 2, RULE_BASIS, NEEDS_NOTHING, {AT("x", COLUMN), AT("degree", COUNT), NAMED("raw", TRUTH)}},
    {"ns",
     1,
     RULE_BASIS,
     NEEDS_NOTHING,
     {AT("x", COLUMN), AT("df", COUNT), NAMED("knots", NUMBERS), NAMED("boundary", NUMBERS)}},
    {"bs",
     1,
     RULE_BASIS,
     NEEDS_NOTHING,
     {AT("x", COLUMN), AT("df", COUNT), NAMED("degree", COUNT), NAMED("knots", NUMBERS),
      NAMED("boundary", NUMBERS)}},
    {"within", 1, RULE_MEASURE, NEEDS_UNIT, {AT("x", COLUMN), AT("unit", UNIT)}},
    {"between", 1, RULE_MEASURE, NEEDS_UNIT, {AT("x", COLUMN), AT("unit", UNIT)}},
    {"center", 1, RULE_MEASURE, NEEDS_NOTHING, {AT("x", COLUMN), NAMED("over", UNIT)}},
    {"scale", 1, RULE_MEASURE, NEEDS_NOTHING, {AT("x", COLUMN), NAMED("over", UNIT)}},
    {"count", 1, RULE_COUNT, NEEDS_NOTHING, {AT("unit", UNIT)}},
    {"actor", 1, RULE_SAME, NEEDS_DYADS, {AT("x", COLUMN)}},
    {"partner", 1, RULE_SAME, NEEDS_DYADS, {AT("x", COLUMN)}},
    {"reciprocal", 1, RULE_SAME, NEEDS_ROUND_ROBIN, {AT("x", COLUMN)}},
    {"lag", 1, RULE_SAME, NEEDS_TIME, {AT("x", COLUMN), AT("steps", COUNT)}},
    {"cumulative", 1, RULE_MEASURE, NEEDS_TIME, {AT("x", COLUMN)}},
    {"first", 1, RULE_SAME, NEEDS_TIME, {AT("x", COLUMN)}},
};

enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

const struct column_function *column_function_find(const char *name) {
  for (int i = 0; i < N_FUNCTIONS; i++)
    if (strcmp(functions[i].name, name) == 0) return &functions[i];
  return NULL;
}

/* A user of R writes as.numeric where kin has numeric. */
const char *column_function_near(const char *name) {
  const char *bare = strncmp(name, "as.", 3) == 0 ? name + 3 : name;
  const struct column_function *f = column_function_find(bare);
  if (f) return f->name;
  const char *names[N_FUNCTIONS];
  for (int i = 0; i < N_FUNCTIONS; i++) names[i] = functions[i].name;
  return text_nearest(bare, names, N_FUNCTIONS);
}

/* ---- the arguments of a call ---- */

struct binding_call {
  struct column_scope *scope;
  const struct column_function *f;
  const struct ast *call;
  struct column_arguments *to;
};

/* Reports, if there is anybody to hear; false. */
#define FAULT(b, ...) ((b)->scope ? (void)COLUMN_ERROR((b)->scope, __VA_ARGS__) : (void)0, false)

static int n_parameters(const struct column_function *f) {
  int n = 0;
  while (n < COLUMN_PARAMETERS_MAX && f->parameter[n].name) n++;
  return n;
}

static bool takes_cases(const struct column_function *f) {
  int n = n_parameters(f);
  return n > 0 && f->parameter[n - 1].kind == PARAMETER_CASES;
}

static int parameter_named(const struct column_function *f, const char *name) {
  for (int i = 0; i < n_parameters(f); i++)
    if (strcmp(f->parameter[i].name, name) == 0) return i;
  return -1;
}

static const char *near_parameter(const struct column_function *f, const char *name) {
  const char *names[COLUMN_PARAMETERS_MAX];
  int n = n_parameters(f);
  for (int i = 0; i < n; i++) names[i] = f->parameter[i].name;
  return text_nearest(name, names, (size_t)n);
}

static bool bind_at(struct binding_call *b, int i, const struct ast *arg) {
  if (b->to->argument[i])
    return FAULT(b, arg->span, DIAG_ARGUMENT_TWICE, b->f->parameter[i].name, b->f->name);
  b->to->argument[i] = arg;
  return true;
}

/* old = new: the first is bound; the others follow it in the call. */
static bool bind_case(struct binding_call *b, const struct ast *arg) {
  int last = n_parameters(b->f) - 1;
  if (!b->to->argument[last]) b->to->argument[last] = arg;
  return true;
}

static bool bind_named(struct binding_call *b, const struct ast *arg) {
  const struct ast *key = arg->u.arg.key;
  const char *name = key->kind == AST_NAME ? key->u.name.whole : NULL;
  int i = name ? parameter_named(b->f, name) : -1;
  if (i >= 0 && b->f->parameter[i].kind != PARAMETER_CASES) return bind_at(b, i, arg);
  if (takes_cases(b->f)) return bind_case(b, arg);
  return FAULT(b, arg->span, DIAG_UNKNOWN_ARGUMENT, b->f->name, print_expr(b->scope->arena, key),
               name ? near_parameter(b->f, name) : NULL);
}

static const char *count_phrase(struct arena *a, int least, int most) {
  if (most > least + 1) return arena_printf(a, "%d to %d arguments", least, most);
  if (most > least) return arena_printf(a, "%d or %d arguments", least, most);
  return arena_printf(a, "%d argument%s", least, least == 1 ? "" : "s");
}

static const char *wanted_arguments(struct arena *a, const struct column_function *f) {
  return takes_cases(f) ? "2 or more arguments, x and \"old\" = \"new\""
                        : count_phrase(a, f->least, n_parameters(f));
}

static bool wrong_count(struct binding_call *b) {
  return FAULT(b, b->call->span, DIAG_COLUMN_FUNCTION_ARGUMENTS, b->f->name,
               wanted_arguments(b->scope->arena, b->f),
               arena_printf(b->scope->arena, "%d", b->call->u.call.args.n));
}

static bool bind_placed(struct binding_call *b, int place, const struct ast *arg) {
  if (place >= n_parameters(b->f) || b->f->parameter[place].kind == PARAMETER_CASES) return wrong_count(b);
  const struct column_parameter *p = &b->f->parameter[place];
  if (!p->by_name) return bind_at(b, place, arg);
  return FAULT(b, arg->span, DIAG_ARGUMENT_BY_NAME, b->f->name, p->name,
               print_expr(b->scope->arena, arg->u.arg.value));
}

bool column_bind(struct column_scope *s, const struct column_function *f, const struct ast *call,
                 struct column_arguments *bound) {
  *bound = (struct column_arguments){0};
  struct binding_call b = {s, f, call, bound};
  int place = 0;
  for (const struct ast *arg = call->u.call.args.first; arg; arg = arg->next)
    if (!(arg->u.arg.key ? bind_named(&b, arg) : bind_placed(&b, place++, arg))) return false;
  for (int i = 0; i < f->least; i++)
    if (!bound->argument[i]) return wrong_count(&b);
  return true;
}
