#include "runtime/model/design.h"
#include "runtime/model/contrasts.h"
#include <limits.h>
#include <string.h>

static int variable_width(const struct variable *v, bool full) {
  return v->type == COL_NUMBER ? v->width : full ? v->n_levels : v->n_levels - 1;
}

static bool has_levels(const struct making *k, const struct variable *v) {
  if (v->type == COL_NUMBER || v->n_levels > 1) return true;
  diag_add(k->diags, k->src, v->expr->span, DIAG_ONE_LEVEL_FACTOR, v->name, v->levels[0], DIAG_END);
  return false;
}

/* -1 after an error. */
static int64_t term_width(const struct making *k, const struct ir_term *t) {
  int64_t width = 1;
  for (int i = 0; i < t->n; i++) {
    const struct variable *v = &k->var[t->var[i]];
    if (!has_levels(k, v)) return -1;
    width *= variable_width(v, t->full[i]);
    if (width > INT_MAX) break;
  }
  return width;
}

int design_width(const struct making *k, const struct ir_terms *terms) {
  int64_t width = 0;
  bool fine = true;
  for (int t = 0; t < terms->n; t++) {
    int64_t w = term_width(k, &terms->term[t]);
    fine = fine && w >= 0;
    width = width + w > INT_MAX ? INT_MAX : width + w;
  }
  if (!fine) return -1;
  if (width * k->n <= INT_MAX) return (int)width;
  const char *what = arena_printf(k->scratch, "a design of %d rows and %lld columns", k->n, (long long)width);
  diag_add(k->diags, k->call_src, k->span, DIAG_TOO_LARGE, what, DIAG_END);
  return -1;
}

/* Multiplies a column by one variable's part: its column `index`, contrasts or, full, indicators. */
static void multiply(const struct making *k, const struct variable *v, bool full, int index, double *out,
                     size_t step) {
  if (v->type == COL_NUMBER) {
    const double *x = v->number + (size_t)index * (size_t)k->n;
    for (int i = 0; i < k->n; i++) out[(size_t)i * step] *= x[i];
  } else if (full) {
    for (int i = 0; i < k->n; i++)
      if (v->code[i] != index) out[(size_t)i * step] = 0;
  } else {
    const double *c = contrasts_make(k->scratch, v->coding, v->n_levels);
    for (int i = 0; i < k->n; i++) out[(size_t)i * step] *= c[v->code[i] * (v->n_levels - 1) + index];
  }
}

/* "x"; "poly(x, 2)[1]"; "arm[digital]"; "flag[true]", as the language spells truth values. */
static const char *part_name(const struct making *k, const struct variable *v, bool full, int index) {
  static const char *const truth[] = {"false", "true"};
  if (v->basis) return arena_printf(k->scratch, "%s[%d]", v->name, index + 1);
  if (v->type == COL_NUMBER) return v->name;
  if (v->type == COL_BOOL)
    return arena_printf(k->scratch, "%s[%s]", v->name, truth[strcmp(v->levels[index + !full], "TRUE") == 0]);
  const char *label = full ? v->levels[index] : contrast_label(k->scratch, v->coding, v->levels, index);
  return print_level(k->scratch, v->name, label);
}

/* Column `index` of a term: its variables' parts as digits of a mixed-radix number, the first varying fastest. */
static const char *fill_column(const struct making *k, const struct ir_term *t, int index, double *out,
                               size_t step) {
  for (int i = 0; i < k->n; i++) out[(size_t)i * step] = 1;
  if (t->n == 0) return t->name;
  struct buf name;
  buf_init(&name, k->scratch);
  for (int i = 0; i < t->n; i++) {
    const struct variable *v = &k->var[t->var[i]];
    int width = variable_width(v, t->full[i]), part = index % width;
    index /= width;
    multiply(k, v, t->full[i], part, out, step);
    buf_printf(&name, "%s%s", i ? ":" : "", part_name(k, v, t->full[i], part));
  }
  return arena_strdup(k->arena, name.text);
}

void design_fill(const struct making *k, const struct ir_terms *terms, double *out, size_t row_step,
                 size_t column_step, const char **names, int *term) {
  int j = 0;
  for (int t = 0; t < terms->n; t++) {
    int width = 1;
    for (int i = 0; i < terms->term[t].n; i++)
      width *= variable_width(&k->var[terms->term[t].var[i]], terms->term[t].full[i]);
    for (int c = 0; c < width; c++, j++) {
      names[j] = fill_column(k, &terms->term[t], c, out + (size_t)j * column_step, row_step);
      if (term) term[j] = t;
    }
  }
}
