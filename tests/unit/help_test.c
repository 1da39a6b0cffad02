/* Every built-in function has help: a line on each argument, and an example that the checker accepts. */
#include "runtime/kin.h"
#include "runtime/report/help.h"
#include "runtime/value/interp.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name, *spec;
} builtins[] = {
#define BUILTIN(name, spec, function, help) {name, spec},
#include "runtime/value/builtins.def"
#undef BUILTIN
};

enum { N_BUILTINS = sizeof builtins / sizeof *builtins };

static struct mem mem;

static void read_signature(void *arg) {
  struct signature s;
  int i = *(int *)arg;
  signature_parse(arena_new(&mem), &s, builtins[i].name, builtins[i].spec, "");
  for (int p = 0; p < s.n_params; p++)
    cr_expect_not_null(help_argument(s.name, s.params[p].name),
                       "no help on `%s` of `%s`: runtime/report/help_functions.def", s.params[p].name,
                       s.name);
}

Test(help, every_argument_has_a_line) {
  for (int i = 0; i < N_BUILTINS; i++) {
    cr_assert_eq(mem_guard(&mem, read_signature, &i), UNWIND_NONE);
    arena_pool_drain(&mem, NULL);
  }
}

static void to_errors(void *arg, const char *text, size_t n) {
  (void)arg;
  fprintf(stderr, "%.*s", (int)n, text);
}

Test(help, every_example_passes_the_check) {
  static const char before[] = "data sleep from \"tests/data/sleepstudy.csv\"\n"
                               "design pairs { dyad couple by role }\n"
                               "data couples from \"tests/data/chfls_couples.csv\" as pairs\n"
                               "fn is_large(x) { x > 4 }\n"
                               "let f = fit(Reaction ~ Days + (1 | Subject), sleep)\n";
  for (int i = 0; i < N_BUILTINS; i++) {
    const char *example = help_example(builtins[i].name);
    cr_expect_not_null(example, "no example of `%s`: runtime/report/help_functions.def", builtins[i].name);
    if (!example) continue;
    struct kin *k = kin_new(&(struct kin_options){.err = to_errors, .threads = 1});
    char script[1024];
    int n = snprintf(script, sizeof script, "%s%s\n", before, example);
    cr_expect_eq(kin_check(k, "example", ".", script, (size_t)n), KIN_OK, "%s", example);
    kin_free(k);
  }
}

Test(help, message_numbers_are_used_once) {
  for (int i = 0; i < DIAG_COUNT; i++)
    for (int j = 0; j < i; j++)
      cr_expect_str_neq(diag_number((enum diag_code)i), diag_number((enum diag_code)j));
}
