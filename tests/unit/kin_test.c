/* The library as its clients see it: statuses, values that stay, memory that runs out. */
#include "runtime/kin.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct sink {
  char out[1 << 16], err[1 << 16];
  size_t n_out, n_err;
};

static void to_out(void *arg, const char *text, size_t n) {
  struct sink *s = arg;
  if (s->n_out + n >= sizeof s->out) return;
  memcpy(s->out + s->n_out, text, n);
  s->out[s->n_out += n] = '\0';
}

static void to_err(void *arg, const char *text, size_t n) {
  struct sink *s = arg;
  if (s->n_err + n >= sizeof s->err) return;
  memcpy(s->err + s->n_err, text, n);
  s->err[s->n_err += n] = '\0';
}

static struct kin *new_kin(struct sink *s) {
  memset(s, 0, sizeof *s);
  struct kin_options o = {.out = to_out, .err = to_err, .sink_arg = s, .threads = 2};
  return kin_new(&o);
}

static enum kin_status run(struct kin *k, const char *text) {
  return kin_run(k, "t.kin", "tests/data", text, strlen(text));
}

Test(kin, values_stay_from_run_to_run_and_survive_errors) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, "let x = [1, 2]\nlet f = fit(Yield ~ 1 + (1 | Batch), d)"), KIN_FAILED);
  cr_expect_eq(run(k, "let x = [1, 2]"), KIN_OK);
  cr_expect_eq(run(k, "data d from \"dyestuff.csv\"\nlet f = fit(Yield ~ 1 + (1 | Batch), d)"), KIN_OK);
  cr_expect_eq(run(k, "x[3]"), KIN_FAILED);
  cr_expect_eq(run(k, "x[2]\nnobs(f)"), KIN_OK);
  cr_expect_str_eq(s.out, "2\n30\n");
  kin_free(k);
}

Test(kin, two_live_in_one_process) {
  static struct sink a, b;
  struct kin *k = new_kin(&a), *l = new_kin(&b);
  cr_expect_eq(run(k, "let x = 1"), KIN_OK);
  cr_expect_eq(run(l, "let x = 2"), KIN_OK);
  run(k, "x");
  run(l, "x");
  cr_expect_str_eq(a.out, "1\n");
  cr_expect_str_eq(b.out, "2\n");
  kin_free(k);
  kin_free(l);
}

Test(kin, an_interrupt_stops_the_run_and_keeps_values) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, "let x = 7"), KIN_OK);
  kin_interrupt(k);
  cr_expect_eq(run(k, "let y = 8"), KIN_FAILED);
  cr_expect_eq(run(k, "x"), KIN_OK);
  cr_expect_str_eq(s.out, "7\n");
  kin_free(k);
}

static struct kin *impatient;

static void interrupt_when_shown(void *arg, const char *text, size_t n) {
  to_out(arg, text, n);
  kin_interrupt(impatient);
}

Test(kin, an_interrupt_that_comes_too_late_does_not_stop_the_next_run) {
  static struct sink s;
  struct kin_options o = {.out = interrupt_when_shown, .err = to_err, .sink_arg = &s, .threads = 1};
  impatient = kin_new(&o);
  cr_expect_eq(run(impatient, "1"), KIN_OK);
  cr_expect_eq(run(impatient, "2"), KIN_OK);
  cr_expect_eq(run(impatient, "3\n4"), KIN_FAILED);
  cr_expect_str_eq(s.out, "1\n2\n3\n");
  kin_free(impatient);
}

Test(kin, a_formula_of_an_earlier_run_is_reported_at_its_place) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(
      run(k,
          "let what = Yield ~ 1 + (1 | Nothing) # a long line, so that its places lie beyond the next text"),
      KIN_OK);
  cr_expect_eq(run(k, "data d from \"dyestuff.csv\"\nfit(what, d)"), KIN_FAILED);
  cr_expect(strstr(s.err, "Nothing"));
  kin_free(k);
}

Test(kin, many_variables_are_found) {
  static struct sink s;
  static char text[1 << 20];
  struct kin *k = new_kin(&s);
  size_t n = 0;
  for (int i = 0; i < 20000; i++) n += (size_t)snprintf(text + n, sizeof text - n, "let v%d = %d\n", i, i);
  cr_expect_eq(run(k, text), KIN_OK);
  cr_expect_eq(run(k, "v0 = v19999 + 1\nv0\nv1\nv12345"), KIN_OK);
  cr_expect_str_eq(s.out, "20000\n1\n12345\n");
  kin_free(k);
}

Test(kin, a_table_keeps_its_labels_when_its_script_is_gone) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  run(k, "data d from \"dyestuff.csv\" { Batch: factor(A = first, B = \"second\", C, D, E, F)\n"
         "size = ifelse(Yield > 1500, \"large\", \"small\") }");
  cr_expect_eq(run(k, "let other = \"a text that may come to lie where the first one lay\""), KIN_OK);
  cr_expect_eq(run(k, "d.Batch[1]\nd.Batch[6]\nd.size[1]\nd.size[3]"), KIN_OK);
  cr_expect_str_eq(s.out, "\"first\"\n\"second\"\n\"large\"\n\"small\"\n");
  kin_free(k);
}

/* What was told before memory ran out does not point into the text that is gone. */
Test(kin, memory_may_run_out_after_an_error_of_syntax) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  for (size_t n = 1; n < 200; n++) {
    s.n_out = s.n_err = 0;
    kin_fail_allocation(k, n);
    cr_expect_eq(run(k, "let = 3\nlet x = )\nf(1, 2"), KIN_FAILED);
    kin_incomplete(k, "f(1, [2", 7);
    kin_fail_allocation(k, 0);
    cr_expect(strstr(s.err, "error: "));
  }
  kin_free(k);
}

/* ---- control, functions, modules ---- */

Test(kin, an_interrupt_stops_a_loop_inside_of_a_function) {
  static struct sink s;
  struct kin_options o = {.out = interrupt_when_shown, .err = to_err, .sink_arg = &s, .threads = 1};
  memset(&s, 0, sizeof s);
  impatient = kin_new(&o);
  cr_expect_eq(run(impatient, "let x = 7\nfn f(y) { for i in 1..1000000000 { print(y) } }"), KIN_OK);
  cr_expect_eq(run(impatient, "f(5)"), KIN_FAILED);
  cr_expect_str_eq(s.out, "5\n");
  cr_expect_eq(run(impatient, "fn g(y) { x + y }\ng(1)\nlet y = 2"),
               KIN_FAILED); /* interrupted after it is shown */
  cr_expect_str_eq(s.out, "5\n8\n");
  kin_free(impatient);
}

Test(kin, functions_stay_from_run_to_run) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, "## Doubles.\nfn twice(x, by = 2) { x * by }\nlet half = 0.5"), KIN_OK);
  cr_expect_eq(run(k, "fn f(x) { twice(x) * half }"), KIN_OK);
  cr_expect_eq(run(k, "f(8)\ntwice(1, 3)"), KIN_OK);
  cr_expect_eq(run(k, "half = 1\nf(8)"), KIN_OK);
  cr_expect_eq(run(k, "twice(1, 2, 3)"), KIN_FAILED);
  cr_expect_eq(run(k, "twice(record(a = 1))"), KIN_FAILED);
  cr_expect_eq(run(k, "for i in 1..2 { twice = i }\ntwice"), KIN_OK);
  cr_expect_str_eq(s.out, "8\n3\n16\n2\n");
  cr_expect(strstr(s.err, "t.kin:2:23: error: `*` does not work on a record"), "%s", s.err);
  kin_free(k);
}

/* A few hundred calls, each of which lies deep in loops. */
Test(kin, calls_in_each_other_stop_before_the_stack_ends) {
  static struct sink s;
  static char text[1 << 16] = "fn f(n) {";
  struct kin *k = new_kin(&s);
  for (int i = 0; i < 90; i++) strcat(text, "for i in [1] {");
  strcat(text, "f(n + 1)");
  for (int i = 0; i < 90; i++) strcat(text, "}");
  strcat(text, "}\nlet x = 2\nf(1)");
  cr_expect_eq(run(k, text), KIN_FAILED);
  cr_expect(strstr(s.err, "[K0854]"), "%s", s.err);
  cr_expect_eq(run(k, "x"), KIN_OK);
  cr_expect_str_eq(s.out, "2\n");
  kin_free(k);
}

/* A module beside scripts that run in tests/data; the caller removes it. */
static const char *new_module(const char *path, const char *text, off_t size) {
  FILE *f = fopen(path, "w");
  cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
  cr_assert(size == 0 || truncate(path, size) == 0);
  return path;
}

Test(kin, a_module_that_changes_is_read_again) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  static const char path[] = "tests/data/module_of_a_test.kin";
  new_module(path, "fn f() { 1 }\nlet c = [f, f]\nfn g() { f() }", 0);
  cr_expect_eq(run(k, "use module_of_a_test\nlet old = f\nf()\ng()"), KIN_OK);
  new_module(path, "fn f() { 2 }\nfn g() { f() }", 0);
  cr_expect_eq(run(k, "f()"), KIN_OK);
  cr_expect_eq(run(k, "use module_of_a_test\nf()\nold()\ng()"), KIN_OK);
  cr_expect_str_eq(s.out, "1\n1\n1\n2\n1\n2\n");
  remove(path);
  cr_expect_eq(run(k, "use module_of_a_test"), KIN_FAILED);
  cr_expect_eq(run(k, "g()"), KIN_OK);
  kin_free(k);
}

Test(kin, a_module_that_is_too_large_is_refused) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  const char *path = new_module("tests/data/module_too_large.kin", "let x = 1\n", 17 << 20);
  cr_expect_eq(run(k, "use module_too_large"), KIN_FAILED);
  cr_expect(strstr(s.err, "cannot be read: it is too large [K0280]"), "%s", s.err);
  remove(path);
  kin_free(k);
}

#if defined(__SANITIZE_ADDRESS__)
enum { GROWTH_KIB_MAX = 320 << 10 }; /* freed memory is put in quarantine */
#else
enum { GROWTH_KIB_MAX = 8 << 10 };
#endif

/* The memory of a turn is released when it ends; a page for each would be 400 MiB. */
Test(kin, a_long_loop_takes_no_more_memory) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  static const char loop[] =
      "let r = record(n = 0, t = \"start\")\nfn next(r) { record(n = r.n + 1, t = r.t) }\n"
      "for i in 1..100000 { r = next(r) }\nr.n\nr.t\n";
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  cr_expect_eq(run(k, loop), KIN_OK);
  getrusage(RUSAGE_SELF, &after);
  cr_expect_str_eq(s.out, "100000\n\"start\"\n");
  cr_expect(after.ru_maxrss - before.ru_maxrss < GROWTH_KIB_MAX, "%ld KiB",
            after.ru_maxrss - before.ru_maxrss);
  kin_free(k);
}

/* Each table keeps the one it was made from. */
Test(kin, a_long_chain_of_values_is_released) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, "let d = table(x = [1, 2])\nfor i in 1..20000 { d = derive(d, x = x + 1) }\nd.x[1]"),
               KIN_OK);
  cr_expect_eq(run(k, "d = 1"), KIN_OK);
  cr_expect_str_eq(s.out, "20001\n");
  kin_free(k);
}

/* The n-th allocation fails, n = 1, 2, ...: never a crash, and in the end the script runs. */
Test(kin, memory_may_run_out_anywhere, .timeout = 300) {
  static struct sink s;
  static const char script[] =
      "let least = 1\ndata d from \"dyestuff.csv\" { half = Yield / 2\n where half > $least }\n"
      "let f = fit(half ~ 1 + (1 | Batch), d)\nf\nfixef(f)\nhead(d)\n[1, 2, text(\"a\", 1)]\n"
      "let r = ranef(f)\nr.level\nr[2, \"level\"]\nhead(coef(f), 2)\nsummary(d.Batch)\n1..3\n"
      "fn g(x, k = 2) { if x > k { text(x) } else { [x, k] } }\nfor i in 1..3 { let y = g(i)\n y }\nmap([1, "
      "5], g)\n";
  struct kin *k = new_kin(&s);
  size_t n = 1;
  for (; n < 20000; n += n < 400 ? 1 : 7) {
    s.n_out = s.n_err = 0;
    kin_fail_allocation(k, n);
    enum kin_status status = run(k, script);
    if (kin_fail_allocation(k, 0) < n) {
      cr_expect_eq(status, KIN_OK, "%s", s.err);
      break;
    }
    cr_assert(status == KIN_FAILED && strstr(s.err, "memory is used up"), "allocation %zu: %s", n, s.err);
  }
  cr_expect(n > 20 && n < 20000, "%zu", n);
  kin_free(k);
}
