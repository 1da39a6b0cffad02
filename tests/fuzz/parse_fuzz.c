/* parse_fuzz.c: any bytes as a script.
 *
 * A script without errors must survive kin fmt: the printed text parses to the same tree, and prints as itself.
 * With -DKIN_FUZZ_MAIN a plain program that does the same to the files it is given.
 */
#include "lang/ast.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct input {
  struct mem *mem;
  const char *text;
  size_t n;
};

static bool same_statements(const struct script *a, const struct script *b) {
  const struct ast *x = a->statements.first, *y = b->statements.first;
  for (; x && y; x = x->next, y = y->next)
    if (!ast_equal(x, y)) return false;
  return !x && !y;
}

static char *printed(struct arena *a, const struct script *s) {
  struct buf b;
  buf_init(&b, a);
  print_script(&b, s);
  return b.text;
}

static void survive_format(struct mem *m, struct diags *diags, const struct script *s) {
  struct arena *a = arena_new(m);
  const char *once = printed(a, s);
  const struct script *again = parse_script(m, diags, "printed", "", once, strlen(once));
  if (diags->n_errors || !same_statements(s, again)) abort();
  if (strcmp(once, printed(a, again)) != 0) abort();
}

static void one(void *arg) {
  const struct input *in = arg;
  struct diags *diags = diags_new(in->mem);
  struct script *s = parse_script(in->mem, diags, "fuzz", "", in->text, in->n);
  struct buf b;
  buf_init(&b, arena_new(in->mem));
  ast_dump(&b, s, false);
  for (const struct diag *d = diags->first; d; d = d->next) diag_print(&b, d, false);
  if (diags->n_errors == 0) survive_format(in->mem, diags, s);
  parse_incomplete(in->mem, in->text, in->n);
  diags_free(diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  struct mem m = {0};
  struct input in = {.mem = &m, .text = (const char *)bytes, .n = n};
  if (mem_guard(&m, one, &in) != UNWIND_NONE) abort();
  arena_pool_drain(&m, NULL);
  if (m.live != 0) abort();
  return 0;
}

#ifdef KIN_FUZZ_MAIN
int main(int argc, char **argv) {
  static uint8_t bytes[1 << 20];
  for (int i = 1; i < argc; i++) {
    FILE *f = fopen(argv[i], "rb");
    if (!f) return 1;
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    LLVMFuzzerTestOneInput(bytes, n);
  }
  return 0;
}
#endif
