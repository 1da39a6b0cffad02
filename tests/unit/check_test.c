#include "tests/unit/lang_lab.h"

static const char *const lab_functions[][2] = {
    {"fit",
     "formula: model, data: table, method: reml|ml = reml, subset: condition = ?, df: none|kr = ? -> fit"},
    {"fixef", "fit: fit -> matrix"},
    {"coef", "fit: fit -> table"},
    {"print", "items..: any -> none"},
    {"record", "fields=..: any -> record"},
    {"sqrt", "x: number -> number"},
    {"mean", "x: any"},
    {"head", "data: table, n: number = 6 -> table"},
    {"log", "x: any"},
};

enum { N_FUNCTIONS = sizeof lab_functions / sizeof *lab_functions };

/* A runtime of one variable of an earlier prompt line, `before`, and data blocks that all read study.csv. */
struct runtime {
  int asked; /* schemas asked for */
};

static bool variable(void *runtime, const char *name, enum type *type) {
  (void)runtime;
  *type = TYPE_TABLE;
  return strcmp(name, "before") == 0;
}

static size_t variables(void *runtime, const char *const **names) {
  static const char *const known[] = {"before"};
  (void)runtime;
  *names = known;
  return 1;
}

static const struct schema *schema(void *runtime, const char *name, const struct ast *decl) {
  struct runtime *r = runtime;
  cr_assert_eq(decl == NULL, strcmp(name, "before") == 0);
  r->asked++;
  return &lab_schema;
}

static bool check_text(struct lab *l, struct runtime *r, const char *code) {
  struct signature items[N_FUNCTIONS];
  for (int i = 0; i < N_FUNCTIONS; i++)
    signature_parse(l->arena, &items[i], lab_functions[i][0], lab_functions[i][1], "");
  struct signatures all = {N_FUNCTIONS, items};
  struct check_env env = {
      .functions = &all, .runtime = r, .variable = variable, .variables = variables, .schema = schema};
  struct script *s = parse_script(&l->mem, l->diags, "t", "", code, strlen(code));
  return check_script(l->diags, s, &env);
}

struct expectation {
  const char *code, *says; /* says "": no complaint */
};

static void check_all(const struct expectation *cases, size_t n) {
  for (size_t i = 0; i < n; i++) {
    struct lab l;
    struct runtime r = {0};
    lab_open(&l);
    bool ok = check_text(&l, &r, cases[i].code);
    const char *got = lab_diags(&l);
    cr_expect_eq(ok, !*cases[i].says, "%s", cases[i].code);
    cr_expect_str_eq(got, cases[i].says, "%s\n  says %s\n  wants %s", cases[i].code, got, cases[i].says);
    lab_close(&l);
  }
}

#define CHECK_ALL(cases) check_all(cases, sizeof cases / sizeof *cases)
#define SLEEP "data sleep from \"study.csv\"; "

Test(check, names_and_scopes) {
  static const struct expectation cases[] = {
      {"let a = 1; let b = a + 1; a = b", ""},
      {"let a = 1; let a = \"x\"; a == \"y\"", ""},
      {"let alpha = 1; alpa", "K0201 16: `alpa` is not known here; did you mean `alpha`?"},
      {"alpa; alpa; let b = alpa", "K0201 1: `alpa` is not known here"},
      {"a + 1; let a = 2",
       "K0203 1: `a` is used before the line that makes it; move that line above this one"},
      {"let a = a", "K0203 9: `a` is used before the line that makes it; move that line above this one"},
      {"let count = 1; cuont = 2",
       "K0204 16: `cuont` does not exist yet, and only `let` makes a new name; did you mean `count`?"},
      {"let a.b = 1", "K0205 5: `a.b` cannot name a variable: a dot reaches into a table or a record; use an "
                      "underscore: a_b"},
      {"befor", "K0201 1: `befor` is not known here; did you mean `before`?"},
      {"before.Days", ""},
      {"print(sqrt)", ""},
      {"let `odd name` = 1; `odd name` + 1", ""},
  };
  CHECK_ALL(cases);
}

Test(check, calls) {
  static const struct expectation cases[] = {
      {"sqrt(2)", ""},
      {"sqrt()", "K0206 1: `sqrt` needs its argument `x`; sqrt(x)"},
      {"sqrt(1, 2)", "K0207 9: `sqrt` has no place for this argument; sqrt(x)"},
      {SLEEP "head(sleep, nn = 2)", "K0208 42: `head` has no argument `nn`; did you mean `n`?"},
      {SLEEP "head(sleep, n = 2, n = 3)", "K0209 49: `n` is given twice in this call of `head`"},
      {SLEEP "head(n = 2, sleep)", ""},
      {SLEEP "fixef(sleep)", "K0210 36: `fixef` wants a fit; `sleep` is a table"},
      {"sqrt(\"a\")", "K0210 6: `sqrt` wants a number; `\"a\"` is a text"},
      {"sqrrt(2)", "K0202 1: there is no function `sqrrt`; did you mean `sqrt`?"},
      {"let x = 2; x(3)", "K0212 12: `x` is a number, not a function"},
      {"record(a = 1, b = \"x\").a + 1", ""},
      {"let g = sqrt; g(2) + 1", ""},
      {"print(1, \"a\", [1, 2])", ""},
      {"predict(1)", "K0934 1: `predict` is part of the language, but not of this version of kin"},
  };
  CHECK_ALL(cases);
}

Test(check, words_of_an_enumeration) {
  static const struct expectation cases[] = {
      {SLEEP "fit(y ~ x, sleep, method = ml)", ""},
      {SLEEP "let ml = 3; fit(y ~ x, sleep, method = ml)", ""},
      {SLEEP "let m = before.y; fit(y ~ x, sleep, method = remll)",
       "K0211 75: `remll` is no choice for `method`, which takes reml or ml; did you mean `reml`?"},
      {SLEEP "fit(y ~ x, sleep, method = \"ml\")",
       "K0222 57: `method` takes a word, not a text; write it without quotes: method = ml"},
      {SLEEP "fit(y ~ x, sleep, method = 3)",
       "K0211 57: `3` is no choice for `method`, which takes reml or ml"},
  };
  CHECK_ALL(cases);
}

Test(check, types_of_expressions) {
  static const struct expectation cases[] = {
      {"1 + 2 * 3 ^ 2 / -4", ""},
      {SLEEP "sleep.y / 1000 + sleep.x > 2 and not sleep.done", ""},
      {"1 + \"a\"", "K0213 5: `+` works on numbers and columns; `\"a\"` is a text"},
      {"(1 + \"a\") * true", "K0213 6: `+` works on numbers and columns; `\"a\"` is a text\n"
                             "K0213 13: `*` works on numbers and columns; `true` is a truth value"},
      {SLEEP "sleep + 1", "K0213 30: `+` works on numbers and columns; `sleep` is a table"},
      {"not 1", "K0213 5: `not` works on truth values and columns; `1` is a number"},
      {"1 == \"a\"", "K0214 1: a number and a text cannot be compared"},
      {"NA == 1", ""},
      {"let x = 1; x.size", "K0215 14: `x` is a number and has no field `size`"},
      {SLEEP "sleep.Dayz", "K0301 36: there is no column `Dayz` in study.csv; did you mean `Days`?"},
      {SLEEP "let d = sleep; d.Dayz + 1",
       "K0301 47: there is no column `Dayz` in study.csv; did you mean `Days`?"},
      {SLEEP "let f = fit(y ~ x, sleep); fixef(f)[\"x\"].se * 2", ""},
      {SLEEP "head(sleep).anything + 1", ""},
      {"[1, 2][1]", ""},
      {"[1, 2][\"a\"]", "K0217 8: the elements of `[1, 2]` are chosen by a number; `\"a\"` is a text"},
      {"let x = 1; x[1]", "K0216 12: `x` is a number and has no elements to choose from"},
      {"1..3", ""},
      {"1..\"a\"", "K0213 4: `..` works on numbers; `\"a\"` is a text"},
      {"1:10", "K0219 1: `:` joins terms of a formula and makes no range; a range is written 1..10"},
      {"true | false",
       "K0220 1: `|` belongs to the random terms of a formula; conditions are joined by `or`"},
      {"1 @ 2", "K0218 1: `@` has a meaning only in a formula"},
      {"let x = 1; $x + 1", "K0221 12: `$x` brings a variable among columns; here are none; write x"},
  };
  CHECK_ALL(cases);
}

Test(check, formulas_over_a_data_block) {
  static const struct expectation cases[] = {
      {SLEEP "fit(Reaction ~ Days + (1 + Days | Subject), sleep)", ""},
      {SLEEP "fit(Reaction ~ Dayz, sleep)",
       "K0301 45: there is no column `Dayz` in study.csv; did you mean `Days`?"},
      {SLEEP "let m = Reaction ~ Dayz; let d = sleep; fit(m, d)",
       "K0301 49: there is no column `Dayz` in study.csv; did you mean `Days`?"},
      {SLEEP "fit(y ~ x, sleep, subset = Dayz > 2)",
       "K0301 57: there is no column `Dayz` in study.csv; did you mean `Days`?"},
      {SLEEP "fit(y ~ x, sleep, subset = Days > 2 and arm == \"digital\")", ""},
      {SLEEP "fit(y ~ x, sleep, subset = Days)", "K0354 57: `subset` wants a condition, true or false; "
                                                 "`Days` is numeric; compare it: Days > 0"},
      {"fit(y ~ xx, before)", "K0301 9: there is no column `xx` in study.csv; did you mean `x`?"},
      {SLEEP "fit(y ~ nosuch, head(sleep))", ""},
      {SLEEP "fit(y ~ x, slep)", "K0201 41: `slep` is not known here; did you mean `sleep`?"},
      {SLEEP "let k = 2; fit(y ~ I(x > $k), sleep)", ""},
      {SLEEP "fit(y ~ I(x > $k), sleep)", "K0201 44: `k` is not known here"},
      {SLEEP "fit(y ~ x, sleep, family = gaussian)", ""},
      {SLEEP "fit(y ~ x, sleep, family = binomial)",
       "K0930 57: the family `binomial` is part of the language, but not "
       "of this version of kin; this version fits gaussian responses"},
      {"let m = y ~ x + (0 | g)",
       "K0332 17: the random term (0 | g) has neither an intercept nor a variable; (1 | g) "
       "lets the intercept vary"},
  };
  CHECK_ALL(cases);
}

Test(check, data_blocks) {
  static const struct expectation cases[] = {
      {"data d from \"f.csv\" { missing -99, \"n/a\"; arm: factor(a, b); l = log(x); where x > 2 and x < 9 }",
       ""},
      {"data d from \"f.db\" query \"select\"",
       "K0926 26: `query` in a data block is part of the language, but not of this version of kin; this "
       "version reads a whole CSV or TSV file with one row for each observation: prepare it before"},
      {"data d from \"f.csv\" { l = lgo(x) }",
       "K0302 27: there is no function of columns `lgo`; did you mean `log`?"},
      {"data d from \"f.csv\" { where x + 1 }",
       "K0354 29: `where` wants a condition, true or false; `x + 1` is numeric; compare it: x + 1 > 0"},
      {"data d from \"f.csv\" { x: facter }",
       "K0223 26: `facter` is no type of a column; factor, numeric, text, "
       "logical and date are"},
      {"data d from \"f.csv\" as study", "K0300 24: there is no design `study`"},
      {"data d from \"f.csv\" { l = poly(x, 2) }",
       "K0346 27: `poly` makes several columns: it stands as a term of a model, not inside an expression"},
  };
  CHECK_ALL(cases);
}

Test(check, blocks_and_their_names) {
  static const struct expectation cases[] = {
      {"let n = 0; for i in 1..3 { let k = i; n = n + k }; n", ""},
      {"for i in 1..3 { i }; i", "K0201 22: `i` is not known here"},
      {"if true { let a = 1 } else { a }", "K0201 30: `a` is not known here"},
      {"let a = 1; if true { let a = \"x\"; a == \"y\" }; a + 1", ""},
      {"for i in [1, 2] { i + 1; for j in [\"a\"] { j == \"b\" } }", ""},
      {"for i in [\"a\", \"b\"] { i + 1 }", "K0213 23: `+` works on numbers and columns; `i` is a text"},
      {"for i in [1, \"b\"] { i + 1 }", ""},
      {"if 1 { 2 }", "K0270 4: a condition is true or false; `1` is a number; compare it: 1 != 0"},
      {"if true { data d from \"d.csv\" }",
       "K0274 11: `data` cannot stand in a block; move it to the script's own level"},
  };
  CHECK_ALL(cases);
}

/* What is known of a variable after a condition is what both branches agree on; of a loop's variables nothing. */
Test(check, knowledge_after_branches_and_loops) {
  static const struct expectation cases[] = {
      {"let x = 1; if true { x = \"a\" }; x + 1", ""},
      {"let x = 1; if true { x = 2 }; x == \"a\"", "K0214 31: a number and a text cannot be compared"},
      {"let x = 1; if true { x = \"a\" } else if false { x = \"b\" } else { x = \"c\" }; x + 1",
       "K0213 76: `+` works on numbers and columns; `x` is a text"},
      {"let x = 1; if true { x = \"a\" } else { x + 1 }", ""},
      {"let x = 1; for i in 1..2 { x + 1; x = \"a\" }; x + 1", ""},
      {SLEEP "let d = 1; if true { d = sleep } else { d = sleep }; fit(y ~ xx, d)",
       "K0301 91: there is no column `xx` in study.csv; did you mean `x`?"},
      {SLEEP "let d = 1; if true { d = sleep }; fit(y ~ xx, d)", ""},
      {SLEEP "for k in 1..2 { fit(y ~ xx, sleep) }",
       "K0301 54: there is no column `xx` in study.csv; did you mean `x`?"},
  };
  CHECK_ALL(cases);
}

Test(check, functions) {
  static const struct expectation cases[] = {
      {"fn f(x) { x + 1 }; f(2) + 1", ""},
      {"fn f(x) { \"a\" }; f(2) + 1", "K0213 18: `+` works on numbers and columns; `f(2)` is a text"},
      {"fn f(x) { if x { 1 } else { 2 } }; f(true) == \"a\"",
       "K0214 36: a number and a text cannot be compared"},
      {"fn f(x) { g(x) }; fn g(x) { f(x) }", ""},
      {"fn f(x) { later + x }; let later = 1", ""},
      {"fn f(x) { x + a }; let a = \"text\"; f(1)", ""},
      {"let a = \"text\"; fn f(x) { x + a }", "K0213 31: `+` works on numbers and columns; `a` is a text"},
      {"let a = \"text\"; fn f(x) { x + a }; a = 1; f(1)", ""},
      {"let a = \"text\"; fn f(x) { x + a }; if true { a = 1 }", ""},
      {"let a = \"text\"; fn f(x) { let a = 1; a = 2; x + a }", ""},
      {"fn f(x: text) { x + 1 }", "K0213 17: `+` works on numbers and columns; `x` is a text"},
      {"fn f(x, y = x) { y }; f(1)", ""},
      {"fn f(y = x, x) { y }", "K0201 10: `x` is not known here"},
      {"fn f(x) { x }; let g = f; g(1, 2)", "K0207 32: `f` has no place for this argument; f(x)"},
      {"fn f(g) { g(1, 2, 3) }; f(sqrt)", ""},
      {"let n = 1; fn f(x) { n = x }", "K0271 22: `n` is not the function's own, and a function changes "
                                       "nothing outside; make a name of its own "
                                       "by `let n = ...`, and give the result back as the function's value"},
      {SLEEP "fn f(d) { fit(y ~ xx, d) }; fn g() { fit(y ~ xx, sleep) }",
       "K0301 75: there is no column `xx` in study.csv; did you mean `x`?"},
      {"fn f(x) { before.Days + x }", ""},
  };
  CHECK_ALL(cases);
}

Test(check, membership) {
  static const struct expectation cases[] = {
      {"1 in [1, 2] and true", ""},
      {SLEEP "sleep.Days in [1, 2]", ""},
      {"1 in 2",
       "K0281 6: `in` asks whether a value is among those of a list or a column; `2` is a number; a "
       "range stands in parentheses: x in (1..3)"},
      {"[1] in [2]", "K0213 1: `in` works on numbers, texts, truth values and columns; `[1]` is a list"},
  };
  CHECK_ALL(cases);
}

Test(check, several_errors_in_one_run) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  cr_assert_not(check_text(&l, &r, "let a = 1 + \"x\"\nlet b = a.c + 1\nsqrt(\"x\")\nnosuch\n"));
  cr_assert_str_eq(lab_diags(&l), "K0213 1:13: `+` works on numbers and columns; `\"x\"` is a text\n"
                                  "K0210 3:6: `sqrt` wants a number; `\"x\"` is a text\n"
                                  "K0201 4:1: `nosuch` is not known here");
  lab_close(&l);
}

Test(check, data_are_loaded_once_and_not_when_the_block_is_broken) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  cr_assert(check_text(&l, &r, SLEEP "fit(y ~ x, sleep); let d = sleep; d.y; fit(y ~ z, d)"));
  cr_assert_eq(r.asked, 1);
  cr_assert_not(check_text(&l, &r, "data bad from \"f.csv\" { l = lgo(x) }; fit(y ~ nosuch, bad)"));
  cr_assert_eq(r.asked, 1);
  lab_close(&l);
}

Test(check, notes_say_where_a_name_was_made) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  check_text(&l, &r, "let x = 2\nx(3)\ny\nlet y = 1\n");
  const struct diag *d = l.diags->first;
  cr_assert_eq(d->notes->span.from, 4);
  cr_assert_eq(d->next->notes->span.from, 21);
  lab_close(&l);
}

Test(check, a_variable_among_columns_is_pointed_at) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  check_text(&l, &r, "let cutoff = 2; " SLEEP "fit(y ~ x, sleep, subset = Days > cutoff)");
  const struct diag *d = l.diags->first;
  cr_assert_eq(d->code, DIAG_UNKNOWN_COLUMN);
  cr_assert_str_eq(d->notes->text, "a variable stands here; among columns it is written $cutoff");
  cr_assert_eq(d->notes->span.from, 4);
  lab_close(&l);
}

Test(check, a_column_among_variables_is_pointed_at) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  check_text(&l, &r, SLEEP "mean(Reaction)");
  const struct diag *d = l.diags->first;
  cr_assert_eq(d->code, DIAG_UNKNOWN_NAME);
  cr_assert_str_eq(d->notes->text, "a column of `sleep` is written sleep.Reaction");
  lab_close(&l);
}

/* More names than buckets; a name made again hides the older one. */
Test(check, many_names) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; i < 1000; i++) buf_printf(&b, "let v%d = \"text\"; let v%d = %d\n", i, i, i);
  for (int i = 0; i < 1000; i++) buf_printf(&b, "sqrt(v%d)\n", i);
  cr_assert(check_text(&l, &r, b.text), "%s", lab_diags(&l));
  lab_close(&l);
}

Test(check, a_thousand_unknown_names_are_told_quickly) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; i < 1000; i++) buf_printf(&b, "v%d\n", i);
  cr_assert_not(check_text(&l, &r, b.text));
  cr_assert_eq(l.diags->n_errors, 1000);
  lab_close(&l);
}

struct attempt {
  struct lab *lab;
  bool done;
};

static void attempt(void *arg) {
  struct attempt *a = arg;
  struct runtime r = {0};
  check_text(a->lab, &r,
             "let k = 2; " SLEEP
             "fit(log(y) ~ (x + z)^2 * arm + I(x > $k) + (x || site/class), sleep); nosuch");
  a->done = true;
}

/* The n-th allocation fails, for n = 1, 2, ... until there are no more. */
Test(check, out_of_memory_anywhere_leaks_nothing) {
  size_t n = 0;
  for (bool done = false; !done;) {
    struct lab l;
    lab_open(&l);
    struct attempt a = {&l, false};
    l.mem.fail_at = l.mem.calls + ++n;
    enum unwind how = mem_guard(&l.mem, attempt, &a);
    cr_assert_eq(how, a.done ? UNWIND_NONE : UNWIND_MEMORY);
    done = a.done;
    lab_close(&l);
  }
  cr_assert_gt(n, 5);
}

Test(check, types_are_filled_in) {
  struct lab l;
  struct runtime r = {0};
  lab_open(&l);
  struct signatures none = {0, NULL};
  struct check_env env = {.functions = &none, .runtime = &r};
  const char *code = "1 + 2";
  struct script *s = parse_script(&l.mem, l.diags, "t", "", code, strlen(code));
  cr_assert(check_script(l.diags, s, &env));
  cr_assert_eq(s->statements.first->type, TYPE_NUMBER);
  lab_close(&l);
}
