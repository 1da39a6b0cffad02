/* column_factors.c: relevel(f, wife), C(f, sum): the same labels, in another order or with a coding; pair(a, b). */
#include "lang/base/text.h"
#include "lang/contrasts.h"
#include "lang/describe.h"
#include "runtime/model/column_parts.h"
#include <string.h>

/* Truth values become labels: a coding is that of a factor. */
static struct column *labels(struct evaluation *e, const struct column *c) {
  struct column *out =
      c->type == COL_FACTOR ? arena_make(e->arena, struct column) : column_to_factor(e->arena, c, e->n);
  if (c->type == COL_FACTOR) *out = *c;
  return out;
}

static bool put_first(struct evaluation *e, const struct column_call *call, const struct ast *level,
                      struct column *c) {
  const char *text = level_read(e->arena, level);
  int first = 0;
  while (text && first < c->n_levels && strcmp(c->levels[first], text) != 0) first++;
  if (!text || first == c->n_levels) {
    diag_add(e->diags, e->src, level->span, DIAG_RELEVEL_ABSENT, print_expr(e->arena, call_value(call, 0)),
             text ? text : "", text ? text_nearest(text, c->levels, (size_t)c->n_levels) : NULL, DIAG_END);
    return false;
  }
  const char **levels = arena_raw(e->arena, (size_t)c->n_levels, const char *);
  int32_t *code = arena_raw(e->arena, (size_t)e->n, int32_t);
  for (int k = 0; k < c->n_levels; k++) levels[k == first ? 0 : k < first ? k + 1 : k] = c->levels[k];
  for (int i = 0; i < e->n; i++) {
    int32_t k = c->v.code[i];
    code[i] = k == first ? 0 : k < first && k >= 0 ? k + 1 : k;
  }
  c->levels = levels;
  c->v.code = code;
  return true;
}

struct column *column_recoded(struct evaluation *e, const struct column_call *call) {
  const struct ast *how = call_value(call, 1), *first = how;
  enum coding coding = CODING_TREATMENT;
  if (call->column[0]->type == COL_NUMBER) {
    const struct ast *x = call_value(call, 0);
    diag_add(e->diags, e->src, x->span, DIAG_FACTOR_WANTED, call->f->name, describe_expr(e->arena, x),
             print_expr(e->arena, x), DIAG_END);
    return NULL;
  }
  struct column *c = labels(e, call->column[0]);
  if (call->f->rule == RULE_CODING && !coding_read(how, &coding, &first)) return column_unfit(e, how);
  if (call->f->rule == RULE_CODING) c->coding = coding;
  return !first || put_first(e, call, first, c) ? c : NULL;
}

/* "anna-ben" of a row with anna and ben, in either order. */
static const char *pair_label(struct arena *a, const char *x, const char *y) {
  return strcmp(x, y) <= 0 ? arena_printf(a, "%s-%s", x, y) : arena_printf(a, "%s-%s", y, x);
}

struct column *column_pair(struct evaluation *e, const struct column_call *call) {
  struct column *x = column_to_factor(e->arena, call->column[0], e->n),
                *y = column_to_factor(e->arena, call->column[1], e->n);
  const char **label = arena_array(e->arena, (size_t)e->n, const char *);
  for (int i = 0; i < e->n; i++)
    if (x->v.code[i] >= 0 && y->v.code[i] >= 0)
      label[i] = pair_label(e->arena, x->levels[x->v.code[i]], y->levels[y->v.code[i]]);
  return column_of_labels(e->arena, label, e->n);
}
