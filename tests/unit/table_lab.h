/* table_lab.h: what tests of the table room share: the bytes of a file become a table. */
#ifndef KIN_TESTS_TABLE_LAB_H
#define KIN_TESTS_TABLE_LAB_H

#include "runtime/table/table.h"
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
  struct csv_options options;
  char folder[32]; /* of the test's own */
  char path[64];   /* of the file in it */
};

static inline void lab_open(struct lab *l) {
  memset(l, 0, sizeof *l);
  l->options.decimal = '.';
  l->diags = diags_new(&l->mem);
  l->mark = arena_pool_mark(&l->mem);
  l->arena = arena_new(&l->mem);
  strcpy(l->folder, "/tmp/kin-table-XXXXXX");
  cr_assert_not_null(mkdtemp(l->folder));
  snprintf(l->path, sizeof l->path, "%s/d.csv", l->folder);
}

/* Everything is given back. */
static inline void lab_close(struct lab *l) {
  unlink(l->path);
  rmdir(l->folder);
  arena_pool_drain(&l->mem, l->mark);
  diags_free(l->diags);
  cr_assert_eq(l->mem.live, 0, "%zu blocks are left", l->mem.live);
}

static inline void lab_write(const struct lab *l, const char *bytes, size_t n) {
  FILE *f = fopen(l->path, "wb");
  cr_assert(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

static inline struct table *lab_try(struct lab *l) {
  return csv_read(&l->mem, l->diags, NULL, (struct span){0, 0}, l->path, "d.csv", &l->options);
}

static inline struct table *lab_try_bytes(struct lab *l, const char *bytes, size_t n) {
  lab_write(l, bytes, n);
  return lab_try(l);
}

/* The table of a text that must be one. */
static inline struct table *lab_read(struct lab *l, const char *text) {
  struct table *t = lab_try_bytes(l, text, strlen(text));
  cr_assert_not_null(t, "%s", l->diags->last ? l->diags->last->text : "no table");
  return t;
}

/* The one message of what was read last, as "K0406 text"; "" if there is none. */
static inline const char *lab_message(struct lab *l) {
  const struct diag *d = l->diags->first;
  if (!d) return "";
  cr_expect_null(d->next, "a second message: %s", d->next ? d->next->text : "");
  return arena_printf(l->arena, "%s %s", diag_number(d->code), d->text);
}

/* A column as text: numbers by %.17g, labels in their order of levels before a bar, missing values as NA. */
static inline const char *lab_column(struct lab *l, const struct table *t, int j) {
  const struct column *c = &t->columns[j];
  struct buf b;
  buf_init(&b, l->arena);
  if (c->type == COL_FACTOR) {
    for (int k = 0; k < c->n_levels; k++) buf_printf(&b, "%s%s", k ? "," : "", c->levels[k]);
    buf_put(&b, " |");
  }
  if (c->type == COL_BOOL) buf_put(&b, "?");
  for (int i = 0; i < t->n_rows; i++) {
    bool missing = c->type == COL_NUMBER ? isnan(c->v.number[i]) : c->v.code[i] < 0;
    buf_put(&b, b.n ? " " : "");
    if (missing)
      buf_put(&b, "NA");
    else if (c->type == COL_NUMBER)
      buf_printf(&b, "%.17g", c->v.number[i]);
    else
      buf_printf(&b, "%d", c->v.code[i]);
  }
  return b.text;
}

#define EXPECT_COLUMN(l, t, j, text) cr_expect_str_eq(lab_column(l, t, j), text)
#define EXPECT_NAME(t, j, text) cr_expect_str_eq((t)->columns[j].name, text)

#endif
