#include "runtime/value/covariance_values.h"
#include "lang/base/text.h"
#include "lang/describe.h"
#include "runtime/inference/covariances.h"
#include <math.h>
#include <string.h>

enum { NAMES_SHOWN = 12 };

struct values_reading {
  struct call *call;
  const char *argument;
  const struct source *source;
  const struct covariance_parameter *p;
  int n;
};

#define REFUSE(w, node, ...)                                                                                 \
  (diag_add((w)->call->in->diags, (w)->source, (node)->span, __VA_ARGS__, DIAG_END), false)

/* Full names: all of them, or those that share the short one. */
static const char *names_of(const struct values_reading *w, const char *sharing) {
  struct buf b;
  int shown = 0;
  buf_init(&b, w->call->in->scratch);
  for (int i = 0; i < w->n; i++) {
    if (w->p[i].derived || (sharing && strcmp(w->p[i].name, sharing) != 0)) continue;
    if (shown == NAMES_SHOWN) {
      buf_put(&b, ", ...");
      break;
    }
    buf_printf(&b, "%s%s", shown++ ? ", " : "", w->p[i].full);
  }
  return b.text ? b.text : "none";
}

static bool literal_number(const struct ast *e, double *x) {
  double sign = 1;
  for (; e->kind == AST_UNARY && (e->u.op.op == OP_NEG || e->u.op.op == OP_POS); e = e->u.op.a)
    if (e->u.op.op == OP_NEG) sign = -sign;
  if (e->kind != AST_NUMBER) return false;
  *x = sign * e->u.number.value;
  return true;
}

static bool is_correlation(const struct covariance_parameter *p) {
  return strncmp(p->name, "corr", 4) == 0 || strcmp(p->name, "rho") == 0;
}

static bool is_coefficient(const struct covariance_parameter *p) {
  return strncmp(p->name, "power", 5) == 0 || strncmp(p->name, "exponential", 11) == 0;
}

/* NULL: the value can be. */
static const char *out_of_range(const struct covariance_parameter *p, double x) {
  if (is_coefficient(p)) return NULL;
  if (is_correlation(p)) return x > -1 && x < 1 ? NULL : "a correlation lies between -1 and 1";
  if (x > 0) return NULL;
  return x == 0 && strncmp(p->name, "sd", 2) == 0 ? "an effect without variance is left out of the model"
                                                  : "it is above 0";
}

static bool read_one(const struct values_reading *w, const struct ast *e, struct covariance_value *out) {
  struct arena *a = w->call->in->scratch;
  double x = 0;
  if (e->kind != AST_BINARY || e->u.op.op != OP_EQ || !literal_number(e->u.op.b, &x))
    return REFUSE(w, e, DIAG_HOLD_FORM, w->argument, describe_expr(a, e));
  const struct ast *name = e->u.op.a;
  const char *text = print_expr(a, name);
  int i = covariance_find(w->p, w->n, text);
  if (i == -2) return REFUSE(w, name, DIAG_HOLD_WHICH, text, names_of(w, text));
  if (i < 0) return REFUSE(w, name, DIAG_HOLD_NAME, text, names_of(w, NULL));
  const char *why = out_of_range(&w->p[i], x);
  if (why) return REFUSE(w, e->u.op.b, DIAG_HOLD_VALUE, text, print_expr(a, e->u.op.b), why);
  *out = (struct covariance_value){w->p[i].natural, w->p[i].ratio ? log(x) : x};
  return true;
}

bool covariance_values_read(struct call *c, int at, const struct frame *frame, int *n,
                            const struct covariance_value **out) {
  const struct formula_value *block = c->arg[at].value.u.formula;
  struct values_reading w = {.call = c, .argument = c->signature->params[at].name, .source = block->source};
  w.p = covariance_names(c->in->scratch, frame, &w.n);
  struct covariance_value *list =
      arena_array(c->in->scratch, (size_t)block->ast->u.list.items.n, struct covariance_value);
  *n = 0;
  for (const struct ast *e = block->ast->u.list.items.first; e; e = e->next) {
    if (!read_one(&w, e, &list[*n])) return false;
    for (int i = 0; i < *n; i++)
      if (list[i].natural == list[*n].natural)
        return REFUSE(&w, e, DIAG_HOLD_TWICE, print_expr(c->in->scratch, e->u.op.a));
    ++*n;
  }
  *out = list;
  return true;
}
