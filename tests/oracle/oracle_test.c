/* oracle_test.c: whole scripts against reference fits (cases.json; tests/oracle/import says where they come from).
 *
 * Each case runs through the public header, as a user's script would, and prints how many digits agree.
 */
#include "runtime/kin.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is asked of every case. */
#define CRITERION_ABSOLUTE 1e-6
#define CRITERION_RELATIVE 1e-9
#define FIXED_RELATIVE 1e-6
#define VARIANCE_RELATIVE 1e-5
#define SATTERTHWAITE_RELATIVE 1e-4
#define KR_RELATIVE 1e-5
#define MODES_RELATIVE 1e-5 /* of a mode, or of its standard deviation if that is larger */

struct output {
  FILE *stream;
  char *text;
  size_t n;
};

static void sink(void *arg, const char *text, size_t n) {
  fwrite(text, 1, n, ((struct output *)arg)->stream);
}

/* ---- a case becomes a script, its output a fit ---------------------------------------------------------- */

static char *script_of(const json_t *c, const char *df) {
  struct output s = {0};
  s.stream = open_memstream(&s.text, &s.n);
  fprintf(s.stream, "data d from \"%s\" {\n", json_string_value(json_object_get(c, "data")));
  const char *name;
  json_t *levels, *level;
  size_t i;
  json_object_foreach(json_object_get(c, "factors"), name, levels) {
    fprintf(s.stream, "  %s: factor(", name);
    json_array_foreach(levels, i, level)
        fprintf(s.stream, "%s\"%s\"", i ? ", " : "", json_string_value(level));
    fprintf(s.stream, ")\n");
  }
  json_array_foreach(json_object_get(c, "lines"), i, level)
      fprintf(s.stream, "  %s\n", json_string_value(level));
  fprintf(s.stream, "}\nlet f = fit(%s, d, method = %s, df = %s)\nf\nranef(f)\nanova(f)\n",
          json_string_value(json_object_get(c, "formula")), json_string_value(json_object_get(c, "method")),
          df);
  fclose(s.stream);
  return s.text;
}

/* The first line of the output that has this kind; NULL: none. */
static json_t *find_kind(const char *text, const char *wanted) {
  for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
    json_t *value = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    const char *kind = json_string_value(json_object_get(value, "kind"));
    if (kind && strcmp(kind, wanted) == 0) return value;
    json_decref(value);
  }
  return NULL;
}

/* The fit of a case, with "ranef" added to it; NULL: none. */
static json_t *run(const json_t *c, const char *df) {
  struct output out = {0};
  out.stream = open_memstream(&out.text, &out.n);
  struct kin_options options = {.out = sink, .err = sink, .sink_arg = &out, .threads = 1, .json = true};
  struct kin *k = kin_new(&options);
  char *script = script_of(c, df);
  enum kin_status status = kin_run(k, "oracle.kin", "tests/data", script, strlen(script));
  fclose(out.stream);
  cr_expect(status == KIN_OK, "%s\n%s", script, out.text);
  json_t *fit = find_kind(out.text, "fit");
  if (fit) json_object_set_new(fit, "ranef", find_kind(out.text, "ranef"));
  if (fit) json_object_set_new(fit, "anova", find_kind(out.text, "anova"));
  free(script);
  free(out.text);
  kin_free(k);
  return fit;
}

/* ---- comparison ----------------------------------------------------------------------------------------- */

/* The largest differences of one case, relative; their digits are printed. */
struct agreement {
  const char *name;
  double criterion, fixed, se, variance, modes, satterthwaite, kr;
};

static double number(const json_t *at, const char *key) {
  return json_number_value(json_object_get(at, key));
}

static double digits(double difference) {
  return difference <= 1e-15 ? 15 : -log10(difference);
}

static void note(double *largest, double difference) {
  if (!(difference <= *largest)) *largest = difference;
}

static void compare_criterion(struct agreement *a, const json_t *c, const json_t *fit) {
  double expected = number(c, "criterion"), got = number(fit, "criterion");
  double difference = fabs(got - expected),
         allowed = fmax(CRITERION_ABSOLUTE, CRITERION_RELATIVE * fabs(expected));
  a->criterion = difference / fabs(expected);
  cr_expect(difference <= allowed, "%s: criterion %.12g, not %.12g", a->name, got, expected);
  cr_expect(fabs(number(fit, "AIC") - number(c, "AIC")) <= allowed, "%s: AIC", a->name);
  if (!json_is_null(json_object_get(c, "BIC"))) /* nlme counts other rows */
    cr_expect(fabs(number(fit, "BIC") - number(c, "BIC")) <= allowed, "%s: BIC", a->name);
}

/* An estimate near 0 is as good as its standard error lets it be. */
/* R writes a factor's coefficient "armdigital" where kin has "arm[digital]". */
static bool same_name(const char *ours, const char *theirs) {
  for (; *ours; ours++)
    if (!strchr("[]\"", *ours) && *ours != *theirs++) return false;
  return !*theirs;
}

static void compare_fixed(struct agreement *a, const json_t *c, const json_t *fit) {
  const json_t *expected = json_object_get(c, "fixed"), *got = json_object_get(fit, "fixed");
  cr_assert(json_array_size(expected) == json_array_size(got), "%s: fixed effects", a->name);
  for (size_t j = 0; j < json_array_size(expected); j++) {
    const json_t *e = json_array_get(expected, j), *g = json_array_get(got, j);
    const char *name = json_string_value(json_array_get(e, 0));
    double estimate = json_number_value(json_array_get(e, 1)), se = json_number_value(json_array_get(e, 2));
    cr_expect(same_name(json_string_value(json_object_get(g, "name")), name), "%s: %s", a->name, name);
    note(&a->fixed, fabs(number(g, "estimate") - estimate) / fmax(fabs(estimate), se));
    note(&a->se, fabs(number(g, "se") - se) / se);
  }
  cr_expect(a->fixed <= FIXED_RELATIVE && a->se <= FIXED_RELATIVE, "%s: fixed effects", a->name);
}

static void compare_satterthwaite(struct agreement *a, const json_t *c, const json_t *fit) {
  const json_t *expected = json_object_get(c, "satterthwaite"), *got = json_object_get(fit, "fixed");
  for (size_t j = 0; j < json_array_size(expected); j++) {
    double e = json_number_value(json_array_get(expected, j)), g = number(json_array_get(got, j), "df");
    note(&a->satterthwaite, fabs(g / e - 1));
    cr_expect(fabs(g / e - 1) < SATTERTHWAITE_RELATIVE, "%s: df %zu is %.10g, not %.10g", a->name, j, g, e);
  }
}

/* Rows of term, F, and its degrees of freedom. */
static void compare_anova(struct agreement *a, const json_t *c, const json_t *fit, const char *df,
                          double allowed, double *largest) {
  const json_t *expected = json_object_get(json_object_get(c, "anova"), df),
               *rows = json_object_get(json_object_get(fit, "anova"), "rows");
  for (size_t j = 0; j < json_array_size(expected); j++) {
    const json_t *e = json_array_get(expected, j), *g = json_array_get(rows, j);
    cr_expect(same_name(json_string_value(json_array_get(g, 0)), json_string_value(json_array_get(e, 0))),
              "%s: term %zu", a->name, j);
    for (size_t i = 1; i < 4; i++) {
      double ours = json_number_value(json_array_get(g, i)), theirs = json_number_value(json_array_get(e, i));
      note(largest, fabs(ours / theirs - 1));
      cr_expect(fabs(ours / theirs - 1) < allowed, "%s: anova by %s, row %zu: %.10g, not %.10g", a->name, df,
                j, ours, theirs);
    }
  }
}

/* Rows of df and standard error. */
static void compare_kr(struct agreement *a, const json_t *c) {
  const json_t *expected = json_object_get(c, "kr");
  if (json_array_size(expected) == 0) return;
  json_t *fit = run(c, "kr"), *got = json_object_get(fit, "fixed");
  for (size_t j = 0; j < json_array_size(expected); j++) {
    const json_t *e = json_array_get(expected, j), *g = json_array_get(got, j);
    double df = json_number_value(json_array_get(e, 0)), se = json_number_value(json_array_get(e, 1));
    note(&a->kr, fabs(number(g, "df") / df - 1));
    note(&a->kr, fabs(number(g, "se") / se - 1));
    cr_expect(fabs(number(g, "df") / df - 1) < KR_RELATIVE, "%s: KR df %zu is %.10g, not %.10g", a->name, j,
              number(g, "df"), df);
    cr_expect(fabs(number(g, "se") / se - 1) < KR_RELATIVE, "%s: KR se %zu is %.10g, not %.10g", a->name, j,
              number(g, "se"), se);
  }
  compare_anova(a, c, fit, "kr", KR_RELATIVE, &a->kr);
  json_decref(fit);
}

static int position(const json_t *names, const char *name) {
  for (size_t i = 0; i < json_array_size(names); i++)
    if (same_name(json_string_value(json_array_get(names, i)), name)) return (int)i;
  return -1;
}

/* Covariance of two effects of a group; NaN where the fit has no such pair. */
static double covariance(const json_t *fit, const char *group, const char *one, const char *other) {
  const json_t *term, *random = json_object_get(fit, "random");
  for (size_t t = 0; t < json_array_size(random); t++) {
    term = json_array_get(random, t);
    const json_t *names = json_object_get(term, "names");
    int i = position(names, one), j = position(names, other);
    if (strcmp(json_string_value(json_object_get(term, "group")), group) != 0 || i < 0 || j < 0) continue;
    return json_number_value(
        json_array_get(json_array_get(json_object_get(term, "covariance"), (size_t)i), (size_t)j));
  }
  return NAN;
}

/* A row of "random": group, name, variance; or group, two names, covariance.  A variance of 0 is compared with the
   residual one. */
static void compare_random(struct agreement *a, const json_t *c, const json_t *fit) {
  double sigma = number(c, "sigma"), got_sigma = number(json_object_get(fit, "residual"), "sigma");
  note(&a->variance, fabs(got_sigma * got_sigma / (sigma * sigma) - 1));
  const json_t *rows = json_object_get(c, "random");
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const json_t *row = json_array_get(rows, i);
    size_t n = json_array_size(row);
    double expected = json_number_value(json_array_get(row, n - 1));
    double got =
        covariance(fit, json_string_value(json_array_get(row, 0)), json_string_value(json_array_get(row, 1)),
                   json_string_value(json_array_get(row, n - 2)));
    note(&a->variance, fabs(got - expected) / (expected == 0 ? sigma * sigma : fabs(expected)));
  }
  cr_expect(a->variance <= VARIANCE_RELATIVE, "%s: variances agree to %g only", a->name, a->variance);
}

/* The residual's parameters by name. */
static void compare_parameters(struct agreement *a, const json_t *c, const json_t *fit) {
  const json_t *got = json_object_get(json_object_get(fit, "residual"), "parameters");
  const char *name;
  json_t *expected;
  json_object_foreach(json_object_get(c, "parameters"), name, expected) {
    double e = json_number_value(expected), g = json_object_get(got, name) ? number(got, name) : (double)NAN;
    note(&a->variance, fabs(g - e) / fabs(e));
    cr_expect(fabs(g - e) <= VARIANCE_RELATIVE * fabs(e), "%s: %s is %.10g, not %.10g", a->name, name, g, e);
  }
}

static bool same_mode(const json_t *a, const json_t *b) {
  for (size_t i = 0; i < 2; i++) /* group, level */
    if (!json_equal(json_array_get(a, i), json_array_get(b, i))) return false;
  return same_name(json_string_value(json_array_get(a, 2)), json_string_value(json_array_get(b, 2)));
}

static const json_t *find_mode(const json_t *rows, const json_t *wanted) {
  for (size_t i = 0; i < json_array_size(rows); i++)
    if (same_mode(json_array_get(rows, i), wanted)) return json_array_get(rows, i);
  return NULL;
}

/* A row: group, level, effect, conditional mode and its standard deviation. */
static void compare_modes(struct agreement *a, const json_t *c, const json_t *fit) {
  const json_t *rows = json_object_get(c, "modes"),
               *all = json_object_get(json_object_get(fit, "ranef"), "rows");
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const json_t *row = json_array_get(rows, i), *got = find_mode(all, row);
    cr_expect(got != NULL, "%s: mode %zu is not there", a->name, i);
    double mode = json_number_value(json_array_get(row, 3)), sd = json_number_value(json_array_get(row, 4));
    double size = sd > 0 ? fmax(fabs(mode), sd) : number(c, "sigma");
    note(&a->modes, fabs(json_number_value(json_array_get(got, 3)) - mode) / size);
    note(&a->modes, fabs(json_number_value(json_array_get(got, 4)) - sd) / size);
  }
  cr_expect(a->modes <= MODES_RELATIVE, "%s: conditional modes agree to %g only", a->name, a->modes);
}

static void compare_facts(const char *name, const json_t *c, const json_t *fit) {
  cr_expect(number(fit, "n_obs") == number(c, "used"), "%s: rows used", name);
  const json_t *groups = json_object_get(c, "groups");
  cr_expect(json_is_null(groups) || json_equal(json_object_get(fit, "n_groups"), groups), "%s: groups", name);
  cr_expect(json_equal(json_object_get(fit, "singular"), json_object_get(c, "singular")), "%s: singular",
            name);
  cr_expect(json_is_true(json_object_get(fit, "converged")), "%s: converged", name);
}

static void compare(const json_t *c) {
  struct agreement a = {.name = json_string_value(json_object_get(c, "name"))};
  json_t *fit = run(c, "satterthwaite");
  cr_expect(fit != NULL, "%s: no fit", a.name);
  if (!fit) return;
  compare_facts(a.name, c, fit);
  compare_criterion(&a, c, fit);
  compare_fixed(&a, c, fit);
  compare_random(&a, c, fit);
  compare_parameters(&a, c, fit);
  compare_modes(&a, c, fit);
  compare_satterthwaite(&a, c, fit);
  compare_anova(&a, c, fit, "satterthwaite", SATTERTHWAITE_RELATIVE, &a.satterthwaite);
  compare_kr(&a, c);
  printf("%-32s %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f %9.1f %11.0f\n", a.name, digits(a.criterion),
         digits(a.fixed), digits(a.se), digits(a.variance), digits(a.modes), digits(a.satterthwaite),
         digits(a.kr), number(fit, "evaluations"));
  json_decref(fit);
}

Test(oracle, all) {
  json_t *cases = json_load_file("tests/oracle/cases.json", 0, NULL);
  cr_assert(json_array_size(cases) > 0);
  printf("%-32s %9s %9s %9s %9s %9s %9s %9s %11s\n", "digits that agree", "criterion", "fixed", "se",
         "variance", "modes", "Satterth.", "KR", "evaluations");
  for (size_t i = 0; i < json_array_size(cases); i++) compare(json_array_get(cases, i));
  fflush(stdout);
  json_decref(cases);
}
