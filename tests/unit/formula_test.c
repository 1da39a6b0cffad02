#include "tests/unit/lang_lab.h"
#include "lang/formula.h"

static struct model_ir *compile_over(struct lab *l, const char *formula, const struct schema *schema) {
  struct script *s = parse_script(&l->mem, l->diags, "t", "", formula, strlen(formula));
  cr_assert_eq(l->diags->n_errors, 0, "syntax of %s: %s", formula, lab_diags(l));
  return compile_formula(l->arena, l->diags, s->source, s->statements.first->u.expr.value, schema);
}

static struct model_ir *compile(struct lab *l, const char *formula) {
  return compile_over(l, formula, &lab_schema);
}

/* Names of terms joined by " + ", "*" behind a factor that is coded in full. */
static const char *show_terms(struct lab *l, const struct model_ir *ir, const struct ir_terms *terms) {
  struct buf b;
  buf_init(&b, l->arena);
  for (int i = 0; i < terms->n; i++) {
    const struct ir_term *t = &terms->term[i];
    if (i) buf_put(&b, " + ");
    if (t->n == 0) buf_put(&b, "1");
    for (int k = 0; k < t->n; k++)
      buf_printf(&b, "%s%s%s", k ? ":" : "", ir->vars[t->var[k]].name, t->full[k] ? "*" : "");
  }
  return b.text;
}

/* Fixed terms of a formula, then " | " and each random term. */
static const char *show(struct lab *l, const char *formula) {
  const struct model_ir *ir = compile(l, formula);
  if (!ir) return lab_diags(l);
  struct buf b;
  buf_init(&b, l->arena);
  buf_put(&b, show_terms(l, ir, &ir->fixed));
  for (int i = 0; i < ir->n_random; i++) {
    const struct ir_random *r = &ir->random[i];
    buf_printf(&b, " | %s(%s) %s", r->structure, show_terms(l, ir, &r->basis), r->group_name);
  }
  if (ir->offset >= 0) buf_printf(&b, " | offset %s", ir->vars[ir->offset].name);
  return b.text;
}

struct expectation {
  const char *formula, *shows;
};

static void check_all(const struct expectation *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    struct lab l;
    lab_open(&l);
    const char *got = show(&l, cases[i].formula);
    cr_expect_str_eq(got, cases[i].shows, "%s\n  gives %s\n  wants %s", cases[i].formula, got,
                     cases[i].shows);
    lab_close(&l);
  }
}

#define CHECK_ALL(cases) check_all(cases, sizeof cases / sizeof *cases)

/* What R's terms() gives for the same formulas. */
Test(formula, algebra) {
  static const struct expectation cases[] = {
      {"y ~ 1", "1"},
      {"y ~ x", "1 + x"},
      {"y ~ x + z", "1 + x + z"},
      {"y ~ x + x", "1 + x"},
      {"y ~ 0 + x", "x"},
      {"y ~ x - 1", "x"},
      {"y ~ -1 + x", "x"},
      {"y ~ x + 0 + 1", "1 + x"},
      {"y ~ x - 0", "1 + x"},
      {"y ~ x:z + z", "1 + z + x:z"},
      {"y ~ z:x + x:z", "1 + z:x"},
      {"y ~ x*z", "1 + x + z + x:z"},
      {"y ~ x*z - x:z", "1 + x + z"},
      {"y ~ x*z*Days", "1 + x + z + Days + x:z + x:Days + z:Days + x:z:Days"},
      {"y ~ (x + z + Days)^2", "1 + x + z + Days + x:z + x:Days + z:Days"},
      {"y ~ (x + z + Days)^2 - x:z", "1 + x + z + Days + x:Days + z:Days"},
      {"y ~ (x + z + Days)^3", "1 + x + z + Days + x:z + x:Days + z:Days + x:z:Days"},
      {"y ~ (x + z)^1", "1 + x + z"},
      {"y ~ x/z", "1 + x + x:z"},
      {"y ~ (x + z)/Days", "1 + x + z + x:z:Days"},
      {"y ~ x/(z + Days)", "1 + x + x:z + x:Days"},
      {"y ~ x in z", "1 + x:z"},
      {"y ~ z + x in z", "1 + z + z:x"},
      {"y ~ (x + z):Days", "1 + x:Days + z:Days"},
      {"y ~ x*z - x", "1 + z + x:z"},
      {"y ~ (x + z) - (z + Days)", "1 + x"},
      {"y ~ x*(z + Days)", "1 + x + z + Days + x:z + x:Days"},
  };
  CHECK_ALL(cases);
}

Test(formula, variables) {
  static const struct expectation cases[] = {
      {"log(y) ~ log(x) + log( x )", "1 + log(x)"},
      {"y / 1000 ~ I(x^2) + x", "1 + I(x^2) + x"},
      {"y ~ f.wrk + `odd name`", "1 + f.wrk + `odd name`"},
      {"y ~ factor(Days)", "1 + factor(Days)"},
      {"y ~ 0 + factor(Days)", "factor(Days)*"},
      {"y ~ (x > 2)", "1 + (x > 2)"},
      {"y ~ ifelse(x > 2, \"hi\", \"lo\")", "1 + ifelse(x > 2, \"hi\", \"lo\")"},
      {"y ~ numeric(done):x", "1 + numeric(done):x"},
      {"y ~ round(x, 2)", "1 + round(x, 2)"},
      {"y ~ x + offset(log(z))", "1 + x | offset log(z)"},
      {"y ~ x + offset(z) + offset(Days)", "1 + x | offset z + Days"},
  };
  CHECK_ALL(cases);
}

/* A factor is coded in full where nothing before it spans the rest of the term. */
Test(formula, coding) {
  static const struct expectation cases[] = {
      {"y ~ arm", "1 + arm"},
      {"y ~ 0 + arm", "arm*"},
      {"y ~ 0 + arm + site", "arm* + site"},
      {"y ~ arm*site", "1 + arm + site + arm:site"},
      {"y ~ arm:site", "1 + arm*:site*"},
      {"y ~ arm + arm:site", "1 + arm + arm*:site"},
      {"y ~ site + arm:site", "1 + site + site*:arm"},
      {"y ~ arm*site - arm", "1 + site + arm:site*"},
      {"y ~ arm:x", "1 + arm*:x"},
      {"y ~ x + arm:x", "1 + x + x:arm"},
      {"y ~ arm*x", "1 + arm + x + arm:x"},
      {"y ~ 0 + arm + arm:x", "arm* + arm*:x"},
      {"y ~ 0 + arm:site", "arm*:site*"},
      {"y ~ 0 + x + x:arm", "x + x:arm"},
      {"y ~ 0 + x + arm", "x + arm*"},
      {"y ~ arm:site + site:class", "1 + arm*:site* + site*:class"},
      {"y ~ arm:x + arm:site", "1 + arm*:x + arm*:site*"},
      {"y ~ 0 + arm:x + site", "site* + arm*:x"},
      {"y ~ 0 + done", "done*"},
      {"y ~ arm + (0 + arm | Subject)", "1 + arm | us(arm*) Subject"},
      {"y ~ 0 + arm + (arm | Subject)", "arm* | us(1 + arm) Subject"},
  };
  CHECK_ALL(cases);
}

/* lme4's random terms. */
Test(formula, random_terms) {
  static const struct expectation cases[] = {
      {"y ~ x + (1 | Subject)", "1 + x | us(1) Subject"},
      {"y ~ (x | Subject)", "1 | us(1 + x) Subject"},
      {"y ~ (1 + x | Subject) + x", "1 + x | us(1 + x) Subject"},
      {"y ~ (0 + x | Subject)", "1 | us(x) Subject"},
      {"y ~ (x - 1 | Subject)", "1 | us(x) Subject"},
      {"y ~ (x*z | Subject)", "1 | us(1 + x + z + x:z) Subject"},
      {"y ~ (x || Subject)", "1 | us(1) Subject | us(x) Subject"},
      {"y ~ (0 + x + z || Subject)", "1 | us(x) Subject | us(z) Subject"},
      {"y ~ (1 + x + site || Subject)", "1 | us(1) Subject | us(x) Subject | us(site*) Subject"},
      {"y ~ (x*arm || Subject)", "1 | us(1) Subject | us(x) Subject | us(arm*) Subject | us(x:arm*) Subject"},
      {"y ~ (1 | site/class)", "1 | us(1) class:site | us(1) site"},
      {"y ~ (1 | site/class/pupil)", "1 | us(1) pupil:class:site | us(1) class:site | us(1) site"},
      {"y ~ (x || site/class)", "1 | us(1) class:site | us(1) site | us(x) class:site | us(x) site"},
      {"y ~ (1 | site:class)", "1 | us(1) site:class"},
      {"y ~ (1 | class in site)", "1 | us(1) class:site"},
      {"y ~ (1 | pupil in class in site)", "1 | us(1) pupil:class:site"},
      {"y ~ (1 | site/(class + 0))",
       "K0337 15: `+` does not join grouping factors; a:b and `b in a` combine two, "
       "a/b nests b in a; otherwise write one random term for each"},
      {"y ~ (1 | factor(Days))", "1 | us(1) factor(Days)"},
      {"y ~ us(1 + x | Subject)", "1 | us(1 + x) Subject"},
      {"y ~ us(0 + x | Subject)", "1 | us(x) Subject"},
      {"y ~ diag(1 + x | Subject)", "1 | diag(1 + x) Subject"},
      {"y ~ diag(0 + site | Subject)", "1 | diag(site*) Subject"},
      {"y ~ (1 | Subject) + (0 + x | Subject)", "1 | us(1) Subject | us(x) Subject"},
      {"y ~ (1 | Subject) + (1 | site)", "1 | us(1) Subject | us(1) site"},
      {"y ~ x + ((1 | Subject))", "1 + x | us(1) Subject"},
  };
  CHECK_ALL(cases);
}

Test(formula, errors_of_the_fixed_part) {
  static const struct expectation cases[] = {
      {"~ x", "K0310 1: this formula has no response; the response stands left of `~`: y ~ x + (1 | g)"},
      {"Reacton ~ x", "K0301 1: there is no column `Reacton` in study.csv; did you mean `Reaction`?"},
      {"y ~ Dayz + log(Dayz)", "K0301 5: there is no column `Dayz` in study.csv; did you mean `Days`?"},
      {"y ~ qqqqqqq", "K0301 5: there is no column `qqqqqqq` in study.csv"},
      {"y ~ x^2", "K0316 5: `x^2` does not raise a column to a power: `^` crosses terms; write I(x^2), or "
                  "poly(x, 2) for orthogonal polynomials"},
      {"y ~ arm^2", "1 + arm"},
      {"y ~ (x + z)^0.5",
       "K0315 13: terms are crossed by a power that is a whole number from 1 to 20; (a + b)^2 is a "
       "+ b + a:b; arithmetic goes inside I(...)"},
      {"y ~ x + 5",
       "K0313 9: 5 is no term: a number in a formula is 1 (the intercept) or 0 (none); arithmetic goes "
       "inside I(...)"},
      {"y ~ (1 + x):arm",
       "K0314 5: 1 (the intercept) can only be added to a formula's terms or taken away from them"},
      {"y ~ (x ~ z)", "K0311 5: a formula has one `~`"},
      {"(y ~ x) ~ z", "K0311 1: a formula has one `~`"},
      {"y ~ log(base = x)", "K0208 9: `log` has no argument `base`"},
      {"y ~ I(x:z)", "K0308 7: `:` cannot stand among columns"},
      {"y ~ I([x, z])", "K0308 7: `[x, z]` cannot stand among columns"},
      {"y ~ x .. z", "K0312 5: `..` does not join the terms of a formula; arithmetic goes inside I(...)"},
      {"y ~ \"x\"", "K0318 5: `\"x\"` is no part of a formula"},
      {"y ~ 0 + (1 | Subject)", "K0323 5: the fixed part is empty; write 1 for an intercept: y ~ 1 + ..."},
      {"y ~ x - x - 1", "K0323 5: the fixed part is empty; write 1 for an intercept: y ~ 1 + ..."},
      {"y ~ x + y", "K0322 9: the response `y` stands on the right of `~` too"},
      {"y ~ (y | Subject)", "K0322 6: the response `y` stands on the right of `~` too"},
      {"arm ~ x",
       "K0320 1: the response `arm` is not numeric: it is a factor; numbers read as text? name their "
       "missing code in the data block: missing \"...\""},
      {"done ~ x",
       "K0321 1: the response `done` is not numeric: it is true or false; numeric(done) makes 1 and 0 of "
       "it"},
      {"cbind(x, z) ~ Days",
       "K0931 1: several responses are part of the language, but not of this version of kin; "
       "fit one response after the other"},
      {"y ~ logg(x)", "K0302 5: there is no function of columns `logg`; did you mean `log`?"},
      {"y ~ as.factor(Days)", "K0302 5: there is no function of columns `as.factor`; did you mean `factor`?"},
      {"y ~ log(poly(x, 2))",
       "K0346 9: `poly` makes several columns: it stands as a term of a model, not inside an expression"},
      {"y ~ log(x, 2)", "K0303 5: `log` wants 1 argument, not 2"},
      {"y ~ log(arm)",
       "K0305 9: `log` wants numbers; `arm` is a factor; numeric(...) makes numbers of truth values, "
       "and of texts that are numbers"},
      {"y ~ I(x + arm)",
       "K0305 11: `+` wants numbers; `arm` is a factor; numeric(...) makes numbers of truth "
       "values, and of texts that are numbers"},
      {"y ~ (arm == \"digtal\")", "1 + (arm == \"digtal\")"},
      {"y ~ (arm == 3)", "K0306 5: `arm` is a factor and `3` is numeric: they cannot be compared"},
      {"y ~ offset(x):z", "K0340 5: offset(...) can only be added to the fixed part"},
      {"y ~ .role",
       "K0250 5: `.role` stands for a part of a design, and study.csv is declared as none; declare how the "
       "study is built: `design d { ... }`, then `data ... as d`"},
  };
  CHECK_ALL(cases);
}

Test(formula, errors_of_random_terms) {
  static const struct expectation cases[] = {
      {"y ~ x + 1 | Subject",
       "K0330 5: a random term stands in parentheses of its own; write x + (1 | Subject)"},
      {"y ~ 1 | Subject", "K0330 5: a random term stands in parentheses of its own; write (1 | Subject)"},
      {"y + (1 | Subject) ~ x", "K0331 5: a random term can only be added; it cannot stand left of `~`"},
      {"y ~ x*(1 | Subject)", "K0331 7: a random term can only be added; it cannot stand inside `*`"},
      {"y ~ x:(1 | Subject)", "K0331 7: a random term can only be added; it cannot stand inside `:`"},
      {"y ~ x - (1 | Subject)", "K0331 9: a random term can only be added; it cannot stand after `-`"},
      {"y ~ ((1 | Subject) | site)",
       "K0331 6: a random term can only be added; it cannot stand inside another random "
       "term"},
      {"y ~ (0 | Subject)",
       "K0332 5: the random term (0 | Subject) has neither an intercept nor a variable; (1 | "
       "Subject) lets the intercept vary"},
      {"y ~ (1 | Subject) + (1 | Subject)", "K0333 21: the random term (1 | Subject) stands here twice"},
      {"y ~ (x | Subject) + diag(1 + x | Subject)",
       "K0333 21: the random term diag(1 + x | Subject) stands here "
       "twice"},
      {"y ~ (1 | site:class) + (1 | class in site)",
       "K0333 24: the random term (1 | class:site) stands here twice"},
      {"y ~ diag(x | Subject)",
       "K0334 5: `diag(x | Subject)` leaves open whether the intercept varies; write diag(1 "
       "+ x | Subject) with it, or diag(0 + x | Subject) without"},
      {"y ~ diag(1 + x || Subject)",
       "K0335 5: `||` and `diag` both say how the effects of a group go together; write "
       "one bar: diag(1 + x | Subject)"},
      {"y ~ us(x)", "K0336 5: `us` wants one random term in its parentheses; us(1 + x | g)"},
      {"y ~ (1 | site + class)",
       "K0337 10: `+` does not join grouping factors; a:b and `b in a` combine two, a/b "
       "nests b in a; otherwise write one random term for each"},
      {"y ~ (1 | 1)",
       "K0338 10: `1` is no grouping factor; the right side of `|` is a column: (1 | subject)"},
      {"y ~ sc(1 + x | Subject)", "K0339 5: there is no covariance structure `sc`; did you mean `cs`?"},
      {"y ~ dia(1 + x | Subject)", "K0339 5: there is no covariance structure `dia`; did you mean `diag`?"},
      {"y ~ x + residual(ar1(Days))", "K0375 18: which rows have residuals that go together? `ar1(Days)` "
                                      "names no block; write it behind a bar: ar1(Days) | person"},
      {"y ~ (1 | Subjct)", "K0301 10: there is no column `Subjct` in study.csv; did you mean `Subject`?"},
  };
  CHECK_ALL(cases);
}

Test(formula, a_label_that_is_not_there_is_a_warning) {
  struct lab l;
  lab_open(&l);
  cr_assert_not_null(compile(&l, "y ~ (arm == \"digtal\")"));
  cr_assert_str_eq(lab_diags(&l),
                   "K0307 13: `arm` has no level \"digtal\", so this is never equal; did you mean "
                   "\"digital\"?");
  lab_close(&l);
}

Test(formula, without_columns_only_the_shape_is_checked) {
  struct lab l;
  lab_open(&l);
  cr_assert_not_null(compile_over(&l, "nobody ~ knows^2 + log(these) + (1 | names)", NULL));
  cr_assert_null(compile_over(&l, "y ~ x + (0 | g)", NULL));
  cr_assert_eq(l.diags->n_errors, 1);
  lab_close(&l);
}

/* y ~ (v0 + v1 + ... + v29)^20 */
static const char *big_power(struct lab *l) {
  struct buf b;
  buf_init(&b, l->arena);
  buf_put(&b, "y ~ (v0");
  for (int i = 1; i < 30; i++) buf_printf(&b, " + v%d", i);
  buf_printf(&b, ")^%d", FORMULA_POWER_MAX);
  return b.text;
}

Test(formula, too_many_terms_are_refused) {
  struct lab l;
  lab_open(&l);
  cr_assert_null(compile_over(&l, big_power(&l), NULL));
  cr_assert_eq(l.diags->first->code, DIAG_FORMULA_TOO_MANY_TERMS);
  cr_assert_eq(l.diags->n_errors, 1);
  lab_close(&l);
}

/* y ~ 1 + (x || g/g0/g1/...), n levels deep. */
static const char *deeply_nested(struct lab *l, int n) {
  struct buf b;
  buf_init(&b, l->arena);
  buf_put(&b, "y ~ 1 + (x || g");
  for (int i = 0; i < n; i++) buf_printf(&b, "/g%d", i);
  buf_put(&b, ")");
  return b.text;
}

Test(formula, too_many_random_terms_are_refused) {
  struct lab l;
  lab_open(&l);
  cr_assert_not_null(compile_over(&l, deeply_nested(&l, FORMULA_RANDOM_MAX / 2 - 1), NULL));
  cr_assert_null(compile_over(&l, deeply_nested(&l, FORMULA_RANDOM_MAX / 2), NULL));
  cr_assert_eq(l.diags->first->code, DIAG_FORMULA_TOO_MANY_TERMS);
  lab_close(&l);
}

/* y ~ (v + (v + ...)): a balanced sum of 2^depth names, as long formulas have to be. */
static void put_sum(struct buf *b, int depth) {
  if (depth == 0) {
    buf_put(b, "v");
    return;
  }
  buf_put(b, "(");
  put_sum(b, depth - 1);
  buf_put(b, " + ");
  put_sum(b, depth - 1);
  buf_put(b, ")");
}

Test(formula, too_many_names_are_refused) {
  struct lab l;
  lab_open(&l);
  struct buf b;
  buf_init(&b, l.arena);
  buf_put(&b, "y ~ ");
  put_sum(&b, 12);
  cr_assert_null(compile_over(&l, b.text, NULL)); /* with the response it is one too many */
  cr_assert_eq(l.diags->first->code, DIAG_FORMULA_TOO_MANY_TERMS);
  lab_close(&l);
}

/* More variables than a word has bits. */
Test(formula, a_hundred_variables) {
  struct lab l;
  lab_open(&l);
  struct buf b;
  buf_init(&b, l.arena);
  buf_put(&b, "y ~ v0");
  for (int i = 1; i < 100; i++) buf_printf(&b, " + v%d", i);
  buf_put(&b, " + v99:v0 - v50");
  struct model_ir *ir = compile_over(&l, b.text, NULL);
  cr_assert_not_null(ir);
  cr_assert_eq(ir->fixed.n, 101);
  cr_assert_str_eq(ir->fixed.term[100].name, "v0:v99");
  cr_assert_str_eq(ir->fixed.term[99].name, "v99");
  lab_close(&l);
}

Test(formula, the_dump_shows_all) {
  struct lab l;
  lab_open(&l);
  struct buf b;
  buf_init(&b, l.arena);
  model_ir_dump(&b, compile(&l, "y ~ arm * x + offset(z) + diag(1 + x | class in site)"));
  cr_assert_str_eq(b.text, "model y ~ arm * x + offset(z) + diag(1 + x | class in site)\n"
                           "  response y\n"
                           "  fixed    (Intercept) + arm[contrasts] + x + arm[contrasts]:x\n"
                           "  random   diag: (Intercept) + x | class:site\n"
                           "  offset   z\n"
                           "  column   y: numeric\n"
                           "  column   arm: factor\n"
                           "  column   x: numeric\n"
                           "  column   class: factor\n"
                           "  column   site: factor\n"
                           "  column   z: numeric\n");
  lab_close(&l);
}

Test(formula, texts_of_random_terms) {
  struct lab l;
  lab_open(&l);
  struct model_ir *ir = compile(&l, "y ~ (x || site/class) + diag(1 + z | Subject)");
  static const char *const texts[] = {"(1 | class:site)", "(1 | site)", "(0 + x | class:site)",
                                      "(0 + x | site)", "diag(1 + z | Subject)"};
  cr_assert_eq(ir->n_random, 5);
  for (int i = 0; i < 5; i++) cr_assert_str_eq(ir->random[i].text, texts[i]);
  lab_close(&l);
}
