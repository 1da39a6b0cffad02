#include "runtime/model/rows.h"
#include "lang/describe.h"
#include "runtime/model/basis.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* Of a basis what it is made of: that is missing where the basis is.  Of actor(1) the 1. */
static const struct ast *argument_of(const struct ast *expr) {
  return basis_is(expr) || ast_is_loading(expr) ? expr->u.call.args.first->u.arg.value : expr;
}

/* All variables by one memo: units and partners of the table are found once. */
static bool evaluate(struct making *k, struct column **column) {
  struct column_memo *memo = column_memo_new(k->scratch, k->table);
  for (int j = 0; j < k->ir->n_vars; j++)
    if (!(column[j] = eval_column_memo(k->scratch, k->diags, k->src, memo, argument_of(k->ir->vars[j].expr))))
      return false;
  const char *unit = column_memo_implied_unit(memo);
  k->frame->implied_unit = unit ? arena_strdup(k->arena, unit) : NULL;
  return true;
}

static bool is_missing(const struct column *c, int row) {
  return c->type == COL_NUMBER ? isnan(c->v.number[row]) : c->v.code[row] < 0;
}

/* Counts the rows of the subset that miss each variable, and clears them from keep. */
static void drop_missing(struct making *k, struct column *const *column, bool *keep) {
  int n = k->table->n_rows, n_vars = k->ir->n_vars;
  struct frame_dropped *dropped = arena_array(k->arena, (size_t)n_vars, struct frame_dropped);
  bool *lost = arena_array(k->scratch, (size_t)n, bool);
  for (int j = 0; j < n_vars; j++) {
    int count = 0;
    for (int i = 0; i < n; i++)
      if (keep[i] && is_missing(column[j], i)) {
        lost[i] = true;
        count++;
      }
    if (count) dropped[k->frame->n_dropped++] = (struct frame_dropped){k->ir->vars[j].name, count};
  }
  for (int i = 0; i < n; i++)
    if (lost[i]) {
      keep[i] = false;
      k->frame->rows_dropped++;
    }
  k->frame->dropped = dropped;
}

static const char *why_none(struct making *k) {
  struct frame *f = k->frame;
  if (f->rows_subset == k->table->n_rows) return "the subset is empty";
  struct buf b;
  buf_init(&b, k->scratch);
  for (int i = 0; i < f->n_dropped; i++)
    buf_printf(&b, "%s`%s` is missing in %d", i ? ", " : "", f->dropped[i].variable, f->dropped[i].rows);
  buf_printf(&b, " of %d", k->table->n_rows - f->rows_subset);
  return f->n_dropped ? b.text : "the table has none";
}

static bool weights_fault(struct making *k, enum diag_code code, double weight, int row) {
  assert(k->weights->expr);
  diag_add(k->diags, k->weights->source, k->weights->expr->span, code, k->ir->vars[k->ir->n_vars - 1].name,
           arena_printf(k->scratch, "%.7g", weight), arena_printf(k->scratch, "%d", row + 1), DIAG_END);
  return false;
}

/* How often each row is there: once, or as its frequency says.  NULL after an error. */
static const double *times(struct making *k, struct column *const *column, const bool *keep) {
  int n = k->table->n_rows;
  if (k->weights->expr && column[k->ir->n_vars - 1]->type != COL_NUMBER) {
    diag_add(k->diags, k->weights->source, k->weights->expr->span, DIAG_WEIGHTS_KIND,
             k->ir->vars[k->ir->n_vars - 1].name, DIAG_END);
    return NULL;
  }
  double *t = arena_raw(k->scratch, (size_t)n, double);
  bool frequency = k->weights->expr && k->weights->kind == WEIGHTS_FREQUENCY;
  for (int i = 0; i < n; i++) {
    t[i] = frequency ? column[k->ir->n_vars - 1]->v.number[i] : 1;
    if (keep[i] && (t[i] < 0 || t[i] != floor(t[i])))
      return weights_fault(k, DIAG_WEIGHTS_FREQUENCY, t[i], i), NULL;
  }
  return t;
}

static bool list_rows(struct making *k, struct column *const *column, const bool *keep) {
  const double *t = times(k, column, keep);
  if (!t) return false;
  double total = 0;
  for (int i = 0; i < k->table->n_rows; i++) total += keep[i] ? t[i] : 0;
  if (total > FRAME_ROWS_MAX) return weights_fault(k, DIAG_WEIGHTS_TOO_MANY, total, 0);
  int *row = arena_raw(k->arena, (size_t)total + 1, int);
  for (int i = 0; i < k->table->n_rows; i++)
    for (int j = 0; keep[i] && j < (int)t[i]; j++) row[k->n++] = i;
  k->frame->row = row;
  if (k->n > 0) return true;
  diag_add(k->diags, k->call_src, k->span, DIAG_NO_ROWS_LEFT, why_none(k), DIAG_END);
  return false;
}

static bool gather_numbers(struct making *k, struct variable *v, const double *from) {
  double *to = arena_raw(k->arena, (size_t)k->n, double);
  int infinite = 0, first = 0;
  for (int i = 0; i < k->n; i++) {
    to[i] = from[k->frame->row[i]];
    if (isinf(to[i]) && infinite++ == 0) first = k->frame->row[i] + 1;
  }
  v->number = to;
  if (!infinite) return true;
  diag_add(k->diags, k->src, v->expr->span, DIAG_INFINITE_VALUE, v->name,
           arena_printf(k->scratch, "%d", infinite), arena_printf(k->scratch, "%d", first), DIAG_END);
  return false;
}

/* Several columns of one variable. */
static bool gather_basis(struct making *k, struct variable *v, const double *from) {
  struct basis *b = basis_make(k->arena, k->diags, k->src, v->expr, from, k->table->n_rows);
  if (!b) return false;
  size_t n = (size_t)k->n;
  double *to = arena_raw(k->arena, n * (size_t)b->width, double), row[BASIS_COLUMNS_MAX];
  for (size_t i = 0; i < n; i++) {
    basis_at(b, from[k->frame->row[i]], row);
    for (int j = 0; j < b->width; j++) to[(size_t)j * n + i] = row[j];
  }
  v->basis = b;
  v->width = b->width;
  v->number = to;
  return true;
}

static void tell_lost_reference(struct making *k, const struct variable *v, const struct column *all) {
  if (all->type != COL_FACTOR || v->n_levels == 0 || strcmp(all->levels[0], v->levels[0]) == 0) return;
  diag_add(k->diags, k->src, v->expr->span, DIAG_REFERENCE_GONE, v->name, all->levels[0], v->levels[0],
           DIAG_END);
}

static const char *const *copy_labels(struct arena *a, const char *const *label, int n) {
  const char **copy = arena_raw(a, (size_t)n, const char *);
  for (int i = 0; i < n; i++) copy[i] = arena_strdup(a, label[i]);
  return copy;
}

/* Labels that an expression made, factor(x) or ifelse(c, "a", "b"), would go with the scratch arena. */
static void gather_codes(struct making *k, struct variable *v, const struct column *all) {
  int32_t *code = arena_raw(k->arena, (size_t)k->n, int32_t);
  for (int i = 0; i < k->n; i++) code[i] = all->v.code[k->frame->row[i]];
  struct column used = *all;
  used.v.code = code;
  column_levels(k->arena, &used, k->n, code, &v->n_levels, &v->levels);
  if (v->expr->kind != AST_NAME) v->levels = copy_labels(k->arena, v->levels, v->n_levels);
  v->code = code;
}

/* Is the variable a factor of the fixed part or of a basis (not only a grouping factor)? */
static bool is_coded(const struct ir_terms *terms, int var) {
  for (int t = 0; t < terms->n; t++)
    for (int i = 0; i < terms->term[t].n; i++)
      if (terms->term[t].var[i] == var) return true;
  return false;
}

static bool gather(struct making *k, struct column *const *column) {
  bool fine = true;
  for (int j = 0; j < k->ir->n_vars; j++) {
    struct variable *v = &k->var[j];
    *v = (struct variable){.name = k->ir->vars[j].name,
                           .expr = k->ir->vars[j].expr,
                           .type = column[j]->type,
                           .width = 1,
                           .coding = column[j]->coding,
                           .calendar = column[j]->calendar};
    if (basis_is(v->expr)) {
      fine = gather_basis(k, v, column[j]->v.number) && fine;
    } else if (v->type == COL_NUMBER) {
      fine = gather_numbers(k, v, column[j]->v.number) && fine;
    } else {
      gather_codes(k, v, column[j]);
      if (is_coded(&k->ir->fixed, j)) tell_lost_reference(k, v, column[j]);
    }
  }
  return fine;
}

bool rows_choose(struct making *k, const bool *subset) {
  int n = k->table->n_rows, n_vars = k->ir->n_vars;
  struct column **column = arena_array(k->scratch, (size_t)n_vars, struct column *);
  if (!evaluate(k, column)) return false;
  bool *keep = arena_raw(k->scratch, (size_t)n + 1, bool);
  for (int i = 0; i < n; i++) {
    keep[i] = !subset || subset[i];
    k->frame->rows_subset += !keep[i];
  }
  drop_missing(k, column, keep);
  if (!list_rows(k, column, keep)) return false;
  k->var = arena_array(k->arena, (size_t)n_vars, struct variable);
  return gather(k, column);
}

void variable_levels(const struct making *k, const struct variable *v, int32_t **code, int *n_levels,
                     const char *const **levels) {
  *code = arena_raw(k->arena, (size_t)k->n, int32_t);
  if (v->type == COL_NUMBER) {
    struct column c = {.type = COL_NUMBER, .calendar = v->calendar, .v.number = v->number};
    column_levels(k->arena, &c, k->n, *code, n_levels, levels);
    return;
  }
  memcpy(*code, v->code, (size_t)k->n * sizeof **code);
  *n_levels = v->n_levels;
  *levels = v->levels;
}
