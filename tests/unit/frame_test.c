/* A model meets a table: rows, design matrices, grouping factors, and data on which a model means nothing. */
#include "frame_lab.h"

static struct lab l;

static void open_lab(void) {
  lab_open(&l);
}

static void close_lab(void) {
  lab_close(&l);
}

TestSuite(frame, .init = open_lab, .fini = close_lab);

/* Two sites of three patients with two visits; patient labels are used again in each site; one y, one x are missing. */
static const char trial[] = "site,patient,arm,x,flag,y\n"
                            "s2,1,digital,1,true,3\n"
                            "s2,1,digital,2,false,5\n"
                            "s2,2,control,1,true,4\n"
                            "s2,2,control,3,true,7\n"
                            "s2,10,digital,2,false,1\n"
                            "s2,10,digital,4,true,\n"
                            "s1,1,control,1,false,2\n"
                            "s1,1,control,2,true,6\n"
                            "s1,2,digital,1,true,8\n"
                            "s1,2,digital,,false,9\n"
                            "s1,10,other,5,true,1.5\n"
                            "s1,10,other,6,false,2.5\n";

static struct frame *fit_frame(const char *formula) {
  if (!l.table) lab_csv(&l, trial);
  struct frame *f = lab_frame(&l, formula, NULL);
  cr_assert(f, "%s: %s", formula, lab_diags(&l));
  return f;
}

static const char *joined(const char *const *text, int n) {
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; i < n; i++) buf_printf(&b, "%s%s", i ? " " : "", text[i]);
  return b.text;
}

static const char *x_names(const struct frame *f) {
  return joined(f->x_names, f->problem->p);
}

/* Column j of X as "1 0 1". */
static const char *x_column(const struct frame *f, int j) {
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; i < f->problem->n; i++)
    buf_printf(&b, "%s%.6g", i ? " " : "", f->problem->x[(size_t)j * (size_t)f->problem->n + (size_t)i]);
  return b.text;
}

static const char *levels_of_rows(const struct frame *f, int t) {
  struct buf b;
  buf_init(&b, l.arena);
  for (int i = 0; i < f->problem->n; i++)
    buf_printf(&b, "%s%d", i ? " " : "", (int)f->problem->terms[t].level[i]);
  return b.text;
}

/* ---- rows ----------------------------------------------------------------------------------------------- */

Test(frame, rows_are_complete_and_counted) {
  struct frame *f = fit_frame("y ~ x + (1 | patient)");
  cr_expect_eq(f->problem->n, 10);
  cr_expect_eq(f->rows_dropped, 2);
  cr_assert_eq(f->n_dropped, 2);
  cr_expect_str_eq(f->dropped[0].variable, "y");
  cr_expect_eq(f->dropped[0].rows, 1);
  cr_expect_str_eq(f->dropped[1].variable, "x");
  cr_expect_eq(f->row[5], 6);
  cr_expect_eq(f->row[9], 11);
  cr_expect_eq(f->problem->y[9], 2.5);
}

Test(frame, columns_that_the_model_does_not_use_drop_no_row) {
  cr_expect_eq(fit_frame("y ~ 1 + (1 | patient)")->problem->n, 11);
}

Test(frame, a_row_that_misses_two_variables_counts_for_both) {
  lab_csv(&l, "g,x,y\n1,,\n1,1,2\n1,2,3\n2,,1\n2,2,2\n2,3,5\n");
  struct frame *f = fit_frame("y ~ x + (1 | g)");
  cr_expect_eq(f->rows_dropped, 2);
  cr_expect_eq(f->dropped[0].rows, 1);
  cr_expect_eq(f->dropped[1].rows, 2);
}

Test(frame, subset_comes_before_missing_values) {
  lab_csv(&l, trial);
  bool subset[12] = {true, true, true, true, true, false, true, true, false, false, true, true};
  struct frame *f = lab_frame(&l, "y ~ x + (1 | patient)", subset);
  cr_assert(f, "%s", lab_diags(&l));
  cr_expect_eq(f->problem->n, 9);
  cr_expect_eq(f->rows_subset, 3);
  cr_expect_eq(f->rows_dropped, 0);
}

Test(frame, offset_leaves_the_response) {
  struct frame *f = fit_frame("y ~ 1 + offset(2 * x) + (1 | patient)");
  cr_assert_not_null(f->offset);
  cr_expect_eq(f->offset[1], 4);
  cr_expect_eq(f->problem->y[1], 1);
}

/* ---- fixed design --------------------------------------------------------------------------------------- */

Test(frame, treatment_contrasts) {
  struct frame *f = fit_frame("y ~ arm * x + flag + (1 | patient)");
  cr_expect_str_eq(x_names(f),
                   "(Intercept) arm[digital] arm[other] x flag[true] arm[digital]:x arm[other]:x");
  cr_expect_str_eq(x_column(f, 0), "1 1 1 1 1 1 1 1 1 1");
  cr_expect_str_eq(x_column(f, 1), "1 1 0 0 1 0 0 1 0 0");
  cr_expect_str_eq(x_column(f, 4), "1 0 1 1 0 0 1 1 1 0");
  cr_expect_str_eq(x_column(f, 5), "1 2 0 0 2 0 0 1 0 0");
  cr_expect_eq(f->x_term[0], 0);
  cr_expect_eq(f->x_term[2], 1);
  cr_expect_eq(f->x_term[6], 4);
}

Test(frame, indicators_without_an_intercept) {
  struct frame *f = fit_frame("y ~ 0 + arm + x:site + (1 | patient)");
  cr_expect_str_eq(x_names(f), "arm[control] arm[digital] arm[other] x:site[s1] x:site[s2]");
  cr_expect_str_eq(x_column(f, 0), "0 0 1 1 0 1 1 0 0 0");
}

Test(frame, first_factor_of_an_interaction_varies_fastest) {
  lab_csv(&l, "a,b,g,y\np,u,1,1\nq,u,1,2\nr,u,1,4\np,v,2,3\nq,v,2,1\nr,v,2,6\np,u,2,2\nr,v,1,2\nq,u,2,3\n");
  struct frame *f = fit_frame("y ~ a:b + (1 | g)");
  cr_expect_str_eq(x_names(f), "(Intercept) a[p]:b[u] a[q]:b[u] a[r]:b[u] a[p]:b[v] a[q]:b[v] a[r]:b[v]");
}

Test(frame, factors_are_listed_with_their_reference) {
  struct frame *f = fit_frame("y ~ arm + (0 + flag | patient)");
  cr_assert_eq(f->n_factors, 2);
  cr_expect_str_eq(f->factors[0].name, "arm");
  cr_expect_str_eq(joined(f->factors[0].levels, f->factors[0].n_levels), "control digital other");
  cr_expect_str_eq(joined(f->factors[1].levels, f->factors[1].n_levels), "FALSE TRUE");
}

Test(frame, levels_that_do_not_occur_are_gone) {
  lab_csv(&l, trial);
  cr_assert(lab_declare(&l, "arm: factor(other, unused, control, digital)"));
  bool subset[12] = {true, true, true, true, true, true, true, true, true, true, false, false};
  struct frame *f = lab_frame(&l, "y ~ arm + (1 | patient)", subset);
  cr_assert(f, "%s", lab_diags(&l));
  cr_expect_str_eq(x_names(f), "(Intercept) arm[digital]");
  cr_expect_str_eq(lab_diags(&l),
                   "K0614 5: the first level of `arm`, \"other\", does not occur in the rows used; the "
                   "reference is \"control\"");
}

/* ---- random terms --------------------------------------------------------------------------------------- */

Test(frame, levels_of_numbers_are_in_increasing_order) {
  struct frame *f = fit_frame("y ~ 1 + (1 | patient)");
  cr_expect_str_eq(joined(f->terms[0].labels, f->problem->terms[0].q), "1 2 10");
  cr_expect_str_eq(levels_of_rows(f, 0), "0 0 1 1 2 0 0 1 1 2 2");
}

Test(frame, interactions_have_the_levels_that_occur) {
  struct frame *f = fit_frame("y ~ 1 + (1 | site/patient)");
  cr_assert_eq(f->problem->n_terms, 2);
  cr_expect_str_eq(f->terms[0].group, "patient:site");
  cr_expect_str_eq(joined(f->terms[0].labels, f->problem->terms[0].q), "1:s1 1:s2 2:s1 2:s2 10:s1 10:s2");
  cr_expect_str_eq(levels_of_rows(f, 0), "1 1 3 3 5 0 0 2 2 4 4");
  cr_expect_str_eq(f->terms[1].group, "site");
  f = fit_frame("y ~ 1 + (1 | site:flag)");
  cr_expect_str_eq(joined(f->terms[0].labels, f->problem->terms[0].q), "s1:FALSE s1:TRUE s2:FALSE s2:TRUE");
}

Test(frame, basis_is_row_by_row) {
  struct frame *f = fit_frame("y ~ x + (1 + x | site)");
  const struct re_term *t = &f->problem->terms[0];
  cr_expect_eq(t->c, 2);
  cr_expect_str_eq(joined(f->terms[0].names, 2), "(Intercept) x");
  cr_expect(t->z[2 * 3] == 1 && t->z[2 * 3 + 1] == 3);
  cr_expect_str_eq(f->terms[0].text, "(1 + x | site)");
  cr_expect_str_eq(f->terms[0].structure, "us");
}

static enum unit_relation relation(const char *csv, int *a) {
  lab_csv(&l, csv);
  struct frame *f = fit_frame("y ~ 1 + (1 | a) + (1 | b)");
  cr_assert_eq(f->n_pairs, 1);
  *a = f->pairs[0].a;
  return f->pairs[0].relation;
}

Test(frame, relations_of_grouping_factors) {
  int a;
  cr_expect_eq(relation("a,b,y\n1,u,1\n1,u,2\n2,u,1\n2,u,3\n3,v,2\n3,v,5\n", &a), UNITS_NESTED);
  cr_expect_eq(a, 0);
  cr_expect_eq(relation("b,a,y\n1,u,1\n1,u,2\n2,u,1\n2,u,3\n3,v,2\n3,v,5\n", &a), UNITS_NESTED);
  cr_expect_eq(a, 1);
  cr_expect_eq(relation("a,b,y\n1,u,1\n1,v,2\n2,u,1\n2,v,3\n", &a), UNITS_CROSSED);
  cr_expect_eq(relation("a,b,y\n1,u,1\n1,v,2\n2,u,1\n2,u,3\n3,u,1\n3,v,1\n", &a), UNITS_PARTLY);
  cr_expect_eq(relation("a,b,y\n1,u,1\n1,u,2\n2,v,1\n2,v,3\n", &a), UNITS_SAME);
}

Test(frame, a_pair_of_grouping_factors_is_counted_once) {
  struct frame *f = fit_frame("y ~ x + (1 + x || site) + (1 | flag)");
  cr_expect_eq(f->n_pairs, 1);
  cr_expect_eq(f->pairs[0].occur, 4);
}

/* 200,000 rows: 30,000 levels by 6, in any order. */
Test(frame, large_interactions, .timeout = 20) {
  enum { ROWS = 200000 };
  struct buf b;
  buf_init(&b, l.arena);
  buf_put(&b, "a,b,y\n");
  for (int i = 0; i < ROWS; i++) buf_printf(&b, "%d,%c,%d\n", i * 7919 % 30000, "uvwxyz"[i % 6], i % 10);
  lab_csv(&l, b.text);
  struct frame *f = fit_frame("y ~ 1 + (1 | a:b) + (1 | b)");
  const struct re_term *t = &f->problem->terms[0];
  char *seen = arena_array(l.arena, (size_t)t->q, char);
  for (int i = 0; i < ROWS; i++) seen[t->level[i]] = 1;
  for (int q = 0; q < t->q; q++) cr_assert(seen[q]);
  cr_expect_eq(f->pairs[0].relation, UNITS_NESTED);
}

/* ---- data on which a model means nothing ---------------------------------------------------------------- */

static void refused(const char *csv, const char *formula, const char *message) {
  lab_csv(&l, csv);
  cr_expect_null(lab_frame(&l, formula, NULL), "%s", formula);
  cr_expect_str_eq(lab_diags(&l), message);
  diags_clear(l.diags);
}

static const char small[] = "id,g,unit,z,one,x,y,same,inf,gone\n"
                            "1,a,p,1,u,1,3,4,1,\n"
                            "2,a,p,1,u,2,5,4,2,\n"
                            "3,b,p,2,u,3,4,4,Inf,\n"
                            "4,b,p,2,u,5,9,4,-Inf,\n"
                            "5,c,p,7,u,4,8,4,5,\n"
                            "6,c,p,7,u,6,7,4,6,1\n";

Test(frame, constant_response) {
  refused(small, "same ~ x + (1 | g)",
          "K0606 1: the response `same` has one value only (4) in the 6 rows used; there is nothing to "
          "explain; was "
          "another column meant?");
}

Test(frame, infinite_values) {
  refused(small, "y ~ inf + (1 | g)",
          "K0607 5: `inf` is infinite in 2 of the rows used, first in row 3; remove them by `where`, or name "
          "a missing "
          "code");
  refused(small, "log(y - 3) ~ x + (1 | g)",
          "K0607 1: `log(y - 3)` is infinite in 1 of the rows used, first in row 1; remove them by `where`, "
          "or name a "
          "missing code");
}

Test(frame, no_rows_left) {
  refused("g,x,y\na,1,\na,,2\nb,,3\n", "y ~ x + (1 | g)",
          "K0605 1: no rows are left for this model: `y` is missing in 1, `x` is missing in 2 of 3");
  lab_csv(&l, small);
  bool none[6] = {false};
  cr_expect_null(lab_frame(&l, "y ~ x + (1 | g)", none));
  cr_expect_str_eq(lab_diags(&l), "K0605 1: no rows are left for this model: the subset is empty");
}

Test(frame, one_level) {
  refused(small, "y ~ one + (1 | g)",
          "K0608 5: the factor `one` has one level (\"u\") in the rows used, so it has no effect to "
          "estimate; leave it out "
          "of the formula");
  refused(small, "y ~ x + (1 | unit)",
          "K0609 9: `unit` has one level in the rows used: no variance between levels can be estimated from "
          "it; a random "
          "term wants a grouping factor with several levels");
}

Test(frame, as_many_levels_as_rows) {
  refused(small, "y ~ x + (1 | id)",
          "K0610 9: `id` has as many levels as there are rows (6): an effect per level cannot be told from "
          "the residual; "
          "group by a unit with several rows, or leave the term out");
}

Test(frame, as_many_effects_as_rows) {
  refused(small, "y ~ x + (1 + x | g)",
          "K0611 9: the term (1 + x | g) has 6 effects for 6 rows: they cannot be told from the residual; "
          "simplify it, for "
          "example (1 | g)");
  refused(small, "y ~ x + (0 + x | id)",
          "K0611 9: the term (0 + x | id) has 6 effects for 6 rows: they cannot be told from the residual");
}

Test(frame, slope_of_what_does_not_vary_within) {
  static const char repeated[] = "g,z,y\n1,1,1\n1,1,2\n1,1,4\n2,5,3\n2,5,1\n2,5,1\n3,7,1\n3,7,2\n3,7,2\n";
  const char *message =
      "K0612 9: `z` does not vary within any level of `g`, so it has no slope there that could vary; "
      "take it out of the random term; a slope wants a variable that varies within the unit";
  refused(repeated, "y ~ z + (1 + z | g)", message);
  refused(repeated, "y ~ z + (1 + z || g)", message);
  lab_csv(&l, repeated);
  cr_expect_not_null(lab_frame(&l, "y ~ 1 + (0 + z | g)", NULL));
}

Test(frame, more_columns_than_rows) {
  refused(small, "y ~ x + g + z + factor(id) + (1 | g)",
          "K0613 1: the fixed part has 10 columns for 6 rows; leave terms out");
}

Test(frame, too_many_effects_that_vary_together) {
  struct buf b;
  buf_init(&b, l.arena);
  buf_put(&b, "g,f,y\n");
  for (int i = 0; i < 400; i++) buf_printf(&b, "%d,%d,%d\n", i % 2, i % (COV_MAX + 1), i % 7);
  const char *formula = "y ~ 1 + (0 + factor(f) | g)";
  refused(b.text, formula,
          "K0615 9: the model is too large: 65 effects vary together in (0 + factor(f) | g); at most 64 can");
}

Test(frame, every_error_of_the_random_part_is_told) {
  lab_csv(&l, small);
  cr_expect_null(lab_frame(&l, "y ~ x + (1 | unit) + (1 | id)", NULL));
  cr_expect_eq(l.diags->n_errors, 2);
}

/* ---- memory --------------------------------------------------------------------------------------------- */

static void build(void *arg) {
  *(struct frame **)arg = lab_frame(&l, "y ~ arm * x + (1 + x | site) + (1 | site:flag)", NULL);
}

/* Whichever allocation fails, nothing is lost and nothing stays behind (lab_close). */
Test(frame, memory_may_run_out_anywhere) {
  lab_csv(&l, trial);
  struct frame *f = NULL;
  for (size_t n = 1; !f; n++) {
    cr_assert(n < 1000);
    l.mem.fail_at = l.mem.calls + n;
    enum unwind how = mem_guard(&l.mem, build, &f);
    cr_assert(how == UNWIND_MEMORY || (how == UNWIND_NONE && f));
    l.mem.fail_at = 0;
  }
  cr_expect_eq(f->problem->n, 10);
}
