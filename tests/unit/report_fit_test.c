/* The report of a fit, made from figures given by hand: what stands where, not what the engine finds. */
#include "runtime/report/report.h"
#include "runtime/inference/small_sample.h"
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* A small study: 8 rows, 4 subjects; two effects of a subject. */
static const int32_t subject[] = {0, 0, 1, 1, 2, 2, 2, 3};
static const int32_t item[] = {0, 1, 0, 1, 0, 1, 1, 1};
static double g_subject[] = {612.089938661887, 9.60433331666405, 9.60433331666405, 35.0716604983458};
static double g_item[] = {0};
static double *g[] = {g_subject, g_item};
static int rank[] = {2, 0};
static double beta[] = {251.405104848485, 10.4672859595961, NAN};
static double vcov[] = {46.5745, -1.4511, NAN, -1.4511, 2.38946, NAN, NAN, NAN, NAN};
static bool aliased[] = {false, false, true};

static const struct re_term re_terms[] = {{.c = 2, .q = 4, .level = subject},
                                          {.c = 1, .q = 2, .level = item}};
static struct problem problem = {.n = 8, .p = 3, .n_terms = 2, .terms = re_terms, .reml = true};

static const char *const subject_names[] = {"(Intercept)", "Days"};
static const char *const item_names[] = {"(Intercept)"};
static struct frame_term frame_terms[] = {
    {.group = "Subject", .text = "(1 + Days | Subject)", .structure = "us", .names = subject_names},
    {.group = "item", .text = "(1 | item)", .structure = "us", .names = item_names},
};
static const char *const x_names[] = {"(Intercept)", "Days", "Weeks"};
static const char *const arms[] = {"control", "digital"};
static const struct frame_factor factors[] = {{"arm", 2, arms}};
static const struct frame_pair pairs[] = {{0, 1, UNITS_PARTLY, 7}};
static const struct frame_dropped dropped[] = {{"Reaction", 3}, {"Days", 1}};
static const struct table table = {.source = "sleep.csv", .rows_read = 20, .rows_where = 5, .n_rows = 15};
static const struct model_ir ir = {.text = "Reaction ~ Days + Weeks + (1 + Days | Subject) + (1 | item)"};
static const struct frame frame = {.ir = &ir,
                                   .table = &table,
                                   .problem = &problem,
                                   .x_names = x_names,
                                   .terms = frame_terms,
                                   .n_factors = 1,
                                   .factors = factors,
                                   .n_pairs = 1,
                                   .pairs = pairs,
                                   .rows_subset = 4,
                                   .rows_dropped = 3,
                                   .n_dropped = 2,
                                   .dropped = dropped};
static const struct reml_result result = {.status = REML_SINGULAR,
                                          .message = "converged after 4 evaluations",
                                          .criterion = 1743.62827195849,
                                          .rank = 2,
                                          .aliased = aliased,
                                          .beta = beta,
                                          .vcov = vcov,
                                          .sigma2 = 654.941027072315,
                                          .g = g,
                                          .g_rank = rank,
                                          .evaluations = 4,
                                          .gradient_norm = 1e-9};
static const struct small_sample small = {.vcov = vcov};
static struct fit_later later = {.small = &small};
static const struct fit fit = {.frame = &frame, .result = &result, .reml = true, .n_par = 7, .later = &later};
static const struct value fit_value = {.kind = VALUE_FIT, .u.fit = &fit};

static const char wanted[] =
    "Linear mixed model, fitted by REML\n"
    "\n"
    "Formula  Reaction ~ Days + Weeks + (1 + Days | Subject) + (1 | item)\n"
    "Data     sleep.csv: 20 rows read, 8 used\n"
    "         5 rows removed by where\n"
    "         4 rows left out by subset\n"
    "         3 rows left out for missing values: Reaction 3, Days 1 (some miss more\n"
    "         than one)\n"
    "\n"
    "  REML criterion    logLik       AIC       BIC  parameters\n"
    "        1743.628  -871.814  1757.628  1758.184           7\n"
    "  AIC counts all parameters, of means and of variances; BIC uses n = 8.\n"
    "\n"
    "Random effects\n"
    "  Group     Effect       Variance  Std.dev.  Corr.\n"
    "  Subject   (Intercept)    612.09    24.740\n"
    "            Days            35.07     5.922  0.066\n"
    "  item      (Intercept)      0        0\n"
    "  Residual                 654.94    25.592\n"
    "\n"
    "  Group    Levels  Rows in each\n"
    "  Subject       4  1 to 3\n"
    "  item          2  3 to 5\n"
    "  Subject and item are partly crossed: 7 of 8 pairs occur\n"
    "\n"
    "Factors\n"
    "  arm: control is the reference (treatment coding), compared with digital\n"
    "\n"
    "Fixed effects\n"
    "  Effect       Estimate  Std.error      t\n"
    "  (Intercept)   251.405      6.825  36.84\n"
    "  Days           10.467      1.546   6.77\n"
    "  Weeks          NA         NA      NA\n"
    "  Not estimated, since it is a combination of the columns above it: Weeks.\n"
    "\n"
    "Status   converged after 4 evaluations\n"
    "         (1 | item): estimated as zero, since the levels of item differ no more\n"
    "         than residuals alone would make them differ, and the likelihood without\n"
    "         this term is the same.\n";

Test(report_fit, the_whole_report) {
  struct mem mem = {0};
  struct arena *mark = arena_pool_mark(&mem);
  struct buf out;
  buf_init(&out, arena_new(&mem));
  report_value(&out, &fit_value, "f", &(struct report_style){.width = 80});
  cr_expect_str_eq(out.text, wanted, "got:\n%s\nwanted:\n%s", out.text, wanted);
  cr_expect(strstr(out.text, "nan") == NULL);
  arena_pool_drain(&mem, mark);
  cr_assert_eq(mem.live, 0);
}

static json_t *member(json_t *object, const char *key) {
  json_t *found = json_object_get(object, key);
  cr_assert(found, "no key %s", key);
  return found;
}

Test(report_fit, json) {
  struct mem mem = {0};
  struct arena *mark = arena_pool_mark(&mem);
  json_t *f = json_loads(report_json(arena_new(&mem), &fit_value, "f"), 0, NULL);
  cr_assert(f);
  static const char *const order[] = {
      "schema", "kind",      "name",     "version",   "formula",     "method",        "family",  "link",
      "data",   "n_obs",     "n_groups", "df_method", "criterion",   "logLik",        "npar",    "AIC",
      "BIC",    "converged", "singular", "status",    "evaluations", "gradient_norm", "seconds", "fixed",
      "vcov",   "random",    "residual", "r2",        "icc",         "lints"};
  size_t at = 0;
  const char *key;
  json_t *item_of;
  json_object_foreach(f, key, item_of) cr_expect_str_eq(key, order[at++]);
  cr_expect_eq(at, sizeof order / sizeof *order);
  cr_expect_eq(json_real_value(member(f, "criterion")), result.criterion);
  cr_expect_eq(json_integer_value(member(member(f, "n_groups"), "Subject")), 4);
  cr_expect_eq(json_integer_value(member(member(member(f, "data"), "dropped"), "Reaction")), 3);
  json_t *fixed = member(f, "fixed");
  cr_expect_eq(json_real_value(member(json_array_get(fixed, 1), "estimate")), beta[1]);
  cr_expect(json_is_null(member(json_array_get(fixed, 2), "estimate")));
  json_t *random = json_array_get(member(f, "random"), 0);
  cr_expect_eq(json_real_value(json_array_get(json_array_get(member(random, "covariance"), 0), 1)),
               g_subject[2]);
  cr_expect_float_eq(json_real_value(json_array_get(json_array_get(member(random, "corr"), 1), 0)), 0.0655513,
                     1e-6);
  cr_expect(json_is_true(member(f, "singular")));
  json_decref(f);
  arena_pool_drain(&mem, mark);
  cr_assert_eq(mem.live, 0);
}

/* Every width gives lines that fit, as long as words do. */
Test(report_fit, narrow_terminals) {
  struct mem mem = {0};
  struct arena *mark = arena_pool_mark(&mem);
  for (int width = REPORT_WIDTH_MIN; width <= 120; width += 10) {
    struct buf out;
    buf_init(&out, arena_new(&mem));
    report_value(&out, &fit_value, NULL, &(struct report_style){.width = width});
    for (const char *line = out.text; *line; line += strcspn(line, "\n") + 1)
      cr_expect(strcspn(line, "\n") <= (size_t)width, "%d: %.*s", width, (int)strcspn(line, "\n"), line);
  }
  arena_pool_drain(&mem, mark);
}
