#include "runtime/inference/covariances.h"
#include "runtime/inference/distributions.h"
#include <math.h>
#include <string.h>

struct listing {
  struct arena *a;
  double z; /* half the width of an interval, in standard errors */
  const struct frame *frame;
  struct covariance_parameter *list;
  int n;
};

/* Names of the positions of a parameter's part; NULL: it has none. */
static const char *const *labels_of(const struct frame *frame, const struct reml_natural *x) {
  if (x->term < frame->problem->n_terms) return frame->terms[x->term].names;
  return x->factor >= 0 ? frame->residual->factor[x->factor].labels : NULL;
}

static const char *label(struct arena *a, const char *const *labels, int i) {
  if (!labels) return arena_printf(a, "%d", i + 1);
  return strcmp(labels[i], "(Intercept)") == 0 ? "Intercept" : labels[i];
}

/* For people "corr(wife, husband)", "corr(lag 2)"; for machines "corr.wife.husband", "corr.lag2". */
static const char *pair_name(struct arena *a, const struct frame *frame, const struct reml_natural *x,
                             bool key) {
  const char *const *labels = labels_of(frame, x);
  if (x->what.a < 0) return "rho";
  if (x->what.b < 0) return arena_printf(a, key ? "corr.lag%d" : "corr(lag %d)", x->what.a);
  const char *one = label(a, labels, x->what.b), *two = label(a, labels, x->what.a);
  return key ? arena_printf(a, "corr.%s.%s", one, two) : arena_printf(a, "corr(%s, %s)", one, two);
}

static void name_it(struct listing *w, const struct reml_natural *x, struct covariance_parameter *p) {
  const struct frame_residual *e = w->frame->residual;
  const char *const *labels = labels_of(w->frame, x);
  struct arena *a = w->a;
  switch (x->what.kind) {
  case NATURAL_SD:
    p->name = x->what.a < 0 ? "sd" : arena_printf(a, "sd(%s)", label(a, labels, x->what.a));
    p->key = x->what.a < 0 ? "sd" : arena_printf(a, "sd.%s", label(a, labels, x->what.a));
    if (x->factor < 0 && e && e->reference) p->name = arena_printf(a, "sd(%s)", e->reference);
    break;
  case NATURAL_CORRELATION:
    p->name = pair_name(a, w->frame, x, false);
    p->key = pair_name(a, w->frame, x, true);
    break;
  case NATURAL_RATE: p->name = p->key = "rate"; break;
  case NATURAL_RANGE: p->name = p->key = "range"; break;
  case NATURAL_SCALE:
    p->name =
        e->variance == VARIANCE_BY ? arena_printf(a, "sd ratio %s", e->scale[x->place]) : e->scale[x->place];
    p->key = p->name;
    break;
  }
}

static void interval(const struct frame *frame, const struct reml_natural *x, double z,
                     struct covariance_parameter *p) {
  bool boundary = x->what.kind == NATURAL_CORRELATION ? fabs(p->value) > 1 - 1e-8 : p->value == 0;
  boundary = boundary || natural_is_endless(x);
  p->lower = p->upper = (double)NAN;
  if (boundary) p->se = (double)NAN;
  if (!isfinite(p->se)) return;
  if (x->what.kind == NATURAL_SCALE && frame->residual->variance != VARIANCE_BY) {
    p->lower = p->value - z * p->se;
    p->upper = p->value + z * p->se;
  } else if (x->what.kind == NATURAL_CORRELATION) {
    double middle = atanh(p->value), step = z * p->se / (1 - p->value * p->value);
    p->lower = tanh(middle - step);
    p->upper = tanh(middle + step);
  } else if (p->value > 0) {
    double step = z * p->se / p->value;
    p->lower = p->value * exp(-step);
    p->upper = p->value * exp(step);
  }
  if (isfinite(p->lower) && isfinite(p->upper)) return;
  p->lower = p->upper = (double)NAN; /* as wide as numbers go: nothing is known */
}

static const char *where_of(struct listing *w, const struct reml_natural *x) {
  const struct frame *frame = w->frame;
  if (x->term < frame->problem->n_terms) return frame->terms[x->term].text;
  const struct frame_residual *e = frame->residual;
  if (!e) return "residual";
  if (e->n_strata < 2 || x->factor < 0) return e->text;
  return arena_printf(w->a, "%s of %s", e->text, print_level(w->a, e->by, e->strata[x->stratum]));
}

static void add_half_life(struct listing *w) {
  struct covariance_parameter *half = &w->list[w->n++];
  *half = half[-1];
  half->name = half->key = "half-life";
  half->derived = true;
  half->value = log(2) / half[-1].value;
  half->se = half->value * half[-1].se / half[-1].value;
  half->lower = log(2) / half[-1].upper;
  half->upper = log(2) / half[-1].lower;
}

/* What tells parameters of one name apart: the grouping factor of a term, the stratum of a residual; NULL: nothing. */
static const char *owner_of(struct listing *w, const struct reml_natural *x) {
  const struct frame *frame = w->frame;
  if (x->term < frame->problem->n_terms) {
    const char *known = frame->ir->random[x->term].known, *group = frame->terms[x->term].group;
    return known ? arena_printf(w->a, "%s, %s", group, known) : group;
  }
  const struct frame_residual *e = frame->residual;
  if (!e || e->n_strata < 2 || x->factor < 0) return NULL;
  return print_level(w->a, e->by, e->strata[x->stratum]);
}

/* "sd(Intercept | Subject)", "rho(person)", "corr(lag2 | person)", "ratio(arm[digital])", "sigma" */
static const char *full_name(struct listing *w, const struct reml_natural *x,
                             const struct covariance_parameter *p) {
  const char *owner = owner_of(w, x), *name = p->name;
  if (x->factor < 0 && x->what.kind == NATURAL_SD) return "sigma";
  if (p->ratio) return arena_printf(w->a, "ratio(%s)", w->frame->residual->scale[x->place]);
  if (x->what.kind == NATURAL_CORRELATION && x->what.a >= 0 && x->what.b < 0)
    name = arena_printf(w->a, "corr(lag%d)", x->what.a);
  if (!owner) return name;
  size_t n = strlen(name);
  if (name[n - 1] != ')') return arena_printf(w->a, "%s(%s)", name, owner);
  return arena_printf(w->a, "%.*s | %s)", (int)n - 1, name, owner);
}

static void add(struct listing *w, const struct reml_natural *x, int natural) {
  struct covariance_parameter *p = &w->list[w->n++];
  bool ratio = x->what.kind == NATURAL_SCALE && w->frame->residual->variance == VARIANCE_BY;
  double value = ratio ? exp(x->value) : x->value;
  if (!isfinite(value)) value = (double)NAN; /* a rate or range without end (L0116) */
  *p = (struct covariance_parameter){.where = where_of(w, x),
                                     .natural = natural,
                                     .residual = x->term == w->frame->problem->n_terms,
                                     .ratio = ratio,
                                     .held = x->held,
                                     .value = value,
                                     .se = ratio ? value * x->se : x->se};
  name_it(w, x, p);
  p->full = full_name(w, x, p);
  interval(w->frame, x, w->z, p);
  if (x->what.kind == NATURAL_RATE) add_half_life(w);
}

static struct covariance_parameter *list_of(struct arena *a, const struct frame *frame, double level,
                                            const struct reml_natural *x, int n_natural, int *n) {
  struct listing w = {.a = a, .frame = frame, .z = t_quantile((1 + level) / 2, INFINITY)};
  w.list = arena_array(a, 2 * (size_t)n_natural, struct covariance_parameter);
  for (int i = 0; i < n_natural; i++) add(&w, &x[i], i);
  *n = w.n;
  return w.list;
}

struct covariance_parameter *covariance_parameters(struct arena *a, const struct fit *f, double level,
                                                   int *n) {
  int count;
  const struct reml_natural *x = reml_natural_values(a, f->frame->problem, f->result, f->threads, &count);
  return list_of(a, f->frame, level, x, count, n);
}

struct covariance_parameter *covariance_names(struct arena *a, const struct frame *frame, int *n) {
  int count;
  const struct reml_natural *x = reml_naturals(a, frame->problem, &count);
  return list_of(a, frame, 0.95, x, count, n);
}

static bool same_name(const char *x, const char *y) {
  for (;; x++, y++) {
    while (*x == ' ' || *x == '`') x++;
    while (*y == ' ' || *y == '`') y++;
    if (*x != *y) return false;
    if (!*x) return true;
  }
}

int covariance_find(const struct covariance_parameter *p, int n, const char *name) {
  int found = -1;
  for (int i = 0; i < n; i++) {
    if (p[i].derived) continue;
    if (same_name(p[i].full, name)) return i;
    if (same_name(p[i].name, name)) found = found == -1 ? i : -2;
  }
  return found;
}

const char *residual_structure(struct arena *a, const struct fit *f) {
  const struct frame_residual *e = f->frame->residual;
  struct buf b;
  buf_init(&b, a);
  for (int i = 0; e && i < e->n_factors; i++) {
    buf_printf(&b, "%s%s", i ? " @ " : "", e->factor[i].structure);
    if (e->factor[i].index) buf_printf(&b, "(%s)", e->factor[i].index);
  }
  return b.n ? b.text : e ? "diag" : "homogeneous";
}
