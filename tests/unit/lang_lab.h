/* lang_lab.h: what the tests of the language share: a small study, and texts in and out. */
#ifndef KIN_TESTS_LANG_LAB_H
#define KIN_TESTS_LANG_LAB_H

#include "lang/check.h"
#include "lang/describe.h"
#include "lang/model_ir.h"
#include <criterion/criterion.h>
#include <string.h>

static const char *const lab_arms[] = {"control", "digital"};
static const char *const lab_sites[] = {"a", "b", "c"};

static const struct schema_column lab_columns[] = {
    {.name = "y", .type = COL_NUMBER},
    {.name = "x", .type = COL_NUMBER},
    {.name = "z", .type = COL_NUMBER},
    {.name = "Days", .type = COL_NUMBER, .integer = true},
    {.name = "Reaction", .type = COL_NUMBER},
    {.name = "Subject", .type = COL_NUMBER, .integer = true},
    {.name = "arm", .type = COL_FACTOR, .n_levels = 2, .levels = lab_arms},
    {.name = "site", .type = COL_FACTOR, .n_levels = 3, .levels = lab_sites},
    {.name = "class", .type = COL_FACTOR, .n_levels = 3, .levels = lab_sites},
    {.name = "pupil", .type = COL_NUMBER, .integer = true},
    {.name = "done", .type = COL_BOOL},
    {.name = "f.wrk", .type = COL_NUMBER},
    {.name = "odd name", .type = COL_NUMBER},
};

static const struct schema lab_schema = {.source = "study.csv",
                                         .n_rows = 100,
                                         .n_columns = sizeof lab_columns / sizeof *lab_columns,
                                         .columns = lab_columns};

struct lab {
  struct mem mem;
  struct diags *diags;
  struct arena *mark;
  struct arena *arena;
};

static inline void lab_open(struct lab *l) {
  *l = (struct lab){0};
  l->diags = diags_new(&l->mem);
  l->mark = arena_pool_mark(&l->mem);
  l->arena = arena_new(&l->mem);
}

static inline void lab_close(struct lab *l) {
  arena_pool_drain(&l->mem, l->mark);
  diags_free(l->diags);
  cr_assert(l->mem.live == 0, "%zu blocks are left", l->mem.live);
}

/* All diagnostics as "K0301 4: text; hint", one a line; 4 is the column of the place in a script of one line,
   line:column otherwise. */
static inline const char *lab_diags(struct lab *l) {
  struct buf b;
  buf_init(&b, l->arena);
  for (const struct diag *d = l->diags->first; d; d = d->next) {
    buf_printf(&b, "%s%s", b.n ? "\n" : "", diag_number(d->code));
    if (d->source) {
      struct place p = source_place(d->source, d->span.from);
      buf_put(&b, " ");
      if (d->source->n_lines > 1) buf_printf(&b, "%u:", p.line);
      buf_printf(&b, "%u", p.column);
    }
    buf_printf(&b, ": %s", d->text);
    if (d->hint) buf_printf(&b, "; %s", d->hint);
  }
  return b.text;
}

#endif
