/* fn_random.c: random numbers, simulate() and refit(). */
#include "runtime/inference/simulate.h"
#include "runtime/table/gather.h"
#include "runtime/value/interp.h"
#include <math.h>
#include <string.h>

/* ---- arguments ---- */

static double number_or(const struct call *c, int i, double fallback) {
  return c->arg[i].ast ? c->arg[i].value.u.number : fallback;
}

/* How many values are wanted; -1 after an error. */
static int count_of(struct call *c, int i) {
  double n = number_or(c, i, 1);
  if (n >= 0 && n <= LIST_SIZE_MAX && n == floor(n)) return (int)n;
  (void)CALL_ERROR(c, c->arg[i].ast->span, DIAG_RANDOM_COUNT, arena_printf(c->in->scratch, "%.15g", n),
                   arena_printf(c->in->scratch, "%d", LIST_SIZE_MAX));
  return -1;
}

static bool wants(struct call *c, int i, bool fits, const char *what) {
  if (fits) return true;
  return CALL_ERROR(c, c->arg[i].ast ? c->arg[i].ast->span : c->node->span, DIAG_RANDOM_PARAMETER,
                    c->signature->params[i].name, what);
}

/* Values of which none was asked for by number: one number; else a column. */
static bool give_numbers(struct call *c, const double *x, int n, struct value *out) {
  struct column column = {.name = "", .type = COL_NUMBER, .v.number = x};
  *out = c->arg[0].ast ? value_column(c->in, &column, n, NULL) : value_number(x[0]);
  return true;
}

/* ---- the stream ---- */

bool builtin_seed(struct call *c, struct value *out) {
  double x = c->arg[0].value.u.number;
  (void)out;
  if (!(x >= 0 && x <= 9007199254740992.0 && x == floor(x)))
    return CALL_ERROR(c, c->arg[0].ast->span, DIAG_SEED, arena_printf(c->in->scratch, "%.15g", x));
  random_seed(&c->in->random, (uint64_t)x);
  return true;
}

bool builtin_runif(struct call *c, struct value *out) {
  int n = count_of(c, 0);
  double from = number_or(c, 1, 0), to = number_or(c, 2, 1);
  if (n < 0 || !wants(c, 2, to >= from && isfinite(to - from), "at least min, and finite")) return false;
  double *x = arena_raw(c->in->scratch, (size_t)n + 1, double);
  for (int i = 0; i < n; i++) x[i] = from + (to - from) * random_uniform(&c->in->random);
  return give_numbers(c, x, n, out);
}

bool builtin_rnorm(struct call *c, struct value *out) {
  int n = count_of(c, 0);
  double mean = number_or(c, 1, 0), sd = number_or(c, 2, 1);
  if (n < 0 || !wants(c, 2, sd >= 0 && isfinite(sd), "a number from 0")) return false;
  double *x = arena_raw(c->in->scratch, (size_t)n + 1, double);
  for (int i = 0; i < n; i++) x[i] = mean + sd * random_normal(&c->in->random);
  return give_numbers(c, x, n, out);
}

bool builtin_rbinom(struct call *c, struct value *out) {
  int n = count_of(c, 0);
  double size = number_or(c, 1, 1), p = number_or(c, 2, 0.5);
  if (n < 0 || !wants(c, 1, size >= 0 && size <= 1e9 && size == floor(size), "a whole number from 0"))
    return false;
  if (!wants(c, 2, p >= 0 && p <= 1, "a probability, from 0 to 1")) return false;
  double *x = arena_raw(c->in->scratch, (size_t)n + 1, double);
  for (int i = 0; i < n; i++) {
    mem_check_interrupt(c->in->mem);
    x[i] = random_binomial(&c->in->random, (int)size, p);
  }
  return give_numbers(c, x, n, out);
}

bool builtin_rpois(struct call *c, struct value *out) {
  int n = count_of(c, 0);
  double mean = number_or(c, 1, 1);
  if (n < 0 || !wants(c, 1, mean >= 0 && mean <= 1e9, "a mean from 0 to 1e9")) return false;
  double *x = arena_raw(c->in->scratch, (size_t)n + 1, double);
  for (int i = 0; i < n; i++) {
    mem_check_interrupt(c->in->mem);
    x[i] = random_poisson(&c->in->random, mean);
  }
  return give_numbers(c, x, n, out);
}

/* ---- sample ---- */

enum { ARG_X, ARG_SIZE, ARG_REPLACE }; /* ORDER SAMPLE: builtins.def */

/* n places of `from`: each anew, or a shuffle's first (Fisher & Yates 1938, as Durstenfeld 1964 has it). */
static int32_t *draw_places(struct call *c, int from, int n, bool replace) {
  int32_t *place = arena_raw(c->in->scratch, (size_t)(replace ? n : from) + 1, int32_t);
  for (int i = 0; i < from && !replace; i++) place[i] = i;
  for (int i = 0; i < n; i++) {
    if (replace) {
      place[i] = (int32_t)random_below(&c->in->random, (uint64_t)from);
      continue;
    }
    int j = i + (int)random_below(&c->in->random, (uint64_t)(from - i));
    int32_t swap = place[i];
    place[i] = place[j];
    place[j] = swap;
  }
  return place;
}

bool builtin_sample(struct call *c, struct value *out) {
  const struct value *v = &c->arg[ARG_X].value;
  bool replace = c->arg[ARG_REPLACE].ast && c->arg[ARG_REPLACE].value.u.boolean;
  bool list = v->kind == VALUE_LIST, column = v->kind == VALUE_COLUMN;
  if (!list && !column)
    return CALL_ERROR(c, c->arg[ARG_X].ast->span, DIAG_ARGUMENT_KIND, "sample", "x", "list or column",
                      value_kind_name(v));
  int from = list ? v->u.list->n : v->u.column->n_rows;
  int n = c->arg[ARG_SIZE].ast ? count_of(c, ARG_SIZE) : from;
  if (n < 0 || !wants(c, ARG_SIZE, n == 0 || (from > 0 && (replace || n <= from)),
                      "no more than there are values; or replace = true"))
    return false;
  int32_t *place = draw_places(c, from, n, replace);
  value_hold(c->in, v);
  if (column) {
    struct column some = column_gather(c->in->scratch, &v->u.column->column, place, n);
    *out = value_column(c->in, &some, n, v->home);
    return true;
  }
  struct value *items = arena_raw(c->in->scratch, (size_t)n + 1, struct value);
  for (int i = 0; i < n; i++) items[i] = v->u.list->item[place[i]];
  return value_nested(c->in, c->node->span, n, items, NULL, out);
}

/* ---- the normal distribution ---- */

bool builtin_qnorm(struct call *c, struct value *out) {
  double p = c->arg[0].value.u.number;
  if (!wants(c, 0, p > 0 && p < 1, "a probability between 0 and 1")) return false;
  *out = value_number(normal_quantile(p));
  return true;
}

bool builtin_pnorm(struct call *c, struct value *out) {
  *out = value_number(0.5 * erfc(-c->arg[0].value.u.number / sqrt(2)));
  return true;
}

/* ---- simulate, refit ---- */

bool builtin_simulate(struct call *c, struct value *out) {
  const struct fit *f = c->arg[0].value.u.fit;
  struct interp *in = c->in;
  int rows = f->frame->problem->n, n = count_of(c, 1);
  if (n < 0) return false;
  if ((double)n * rows > 10.0 * LIST_SIZE_MAX)
    return CALL_ERROR(c, c->node->span, DIAG_TOO_LARGE, "so many responses");
  struct arena *a = arena_new(in->mem);
  struct column *columns = arena_array(a, (size_t)n + 1, struct column);
  for (int k = 0; k < n; k++) {
    double *y = arena_raw(a, (size_t)rows, double);
    mem_check_interrupt(in->mem);
    simulate_response(f, &in->random, y);
    columns[k] = (struct column){.name = arena_printf(a, "sim_%d", k + 1), .type = COL_NUMBER, .v.number = y};
  }
  if (!c->arg[1].ast) {
    columns[0].name = "";
    *out = value_column(in, &columns[0], rows, a);
    return true;
  }
  struct table *t = table_make(in->mem, rows, n, columns);
  arena_hold(t->arena, a);
  *out = value_table(t);
  return true;
}

/* One value for each row used: as many, or one for each row of the table. */
static const double *response_of(struct call *c, const struct fit *f) {
  const struct value *v = &c->arg[1].value;
  struct span at = c->arg[1].ast->span;
  int n, rows = f->frame->problem->n, all = f->frame->table->n_rows;
  const double *given = value_numbers(c->in, v, at, &n);
  if (!given) return NULL;
  if (n != rows && n != all) {
    (void)CALL_ERROR(c, at, DIAG_REFIT_LENGTH, arena_printf(c->in->scratch, "%d", n),
                     arena_printf(c->in->scratch, "%d", rows), arena_printf(c->in->scratch, "%d", all));
    return NULL;
  }
  double *y = arena_raw(c->in->scratch, (size_t)rows, double);
  for (int i = 0; i < rows; i++) y[i] = given[n == rows ? i : f->frame->row[i]];
  for (int i = 0; i < rows; i++) {
    if (isfinite(y[i])) continue;
    (void)CALL_ERROR(c, at, DIAG_REFIT_MISSING, arena_printf(c->in->scratch, "%d", f->frame->row[i] + 1));
    return NULL;
  }
  return y;
}

bool builtin_refit(struct call *c, struct value *out) {
  const struct fit *f = c->arg[0].value.u.fit;
  struct interp *in = c->in;
  const double *y = response_of(c, f);
  if (!y) return false;
  struct frame *frame = frame_with_response(in->mem, f->frame, y);
  struct fit_options how = {
      .reml = f->reml, .df = f->df, .threads = in->options.threads, .silenced = {.bits = ~(uint64_t)0}};
  struct fit *g = fit_model(in->mem, in->diags, in->script->source, c->node->span, frame, &how);
  if (!g) return false;
  in->seconds_fit += g->seconds_setup + g->seconds_optimize;
  *out = value_fit(g);
  return true;
}
