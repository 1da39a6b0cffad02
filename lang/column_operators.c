#include "lang/column_operators.h"
#include "lang/base/text.h"
#include "lang/calendar.h"
#include "lang/contrasts.h"
#include "lang/describe.h"
#include "lang/normalize.h"
#include "lang/unit_argument.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- arguments that are no columns ---- */

static const struct {
  const char *name;
  double seconds;
} measures[] = {{"weeks", 604800}, {"days", 86400}, {"hours", 3600}, {"minutes", 60}, {"seconds", 1}};

enum { N_MEASURES = sizeof measures / sizeof *measures };

double column_seconds_of(const char *measure) {
  for (int i = 0; i < N_MEASURES; i++)
    if (strcmp(measures[i].name, measure) == 0) return measures[i].seconds;
  return 0;
}

static void unfit(struct column_scope *s, const struct column_function *f, int i, const struct ast *value,
                  const char *wanted) {
  COLUMN_ERROR(s, value->span, DIAG_COLUMN_ARGUMENT, f->name, wanted, f->parameter[i].name,
               describe_expr(s->arena, value));
}

static bool is_count(const struct ast *e) {
  return e->kind == AST_NUMBER && e->u.number.value >= 1 && e->u.number.value <= 1e6 &&
         e->u.number.value == floor(e->u.number.value);
}

static bool is_number(const struct ast *e) {
  bool negative = e->kind == AST_UNARY && e->u.op.op == OP_NEG;
  return (negative ? e->u.op.a : e)->kind == AST_NUMBER;
}

static bool is_numbers(const struct ast *e) {
  if (e->kind != AST_LIST) return is_number(e);
  for (const struct ast *x = e->u.list.items.first; x; x = x->next)
    if (!is_number(x)) return false;
  return e->u.list.items.n > 0;
}

static void check_coding(struct column_scope *s, const struct ast *e) {
  enum coding coding;
  const struct ast *reference;
  const char *near = coding_near(e);
  bool known = coding_read(e, &coding, &reference);
  if (known && (!reference || level_read(s->arena, reference))) return;
  if (!known && near)
    COLUMN_ERROR(s, e->span, DIAG_CODING_NEAR, describe_expr(s->arena, e), near);
  else
    COLUMN_ERROR(s, e->span, DIAG_CODING_WORD, describe_expr(s->arena, e));
}

static bool is_measure(const struct ast *e) {
  return e->kind == AST_NAME && column_seconds_of(e->u.name.whole) > 0;
}

static void check_moment(struct column_scope *s, const struct column_function *f, int i,
                         const struct ast *e) {
  double day;
  if (e->kind != AST_TEXT)
    column_want(s, e, COLKIND_NUMBER, f->name);
  else if (calendar_read(e->u.text.value, CALENDAR_ISO, &day) == CALENDAR_NONE)
    unfit(s, f, i, e, "a time of its kind, or a date \"2024-03-31\"");
}

static bool any_name(void *arg, const struct ast *name) {
  (void)arg, (void)name;
  return true;
}

static void check_unit_form(struct column_scope *s, const struct ast *e) {
  if (e->kind != AST_SLOT && !unit_argument_walk(e, any_name, NULL))
    COLUMN_ERROR(s, e->span, DIAG_UNIT_FORM, describe_expr(s->arena, e));
}

/* Numbers that are written out; before a model has its arguments, a parameter stands for them. */
static bool is_number_written(enum parameter_kind kind) {
  return kind == PARAMETER_COUNT || kind == PARAMETER_NUMBERS || kind == PARAMETER_TRUTH;
}

enum colkind column_argument_kind(struct column_scope *s, const struct column_function *f,
                                  const struct column_arguments *args, int i) {
  const struct ast *e = args->argument[i] ? args->argument[i]->u.arg.value : NULL;
  bool open = e && (e->kind == AST_SPLICE ||
                    (e->kind == AST_NAME && !s->schema && is_number_written(f->parameter[i].kind)));
  if (!e || (open && f->parameter[i].kind != PARAMETER_COLUMN)) return COLKIND_UNKNOWN;
  switch (f->parameter[i].kind) {
  case PARAMETER_COLUMN: return column_kind(s, e);
  case PARAMETER_UNIT: check_unit_form(s, e); break;
  case PARAMETER_COUNT:
    if (!is_count(e)) unfit(s, f, i, e, "a whole number from 1");
    break;
  case PARAMETER_TEXT:
    if (e->kind != AST_TEXT) unfit(s, f, i, e, "a text");
    break;
  case PARAMETER_WORD:
    if (!is_measure(e)) unfit(s, f, i, e, "weeks, days, hours, minutes or seconds");
    break;
  case PARAMETER_MOMENT: check_moment(s, f, i, e); break;
  case PARAMETER_NUMBERS:
    if (!is_numbers(e)) unfit(s, f, i, e, "a list of numbers, [2, 5],");
    break;
  case PARAMETER_TRUTH:
    if (e->kind != AST_BOOL) unfit(s, f, i, e, "true or false");
    break;
  case PARAMETER_LEVEL:
    if (!level_read(s->arena, e)) unfit(s, f, i, e, "a level");
    break;
  case PARAMETER_CODING: check_coding(s, e); break;
  case PARAMETER_CASES:
  case PARAMETER_NONE: break;
  }
  return COLKIND_UNKNOWN;
}

/* ---- units ---- */

/* Units of the design and columns of the data, for near names. */
static const char *near_unit(struct column_scope *s, const char *name) {
  const struct design *d = scope_design(s);
  const char *near = d ? design_near_unit(d, name) : NULL;
  return near ? near : schema_nearest(s->schema, name);
}

static bool check_unit_name(void *arg, const struct ast *name) {
  struct column_scope *s = arg;
  const struct design *d = scope_design(s);
  if (name->kind != AST_NAME) return true;
  const char *whole = name->u.name.whole;
  if ((d && design_find_unit(d, whole) >= 0) || schema_find(s->schema, whole) >= 0) return true;
  COLUMN_ERROR(s, name->span, DIAG_UNKNOWN_UNIT, whole, s->schema->source, near_unit(s, whole));
  return true;
}

/* Without the data any name may be a column's. */
static const struct ast *check_unit(struct column_scope *s, const struct column_function *f,
                                    const struct column_arguments *args) {
  for (int i = 0; i < COLUMN_PARAMETERS_MAX; i++) {
    if (f->parameter[i].kind != PARAMETER_UNIT || !args->argument[i]) continue;
    const struct ast *unit = args->argument[i]->u.arg.value, *columns = unit;
    if (unit->kind == AST_SLOT) columns = slot_resolve(s->arena, s, unit);
    if (s->schema && columns) unit_argument_walk(columns, check_unit_name, s);
    return unit;
  }
  return NULL;
}

/* ---- what the design must have ---- */

static bool serves(enum column_needs needs, const struct design *d) {
  switch (needs) {
  case NEEDS_NOTHING: return true;
  case NEEDS_UNIT: return d != NULL;
  case NEEDS_DYADS: return d && d->dyads != DYADS_NONE;
  case NEEDS_ROUND_ROBIN: return d && d->dyads == DYADS_ROUND_ROBIN;
  case NEEDS_TIME: return d && (d->time || d->occasion);
  }
  return true;
}

/* "the design `study` has no dyads" */
static const char *lack(struct column_scope *s, const char *what) {
  const struct design *d = scope_design(s);
  if (!d) return arena_printf(s->arena, "`%s` is read without a design", s->schema->source);
  return arena_printf(s->arena, "the design `%s` has %s", d->name, what);
}

/* The lines to write: of the design that is there, or of one to be made. */
static const char *remedy(struct column_scope *s, const char *line) {
  if (scope_design(s)) return arena_printf(s->arena, "add a line to the design: %s", line);
  return arena_printf(s->arena, "declare one, design study { %s }, and read the data `as study`", line);
}

static const char *call_with_unit(struct column_scope *s, const struct column_function *f,
                                  const struct column_arguments *args) {
  const char *x = print_expr(s->arena, args->argument[0]->u.arg.value);
  bool named = f->parameter[1].kind != PARAMETER_UNIT;
  return arena_printf(s->arena,
                      named ? "%s(%s, over = person), with the column that tells the units apart"
                            : "%s(%s, person), with the column that tells the units apart",
                      f->name, x);
}

static void tell_lack(struct column_scope *s, const struct column_function *f, struct span at,
                      const struct column_arguments *args) {
  switch (f->needs) {
  case NEEDS_NOTHING: break;
  case NEEDS_UNIT: COLUMN_ERROR(s, at, DIAG_NO_UNIT, f->name, lack(s, ""), call_with_unit(s, f, args)); break;
  case NEEDS_DYADS:
    COLUMN_ERROR(s, at, DIAG_NO_DYADS, f->name, lack(s, "no dyads"), remedy(s, "dyad couple by role"));
    break;
  case NEEDS_ROUND_ROBIN:
    COLUMN_ERROR(s, at, DIAG_NO_ROUND_ROBIN, f->name, lack(s, "none"),
                 remedy(s, "roundrobin (rater, target) in team"));
    break;
  case NEEDS_TIME:
    COLUMN_ERROR(s, at, DIAG_NO_TIME, f->name, lack(s, "no time"), remedy(s, "time day step 1"));
    break;
  }
}

/* elapsed(x, since = ...): the moment is said, and no unit has to tell it. */
static bool has_moment(const struct column_function *f, const struct column_arguments *args) {
  for (int i = 0; i < COLUMN_PARAMETERS_MAX; i++)
    if (f->parameter[i].name && f->parameter[i].kind == PARAMETER_MOMENT && args->argument[i]) return true;
  return false;
}

void column_check_design(struct column_scope *s, const struct column_function *f, const struct ast *call,
                         const struct column_arguments *args) {
  const struct ast *unit = check_unit(s, f, args);
  if (!s->schema && !s->design) return;
  if ((f->needs == NEEDS_UNIT && (unit || has_moment(f, args))) || serves(f->needs, scope_design(s))) return;
  tell_lack(s, f, call->u.call.callee->span, args);
}

static void look_for_means(struct ast *e, void *found) {
  *(bool *)found = *(bool *)found || column_takes_means(e);
}

bool column_takes_means(const struct ast *e) {
  bool found =
      ast_calls(e, "within") || ast_calls(e, "between") || ast_calls(e, "center") || ast_calls(e, "scale");
  if (!found) ast_children(e, look_for_means, &found);
  return found;
}

/* ---- rules ---- */

static bool is_literal(const struct ast *e) {
  return e->kind == AST_TEXT || is_number(e);
}

enum colkind column_recode_kind(struct column_scope *s, const struct column_arguments *args,
                                enum colkind kind) {
  enum colkind made = COLKIND_UNKNOWN;
  if (kind == COLKIND_BOOL)
    COLUMN_ERROR(s, args->argument[0]->span, DIAG_COLUMN_OPERAND, "recode", "a factor or numbers",
                 describe_expr(s->arena, args->argument[0]->u.arg.value), colkind_name(kind));
  for (const struct ast *arg = args->argument[1]; arg; arg = arg->next) {
    const struct ast *new = arg->u.arg.value;
    if (new->kind == AST_NA || new->kind == AST_SPLICE) continue;
    enum colkind now = new->kind == AST_TEXT ? COLKIND_FACTOR : COLKIND_NUMBER;
    if (!arg->u.arg.key || !is_literal(new) || (made != COLKIND_UNKNOWN && made != now)) {
      COLUMN_ERROR(s, arg->span, DIAG_RECODE_CASE, describe_expr(s->arena, new));
      return COLKIND_UNKNOWN;
    }
    made = now;
  }
  return made == COLKIND_UNKNOWN ? kind : made;
}

enum colkind column_date_kind(struct column_scope *s, const struct column_arguments *args,
                              enum colkind kind) {
  const struct ast *format = args->argument[1] ? args->argument[1]->u.arg.value : NULL;
  if (format && format->kind == AST_TEXT && !calendar_format_known(format->u.text.value))
    COLUMN_ERROR(s, format->span, DIAG_DATE_FORMAT, format->u.text.value);
  if (kind == COLKIND_BOOL)
    COLUMN_ERROR(s, args->argument[0]->span, DIAG_COLUMN_OPERAND, "date", "texts",
                 describe_expr(s->arena, args->argument[0]->u.arg.value), colkind_name(kind));
  return COLKIND_NUMBER;
}

/* A level of the factor to show how it is asked for; the second, for the first is mostly the reference. */
static const char *example_level(struct column_scope *s, const struct ast *x) {
  int i = s->schema && x->kind == AST_NAME ? schema_find(s->schema, x->u.name.whole) : -1;
  if (i < 0 || s->schema->columns[i].n_levels == 0) return "b";
  const struct schema_column *c = &s->schema->columns[i];
  return c->levels[c->n_levels > 1];
}

enum colkind column_measure_kind(struct column_scope *s, const struct column_function *f, const struct ast *x,
                                 enum colkind kind) {
  if (kind != COLKIND_FACTOR && kind != COLKIND_TEXT) return COLKIND_NUMBER;
  const char *name = print_expr(s->arena, x), *level = example_level(s, x);
  char *end;
  bool number = (strtod(level, &end), *level && !*end);
  COLUMN_ERROR(
      s, x->span, DIAG_MEASURE_FACTOR, f->name, describe_expr(s->arena, x), colkind_name(kind),
      number
          ? arena_printf(s->arena,
                         "some of its values are no numbers: a line of the data block names them as missing, "
                         "missing \"...\", or mends them")
          : arena_printf(s->arena, "it works on one level at a time: %s(%s == \"%s\")", f->name, name,
                         level));
  return COLKIND_NUMBER;
}

/* The level that is to be the first: of C(x, treatment(level)), relevel(x, level); NULL: none. */
static const struct ast *first_level(const struct column_function *f, const struct ast *e) {
  enum coding coding;
  const struct ast *reference = e;
  if (f->rule == RULE_CODING && !coding_read(e, &coding, &reference)) return NULL;
  return reference;
}

enum colkind column_factor_kind(struct column_scope *s, const struct column_function *f,
                                const struct column_arguments *args, enum colkind kind) {
  const struct ast *x = args->argument[0]->u.arg.value;
  const struct ast *level = first_level(f, args->argument[1]->u.arg.value);
  if (kind == COLKIND_NUMBER)
    COLUMN_ERROR(s, x->span, DIAG_FACTOR_WANTED, f->name, describe_expr(s->arena, x),
                 print_expr(s->arena, x));
  int j = s->schema && level && x->kind == AST_NAME ? schema_find(s->schema, x->u.name.whole) : -1;
  const char *text = level ? level_read(s->arena, level) : NULL;
  if (j < 0 || !text || s->schema->columns[j].type != COL_FACTOR) return COLKIND_FACTOR;
  const struct schema_column *c = &s->schema->columns[j];
  for (int i = 0; i < c->n_levels; i++)
    if (strcmp(c->levels[i], text) == 0) return COLKIND_FACTOR;
  COLUMN_ERROR(s, level->span, DIAG_RELEVEL_ABSENT, c->name, text,
               text_nearest(text, c->levels, (size_t)c->n_levels));
  return COLKIND_FACTOR;
}
