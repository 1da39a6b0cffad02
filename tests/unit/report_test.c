/* The reports: numbers, layout, values as text, values as JSON (read back by jansson). */
#include "runtime/report/sheet.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

struct room { /* an interpreter's memory, an arena, and a place for text */
  struct mem mem;
  struct arena *mark;
  struct arena *arena;
  struct buf out;
};

static struct room *room_open(struct room *r) {
  *r = (struct room){0};
  r->mark = arena_pool_mark(&r->mem);
  r->arena = arena_new(&r->mem);
  buf_init(&r->out, r->arena);
  return r;
}

static void room_close(struct room *r) {
  arena_pool_drain(&r->mem, r->mark);
  cr_assert_eq(r->mem.live, 0);
}

static const struct report_style plain = {.width = 80};

static struct value number(double x) {
  return (struct value){.kind = VALUE_NUMBER, .u.number = x};
}

static struct value text(const char *s) {
  return (struct value){.kind = VALUE_TEXT, .u.text = s};
}

static void expect(struct room *r, const char *wanted) {
  cr_expect_str_eq(r->out.text, wanted, "got:\n%s\nwanted:\n%s", r->out.text, wanted);
}

static void shows(struct value v, const char *wanted) {
  struct room r;
  room_open(&r);
  report_value(&r.out, &v, NULL, &plain);
  expect(&r, wanted);
  room_close(&r);
}

/* ---- numbers -------------------------------------------------------------------------------------------- */

Test(digits, alone) {
  shows(number(1755.62827195849), "1755.628272\n");
  shows(number(3), "3\n");
  shows(number(-0.0), "0\n");
  shows(number(123456789012345), "123456789012345\n");
  shows(number(1e15), "1e+15\n");
  shows(number(0.1), "0.1\n");
  shows(number(1.0 / 3), "0.3333333333\n");
  shows(number(-2.5e-12), "-2.5e-12\n");
  shows(number(NAN), "NA\n");
  shows(number(INFINITY), "Inf\n");
  shows(number(-INFINITY), "-Inf\n");
}

static void formats(const double *v, int n, int digits, bool trim, const char *wanted) {
  struct room r;
  room_open(&r);
  struct digits f = digits_of(v, n, digits, trim);
  for (int i = 0; i < n; i++) buf_printf(&r.out, "%s%s", i > 0 ? " " : "", digits_text(r.arena, v[i], f));
  expect(&r, wanted);
  room_close(&r);
}

#define FORMATS(digits, trim, wanted, ...)                                                                   \
  do {                                                                                                       \
    const double v[] = {__VA_ARGS__};                                                                        \
    formats(v, (int)(sizeof v / sizeof *v), digits, trim, wanted);                                           \
  } while (0)

Test(digits, in_a_column) {
  FORMATS(4, false, "612.09 35.07 654.94", 612.089938, 35.071660, 654.941027);
  FORMATS(4, false, "6.825 1.546", 6.82455653, 1.54578889);
  FORMATS(7, true, "1 2 3", 1, 2, 3);
  FORMATS(7, true, "1.5 2.0 NA", 1.5, 2, NAN);
  FORMATS(7, true, "0 0.25", 0, 0.25);
  FORMATS(4, false, "0 1775.040 0.500", 0, 1775.04, 0.5);
}

Test(digits, very_large_and_very_small) {
  FORMATS(4, false, "1.235e+12", 1.2346e12);
  FORMATS(4, false, "1.000e-20", 1e-20);
  FORMATS(4, false, "250.0000 3.000e-09", 250, 3e-9);
  FORMATS(4, false, "Inf -Inf", INFINITY, -INFINITY);
  FORMATS(4, false, "999999999", 999999999);
  FORMATS(4, false, "1.000e+09", 1e9);
  FORMATS(4, false, "-1.798e+308", -1.7976931348623157e308);
  FORMATS(4, false, "4.941e-324", 5e-324);
}

Test(digits, never_minus_zero) {
  struct room r;
  room_open(&r);
  cr_expect_str_eq(digits_text(r.arena, -0.0001, digits_fixed(3)), "0.000");
  cr_expect_str_eq(digits_text(r.arena, -0.0009, digits_fixed(3)), "-0.001");
  cr_expect_str_eq(digits_text(r.arena, 0, digits_fixed(3)), "0.000");
  cr_expect_str_eq(digits_text(r.arena, -0.0, digits_of(NULL, 0, 4, false)), "0");
  room_close(&r);
}

Test(digits, correlation) {
  const double g[] = {4, -2, 0, -2, 1, 0, 0, 0, 0};
  cr_expect_eq(report_correlation(g, 3, 1, 0), -1);
  cr_expect(isnan(report_correlation(g, 3, 2, 0)));
  cr_expect_eq(report_correlation(g, 3, 1, 1), 1);
}

/* ---- layout --------------------------------------------------------------------------------------------- */

Test(sheet, points_align_and_no_line_ends_with_a_space) {
  struct room r;
  room_open(&r);
  const double v[] = {251.405, 10.47, NAN, 0};
  struct sheet *l = sheet_new(r.arena, 5, 3);
  const char *const names[] = {"Effect", "(Intercept)", "Days", "Größe", "日"};
  for (int i = 0; i < 5; i++) sheet_set(l, i, 0, names[i]);
  sheet_set(l, 0, 1, "Estimate");
  sheet_numbers(l, 1, v, digits_of(v, 4, 4, false));
  sheet_put(&r.out, l, &plain);
  expect(&r, "  Effect       Estimate\n"
             "  (Intercept)    251.41\n"
             "  Days            10.47\n"
             "  Größe           NA\n"
             "  日               0\n");
  room_close(&r);
}

Test(sheet, wide_tables_fold) {
  struct room r;
  room_open(&r);
  struct sheet *l = sheet_new(r.arena, 2, 5);
  for (int j = 0; j < 5; j++) sheet_set(l, 0, j, j == 0 ? "" : "heading-of-14c");
  for (int j = 0; j < 5; j++) sheet_set(l, 1, j, j == 0 ? "row" : "x");
  sheet_put(&r.out, l, &(struct report_style){.width = 40});
  expect(&r, "       heading-of-14c  heading-of-14c\n"
             "  row  x               x\n"
             "\n"
             "       heading-of-14c  heading-of-14c\n"
             "  row  x               x\n");
  room_close(&r);
}

Test(sheet, a_long_cell_is_cut_between_characters) {
  struct room r;
  room_open(&r);
  struct sheet *l = sheet_new(r.arena, 1, 1);
  sheet_set(l, 0, 0, "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü");
  cr_expect_str_eq(l->cell[0], "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü...");
  sheet_set(l, 0, 0, "\033[31mred\xc2\x9b");
  cr_expect_str_eq(l->cell[0], "?[31mred??");
  room_close(&r);
}

Test(sheet, paragraphs_break_at_spaces_but_not_in_quotes) {
  struct room r;
  room_open(&r);
  sheet_paragraph(&r.out, "y ~ one + two + three + `a b c d` + five + six + \"seven \\\" eight nine\" + ten",
                  2, 2, &(struct report_style){.width = 40});
  expect(&r, "  y ~ one + two + three + `a b c d` +\n"
             "    five + six + \"seven \\\" eight nine\" +\n"
             "    ten\n");
  room_close(&r);
}

/* ---- values --------------------------------------------------------------------------------------------- */

Test(value, scalars) {
  shows((struct value){.kind = VALUE_NONE}, "");
  shows((struct value){.kind = VALUE_NA}, "NA\n");
  shows((struct value){.kind = VALUE_BOOL, .u.boolean = true}, "true\n");
  shows(text("a \"b\"\n"), "\"a \\\"b\\\"\\n\"\n");
}

Test(value, lists_and_records) {
  const struct value items[] = {number(1), text("a"), {.kind = VALUE_NA}};
  const struct list_value list = {3, items, NULL};
  shows((struct value){.kind = VALUE_LIST, .u.list = &list}, "[1, \"a\", NA]\n");
  const char *const names[] = {"one", "letter", "none"};
  const struct list_value record = {3, items, names};
  shows((struct value){.kind = VALUE_RECORD, .u.list = &record}, "one     1\nletter  a\nnone    NA\n");
}

Test(value, a_record_of_like_records_is_a_table) {
  const char *const fields[] = {"estimate", "se"};
  const struct value a[] = {number(251.405), number(6.825)};
  const struct value b[] = {number(10.467), number(1.546)};
  const struct list_value rows[] = {{2, a, fields}, {2, b, fields}};
  const struct value items[] = {{.kind = VALUE_RECORD, .u.list = &rows[0]},
                                {.kind = VALUE_RECORD, .u.list = &rows[1]}};
  const char *const names[] = {"(Intercept)", "Days"};
  const struct list_value record = {2, items, names};
  shows((struct value){.kind = VALUE_RECORD, .u.list = &record}, "               estimate     se\n"
                                                                 "  (Intercept)   251.405  6.825\n"
                                                                 "  Days           10.467  1.546\n");
}

Test(value, a_list_that_contains_itself_many_times_ends) {
  enum { DEEP = 5000 };
  static struct value item[DEEP];
  static struct list_value list[DEEP];
  item[0] = number(1);
  for (int i = 1; i < DEEP; i++) {
    list[i] = (struct list_value){1, &item[i - 1], NULL};
    item[i] = (struct value){.kind = VALUE_LIST, .u.list = &list[i]};
  }
  struct room r;
  room_open(&r);
  report_value(&r.out, &item[DEEP - 1], NULL, &plain);
  cr_expect(strstr(r.out.text, "[...]"));
  json_t *back = json_loads(report_json(r.arena, &item[DEEP - 1], NULL), 0, NULL);
  cr_expect(back != NULL);
  json_decref(back);
  room_close(&r);
}

static const char *const levels[] = {"no", "yes"};
static const double reaction[] = {249.56, 258.7047, NAN};
static const int32_t code[] = {1, -1, 0};
static const struct column columns[] = {
    {.name = "Reaction", .type = COL_NUMBER, .v.number = reaction},
    {.name = "awake", .type = COL_FACTOR, .v.code = code, .n_levels = 2, .levels = levels},
    {.name = "late", .type = COL_BOOL, .v.code = code},
};

Test(value, tables) {
  const struct table t = {.source = "sleep.csv", .n_rows = 3, .n_columns = 3, .columns = columns};
  shows((struct value){.kind = VALUE_TABLE, .u.table = &t}, "3 rows, 3 columns (from sleep.csv)\n"
                                                            "  Reaction  awake   late\n"
                                                            "   numeric  factor  logical\n"
                                                            "  249.5600  yes     true\n"
                                                            "  258.7047  NA      NA\n"
                                                            "   NA       no      false\n");
}

Test(value, columns) {
  const struct column_value numbers = {columns[0], 3};
  shows((struct value){.kind = VALUE_COLUMN, .u.column = &numbers}, "3 numbers\n  249.56 258.7047 NA\n");
  const struct column_value factor = {columns[1], 3};
  shows((struct value){.kind = VALUE_COLUMN, .u.column = &factor},
        "3 values of a factor with 2 levels: no, yes\n  yes NA no\n");
}

Test(value, matrices_and_long_ones) {
  static double v[1000];
  for (int i = 0; i < 1000; i++) v[i] = i;
  const struct matrix_value m = {.rows = 1000, .cols = 1, .v = v};
  struct room r;
  room_open(&r);
  report_value(&r.out, &(struct value){.kind = VALUE_MATRIX, .u.matrix = &m}, NULL, &plain);
  cr_expect(strstr(r.out.text, "  200  199\n  ... and 800 more rows\n"));
  room_close(&r);
}

Test(value, grids) {
  const struct value cell[] = {text("a"), number(1.5),        {.kind = VALUE_NONE},
                               text("b"), {.kind = VALUE_NA}, number(2)};
  const char *const names[] = {"name", "x", "n"};
  const struct grid_value g = {
      .rows = 2, .cols = 3, .cell = cell, .col_names = names, .kind = "describe", .title = "T"};
  shows((struct value){.kind = VALUE_GRID, .u.grid = &g}, "T\n"
                                                          "  name     x  n\n"
                                                          "  a      1.5\n"
                                                          "  b     NA    2\n");
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

/* The line as jansson reads it; one line, which ends with the only newline. */
static json_t *read_line(struct room *r, struct value v, const char *name) {
  const char *line = report_json(r->arena, &v, name);
  cr_assert_eq(strcspn(line, "\n"), strlen(line) - 1);
  json_error_t error;
  json_t *back = json_loads(line, 0, &error);
  cr_assert(back, "%s in %s", error.text, line);
  cr_expect_eq(json_integer_value(json_object_get(back, "schema")), REPORT_SCHEMA);
  return back;
}

Test(json, numbers_read_back_to_the_same_double) {
  const double tries[] = {
      0.1, 1.0 / 3, 1755.6282719584881, -2.2250738585072014e-308, 5e-324, 1.7976931348623157e308};
  for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
    struct room r;
    room_open(&r);
    json_t *back = read_line(&r, number(tries[i]), "x");
    cr_expect_eq(json_real_value(json_object_get(back, "value")), tries[i]);
    json_decref(back);
    room_close(&r);
  }
}

Test(json, what_does_not_exist_is_null) {
  struct room r;
  room_open(&r);
  json_t *back = read_line(&r, number(NAN), NULL);
  cr_expect(json_is_null(json_object_get(back, "value")));
  cr_expect(json_is_null(json_object_get(back, "name")));
  json_decref(back);
  room_close(&r);
}

Test(json, keys_keep_their_order_and_text_is_escaped) {
  struct room r;
  room_open(&r);
  const char *line = report_json(r.arena, &(struct value){.kind = VALUE_TEXT, .u.text = "a\n\"ü\""}, "s");
  cr_expect_str_eq(line,
                   "{\"schema\": 1, \"kind\": \"text\", \"name\": \"s\", \"value\": \"a\\n\\\"ü\\\"\"}\n");
  room_close(&r);
}

Test(json, tables_are_columns_and_rows) {
  struct room r;
  room_open(&r);
  const struct table t = {.source = "", .n_rows = 3, .n_columns = 3, .columns = columns};
  json_t *back = read_line(&r, (struct value){.kind = VALUE_TABLE, .u.table = &t}, "t");
  json_t *second = json_array_get(json_object_get(back, "rows"), 1);
  cr_expect_eq(json_real_value(json_array_get(second, 0)), 258.7047);
  cr_expect(json_is_null(json_array_get(second, 1)));
  cr_expect_str_eq(json_string_value(json_array_get(json_object_get(back, "types"), 2)), "logical");
  json_decref(back);
  room_close(&r);
}

Test(json, a_diagnostic) {
  struct room r;
  room_open(&r);
  struct source *src = source_new(r.arena, "a.kin", "", "let f = fti(1)\n", 15);
  struct diag d = {
      .code = DIAG_UNKNOWN_FUNCTION, .severity = SEVERITY_ERROR, .source = src, .span = {8, 11}, .text = "t"};
  cr_expect_str_eq(
      report_diag_json(r.arena, &d),
      "{\"schema\": 1, \"kind\": \"diagnostic\", \"severity\": \"error\", \"code\": \"K0202\", \"file\": "
      "\"a.kin\", \"line\": 1, \"column\": 9, \"message\": \"t\", \"hint\": null, \"notes\": []}\n");
  room_close(&r);
}

/* Every failing allocation ends in an unwind that leaves nothing behind. */
struct job {
  struct room *room;
  struct value value;
};

static void make_json(void *arg) {
  struct job *job = arg;
  struct buf out;
  struct arena *a = arena_new(&job->room->mem);
  buf_init(&out, a);
  report_json(a, &job->value, "x");
  report_value(&out, &job->value, "x", &plain);
}

Test(json, memory_that_is_used_up) {
  const struct table t = {.source = "", .n_rows = 3, .n_columns = 3, .columns = columns};
  for (size_t n = 1;; n++) {
    struct room r;
    room_open(&r);
    struct job job = {&r, {.kind = VALUE_TABLE, .u.table = &t}};
    r.mem.fail_at = r.mem.calls + n;
    enum unwind how = mem_guard(&r.mem, make_json, &job);
    r.mem.fail_at = 0;
    room_close(&r);
    if (how == UNWIND_NONE) break;
    cr_assert_eq(how, UNWIND_MEMORY);
    cr_assert(n < 1000);
  }
}
