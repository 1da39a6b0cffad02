/* data_block.c: a data statement: the file, then its lines from top to bottom. */
#include "lang/column_expr.h"
#include "lang/describe.h"
#include "runtime/model/units.h"
#include "runtime/table/members.h"
#include "runtime/value/interp.h"
#include <string.h>

struct block {
  struct interp *in;
  const struct ast *data;
  struct table *table;
  struct column_memo *memo; /* of the table; NULL: not made yet */
};

#define FAIL(b, node, ...)                                                                                   \
  (diag_add((b)->in->diags, (b)->in->script->source, (node)->span, __VA_ARGS__, DIAG_END), false)

/* ---- how the file is read ------------------------------------------------------------------------------- */

static const char *literal_text(struct arena *a, const struct ast *v) {
  if (v->kind == AST_TEXT) return v->u.text.value;
  bool negative = v->kind == AST_UNARY;
  const struct ast *n = negative ? v->u.op.a : v;
  return arena_printf(a, "%.15g", negative ? -n->u.number.value : n->u.number.value);
}

static const char **missing_codes(struct block *b, int *n) {
  int most = 1;
  for (const struct ast *l = b->data->u.data.lines.first; l; l = l->next)
    if (l->kind == AST_MISSING) most += l->u.values.values.n;
  const char **codes = arena_array(b->in->scratch, (size_t)most, const char *);
  *n = 0;
  for (const struct ast *l = b->data->u.data.lines.first; l; l = l->next)
    if (l->kind == AST_MISSING)
      for (const struct ast *v = l->u.values.values.first; v; v = v->next)
        codes[(*n)++] = literal_text(b->in->scratch, v);
  return codes;
}

/* Columns declared as text or dates keep their spelling ("007", "20240331"). */
static bool keeps_spelling(const struct ast *type) {
  const struct ast *word = type->kind == AST_CALL ? type->u.call.callee : type;
  return word->kind == AST_NAME &&
         (!strcmp(word->u.name.whole, "text") || !strcmp(word->u.name.whole, "date"));
}

static const char **text_columns(struct block *b, int *n) {
  const char **names = arena_array(b->in->scratch, (size_t)b->data->u.data.lines.n + 1, const char *);
  *n = 0;
  for (const struct ast *l = b->data->u.data.lines.first; l; l = l->next)
    if (l->kind == AST_COLTYPE && keeps_spelling(l->u.let.value)) names[(*n)++] = l->u.let.name->u.name.whole;
  return names;
}

static char decimal_mark(const struct block *b) {
  for (const struct ast *l = b->data->u.data.lines.first; l; l = l->next)
    if (l->kind == AST_DECIMAL) return l->u.expr.value->u.text.value[0];
  return '.';
}

static char *path_of(struct block *b, const char *file) {
  const char *folder = b->in->script->source->folder;
  if (file[0] == '/' || !folder || !*folder) return arena_strdup(b->in->scratch, file);
  return arena_printf(b->in->scratch, "%s/%s", folder, file);
}

static bool read_file(struct block *b) {
  struct interp *in = b->in;
  const struct ast *file = b->data->u.data.file;
  struct csv_options o = {.decimal = decimal_mark(b)};
  o.missing = missing_codes(b, &o.n_missing);
  o.text = text_columns(b, &o.n_text);
  b->table = csv_read(in->mem, in->diags, in->script->source, file->span, path_of(b, file->u.text.value),
                      file->u.text.value, &o);
  if (b->table) in->seconds_read += b->table->seconds;
  return b->table != NULL;
}

/* ---- lines ---------------------------------------------------------------------------------------------- */

static bool declare_line(struct block *b, const struct ast *line) {
  const char *name = line->u.let.name->u.name.whole;
  int j = table_find(b->table, name);
  struct arena *a = arena_new(b->in->mem);
  if (j < 0) {
    struct schema *s = table_schema(b->in->scratch, b->table);
    return FAIL(b, line->u.let.name, DIAG_UNKNOWN_COLUMN, name, b->table->source, schema_nearest(s, name));
  }
  struct column *c =
      column_declare(a, b->in->diags, b->in->script->source, b->table, &b->table->columns[j], line);
  if (!c) return false;
  c->name = b->table->columns[j].name;
  b->table = table_with_column(b->table, c);
  b->memo = NULL;
  arena_hold(b->table->arena, a);
  return true;
}

/* Names, types and levels of the table as it is now: all that the check of an expression looks at. */
static struct schema *names_and_types(struct block *b) {
  const struct table *t = b->table;
  struct schema *s = arena_make(b->in->scratch, struct schema);
  struct schema_column *c = arena_array(b->in->scratch, (size_t)t->n_columns, struct schema_column);
  for (int j = 0; j < t->n_columns; j++)
    c[j] = (struct schema_column){.name = t->columns[j].name,
                                  .type = t->columns[j].type,
                                  .n_levels = t->columns[j].n_levels,
                                  .levels = t->columns[j].levels};
  *s = (struct schema){
      .source = t->source, .design = t->design, .n_rows = t->n_rows, .n_columns = t->n_columns, .columns = c};
  return s;
}

/* An expression over the columns there are now, spliced and checked; NULL after an error.  wanted: COLKIND_UNKNOWN for any. */
static const struct ast *checked(struct block *b, struct arena *a, const struct ast *expr,
                                 enum colkind wanted, const char *by) {
  const struct ast *spliced = splice_values(b->in, a, expr);
  if (!spliced) return NULL;
  struct column_scope scope = {.arena = b->in->scratch,
                               .diags = b->in->diags,
                               .source = b->in->script->source,
                               .schema = names_and_types(b)};
  if (wanted == COLKIND_UNKNOWN)
    column_kind(&scope, spliced);
  else
    column_want(&scope, spliced, wanted, by);
  return scope.failed ? NULL : spliced;
}

/* The value of a checked expression, in the statement's scratch; NULL after an error. */
static struct column *evaluate(struct block *b, const struct ast *expr) {
  struct interp *in = b->in;
  if (!b->memo) b->memo = column_memo_new(in->scratch, b->table);
  return expr ? eval_column_memo(in->scratch, in->diags, in->script->source, b->memo, expr) : NULL;
}

static bool derive_line(struct block *b, const struct ast *line) {
  struct column *value = evaluate(b, checked(b, b->in->scratch, line->u.let.value, COLKIND_UNKNOWN, NULL));
  if (!value) return false;
  struct arena *a = arena_new(b->in->mem);
  value->name = line->u.let.name->u.name.whole;
  bool new = table_find(b->table, value->name) < 0;
  b->table = table_with_column(b->table, column_copy(a, value, b->table->n_rows));
  arena_hold(b->table->arena, a);
  if (new)
    column_memo_extend(b->memo, b->table);
  else
    b->memo = NULL;
  return true;
}

static bool where_line(struct block *b, const struct ast *line) {
  struct column *c = evaluate(b, checked(b, b->in->scratch, line->u.expr.value, COLKIND_BOOL, "where"));
  if (!c) return false;
  if (c->type != COL_BOOL) return FAIL(b, line->u.expr.value, DIAG_CONDITION_WANTED, "where");
  bool *keep = arena_raw(b->in->scratch, (size_t)b->table->n_rows + 1, bool);
  for (int i = 0; i < b->table->n_rows; i++) keep[i] = c->v.code[i] == 1;
  b->table = table_filter(b->table, keep);
  b->memo = NULL;
  if (b->table->n_rows > 0) return true;
  return FAIL(b, line, DIAG_WHERE_EMPTY);
}

/* Members who are told apart by no role have the column of their ids. */
static const char *members_column(const struct design *d) {
  if (d && d->role) return d->role;
  return d && d->person >= 0 ? d->unit[d->person].name : "role";
}

static bool members_line(struct block *b, const struct ast *line) {
  struct member *member = arena_array(b->in->scratch, (size_t)line->u.values.values.n, struct member);
  int n = 0;
  for (const struct ast *m = line->u.values.values.first; m; m = m->next) {
    const struct ast *level = m->u.arg.key;
    member[n++] =
        (struct member){.level = level->kind == AST_NAME ? level->u.name.whole : level->u.text.value,
                        .affix = m->u.arg.value->u.text.value,
                        .span = m->span};
  }
  struct table *t = table_members(b->in->mem, b->in->diags, b->in->script->source, b->table, member, n,
                                  members_column(b->table->design));
  if (t) b->table = t;
  return t != NULL;
}

static bool run_line(struct block *b, const struct ast *line) {
  if (line->kind == AST_COLTYPE) return declare_line(b, line);
  if (line->kind == AST_DERIVE) return derive_line(b, line);
  if (line->kind == AST_WHERE) return where_line(b, line);
  if (line->kind == AST_MEMBERS) return members_line(b, line);
  if (line->kind == AST_MISSING || line->kind == AST_DECIMAL) return true; /* the reader has heeded them */
  return FAIL(b, line, DIAG_NOT_YET, "this line of a data block", DIAG_NONE);
}

/* The design after `as` is there while the lines run. */
static bool take_design(struct block *b) {
  const struct ast *name = b->data->u.data.design;
  if (!name) return true;
  const struct design *d = design_known(b->in, name->u.name.whole, b->data);
  if (d) b->table = table_with_design(b->table, d);
  return d != NULL;
}

static struct table *load(struct interp *in, const struct ast *data) {
  struct block b = {.in = in, .data = data};
  if (!read_file(&b) || !take_design(&b)) return NULL;
  bool fine = true;
  for (const struct ast *l = data->u.data.lines.first; l && fine; l = l->next) fine = run_line(&b, l);
  if (fine && b.table->design)
    fine = units_check(in->diags, in->script->source, data->u.data.design->span, b.table);
  return fine ? b.table : NULL;
}

struct table *data_load(struct interp *in, const struct ast *data) {
  for (struct loaded *l = in->loaded; l; l = l->next)
    if (l->data == data) return l->table;
  struct table *t = load(in, data);
  struct loaded *l = arena_make(in->run, struct loaded);
  *l = (struct loaded){.next = in->loaded, .data = data, .table = t};
  if (t) arena_hold(in->run, t->arena);
  in->loaded = l;
  return t;
}

/* ---- ahead of its turn ---------------------------------------------------------------------------------- */

struct waiting {
  const struct interp *in;
  bool waits;
};

static void look_for_splices(struct ast *e, void *arg) {
  struct waiting *w = arg;
  struct value v;
  if (e->kind == AST_SPLICE && !splice_find(w->in, e->u.name.whole, &v)) w->waits = true;
  ast_children(e, look_for_splices, w);
}

/* write(d, "file.csv") */
static bool is_write_of(const struct ast *e, const char *file) {
  if (!ast_calls(e, "write")) return false;
  for (const struct ast *arg = e->u.call.args.first; arg; arg = arg->next)
    if (arg->u.arg.value->kind == AST_TEXT && strcmp(arg->u.arg.value->u.text.value, file) == 0) return true;
  return false;
}

struct writing {
  const char *file;
  bool found;
};

static void look_for_write(struct ast *e, void *arg) {
  struct writing *w = arg;
  w->found = w->found || is_write_of(e, w->file);
  if (!w->found) ast_children(e, look_for_write, w);
}

/* Does a statement above write the file? */
static bool written_above(const struct interp *in, const struct ast *data) {
  struct writing w = {.file = data->u.data.file->u.text.value};
  for (struct ast *s = in->script->statements.first; s && s != data && !w.found; s = s->next)
    look_for_write(s, &w);
  return w.found;
}

struct table *data_load_ahead(struct interp *in, const struct ast *data) {
  struct waiting w = {.in = in, .waits = written_above(in, data)};
  in->ahead = data;
  ast_children(data, look_for_splices, &w);
  struct table *t = w.waits ? NULL : data_load(in, data);
  in->ahead = NULL;
  return t;
}
