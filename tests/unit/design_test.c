/* Designs and models: their limits, and that they live from run to run. */
#include "runtime/kin.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct sink {
  char text[1 << 16];
  size_t n;
};

static void keep(void *arg, const char *text, size_t n) {
  struct sink *s = arg;
  if (s->n + n >= sizeof s->text) return;
  memcpy(s->text + s->n, text, n);
  s->text[s->n += n] = '\0';
}

static struct kin *new_kin(struct sink *s) {
  memset(s, 0, sizeof *s);
  struct kin_options o = {.out = keep, .err = keep, .sink_arg = s, .threads = 1};
  return kin_new(&o);
}

static enum kin_status run(struct kin *k, const char *text) {
  return kin_run(k, "t.kin", "tests/data", text, strlen(text));
}

Test(design, a_unit_too_many) {
  static struct sink s;
  static char script[4096];
  size_t n = (size_t)sprintf(script, "design d {\n");
  for (int i = 0; i < 65; i++) n += (size_t)sprintf(script + n, "u%d\n", i);
  sprintf(script + n, "}\n");
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, script), KIN_FAILED);
  cr_expect(strstr(s.text, "K0240") && strstr(s.text, "64"), "%s", s.text);
  kin_free(k);
}

Test(design, frequencies_that_sum_to_too_much) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, "data d from \"dyestuff.csv\" { w = 1000000000 }\n"
                      "fit(Yield ~ 1 + (1 | Batch), d, weights = frequency(w))"),
               KIN_FAILED);
  cr_expect(strstr(s.text, "K0636"), "%s", s.text);
  kin_free(k);
}

Test(design, frequencies_are_rows) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, "data d from \"dyestuff.csv\" { w = 2 }\n"
                      "nobs(fit(Yield ~ 1 + (1 | Batch), d, weights = frequency(w)))"),
               KIN_OK);
  cr_expect_str_eq(s.text, "60\n");
  kin_free(k);
}

Test(design, designs_and_models_live_from_run_to_run) {
  static struct sink s;
  struct kin *k = new_kin(&s);
  cr_expect_eq(run(k, "design batches { Batch }"), KIN_OK);
  cr_expect_eq(run(k, "data d from \"dyestuff.csv\" as batches"), KIN_OK);
  cr_expect_eq(run(k, "model means(y: column, x: terms = 0) of multilevel { y ~ 1 + x; random (1 | .unit) }"),
               KIN_OK);
  cr_expect_eq(run(k, "model same of batches { Yield ~ 1; random (1 | Batch) }"), KIN_OK);
  cr_expect_eq(run(k, "let m = means(Yield)\nlet n = update(m, . ~ . + Batch - (1 | .unit))"), KIN_OK);
  cr_expect_eq(run(k, "deviance(fit(m, d)) == deviance(fit(same, d))\nbatches\nmeans\nm\nn"), KIN_OK);
  cr_expect_str_eq(s.text, "true\nBatch\nmeans(y: column, x: terms = 0) of multilevel\n"
                           "Yield ~ 1 + (1 | .unit)\nYield ~ 1 + Batch\n");
  kin_free(k);
}
