/* frame_lab.h: what tests of the model layer share: a small CSV text and a script become a table and a frame. */
#ifndef KIN_TESTS_FRAME_LAB_H
#define KIN_TESTS_FRAME_LAB_H

#include "runtime/model/frame.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lab {
  struct mem mem;
  struct diags *diags;
  struct arena *mark, *arena;
  struct script *script; /* the latest */
  struct table *table;
};

static inline void lab_open(struct lab *l) {
  memset(l, 0, sizeof *l);
  l->diags = diags_new(&l->mem);
  l->mark = arena_pool_mark(&l->mem);
  l->arena = arena_new(&l->mem);
}

/* Everything is given back. */
static inline void lab_close(struct lab *l) {
  arena_pool_drain(&l->mem, l->mark);
  diags_free(l->diags);
  cr_assert_eq(l->mem.live, 0, "%zu blocks are left", l->mem.live);
}

static inline void lab_read(struct lab *l, const char *path) {
  struct csv_options options = {.delimiter = ',', .decimal = '.'};
  l->table = csv_read(&l->mem, l->diags, NULL, (struct span){0, 0}, path, "d.csv", &options);
  cr_assert_not_null(l->table);
}

/* A table from the text of a file. */
static inline void lab_csv(struct lab *l, const char *text) {
  char path[] = "/tmp/kin-frame-XXXXXX";
  int fd = mkstemp(path);
  cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
  lab_read(l, path);
  unlink(path);
}

/* The last statement of a script: an expression. */
static inline const struct ast *lab_parse(struct lab *l, const char *text) {
  l->script = parse_script(&l->mem, l->diags, "t.kin", "", text, strlen(text));
  cr_assert_eq(l->diags->n_errors, 0);
  return l->script->statements.last->u.expr.value;
}

static inline struct column *lab_column(struct lab *l, const char *expr) {
  const struct ast *e = lab_parse(l, expr);
  return eval_column(l->arena, l->diags, l->script->source, l->table, e);
}

/* Runs the type lines of a data block over the table: "g: factor(a, b)".  False after an error. */
static inline bool lab_declare(struct lab *l, const char *lines) {
  const char *text = arena_printf(l->arena, "data d from \"d.csv\" {\n%s\n}\n1", lines);
  lab_parse(l, text);
  const struct ast *data = l->script->statements.first;
  for (const struct ast *line = data->u.data.lines.first; line; line = line->next) {
    const struct column *old = &l->table->columns[table_find(l->table, line->u.let.name->u.name.whole)];
    struct column *c = column_declare(l->table->arena, l->diags, l->script->source, l->table, old, line);
    if (!c) return false;
    l->table = table_with_column(l->table, c);
  }
  return true;
}

/* subset: NULL or a flag a row. */
static inline struct frame *lab_frame(struct lab *l, const char *formula, const bool *subset) {
  const struct ast *f = lab_parse(l, formula);
  struct arena *a = arena_new(&l->mem);
  struct model_ir *ir = compile_formula(a, l->diags, l->script->source, f, table_schema(l->arena, l->table));
  if (!ir) return NULL;
  return frame_build(&l->mem, l->diags, l->script->source, f->span, ir, l->table, subset, NULL, NULL, true);
}

/* All diagnostics as "K0601 4: text; hint", one a line; 4 is the column of the place. */
static inline const char *lab_diags(struct lab *l) {
  struct buf b;
  buf_init(&b, l->arena);
  for (const struct diag *d = l->diags->first; d; d = d->next) {
    buf_printf(&b, "%s%s", b.n ? "\n" : "", diag_number(d->code));
    if (d->source) buf_printf(&b, " %u", source_place(d->source, d->span.from).column);
    buf_printf(&b, ": %s", d->text);
    if (d->hint) buf_printf(&b, "; %s", d->hint);
  }
  return b.text;
}

#endif
