#include "lang/check_parts.h"
#include "lang/column_expr.h"
#include "lang/describe.h"
#include "lang/later.h"
#include "lang/model_ir.h"
#include <string.h>

/* ---- what an expression stands for ---- */

static struct binding *variable_of(struct checker *ck, const struct ast *e) {
  return e->kind == AST_NAME && e->u.name.n_parts <= 1 ? names_find(ck, describe_head(e)) : NULL;
}

struct ast *check_formula_of(struct checker *ck, struct ast *e) {
  if ((e->kind == AST_BINARY || e->kind == AST_UNARY) && e->u.op.op == OP_TILDE) return e;
  struct binding *b = variable_of(ck, e);
  return b ? b->formula : NULL;
}

struct table_ref *check_table_of(struct checker *ck, const struct ast *e) {
  struct binding *b = variable_of(ck, e);
  return b ? b->table : NULL;
}

const struct schema *check_schema(struct checker *ck, struct table_ref *table) {
  if (!table->asked && ck->env->schema)
    table->schema = ck->env->schema(ck->env->runtime, table->name, table->decl);
  table->asked = true;
  return table->schema;
}

/* ---- expressions over columns ---- */

/* `$x` among columns is a variable of the script. */
static void check_splice(struct ast *e, void *arg) {
  struct checker *ck = arg;
  if (e->kind == AST_SPLICE && !names_find(ck, e->u.name.whole)) names_unknown(ck, e, e->u.name.whole);
  ast_children(e, check_splice, ck);
}

void check_splices(struct checker *ck, struct ast *e) {
  check_splice(e, ck);
}

static struct column_scope scope_of(struct checker *ck, struct table_ref *table) {
  return (struct column_scope){.arena = ck->arena,
                               .diags = ck->diags,
                               .source = ck->source,
                               .schema = table ? check_schema(ck, table) : NULL};
}

/* A column that is not there but a variable that is: what is meant may be `$x`. */
void suggest_splices(struct checker *ck, const struct diag *before) {
  for (struct diag *d = before ? before->next : ck->diags->first; d; d = d->next) {
    if (d->code != DIAG_UNKNOWN_COLUMN || d->notes) continue;
    const char *name = arena_strndup(ck->arena, ck->source->text + d->span.from, d->span.to - d->span.from);
    const struct binding *b = names_find(ck, name);
    if (!b || !b->node) continue;
    const char *text =
        arena_printf(ck->arena, "a variable stands here; among columns it is written $%s", name);
    diag_note(ck->diags, d, ck->source, b->node->span, text);
  }
}

void check_columns(struct checker *ck, struct ast *expr, struct table_ref *table, const char *condition) {
  check_splices(ck, expr);
  struct column_scope scope = scope_of(ck, table);
  const struct diag *before = ck->diags->last;
  if (condition)
    column_want(&scope, expr, COLKIND_BOOL, condition);
  else
    column_kind(&scope, expr);
  suggest_splices(ck, before);
}

/* `.` stands for what was there: the formula is a change for update(). */
static void look_for_dot(struct ast *e, void *found) {
  *(bool *)found = *(bool *)found || ast_is_dot(e);
  ast_children(e, look_for_dot, found);
}

void check_formula(struct checker *ck, struct ast *formula) {
  bool changes = false;
  formula->type = TYPE_FORMULA;
  check_splices(ck, formula);
  look_for_dot(formula, &changes);
  if (changes || formula->kind == AST_UNARY) return; /* a one-sided formula is a value too */
  const struct diag *before = ck->diags->last;
  compile_formula(ck->arena, ck->diags, ck->source, formula, NULL);
  suggest_splices(ck, before);
}

/* ---- data blocks ---- */

static void check_column_type(struct checker *ck, const struct ast *type) {
  static const char *const known[] = {"factor", "numeric", "text", "logical", "date"};
  const struct ast *word = type->kind == AST_CALL ? type->u.call.callee : type;
  if (word->kind != AST_NAME) return;
  const char *name = word->u.name.whole;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i], name) == 0) return;
  CHECK_ERROR(ck, word->span, DIAG_UNKNOWN_COLUMN_TYPE, name, "factor, numeric, text, logical and date are");
}

/* members wife = "_w", husband = "_h" */
static void check_members(struct checker *ck, const struct ast *line) {
  const struct ast *first = line->u.values.values.first;
  bool fine = line->u.values.values.n > 1;
  for (const struct ast *m = first; m && fine; m = m->next) {
    bool level = m->u.arg.key && (m->u.arg.key->kind == AST_NAME || m->u.arg.key->kind == AST_TEXT);
    fine = level && m->u.arg.value->kind == AST_TEXT && *m->u.arg.value->u.text.value;
    for (const struct ast *other = first; other != m && fine; other = other->next)
      fine = strcmp(other->u.arg.value->u.text.value, m->u.arg.value->u.text.value) != 0;
  }
  if (!fine) CHECK_ERROR(ck, line->span, DIAG_MEMBER_FORM);
}

static void check_data_line(struct checker *ck, struct ast *line) {
  if (line->kind == AST_COLTYPE) check_column_type(ck, line->u.let.value);
  if (line->kind == AST_DERIVE) check_columns(ck, line->u.let.value, NULL, NULL);
  if (line->kind == AST_WHERE) check_columns(ck, line->u.expr.value, NULL, "where");
  if (line->kind == AST_MEMBERS) check_members(ck, line);
}

static bool has_error(const struct ast_list *lines) {
  for (const struct ast *line = lines->first; line; line = line->next)
    if (line->kind == AST_ERROR) return true;
  return false;
}

static const char *near_design(struct checker *ck, const char *name) {
  const char *near = names_near_variable(ck, name);
  const struct binding *b = near ? names_find(ck, near) : NULL;
  return b && b->type == TYPE_DESIGN ? near : NULL;
}

/* The name after `as`. */
static void check_design_name(struct checker *ck, const struct ast *name) {
  const struct binding *b = names_find(ck, name->u.name.whole);
  if (b && (b->type == TYPE_DESIGN || b->type == TYPE_UNKNOWN)) return;
  const struct ast *later = b ? NULL : names_later(ck, name->u.name.whole);
  if (later)
    names_unknown(ck, name, name->u.name.whole);
  else if (b)
    CHECK_ERROR(ck, name->span, DIAG_NOT_A_DESIGN, name->u.name.whole, describe_type(b->type));
  else
    CHECK_ERROR(ck, name->span, DIAG_UNKNOWN_DESIGN, name->u.name.whole, near_design(ck, name->u.name.whole));
}

static void check_data_head(struct checker *ck, struct ast *data) {
  names_check_new(ck, data->u.data.name);
  if (data->u.data.query) CHECK_ERROR(ck, data->u.data.query->span, DIAG_NOT_YET_DATA_LINE, "query");
  if (data->u.data.design) check_design_name(ck, data->u.data.design);
}

/* The block's lines, then, if they are in order, the file: its columns are checked although no fit may need
   them. */
void check_data(struct checker *ck, struct ast *data) {
  int before = ck->diags->n_errors;
  check_data_head(ck, data);
  int head = ck->diags->n_errors;
  for (struct ast *line = data->u.data.lines.first; line; line = line->next) check_data_line(ck, line);
  bool broken =
      ck->diags->n_errors > head || has_error(&data->u.data.lines) || (head > before && data->u.data.query);
  struct binding *b = names_make(ck, data->u.data.name, TYPE_TABLE);
  b->table = arena_make(ck->arena, struct table_ref);
  *b->table = (struct table_ref){.name = b->name, .decl = data, .asked = broken};
  check_schema(ck, b->table);
}
