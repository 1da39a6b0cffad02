/* The catalogue of lints, and its page: docs/lints.md is made from it.  KIN_PROMOTE=1 in the environment writes the page. */
#include "lang/lint.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mem mem;

/* ---- the page ---- */

static const char head[] = "# Lints\n\n"
                           "Pitfalls that kin tells of when it sees one in a model and its data, before the "
                           "fit or after it. A lint stops nothing: a *warning* "
                           "says that errors of\nestimates are likely to be wrong, a *note* that something "
                           "is worth a look. `allow NAME` or `allow CODE` silences "
                           "one from that line of the script on, or,\nin a model, for fits of that model. "
                           "`help(CODE)` shows what stands here.\n\n"
                           "This page is made from `lang/lints.def`; a test keeps the two equal.\n\n"
                           "| code | name | | |\n|---|---|---|---|\n";

static const char *grade(const struct lint_entry *e) {
  return diag_severity(e->code) == SEVERITY_WARNING ? "warning" : "note";
}

/* Lines that begin with spaces are script. */
static void put_about(struct buf *b, const char *text) {
  bool script = false;
  while (*text) {
    size_t n = strcspn(text, "\n");
    bool now = strncmp(text, "  ", 2) == 0;
    if (now != script) buf_put(b, "```\n");
    script = now;
    size_t skip = now ? 2 : 0;
    buf_putn(b, text + skip, n - skip);
    buf_putc(b, '\n');
    text += n + (text[n] != '\0');
  }
  if (script) buf_put(b, "```\n");
}

static void put_page(struct buf *b) {
  buf_put(b, head);
  for (int i = 0; i < LINT_COUNT; i++) {
    const struct lint_entry *e = &lint_catalogue[i];
    buf_printf(b, "| %s | `%s` | %s | %s |\n", diag_number(e->code), e->name, grade(e), e->title);
  }
  for (int i = 0; i < LINT_COUNT; i++) {
    const struct lint_entry *e = &lint_catalogue[i];
    buf_printf(b, "\n## %s `%s`\n\n*%s*\n\n", diag_number(e->code), e->name, e->title);
    put_about(b, e->about);
    buf_printf(b, "\n%s.\n", e->source);
  }
}

static const char *read_page(struct arena *a) {
  struct buf b;
  buf_init(&b, a);
  FILE *f = fopen("docs/lints.md", "rb");
  if (!f) return "";
  char block[4096];
  for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) buf_putn(&b, block, n);
  fclose(f);
  return b.text;
}

static void compare_page(void *arg) {
  struct buf b;
  buf_init(&b, arena_new(&mem));
  put_page(&b);
  if (getenv("KIN_PROMOTE")) {
    FILE *f = fopen("docs/lints.md", "wb");
    fwrite(b.text, 1, b.n, f);
    fclose(f);
  }
  *(bool *)arg = strcmp(read_page(b.arena), b.text) == 0;
}

Test(lints, the_page_is_the_catalogue) {
  bool same = false;
  cr_assert_eq(mem_guard(&mem, compare_page, &same), UNWIND_NONE);
  arena_pool_drain(&mem, NULL);
  cr_expect(same, "docs/lints.md differs from lang/lints.def: run this test with KIN_PROMOTE=1 and look at "
                  "the difference");
}

/* ---- finding and silencing ---- */

Test(lints, are_found_by_code_and_name) {
  cr_expect_eq(lint_find("L0114")->code, DIAG_LINT_SINGULAR);
  cr_expect_eq(lint_find("l0114")->code, DIAG_LINT_SINGULAR);
  cr_expect_eq(lint_find("Singular")->code, DIAG_LINT_SINGULAR);
  cr_expect_null(lint_find("K0301"));
  cr_expect_str_eq(lint_nearest("singulr"), "singular");
}

Test(lints, names_and_codes_are_different) {
  for (int i = 0; i < LINT_COUNT; i++) {
    cr_expect_eq(lint_find(lint_catalogue[i].name), &lint_catalogue[i]);
    cr_expect_eq(lint_find(diag_number(lint_catalogue[i].code)), &lint_catalogue[i]);
  }
}

static const struct span here = {0, 1}, there = {1, 2};

static int told(struct diags *d) {
  int n = 0;
  for (const struct diag *x = d->first; x; x = x->next) n++;
  return n;
}

static void silence(void *arg) {
  (void)arg;
  struct diags *d = diags_new(&mem);
  struct lint_list list = {.arena = arena_new(&mem)};
  lint_add(&list, NULL, here, DIAG_LINT_SINGULAR, "a", "b", "c", DIAG_END);
  lint_add(&list, NULL, here, DIAG_LINT_SINGULAR, "other", "b", "c", DIAG_END);
  lint_add(&list, NULL, there, DIAG_LINT_SLOPE_WITHOUT_MEAN, "x", "g", DIAG_END);
  const char *const names[] = {"slope_without_mean", "no lint"};
  struct model_spec spec = {.n_allow = 2, .allow = names};
  lint_silence(&list, lint_allowed((struct lint_set){0}, &spec));
  lint_tell(d, &list, NULL, here);
  cr_expect_eq(told(d), 2);
  lint_tell(d, &list, NULL, here);
  cr_expect_eq(told(d), 2, "a lint is told once at a place");
  lint_silence(&list, lint_allowed((struct lint_set){UINT64_MAX}, NULL));
  cr_expect_null(list.first);
  cr_expect_null(list.last);
  diags_free(d);
}

Test(lints, are_told_once_and_silenced) {
  cr_assert_eq(mem_guard(&mem, silence, NULL), UNWIND_NONE);
  arena_pool_drain(&mem, NULL);
  cr_expect_eq(mem.live, 0);
}
