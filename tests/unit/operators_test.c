/* Operators that know the design, against means and neighbours worked out here in other ways. */
#include "frame_lab.h"
#include "lang/design.h"
#include "runtime/model/columns.h"
#include "runtime/model/units.h"
#include <time.h>

static struct lab l;

static void open_lab(void) {
  lab_open(&l);
}

static void close_lab(void) {
  lab_close(&l);
}

TestSuite(operators, .init = open_lab, .fini = close_lab);

/* The lines of a design for the table. */
static void declare(const char *lines) {
  lab_parse(&l, arena_printf(l.arena, "design s {\n%s\n}\n1", lines));
  struct design *d =
      design_build(&l.mem, l.diags, l.script->source, l.script->statements.first, l.script->arena);
  cr_assert_not_null(d, "%s", lab_diags(&l));
  l.table = table_with_design(l.table, d);
}

static const double *numbers(const char *expr) {
  const struct column *c = lab_column(&l, expr);
  cr_assert(c && c->type == COL_NUMBER, "%s: %s", expr, lab_diags(&l));
  return c->v.number;
}

static bool same(double a, double b, double tolerance) {
  return isnan(a) ? isnan(b) : fabs(a - b) <= tolerance * (1 + fabs(a));
}

static void expect_equal(const char *expr, const double *wanted, double tolerance) {
  const double *v = numbers(expr);
  for (int i = 0; i < l.table->n_rows; i++)
    cr_assert(same(v[i], wanted[i], tolerance), "%s, row %d: %.17g, not %.17g", expr, i + 1, v[i], wanted[i]);
}

/* "1 NA 3" */
static const char *shown(const char *expr) {
  const struct column *c = lab_column(&l, expr);
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; c && i < l.table->n_rows; i++) {
    if (i) buf_putc(&b, ' ');
    if (c->type == COL_NUMBER)
      isnan(c->v.number[i]) ? buf_put(&b, "NA") : buf_printf(&b, "%.6g", c->v.number[i]);
    else if (c->type == COL_BOOL)
      buf_put(&b, c->v.code[i] < 0 ? "NA" : c->v.code[i] ? "T" : "F");
    else
      buf_put(&b, c->v.code[i] < 0 ? "NA" : c->levels[c->v.code[i]]);
  }
  return c ? b.text : lab_diags(&l);
}

#define EXPECT(expr, wanted) cr_expect_str_eq(shown(expr), wanted, "%s gives %s", expr, shown(expr))

/* ---- means of real data ---- */

static const double *column_numbers_of(const char *name) {
  int j = table_find(l.table, name);
  cr_assert(j >= 0 && l.table->columns[j].type == COL_NUMBER);
  return l.table->columns[j].v.number;
}

/* The mean of x over the rows with the same a (and b, NULL: any), by looking at all of them. */
static double mean_by_hand(const double *x, const double *a, const double *b, int row) {
  long double sum = 0;
  int n = 0;
  for (int i = 0; i < l.table->n_rows; i++) {
    if (isnan(x[i]) || a[i] != a[row] || (b && b[i] != b[row])) continue;
    sum += x[i];
    n++;
  }
  return n ? (double)(sum / n) : (double)NAN;
}

Test(operators, a_school_file_that_carries_its_own_means) {
  lab_read(&l, "tests/data/hsb82.csv");
  declare("school");
  expect_equal("between(ses, school)", column_numbers_of("ses_mean"), 1e-13);
  expect_equal("within(ses, school)", column_numbers_of("ses_dev"), 1e-12);
  expect_equal("within(ses)", column_numbers_of("ses_dev"), 1e-12);
  cr_expect_eq(l.diags->n_errors, 0);
}

/* Occasions in children in schools; every 20th row is looked at, for looking is slow. */
Test(operators, three_levels_by_hand) {
  lab_read(&l, "tests/data/egsingle.csv");
  declare("childid in schoolid");
  const double *x = column_numbers_of("math"), *child = column_numbers_of("childid"),
               *school = column_numbers_of("schoolid");
  const double *within = numbers("within(math, childid)"),
               *middle = numbers("between(math, childid in schoolid)"),
               *between = numbers("between(math, schoolid)"), *smallest = numbers("within(math)");
  for (int i = 0; i < l.table->n_rows; i += 20) {
    double of_child = mean_by_hand(x, child, school, i), of_school = mean_by_hand(x, school, NULL, i);
    cr_expect(same(within[i], x[i] - of_child, 1e-12), "row %d", i + 1);
    cr_expect(same(middle[i], of_child - of_school, 1e-12), "row %d", i + 1);
    cr_expect(same(between[i], of_school, 1e-12), "row %d", i + 1);
  }
  for (int i = 0; i < l.table->n_rows; i++) {
    cr_assert(same(within[i] + middle[i] + between[i], x[i], 1e-12), "row %d", i + 1);
    cr_assert_eq(smallest[i], within[i]);
  }
}

/* The file has a column with the partner's stress, the days of the absent left out. */
Test(operators, a_diary_that_carries_the_partner) {
  lab_read(&l, "tests/data/diary_couples.csv");
  declare("dyad couple by role\ntime day step 1");
  expect_equal("partner(stress)", column_numbers_of("partner_stress"), 0);
  expect_equal("partner(partner(partner_stress))", column_numbers_of("partner_stress"), 0);
}

/* ---- small data ---- */

static const char diary[] = "couple,role,day,x,sex,done\n"
                            "1,a,1,2,m,true\n"
                            "1,b,1,4,f,false\n"
                            "1,a,2,3,m,true\n"
                            "1,b,2,8,f,true\n"
                            "2,b,2,8,f,false\n"
                            "1,a,4,7,m,true\n"
                            "2,a,1,1,m,\n"
                            "2,b,1,5,f,true\n"
                            "2,a,2,,m,true\n";

static void open_diary(void) {
  lab_csv(&l, diary);
  declare("dyad couple by role\ntime day step 1");
}

Test(operators, means_of_persons_and_couples) {
  open_diary();
  EXPECT("within(x)", "-2 -2 -1 2 1.5 3 0 -1.5 NA");
  EXPECT("between(x)", "4 6 4 6 6.5 4 1 6.5 1");
  EXPECT("within(x, couple:role)", "-2 -2 -1 2 1.5 3 0 -1.5 NA");
  EXPECT("between(x, couple)", "4.8 4.8 4.8 4.8 4.66667 4.8 4.66667 4.66667 4.66667");
  EXPECT("between(x, role in couple)", "-0.8 1.2 -0.8 1.2 1.83333 -0.8 -3.66667 1.83333 -3.66667");
  EXPECT("between(done)", "1 0.5 1 0.5 0.5 1 1 0.5 1");
  EXPECT("within(x == 8, couple)", "-0.2 -0.2 -0.2 0.8 0.666667 -0.2 -0.333333 -0.333333 NA");
  EXPECT("center(x)", "-2.75 -0.75 -1.75 3.25 3.25 2.25 -3.75 0.25 NA");
  EXPECT("center(x, over = couple)",
         "-2.73333 -0.733333 -1.73333 3.26667 3.26667 2.26667 -3.73333 0.266667 NA");
  EXPECT("scale(numeric(done))",
         "0.540062 -1.62019 0.540062 0.540062 -1.62019 0.540062 NA 0.540062 0.540062");
  EXPECT("scale(x - x + day)",
         "-0.724569 -0.724569 0.241523 0.241523 0.241523 2.17371 -0.724569 -0.724569 NA");
  EXPECT("count(couple)", "5 5 5 5 4 5 4 4 4");
  EXPECT("count(.member)", "3 2 3 2 2 3 2 2 2");
  EXPECT("within(x, .dyad)", "-2.8 -0.8 -1.8 3.2 3.33333 2.2 -3.66667 0.333333 NA");
}

Test(operators, partners) {
  open_diary();
  EXPECT("partner(x)", "4 2 8 3 NA NA 5 1 8");
  EXPECT("partner(sex)", "f m f m m NA f m f");
  EXPECT("partner(done)", "F T T T T NA T NA F");
  EXPECT("actor(x)", "2 4 3 8 8 7 1 5 NA");
  EXPECT("partner(within(x))", "-2 -2 2 -1 NA NA -1.5 0 1.5");
  EXPECT("within(partner(x))", "-2 -0.5 2 0.5 NA NA -1.5 0 1.5");
  EXPECT("within(log2(partner(x)), couple)",
         "0.103759 -0.896241 1.10376 -0.311278 NA NA 0.547952 -1.77398 1.22602");
  EXPECT("partner(lag(x))", "NA NA 4 2 1 NA NA NA 5");
  EXPECT("is_na(partner(x))", "F F F F T T F F F");
  EXPECT("actor(x) + 10 * partner(x)", "42 24 83 38 NA NA 51 15 NA");
}

Test(operators, times) {
  open_diary();
  EXPECT("lag(x)", "NA NA 2 4 5 NA NA NA 1");
  EXPECT("lag(x, 2)", "NA NA NA NA NA 3 NA NA NA");
  EXPECT("lag(x, 3)", "NA NA NA NA NA 2 NA NA NA");
  EXPECT("lag(sex)", "NA NA m f f NA NA NA m");
  EXPECT("lag(within(x))", "NA NA -2 -2 -1.5 NA NA NA 0");
  EXPECT("cumulative(x)", "2 4 5 12 13 12 1 5 NA");
  EXPECT("cumulative(done)", "1 0 2 1 1 3 NA 1 1");
  EXPECT("first(x)", "2 4 2 4 5 2 1 5 1");
  EXPECT("first(sex)", "m f m f f m m f m");
  EXPECT("elapsed(day)", "0 0 1 1 1 3 0 0 1");
  EXPECT("elapsed(day, since = x)", "-1 -3 -1 -6 -6 -3 0 -4 NA");
  EXPECT("elapsed(day, over = role)", "0 0 1 1 1 3 0 0 1");
}

/* A declared step is exact: what lies off the grid has nothing before it. */
Test(operators, steps_of_a_quarter) {
  lab_csv(&l, "id,t,x\n1,0,1\n1,0.25,2\n1,0.5,3\n1,0.8,4\n1,1.05,5\n1,,6\n");
  declare("id\ntime t step 0.25");
  EXPECT("lag(x)", "NA 1 2 NA 4 NA");
  EXPECT("lag(x, 2)", "NA NA 1 NA NA NA");
  EXPECT("cumulative(x)", "1 3 6 10 15 21");
}

Test(operators, occasions_have_an_order) {
  lab_csv(&l, "id,visit,x\n1,b,1\n1,a,2\n1,d,3\n2,d,4\n2,c,5\n");
  cr_assert(lab_declare(&l, "visit: factor(a, b, c, d)"));
  declare("id\noccasion visit");
  EXPECT("lag(x)", "2 NA NA 5 NA");
  EXPECT("first(x)", "2 2 2 5 5");
}

static const char team[] = "team,rater,target,liking,age,sex\n"
                           "1,a,b,5,30,m\n"
                           "1,b,a,4,41,f\n"
                           "1,a,c,3,30,m\n"
                           "1,c,a,2,35,f\n"
                           "1,b,c,1,41,f\n"
                           "2,a,b,6,50,f\n"
                           "2,b,a,7,51,m\n"
                           "2,b,d,8,51,m\n";

Test(operators, round_robins) {
  lab_csv(&l, team);
  declare("roundrobin (rater, target) in team");
  EXPECT("actor(age)", "30 41 30 35 41 50 51 51");
  EXPECT("partner(age)", "41 30 35 30 35 51 50 NA");
  EXPECT("partner(sex)", "f m f m f m f NA");
  EXPECT("reciprocal(liking)", "4 5 2 3 NA 7 6 NA");
  EXPECT("partner(between(liking, rater:team))", "2.5 4 2 4 2 7.5 6 NA");
  EXPECT("partner(liking)",
         "K0682 1: in a round robin `partner` wants what belongs to a person; `liking` of a is "
         "5 and 3; `reciprocal` gives the opposite rating; between(liking, rater) is a "
         "person's mean");
}

/* A value that one row lacks is the person's all the same. */
Test(operators, attributes_are_found_on_any_row) {
  lab_csv(&l, "rater,target,age\n1,2,\n2,1,41\n1,3,30\n3,1,\n");
  declare("roundrobin (rater, target)");
  EXPECT("actor(age)", "30 41 30 NA");
  EXPECT("partner(age)", "41 30 NA 30");
}

/* A third row of a dyad at one time leaves nobody's partner known; neither do two rows of one role. */
Test(operators, dyads_that_are_no_pairs) {
  lab_csv(&l, "d,r,x\n1,a,1\n1,b,2\n1,a,3\n2,a,4\n2,a,5\n3,a,6\n4,a,7\n4,b,8\n,a,9\n,b,10\n");
  declare("dyad d by r");
  EXPECT("partner(x)", "NA NA NA NA NA NA 8 7 NA NA");
}

Test(operators, groups_of_equal_values_have_that_mean) {
  lab_csv(&l, "g,x\n1,0.1\n1,0.1\n1,0.1\n2,0.7\n2,0.7\n2,0.7\n");
  EXPECT("between(x, g) == x", "T T T T T T");
  EXPECT("within(x, g)", "0 0 0 0 0 0");
  cr_expect_not_null(strstr(lab_diags(&l), "K0681"));
}

/* Infinite values have no deviation: that is said, and no NaN passes for a result. */
Test(operators, infinite_values) {
  lab_csv(&l, "g,x\n1,0\n1,1\n2,2\n2,4\n");
  EXPECT("within(log(x), g)", "NA inf -0.346574 0.346574");
  cr_expect_not_null(strstr(lab_diags(&l), "K0602"), "%s", lab_diags(&l));
}

/* New rows are centred by what the rows of the fit had. */
Test(operators, states) {
  lab_csv(&l, "g,x\n1,1\n1,2\n2,6\n2,\n");
  struct column_memo *memo = column_memo_new(l.arena, l.table);
  static const char *const exprs[] = {"scale(x)", "center(x, over = g) + scale(x)"};
  for (int i = 0; i < 2; i++)
    cr_assert(eval_column_memo(l.arena, l.diags, NULL, memo, lab_parse(&l, exprs[i])));
  const struct operator_state *s = column_memo_states(memo);
  cr_assert(s && s->next && !s->next->next, "scale(x) is worked out once");
  cr_expect_str_eq(s->call, "center(x, over = g)");
  cr_expect(s->center == 3.75 && s->scale == 1);
  cr_expect_str_eq(s->next->call, "scale(x)");
  cr_expect(s->next->center == 3 && same(s->next->scale, sqrt(7), 1e-15));
}

/* ---- recode, membership, dates ---- */

Test(operators, recode) {
  lab_csv(&l, "g,x\nb,1\na,2\nc,3\n,\nb,2\n");
  EXPECT("recode(g, \"b\" = \"B\")", "B a c NA B");
  EXPECT("recode(g, a = \"z\", c = \"z\")", "b z z NA b");
  EXPECT("recode(g, a = 1, b = 2.5, c = -3)", "2.5 1 -3 NA 2.5");
  EXPECT("recode(g, a = NA)", "b NA c NA b");
  EXPECT("recode(x, 3 = -1, 1 = NA)", "NA 2 -1 NA 2");
  EXPECT("recode(x, 3 = \"high\", 1 = \"low\", 2 = \"low\")", "low low high NA low");
  cr_expect_str_eq(lab_column(&l, "recode(x, 3 = \"high\", 1 = \"low\", 2 = \"low\")")->levels[0], "high");
  cr_expect_eq(lab_column(&l, "recode(g, a = \"z\", c = \"z\")")->n_levels, 2);
  EXPECT("x in [1, 3]", "T F T NA F");
  EXPECT("g in [\"a\", \"c\"]", "F T T NA F");
  EXPECT("not (x in [2])", "T F T NA F");
}

Test(operators, dates) {
  lab_csv(&l, "id,when\n1,2024-02-28\n1,2024-03-01\n2,2023-12-31\n2,\n");
  const char *e = "elapsed(date(when), over = id)";
  EXPECT(e, "0 2 0 NA");
  EXPECT("elapsed(date(when), weeks, since = \"2024-01-01\")", "8.28571 8.57143 -0.142857 NA");
  EXPECT("elapsed(date(when), hours, over = id)", "0 48 0 NA");
  EXPECT("factor(date(when))", "2024-02-28 2024-03-01 2023-12-31 NA");
  EXPECT("date(when) >= date(\"2024-01-01\")", "T T F NA");
  EXPECT("date(when) - date(\"2024-02-01\")", "27 29 -32 NA");
  cr_expect_eq(lab_column(&l, "date(when)")->calendar, CALENDAR_DATE);
  cr_expect_eq(lab_column(&l, "date(when) + 1")->calendar, CALENDAR_NONE);
  cr_expect_eq(lab_column(&l, "numeric(date(when))")->calendar, CALENDAR_NONE);
  cr_expect_eq(lab_column(&l, "ifelse(id == 1, NA, date(when))")->calendar, CALENDAR_DATE);
  cr_expect_eq(lab_column(&l, "ifelse(id == 1, date(when), date(\"2000-01-01\"))")->calendar, CALENDAR_DATE);
  cr_expect_eq(lab_column(&l, "ifelse(id == 1, date(when), 3)")->calendar, CALENDAR_NONE);
}

/* ---- speed ---- */

enum { BIG_COUPLES = 5000, BIG_DAYS = 20 };

Test(operators, a_large_diary_is_quick, .timeout = 20) {
  struct arena *a = arena_new(&l.mem);
  int n = BIG_COUPLES * 2 * BIG_DAYS;
  double *couple = arena_raw(a, (size_t)n, double), *day = arena_raw(a, (size_t)n, double),
         *x = arena_raw(a, (size_t)n, double);
  int32_t *role = arena_raw(a, (size_t)n, int32_t);
  static const char *const roles[] = {"wife", "husband"};
  for (int i = 0; i < n; i++) {
    couple[i] = i / (2 * BIG_DAYS);
    day[i] = i / 2 % BIG_DAYS;
    role[i] = i % 2;
    x[i] = (i * 7919) % 1000;
  }
  struct column columns[] = {
      {.name = "couple", .type = COL_NUMBER, .v.number = couple},
      {.name = "day", .type = COL_NUMBER, .v.number = day},
      {.name = "x", .type = COL_NUMBER, .v.number = x},
      {.name = "role", .type = COL_FACTOR, .v.code = role, .n_levels = 2, .levels = roles}};
  struct table *t = arena_make(a, struct table);
  *t = (struct table){.arena = a, .source = "big.csv", .n_rows = n, .n_columns = 4, .columns = columns};
  l.table = t;
  declare("dyad couple by role\ntime day step 1");
  clock_t from = clock();
  const double *v = numbers("partner(within(x))");
  const double *w = numbers("lag(x)");
  double seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
  cr_expect(!isnan(v[0]) && isnan(w[0]) && w[2] == x[0]);
  cr_expect(seconds < 0.5, "%.3f s", seconds); /* some 0.05 s; slow machines and sanitizers too */
}
