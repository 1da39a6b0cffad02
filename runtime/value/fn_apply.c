/* fn_apply.c: functions of functions, and of a script's own errors: map, keep, assert, stop. */
#include "runtime/report/report.h"
#include "runtime/value/interp.h"

/* ---- map, keep ------------------------------------------------------------------------------------------ */

/* The items of a list, the values of a column or a record; NULL after an error. */
static struct value *items_of(struct call *c, const struct value *v, int *n) {
  struct value *items = NULL;
  if (v->kind == VALUE_LIST || v->kind == VALUE_RECORD) {
    *n = v->u.list->n;
    items = arena_array(c->in->scratch, (size_t)*n, struct value);
    for (int i = 0; i < *n; i++) items[i] = v->u.list->item[i];
    return items;
  }
  if (v->kind == VALUE_COLUMN) {
    *n = v->u.column->n_rows;
    items = arena_array(c->in->scratch, (size_t)*n, struct value);
    for (int i = 0; i < *n; i++) items[i] = value_of_row(c->in, &v->u.column->column, i);
    return items;
  }
  bool fine = CALL_ERROR(c, c->arg[0].ast->span, DIAG_ARGUMENT_KIND, c->signature->name, "x",
                         "list, column or record", value_kind_name(v));
  return fine ? items : NULL;
}

/* The function with the item before the further arguments.  What the call needed on its way is released. */
static bool apply(struct call *c, const struct value *item, struct value *out) {
  struct interp *in = c->in;
  struct arena *mark = arena_pool_mark(in->mem), *outer = in->scratch;
  in->scratch = arena_new(in->mem);
  size_t n = (size_t)c->n_rest + 1;
  struct value *values = arena_array(in->scratch, n, struct value);
  const char **name = arena_array(in->scratch, n, const char *);
  values[0] = *item;
  for (int i = 0; i < c->n_rest; i++) {
    values[i + 1] = c->rest[i].value;
    name[i + 1] = c->rest_name[i];
  }
  bool fine = call_with_values(in, c->node, c->arg[1].value.u.function, (int)n, values, name, out);
  if (fine && out->kind == VALUE_NONE) fine = CALL_ERROR(c, c->arg[1].ast->span, DIAG_NO_VALUE);
  in->scratch = outer;
  if (fine) *out = value_kept(in, out);
  arena_pool_drain(in->mem, mark);
  return fine;
}

/* A record's results keep its names. */
bool builtin_map(struct call *c, struct value *out) {
  const struct value *x = &c->arg[0].value;
  int n;
  struct value *items = items_of(c, x, &n);
  if (!items) return false;
  struct value *results = arena_array(c->in->scratch, (size_t)n, struct value);
  for (int i = 0; i < n; i++) {
    mem_check_interrupt(c->in->mem);
    if (!apply(c, &items[i], &results[i])) return false;
  }
  value_hold(c->in, x);
  return value_nested(c->in, c->node->span, n, results, x->kind == VALUE_RECORD ? x->u.list->name : NULL,
                      out);
}

bool builtin_keep(struct call *c, struct value *out) {
  const struct value *x = &c->arg[0].value;
  int n, kept = 0;
  struct value *items = items_of(c, x, &n);
  if (!items) return false;
  const char **names =
      x->kind == VALUE_RECORD ? arena_array(c->in->scratch, (size_t)n + 1, const char *) : NULL;
  for (int i = 0; i < n; i++) {
    struct value v;
    bool yes;
    mem_check_interrupt(c->in->mem);
    if (!apply(c, &items[i], &v) || !value_is_true(c->in, c->arg[1].ast, &v, &yes)) return false;
    if (names && yes) names[kept] = x->u.list->name[i];
    if (yes) items[kept++] = items[i];
  }
  value_hold(c->in, x);
  return value_nested(c->in, c->node->span, kept, items, names, out);
}

/* ---- assert, stop --------------------------------------------------------------------------------------- */

static const char *words(struct call *c) {
  struct report_style style = {.width = c->in->options.width, .utf8 = true};
  struct buf b;
  buf_init(&b, c->in->scratch);
  for (int i = 0; i < c->n_rest; i++) report_inline(&b, &c->rest[i].value, &style);
  return b.text;
}

bool builtin_assert(struct call *c, struct value *out) {
  (void)out;
  bool yes;
  const struct ast *cond = c->arg[0].ast;
  if (!value_is_true(c->in, cond, &c->arg[0].value, &yes)) return false;
  if (yes) return true;
  const char *what =
      c->n_rest ? words(c) : arena_printf(c->in->scratch, "%s is false", print_expr(c->in->scratch, cond));
  return CALL_ERROR(c, cond->span, DIAG_ASSERTION, what);
}

bool builtin_stop(struct call *c, struct value *out) {
  (void)out;
  return CALL_ERROR(c, c->node->span, DIAG_STOPPED, words(c));
}
