/* Tables: columns added and replaced, rows kept, levels, schemas. */
#include "tests/unit/table_lab.h"

static struct lab l;

static void open_lab(void) {
  lab_open(&l);
}

static void close_lab(void) {
  lab_close(&l);
}

TestSuite(table, .init = open_lab, .fini = close_lab);
TestSuite(levels, .init = open_lab, .fini = close_lab);
TestSuite(schema, .init = open_lab, .fini = close_lab);

/* ---- tables --------------------------------------------------------------------------------------------- */

Test(table, find) {
  struct table *t = lab_read(&l, "x,y\n1,2\n");
  cr_expect_eq(table_find(t, "y"), 1);
  cr_expect_eq(table_find(t, "Y"), -1);
}

Test(table, a_column_is_added_or_replaced) {
  struct table *t = lab_read(&l, "x,y\n1,2\n3,4\n");
  static const double values[] = {7, 8};
  struct column c = {.name = "z", .type = COL_NUMBER, .v.number = values};
  struct table *added = table_with_column(t, &c);
  c.name = "x";
  struct table *replaced = table_with_column(added, &c);
  cr_expect_eq(t->n_columns, 2);
  cr_expect_eq(added->n_columns, 3);
  cr_expect_eq(replaced->n_columns, 3);
  EXPECT_COLUMN(&l, added, 2, "7 8");
  EXPECT_COLUMN(&l, added, 0, "1 3");
  EXPECT_COLUMN(&l, replaced, 0, "7 8");
}

Test(table, rows_are_kept_and_counted) {
  struct table *t = lab_read(&l, "x,f,b\n1,a,TRUE\n2,b,FALSE\n3,c,NA\n4,a,TRUE\n");
  static const bool first[] = {true, false, true, true}, second[] = {false, true, true},
                    none[] = {false, false};
  struct table *three = table_filter(t, first);
  struct table *two = table_filter(three, second);
  EXPECT_COLUMN(&l, two, 0, "3 4");
  EXPECT_COLUMN(&l, two, 1, "a,b,c | 2 0");
  EXPECT_COLUMN(&l, two, 2, "? NA 1");
  cr_expect_eq(two->rows_read, 4);
  cr_expect_eq(two->rows_where, 2);
  cr_expect_eq(table_filter(two, none)->n_rows, 0);
  cr_expect_eq(t->n_rows, 4);
}

/* A table lives as long as one that was made from it. */
Test(table, a_derived_table_holds_its_origin) {
  struct arena *mark = arena_pool_mark(&l.mem);
  static const bool keep[] = {false, true};
  struct table *t = table_filter(lab_read(&l, "f\na\nb\n"), keep);
  arena_retain(t->arena);
  arena_pool_drain(&l.mem, mark);
  EXPECT_COLUMN(&l, t, 0, "a,b | 1");
  arena_release(t->arena);
}

/* ---- levels --------------------------------------------------------------------------------------------- */

/* "labels | codes" */
static const char *levels_of(const struct column *c, int n) {
  int32_t *code = arena_raw(l.arena, (size_t)n, int32_t);
  struct column f = {.type = COL_FACTOR};
  column_levels(l.arena, c, n, code, &f.n_levels, &f.levels);
  f.v.code = code;
  struct table t = {.n_rows = n, .columns = &f};
  return lab_column(&l, &t, 0);
}

static const char *levels_of_numbers(const double *v, int n) {
  struct column c = {.type = COL_NUMBER, .v.number = v};
  return levels_of(&c, n);
}

Test(levels, numbers_in_increasing_order) {
  cr_expect_str_eq(levels_of_numbers((double[]){10, 9, NAN, 100, 9, -2}, 6), "-2,9,10,100 | 2 1 NA 3 1 0");
  cr_expect_str_eq(levels_of_numbers((double[]){1.5, -0.0, 0.0, 1e300, INFINITY}, 5),
                   "0,1.5,1e+300,inf | 1 0 0 2 3");
  cr_expect_str_eq(levels_of_numbers((double[]){1e14, 3, 1e14}, 3), "3,100000000000000 | 1 0 1");
}

Test(levels, numbers_spelled_alike_are_one) {
  cr_expect_str_eq(levels_of_numbers((double[]){0.3, 0.1 + 0.2, 0.25, 0.3}, 4), "0.25,0.3 | 1 1 0 1");
}

Test(levels, no_number_at_all) {
  cr_expect_str_eq(levels_of_numbers((double[]){NAN, NAN}, 2), " | NA NA");
  cr_expect_str_eq(levels_of_numbers(NULL, 0), " |");
}

/* Counting and sorting agree: shifting whole numbers by a half changes the way, not the codes. */
Test(levels, both_ways_agree) {
  enum { N = 5000 };
  static double whole[N], half[N];
  static int32_t a[N], b[N];
  for (int i = 0; i < N; i++) {
    whole[i] = i % 11 == 3 ? NAN : (double)(i * 7919 % 613) - 300;
    half[i] = whole[i] + 0.5;
  }
  struct column c = {.type = COL_NUMBER, .v.number = whole}, d = {.type = COL_NUMBER, .v.number = half};
  int n_a, n_b;
  const char *const *labels;
  column_levels(l.arena, &c, N, a, &n_a, &labels);
  column_levels(l.arena, &d, N, b, &n_b, &labels);
  cr_expect_eq(n_a, 613);
  cr_expect_eq(n_b, n_a);
  cr_expect_arr_eq(a, b, sizeof a);
}

Test(levels, of_factors_those_that_occur) {
  struct table *t = lab_read(&l, "f,b\nd,TRUE\nc,NA\nb,TRUE\na,TRUE\n");
  static const bool keep[] = {true, true, false, true};
  t = table_filter(t, keep);
  cr_expect_str_eq(levels_of(&t->columns[0], 3), "a,c,d | 2 1 0");
  cr_expect_str_eq(levels_of(&t->columns[1], 3), "TRUE | 0 NA 0");
}

/* ---- schemas -------------------------------------------------------------------------------------------- */

Test(schema, columns) {
  struct table *t = lab_read(&l, "id,x,f,b,none\n1,0.5,a,TRUE,\n2,-0,b,TRUE,\n2,0,,TRUE,\n,Inf,a,NA,\n");
  const struct schema *s = table_schema(l.arena, t);
  cr_expect_str_eq(s->source, "d.csv");
  cr_expect_eq(s->n_rows, 4);
  cr_expect_eq(s->n_columns, 5);
  static const int missing[] = {1, 0, 1, 1, 4}, distinct[] = {2, 3, 2, 1, 0}, levels[] = {0, 0, 2, 0, 0};
  static const bool integer[] = {true, false, false, false, false};
  for (int j = 0; j < 5; j++) {
    cr_expect_eq(s->columns[j].n_missing, missing[j], "column %d", j);
    cr_expect_eq(s->columns[j].n_distinct, distinct[j], "column %d", j);
    cr_expect_eq(s->columns[j].n_levels, levels[j], "column %d", j);
    cr_expect_eq(s->columns[j].integer, integer[j], "column %d", j);
  }
  cr_expect_eq(s->columns[0].min, 1);
  cr_expect_eq(s->columns[0].max, 2);
  cr_expect_eq(s->columns[1].max, 0.5); /* of the finite values */
  cr_expect(isnan(s->columns[2].min) && isnan(s->columns[4].max));
}

Test(schema, distinct_values_are_counted) {
  enum { N = 40000 };
  static double v[N];
  for (int i = 0; i < N; i++) v[i] = (double)(i * 31 % 9973) * 0x1p-20;
  struct column c = {.name = "x", .type = COL_NUMBER, .v.number = v};
  struct table t = {.source = "", .n_rows = N, .n_columns = 1, .columns = &c};
  cr_expect_eq(table_schema(l.arena, &t)->columns[0].n_distinct, 9973);
}
