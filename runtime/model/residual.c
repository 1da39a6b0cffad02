#include "runtime/model/residual.h"
#include "lang/design.h"
#include "lang/structures.h"
#include "runtime/model/grouping.h"
#include "runtime/model/units.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POSITIONS_MAX = 400, CLUSTER_MAX = 4000 };

struct residual_making {
  struct making *k;
  const struct ir_residual *ir;
  struct residual *out;
  struct frame_residual *names;
};

static const char *number(const struct making *k, double x) {
  return arena_printf(k->scratch, "%.7g", x);
}

static const char *row_number(const struct making *k, int i) {
  return arena_printf(k->scratch, "%d", k->frame->row[i] + 1);
}

/* n numbers, all -1. */
static int *ints_of(struct arena *a, int n) {
  int *x = arena_raw(a, (size_t)n + 1, int);
  for (int i = 0; i < n; i++) x[i] = -1;
  return x;
}

static struct grouping combined(const struct making *k, const int *var, int n) {
  struct ir_random r = {.n_group = n, .group = var, .group_name = ""};
  return grouping_make(k, &r);
}

/* ---- blocks ---- */

static void make_blocks(struct residual_making *w) {
  const struct making *k = w->k;
  int32_t *block = arena_raw(k->arena, (size_t)k->n, int32_t);
  struct grouping g = {0};
  if (w->ir->n_block) g = combined(k, w->ir->block, w->ir->n_block);
  for (int i = 0; i < k->n; i++) block[i] = w->ir->n_block ? g.level[i] : i;
  w->out->block = block;
  w->out->n_blocks = w->ir->n_block ? g.q : k->n;
  w->names->labels = g.labels;
  int *count = arena_array(k->scratch, (size_t)w->out->n_blocks, int);
  for (int i = 0; i < k->n; i++) count[block[i]]++;
  w->names->smallest = k->n;
  for (int b = 0; b < w->out->n_blocks; b++) {
    if (count[b] < w->names->smallest) w->names->smallest = count[b];
    if (count[b] > w->names->largest) w->names->largest = count[b];
  }
}

/* ---- positions ---- */

/* Without an index: the order of the rows in the block, which must not matter. */
static bool count_positions(struct residual_making *w, const struct ir_residual_factor *f,
                            struct residual_factor *out) {
  const struct making *k = w->k;
  bool pairs = strcmp(f->structure, "exch") == 0;
  int *next = arena_array(k->scratch, (size_t)w->out->n_blocks, int);
  int32_t *position = arena_raw(k->arena, (size_t)k->n, int32_t);
  for (int i = 0; i < k->n; i++) position[i] = next[w->out->block[i]]++;
  out->position = position;
  out->x.m = pairs ? 2 : w->names->largest;
  for (int b = 0; b < w->out->n_blocks && pairs; b++) {
    if (next[b] <= 2) continue;
    diag_add(k->diags, k->src, f->span, DIAG_EXCH_BLOCK, w->names->labels ? w->names->labels[b] : "",
             arena_printf(k->scratch, "%d", next[b]), DIAG_END);
    return false;
  }
  return true;
}

/* The largest whole number that the distances of whole numbers from the least are multiples of (Euclid). */
static double common_divisor(const double *x, int m, double least) {
  double g = 0;
  for (int i = 0; i < m; i++) {
    double a = x[i] - least;
    while (a > 0) {
      double rest = fmod(g, a);
      g = a;
      a = rest;
    }
  }
  return g > 0 ? g : 1;
}

/* The step of an index: that of the design's time; else what whole numbers have in common. */
static double step_of(const struct making *k, const struct variable *v, const double *x, int m,
                      double least) {
  const struct design *d = k->table->design;
  bool whole = true;
  if (d && d->time && strcmp(d->time, v->name) == 0 && d->step > 0) return d->step;
  for (int i = 0; i < m; i++) whole = whole && x[i] == floor(x[i]);
  return whole ? common_divisor(x, m, least) : 1;
}

/* The value of each level of a numeric variable. */
static double *values_of(const struct making *k, const struct variable *v, const struct grouping *g, int dims,
                         int dim, double *out) {
  for (int i = 0; i < k->n; i++) out[(size_t)g->level[i] * (size_t)dims + (size_t)dim] = v->number[i];
  return out;
}

static bool to_steps(const struct making *k, const struct ir_residual_factor *f, const struct variable *v,
                     int m, double *x, double *steps_of) {
  double least = INFINITY;
  for (int i = 0; i < m; i++) least = fmin(least, x[i]);
  double step = step_of(k, v, x, m, least);
  for (int i = 0; i < m; i++) {
    double steps = (x[i] - least) / step;
    if (fabs(steps - nearbyint(steps)) > 1e-6 * (1 + fabs(steps))) {
      diag_add(k->diags, k->src, f->span, DIAG_POSITIONS_STEP, f->structure, v->name, number(k, step),
               number(k, x[i]), number(k, steps - floor(steps)), DIAG_END);
      return false;
    }
    x[i] = nearbyint(steps);
  }
  *steps_of = step;
  return true;
}

static bool few_enough(const struct making *k, const struct ir_residual_factor *f, const char *index, int m) {
  const struct structure_form *form = structure_form_find(f->structure);
  int most = strcmp(f->structure, "us") == 0 ? COV_MAX : POSITIONS_MAX;
  if (m <= most || form->distance) return true;
  diag_add(k->diags, k->src, f->span, DIAG_POSITIONS_MANY, f->structure, arena_printf(k->scratch, "%d", m),
           index, arena_printf(k->scratch, "%d", most),
           arena_printf(k->scratch, "ou(%s | ...) has one parameter for any number of times", index),
           DIAG_END);
  return false;
}

static bool index_positions(struct residual_making *w, const struct ir_residual_factor *f,
                            struct residual_factor *out, struct frame_factor_names *names) {
  const struct making *k = w->k;
  const struct structure_form *form = structure_form_find(f->structure);
  struct grouping g = combined(k, f->index, f->n_index);
  const struct variable *v = &k->var[f->index[0]];
  bool numeric = v->type == COL_NUMBER;
  names->index = v->name;
  names->m = g.q;
  names->labels = g.labels;
  out->position = g.level;
  out->x.m = g.q;
  out->x.band = f->band;
  if (!few_enough(k, f, v->name, g.q)) return false;
  if (!numeric || !(form->distance || form->steps)) return true;
  double *x = arena_raw(k->arena, (size_t)g.q * (size_t)f->n_index, double);
  for (int d = 0; d < f->n_index; d++) values_of(k, &k->var[f->index[d]], &g, f->n_index, d, x);
  out->x.dims = f->n_index;
  out->x.coordinate = x;
  return !form->steps || to_steps(k, f, v, g.q, x, &names->step);
}

static bool make_factors(struct residual_making *w) {
  struct residual_factor *f = arena_array(w->k->arena, (size_t)w->ir->n_factors, struct residual_factor);
  w->out->factors = f;
  w->out->n_factors = w->ir->n_factors;
  for (int i = 0; i < w->ir->n_factors; i++) {
    const struct ir_residual_factor *from = &w->ir->factor[i];
    struct frame_factor_names *names = &w->names->factor[i];
    names->structure = from->structure;
    bool pairs = strcmp(from->structure, "exch") == 0; /* of one residual each: cs of two */
    f[i].structure = structure_find(pairs ? "cs" : from->structure);
    bool fine = from->n_index ? index_positions(w, from, &f[i], names) : count_positions(w, from, &f[i]);
    if (!fine) return false;
    if (!from->n_index) names->m = f[i].x.m;
  }
  return true;
}

static const char *position_text(const struct residual_making *w, int row) {
  struct buf b;
  buf_init(&b, w->k->scratch);
  for (int i = 0; i < w->ir->n_factors; i++) {
    const struct frame_factor_names *f = &w->names->factor[i];
    if (f->index)
      buf_printf(&b, "%s%s %s", b.n ? ", " : "", f->index, f->labels[w->out->factors[i].position[row]]);
  }
  return b.text;
}

/* "couple 12", or the row's number where every row is a block. */
static const char *block_text(const struct residual_making *w, int row) {
  const char *const *labels = w->names->labels;
  if (!labels) return row_number(w->k, row);
  return arena_printf(w->k->scratch, "%s %s", w->ir->block_name, labels[w->out->block[row]]);
}

/* No two rows of a block at one position. */
static bool positions_differ(struct residual_making *w) {
  const struct making *k = w->k;
  int var[8 + RESIDUAL_FACTORS_MAX * RESIDUAL_INDEX_MAX], n = 0;
  for (int i = 0; i < w->ir->n_block && n < 8; i++) var[n++] = w->ir->block[i];
  for (int i = 0; i < w->ir->n_factors; i++) {
    if (w->ir->factor[i].n_index == 0) return true;
    for (int j = 0; j < w->ir->factor[i].n_index; j++) var[n++] = w->ir->factor[i].index[j];
  }
  if (w->ir->n_factors == 0) return true;
  struct grouping g = combined(k, var, n);
  int *first = ints_of(k->scratch, g.q);
  for (int i = 0; i < k->n; i++) {
    int *at = &first[g.level[i]];
    if (*at < 0) {
      *at = i;
      continue;
    }
    diag_add(k->diags, k->src, w->ir->span, DIAG_POSITION_TWICE, row_number(k, *at), row_number(k, i),
             position_text(w, i), block_text(w, i), DIAG_END);
    return false;
  }
  return true;
}

/* ---- strata and variances ---- */

static bool make_strata(struct residual_making *w) {
  const struct making *k = w->k;
  w->out->n_strata = w->names->n_strata = 1;
  if (w->ir->by < 0) return true;
  const struct variable *v = &k->var[w->ir->by];
  struct grouping g = combined(k, &w->ir->by, 1);
  int *first = ints_of(k->scratch, w->out->n_blocks);
  for (int i = 0; i < k->n; i++) {
    int *at = &first[w->out->block[i]];
    if (*at < 0) *at = i;
    if (g.level[*at] == g.level[i]) continue;
    diag_add(k->diags, k->src, w->ir->span, DIAG_BLOCK_STRATA, block_text(w, i), g.labels[g.level[*at]],
             g.labels[g.level[i]], v->name, DIAG_END);
    return false;
  }
  w->out->stratum = g.level;
  w->out->n_strata = w->names->n_strata = g.q;
  w->names->by = v->name;
  w->names->strata = g.labels;
  return true;
}

static void variance_by(struct residual_making *w, const struct variable *v) {
  const struct making *k = w->k;
  struct grouping g = combined(k, &w->ir->variance_var, 1);
  int n = g.q - 1;
  double *z = arena_array(k->arena, (size_t)k->n * (size_t)n, double);
  const char **names = arena_array(k->arena, (size_t)n, const char *);
  for (int i = 0; i < k->n; i++)
    if (g.level[i] > 0) z[i * n + g.level[i] - 1] = 1;
  for (int l = 0; l < n; l++) names[l] = print_level(k->arena, v->name, g.labels[l + 1]);
  w->names->reference = print_level(k->arena, v->name, g.labels[0]);
  w->out->n_scale = w->names->n_scale = n;
  w->out->scale = z;
  w->names->scale = names;
}

static bool variance_of_covariate(struct residual_making *w, const struct variable *v) {
  const struct making *k = w->k;
  bool power = w->ir->variance == VARIANCE_POWER;
  double *z = arena_raw(k->arena, (size_t)k->n, double);
  for (int i = 0; i < k->n; i++) {
    if (power && v->number[i] == 0) {
      diag_add(k->diags, k->src, w->ir->span, DIAG_VARIANCE_COVARIATE, v->name, row_number(k, i), DIAG_END);
      return false;
    }
    z[i] = power ? log(fabs(v->number[i])) : v->number[i];
  }
  const char **names = arena_array(k->arena, 1, const char *);
  names[0] = arena_printf(k->arena, "%s(%s)", power ? "power" : "exponential", v->name);
  w->out->n_scale = w->names->n_scale = 1;
  w->out->scale = z;
  w->names->scale = names;
  return true;
}

static bool make_scale(struct residual_making *w) {
  w->names->variance = w->ir->variance;
  if (w->ir->variance == VARIANCE_ONE) return true;
  const struct variable *v = &w->k->var[w->ir->variance_var];
  if (w->ir->variance != VARIANCE_BY) return variance_of_covariate(w, v);
  variance_by(w, v);
  return true;
}

/* A correlation wants blocks of several rows. */
static bool blocks_have_rows(const struct residual_making *w) {
  if (w->ir->n_factors == 0 || w->names->largest > 1 || !w->ir->block_name) return true;
  const struct design *d = w->k->table->design;
  const char *unit = d && d->dyad >= 0 ? d->unit[d->dyad].name : "person";
  diag_add(w->k->diags, w->k->src, w->ir->span, DIAG_RESIDUAL_ALONE, w->ir->text,
           arena_printf(w->k->scratch, "... | %s", unit), DIAG_END);
  return false;
}

/* More parameters than rows: the likelihood has no maximum. */
static bool few_parameters(const struct residual_making *w) {
  const struct making *k = w->k;
  long n = w->out->n_scale;
  for (int f = 0; f < w->out->n_factors; f++) {
    struct part part = part_new(k->scratch, w->out->factors[f].structure, &w->out->factors[f].x, true, f > 0);
    n += (long)part_n(&part) * w->out->n_strata;
  }
  if (n < k->n) return true;
  diag_add(k->diags, k->src, w->ir->span, DIAG_RESIDUAL_PARAMETERS, w->ir->text,
           arena_printf(k->scratch, "%ld", n), arena_printf(k->scratch, "%d", k->n), DIAG_END);
  return false;
}

bool residual_make(struct making *k, struct problem *p) {
  if (!k->ir->residual) return true;
  struct residual_making w = {.k = k,
                              .ir = k->ir->residual,
                              .out = arena_make(k->arena, struct residual),
                              .names = arena_make(k->arena, struct frame_residual)};
  *w.out = (struct residual){0};
  *w.names = (struct frame_residual){.text = w.ir->text, .block = w.ir->block_name};
  make_blocks(&w);
  if (!blocks_have_rows(&w) || !make_factors(&w) || !positions_differ(&w) || !make_strata(&w) ||
      !make_scale(&w) || !few_parameters(&w))
    return false;
  w.names->n_blocks = w.out->n_blocks;
  w.names->n_factors = w.out->n_factors;
  p->residual = w.out;
  k->frame->residual = w.names;
  return true;
}

/* ---- random terms ---- */

/* The number that a level spells. */
static bool level_number(const char *level, double *x) {
  char *end;
  *x = strtod(level, &end);
  return !*end && end != level;
}

/* Coordinates of the c columns of the basis, row by row, which is one factor whose levels are numbers, or the combinations of several
   (of columns the first factor varies fastest); how many dimensions, 0: it is something else. */
static int level_numbers(const struct making *k, const struct ir_random *r, int c, double **x) {
  const struct ir_term *t = r->basis.n == 1 ? &r->basis.term[0] : NULL;
  int most = strcmp(r->structure, "exp") == 0 ? RESIDUAL_INDEX_MAX : 1;
  if (!t || t->n < 1 || t->n > most) return 0;
  *x = arena_raw(k->arena, (size_t)c * (size_t)t->n, double);
  for (int j = 0, column = 0; j < c; column = ++j)
    for (int d = 0; d < t->n; d++) {
      const struct variable *v = &k->var[t->var[d]];
      if (v->type == COL_NUMBER || !t->full[d]) return 0;
      if (!level_number(v->levels[column % v->n_levels], *x + j * t->n + d)) return 0;
      column /= v->n_levels;
    }
  return t->n;
}

/* Rows of other strata do not load; levels are those of the stratum. */
static void keep_stratum(struct making *k, const struct ir_random *r, struct re_term *term) {
  struct grouping g = combined(k, &r->by, 1);
  int32_t *level = arena_raw(k->arena, (size_t)k->n, int32_t);
  double *z = arena_array(k->arena, (size_t)k->n * (size_t)term->c, double);
  int *local = ints_of(k->scratch, term->q), q = 0;
  const char **labels = arena_array(k->arena, (size_t)term->q, const char *);
  struct frame_term *names = &k->frame->terms[r - k->ir->random];
  for (int i = 0; i < k->n; i++) {
    level[i] = 0;
    if (strcmp(g.labels[g.level[i]], r->stratum) != 0) continue;
    int *at = &local[term->level[i]];
    if (*at < 0) {
      labels[q] = names->labels[term->level[i]];
      *at = q++;
    }
    level[i] = *at;
    memcpy(z + i * term->c, term->z + i * term->c, sizeof(double) * (size_t)term->c);
  }
  term->q = q;
  term->level = level;
  term->z = z;
  names->labels = labels;
}

/* One factor, each level with an effect. */
static bool is_one_factor(const struct making *k, const struct ir_random *r) {
  const struct ir_term *t = r->basis.n == 1 ? &r->basis.term[0] : NULL;
  return t && t->n == 1 && t->full[0] && k->var[t->var[0]].type != COL_NUMBER;
}

static bool refuse_exch(struct making *k, const struct ir_random *r, const char *why) {
  diag_add(k->diags, k->src, r->span, DIAG_EXCH_DYADS, why, DIAG_END);
  return false;
}

/* Which member of its dyad each row is of: 0, 1; the first by the order of their ids or roles. */
static bool find_members(struct making *k, const struct ir_random *r, const struct re_term *term,
                         int *member) {
  const struct design *d = k->table->design;
  const char *path[DESIGN_PATH_MAX];
  int n = d ? design_person_path(d, path) : 0;
  if (n == 0) return refuse_exch(k, r, "the data are declared without dyads");
  const struct unit_codes *u = units_by_columns(k->scratch, k->diags, k->src, r->span, k->table, path, n);
  if (!u) return false;
  int *low = ints_of(k->scratch, term->q), *high = ints_of(k->scratch, term->q);
  for (int i = 0; i < k->n; i++) {
    int code = u->code[k->frame->row[i]], *a = &low[term->level[i]], *b = &high[term->level[i]];
    if (*a < 0 || code < *a) *a = code;
    if (code > *b) *b = code;
  }
  for (int i = 0; i < k->n; i++) {
    int code = u->code[k->frame->row[i]], l = term->level[i];
    if (code != low[l] && code != high[l])
      return refuse_exch(k, r,
                         arena_printf(k->scratch, "%s %s has more members", r->group_name,
                                      k->frame->terms[r - k->ir->random].labels[l]));
    member[i] = code != low[l];
  }
  return true;
}

/* The effects of both members: c of the first, then c of the second. */
static bool make_exch(struct making *k, const struct ir_random *r, struct re_term *term) {
  int c = term->c, *member = arena_array(k->scratch, (size_t)k->n, int);
  struct frame_term *names = &k->frame->terms[r - k->ir->random];
  if (!find_members(k, r, term, member)) return false;
  double *z = arena_array(k->arena, (size_t)k->n * (size_t)c * 2, double);
  const char **label = arena_array(k->arena, (size_t)c * 2, const char *);
  for (int i = 0; i < k->n; i++)
    memcpy(z + (size_t)(i * 2 + member[i]) * (size_t)c, term->z + (size_t)i * (size_t)c,
           sizeof(double) * (size_t)c);
  for (int a = 0; a < c; a++) {
    label[a] = names->names[a];
    label[c + a] = arena_printf(k->arena, "the other's %s", names->names[a]);
  }
  names->names = label;
  term->z = z;
  term->c = term->x.m = 2 * c;
  return true;
}

bool residual_make_term(struct making *k, const struct ir_random *r, struct re_term *term) {
  const struct structure_form *form = structure_form_find(r->structure);
  if (term->cov && r->by < 0) return true;
  term->structure = structure_find(r->structure);
  term->x = (struct positions){.m = term->c, .band = r->band};
  if (r->by >= 0) keep_stratum(k, r, term);
  if (form->index == INDEX_NEVER) return make_exch(k, r, term);
  bool order = form->steps || strcmp(r->structure, "ante1") == 0;
  if (order && !is_one_factor(k, r)) {
    diag_add(k->diags, k->src, r->span, DIAG_RANDOM_INDEX, r->structure, r->text, DIAG_END);
    return false;
  }
  if (!form->distance) return true;
  double *x = NULL;
  int dims = level_numbers(k, r, term->c, &x);
  if (dims == 0) {
    diag_add(k->diags, k->src, r->span, DIAG_RANDOM_DISTANCE, r->structure, DIAG_END);
    return false;
  }
  term->x.dims = dims;
  term->x.coordinate = x;
  return true;
}

/* ---- what depends on what ---- */

static int root_of(int *parent, int i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

static void join_equal(const struct making *k, int *parent, const int32_t *level, int q,
                       const struct re_term *term) {
  int *first = ints_of(k->scratch, q), loads = term && term->loads ? term->loads : 1;
  for (int i = 0; i < k->n; i++)
    for (int s = 0; s < loads; s++) {
      bool any = !term;
      for (int a = 0; term && a < term->c; a++) any = any || term->z[(i * loads + s) * term->c + a] != 0;
      if (!any) continue;
      int *at = &first[level[i * loads + s]];
      if (*at < 0) *at = i;
      parent[root_of(parent, i)] = root_of(parent, *at);
    }
}

/* Rows and effects of the clusters by their root; the most of what the kernel holds in dense matrices: rows, or effects where they
   are fewer. */
static long long largest_matrix(struct making *k, const struct problem *p, int *parent) {
  long long *rows = arena_array(k->scratch, (size_t)k->n, long long),
            *effects = arena_array(k->scratch, (size_t)k->n, long long);
  long long most = 0;
  for (int i = 0; i < k->n; i++) rows[root_of(parent, i)]++;
  for (int t = 0; t < p->n_terms; t++) {
    const struct re_term *term = &p->terms[t];
    bool *seen = arena_array(k->scratch, (size_t)term->q, bool);
    int loads = term->loads ? term->loads : 1;
    for (int i = 0; i < k->n * loads; i++) {
      if (seen[term->level[i]]) continue;
      seen[term->level[i]] = true;
      effects[root_of(parent, i / loads)] += term->c;
    }
  }
  for (int i = 0; i < k->n; i++) {
    long long size = effects[i] && effects[i] < rows[i] ? effects[i] : rows[i];
    if (size > most) most = size;
  }
  return most;
}

bool residual_fits(struct making *k, const struct problem *p) {
  bool structures = p->residual != NULL;
  for (int t = 0; t < p->n_terms; t++)
    structures = structures || p->terms[t].structure || p->terms[t].loads > 1;
  if (!structures) return true;
  int *parent = ints_of(k->scratch, k->n);
  for (int i = 0; i < k->n; i++) parent[i] = i;
  if (p->residual) join_equal(k, parent, p->residual->block, p->residual->n_blocks, NULL);
  for (int t = 0; t < p->n_terms; t++) join_equal(k, parent, p->terms[t].level, p->terms[t].q, &p->terms[t]);
  long long most = largest_matrix(k, p, parent);
  if (most <= CLUSTER_MAX) return true;
  diag_add(k->diags, k->call_src, k->span, DIAG_CLUSTER_TOO_LARGE, arena_printf(k->scratch, "%lld", most),
           arena_printf(k->scratch, "%d", CLUSTER_MAX), DIAG_END);
  return false;
}
