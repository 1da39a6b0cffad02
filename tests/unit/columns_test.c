/* Expressions over columns, row by row, and the types that a data block declares. */
#include "frame_lab.h"

static struct lab l;

static const char table[] = "x,z,g,h,flag,id,sex\n"
                            "1,2,a,u,true,10,1\n"
                            "-4,0,b,u,false,9,2\n"
                            ",0.5,a,v,,10,1\n"
                            "0,-0,,a,true,2,\n";

static void open_table(void) {
  lab_open(&l);
  lab_csv(&l, table);
}

static void close_table(void) {
  lab_close(&l);
}

TestSuite(columns, .init = open_table, .fini = close_table);

/* A column as text: "1 -4 NA 0", "a b a NA", "T F NA T". */
static const char *shown(const struct column *c) {
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; c && i < l.table->n_rows; i++) {
    if (i) buf_putc(&b, ' ');
    bool missing = c->type == COL_NUMBER ? isnan(c->v.number[i]) : c->v.code[i] < 0;
    if (missing)
      buf_put(&b, "NA");
    else if (c->type == COL_NUMBER)
      buf_printf(&b, "%.6g", c->v.number[i]);
    else if (c->type == COL_BOOL)
      buf_putc(&b, c->v.code[i] ? 'T' : 'F');
    else
      buf_put(&b, c->levels[c->v.code[i]]);
  }
  return c ? b.text : "nothing";
}

static const char *levels(const struct column *c) {
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; i < c->n_levels; i++) buf_printf(&b, "%s%s", i ? " " : "", c->levels[i]);
  return b.text;
}

struct example {
  const char *expr, *value;
};

static void check_all(const struct example *e, size_t n) {
  for (size_t i = 0; i < n; i++)
    cr_expect_str_eq(shown(lab_column(&l, e[i].expr)), e[i].value, "%s", e[i].expr);
}
#define CHECK_ALL(list) check_all(list, sizeof(list) / sizeof *(list))

Test(columns, arithmetic) {
  static const struct example examples[] = {
      {"x", "1 -4 NA 0"},        {"x + z", "3 -4 NA 0"},      {"x - z", "-1 -4 NA 0"},
      {"2 * x", "2 -8 NA 0"},    {"x / 2", "0.5 -2 NA 0"},    {"x^2", "1 16 NA 0"},
      {"x^0", "1 1 NA 1"},       {"-x", "-1 4 NA 0"},         {"+x", "1 -4 NA 0"},
      {"x + NA", "NA NA NA NA"}, {"1 / z", "0.5 inf 2 -inf"}, {"7", "7 7 7 7"},
  };
  CHECK_ALL(examples);
  cr_expect_str_eq(lab_diags(&l), "");
}

Test(columns, functions) {
  static const struct example examples[] = {
      {"exp(x)", "2.71828 0.0183156 NA 1"},
      {"abs(x)", "1 4 NA 0"},
      {"I(x + 1)", "2 -3 NA 1"},
      {"log2(8 + 0 * x)", "3 3 NA 3"},
      {"log10(abs(x))", "0 0.60206 NA -inf"},
      {"log1p(z)", "1.09861 0 0.405465 -0"},
      {"expm1(0 * x)", "0 -0 NA 0"},
      {"sqrt(abs(x))", "1 2 NA 0"},
      {"sin(0 * z)", "0 0 0 -0"},
      {"cos(0 * z)", "1 1 1 1"},
      {"tan(0 * z)", "0 0 0 -0"},
      {"floor(z / 4)", "0 0 0 -0"},
      {"ceiling(z / 4)", "1 0 1 -0"},
      {"round(z / 4)", "0 0 0 -0"},
      {"round(x / 3, 2)", "0.33 -1.33 NA 0"},
      {"round(z + 0.5)", "2 0 1 0"},
      {"is_na(x)", "F F T F"},
      {"is_na(g)", "F F F T"},
      {"numeric(flag)", "1 0 NA 1"},
      {"numeric(x)", "1 -4 NA 0"},
      {"numeric(factor(id))", "10 9 10 2"},
  };
  CHECK_ALL(examples);
  cr_expect_str_eq(lab_diags(&l), "");
}

Test(columns, comparison_and_truth) {
  static const struct example examples[] = {
      {"x > 0", "T F NA F"},
      {"x >= 0", "T F NA T"},
      {"x < 0", "F T NA F"},
      {"x <= 0", "F T NA T"},
      {"x == 0", "F F NA T"},
      {"x != 0", "T T NA F"},
      {"g == \"a\"", "T F T NA"},
      {"g != \"a\"", "F T F NA"},
      {"g == h", "F F F NA"},
      {"flag == true", "T F NA T"},
      {"not flag", "F T NA F"},
      {"not NA", "NA NA NA NA"},
      {"flag and x > 0", "T F NA F"},
      {"flag or x > 0", "T F NA T"},
      {"x > 0 or NA", "T NA NA NA"},
      {"x > 0 and NA", "NA F NA F"},
      {"g == NA", "NA NA NA NA"},
      {"NA == x", "NA NA NA NA"},
      {"true", "T T T T"},
  };
  CHECK_ALL(examples);
}

Test(columns, ifelse) {
  static const struct example examples[] = {
      {"ifelse(x > 0, 1, 2)", "1 2 NA 2"},
      {"ifelse(flag, x, z)", "1 0 NA 0"},
      {"ifelse(x > 0, \"up\", \"down\")", "up down NA down"},
      {"ifelse(x > 0, NA, \"down\")", "NA down NA down"},
      {"ifelse(x > 0, 1, NA)", "1 NA NA NA"},
      {"ifelse(is_na(x), \"none\", g)", "a b none NA"},
      {"ifelse(x > 0, flag, true)", "T T NA T"},
      {"ifelse(NA, 1, 2)", "NA NA NA NA"},
  };
  CHECK_ALL(examples);
  cr_expect_str_eq(levels(lab_column(&l, "ifelse(is_na(x), \"b\", g)")), "b a");
}

Test(columns, factors) {
  struct column *c = lab_column(&l, "factor(id)");
  cr_expect_str_eq(shown(c), "10 9 10 2");
  cr_expect_str_eq(levels(c), "2 9 10");
  cr_expect_str_eq(levels(lab_column(&l, "factor(flag)")), "FALSE TRUE");
  cr_expect_str_eq(levels(lab_column(&l, "factor(x / 3)")), "-1.33333333333333 0 0.333333333333333");
  cr_expect_str_eq(c->name, "factor(id)");
}

Test(columns, values_that_do_not_exist_are_counted) {
  cr_expect_str_eq(shown(lab_column(&l, "log(x)")), "0 NA NA -inf");
  cr_expect_str_eq(shown(lab_column(&l, "x / z")), "0.5 -inf NA NA");
  cr_expect_str_eq(shown(lab_column(&l, "sqrt(x - 1)")), "0 NA NA NA");
  cr_expect_str_eq(lab_diags(&l),
                   "K0602 1: log(x) does not exist in 1 row, first in row 2: it counts as missing there\n"
                   "K0602 1: x / z does not exist in 1 row, first in row 4: it counts as missing there\n"
                   "K0602 1: sqrt(x - 1) does not exist in 2 rows, first in row 2: it counts as missing "
                   "there");
}

Test(columns, misfits) {
  static const char *const wrong[] = {"g + 1",
                                      "flag and x",
                                      "not x",
                                      "-g",
                                      "log(g)",
                                      "x == g",
                                      "f(x)",
                                      "numeric(g)",
                                      "nobody",
                                      "x[1]",
                                      "[1, 2]",
                                      "x | g",
                                      "ifelse(x, 1, 2)",
                                      "round(x, 1, 2)",
                                      "ifelse(flag, 1, \"a\")",
                                      "log(x, z)",
                                      "log(base = x)"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    diags_clear(l.diags);
    cr_expect_null(lab_column(&l, wrong[i]), "%s", wrong[i]);
    cr_expect(l.diags->n_errors == 1, "%s: %s", wrong[i], lab_diags(&l));
    diags_clear(l.diags);
  }
}

Test(columns, numeric_names_the_label_that_is_none) {
  lab_column(&l, "numeric(g)");
  cr_expect_str_eq(lab_diags(&l),
                   "K0603 1: \"a\" (row 1) is no number; name it as a missing code: missing \"a\"");
}

Test(columns, unknown_column) {
  lab_column(&l, "sax + 1");
  cr_expect_str_eq(lab_diags(&l), "K0301 1: there is no column `sax` in d.csv; did you mean `sex`?");
}

/* ---- lines of a data block ------------------------------------------------------------------------------ */

static const struct column *column(const char *name) {
  return &l.table->columns[table_find(l.table, name)];
}

Test(columns, declared_levels_keep_their_order) {
  cr_assert(lab_declare(&l, "g: factor(b, a, c)"));
  cr_expect_str_eq(shown(column("g")), "a b a NA");
  cr_expect_str_eq(levels(column("g")), "b a c");
}

Test(columns, declared_labels_for_values) {
  cr_assert(lab_declare(
      &l, "sex: factor(1 = wife, 2 = husband)\nx: factor(-4 = low, 0 = \"not low\", 1 = \"not low\")"));
  cr_expect_str_eq(shown(column("sex")), "wife husband wife NA");
  cr_expect_str_eq(levels(column("sex")), "wife husband");
  cr_expect_str_eq(shown(column("x")), "not low low NA not low");
  cr_expect_str_eq(levels(column("x")), "low not low");
}

Test(columns, declared_types) {
  cr_assert(lab_declare(&l, "id: factor\ng: text\nsex: numeric\nflag: numeric\nflag: logical"));
  cr_expect_str_eq(levels(column("id")), "2 9 10");
  cr_expect_str_eq(levels(column("g")), "a b");
  cr_expect(column("sex")->type == COL_NUMBER && column("flag")->type == COL_BOOL);
  cr_expect_str_eq(shown(column("flag")), "T F NA T");
}

Test(columns, declarations_that_do_not_fit) {
  static const struct example examples[] = {
      {"g: factor(a)", "K0604 4: `g` has the value b (row 2), which is not among those declared; declare it "
                       "too; or leave its "
                       "rows out by a line above this one, where g != \"b\"; or, if it stands for a missing "
                       "value, missing \"b\""},
      {"id: logical", "K0604 5: `id` has the value 10 (row 1), which is not among those declared; declare it "
                      "too; or leave its "
                      "rows out by a line above this one, where id != \"10\"; or, if it stands for a missing "
                      "value, missing \"10\""},
      {"g: numeric", "K0603 4: \"a\" (row 1) is no number; name it as a missing code: missing \"a\""},
      {"g: factor(a, b, a)", "K0616 17: the value a is declared twice"},
      {"g: numeric(a)",
       "K0601 4: numeric(a) cannot be worked out row by row; its parts are of kinds that do not go "
       "together"},
      {"g: logical",
       "K0601 4: logical cannot be worked out row by row; its parts are of kinds that do not go together"},
      {"g: colour",
       "K0601 4: colour cannot be worked out row by row; its parts are of kinds that do not go together"},
      {"g: factor(a + b)",
       "K0601 11: a + b cannot be worked out row by row; its parts are of kinds that do not go "
       "together"},
  };
  for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
    cr_expect_not(lab_declare(&l, examples[i].expr), "%s", examples[i].expr);
    cr_expect_str_eq(lab_diags(&l), examples[i].value);
    diags_clear(l.diags);
  }
}
