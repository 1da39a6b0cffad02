#include "runtime/inference/covariances.h"
#include <math.h>
#include <string.h>

static const double z95 = 1.959963984540054;

struct listing {
  struct arena *a;
  const struct fit *f;
  struct covariance_parameter *list;
  int n;
};

/* Names of the positions of a parameter's part; NULL: it has none. */
static const char *const *labels_of(const struct fit *f, const struct reml_natural *x) {
  const struct frame *frame = f->frame;
  if (x->term < frame->problem->n_terms) return frame->terms[x->term].names;
  return x->factor >= 0 ? frame->residual->factor[x->factor].labels : NULL;
}

static const char *label(struct arena *a, const char *const *labels, int i) {
  if (!labels) return arena_printf(a, "%d", i + 1);
  return strcmp(labels[i], "(Intercept)") == 0 ? "Intercept" : labels[i];
}

/* For people "corr(wife, husband)", "corr(lag 2)"; for machines "corr.wife.husband", "corr.lag2". */
static const char *pair_name(struct arena *a, const struct fit *f, const struct reml_natural *x, bool key) {
  const char *const *labels = labels_of(f, x);
  if (x->what.a < 0) return "rho";
  if (x->what.b < 0) return arena_printf(a, key ? "corr.lag%d" : "corr(lag %d)", x->what.a);
  const char *one = label(a, labels, x->what.b), *two = label(a, labels, x->what.a);
  return key ? arena_printf(a, "corr.%s.%s", one, two) : arena_printf(a, "corr(%s, %s)", one, two);
}

static void name_it(struct listing *w, const struct reml_natural *x, struct covariance_parameter *p) {
  const struct frame_residual *e = w->f->frame->residual;
  const char *const *labels = labels_of(w->f, x);
  struct arena *a = w->a;
  switch (x->what.kind) {
  case NATURAL_SD:
    p->name = x->what.a < 0 ? "sd" : arena_printf(a, "sd(%s)", label(a, labels, x->what.a));
    p->key = x->what.a < 0 ? "sd" : arena_printf(a, "sd.%s", label(a, labels, x->what.a));
    if (x->factor < 0 && e && e->reference) p->name = arena_printf(a, "sd(%s)", e->reference);
    break;
  case NATURAL_CORRELATION:
    p->name = pair_name(a, w->f, x, false);
    p->key = pair_name(a, w->f, x, true);
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

static void interval(const struct fit *f, const struct reml_natural *x, struct covariance_parameter *p) {
  bool boundary = x->what.kind == NATURAL_CORRELATION ? fabs(p->value) > 1 - 1e-8 : p->value == 0;
  p->lower = p->upper = (double)NAN;
  if (boundary) p->se = (double)NAN;
  if (!isfinite(p->se)) return;
  if (x->what.kind == NATURAL_SCALE && f->frame->residual->variance != VARIANCE_BY) {
    p->lower = p->value - z95 * p->se;
    p->upper = p->value + z95 * p->se;
  } else if (x->what.kind == NATURAL_CORRELATION) {
    double z = atanh(p->value), step = z95 * p->se / (1 - p->value * p->value);
    p->lower = tanh(z - step);
    p->upper = tanh(z + step);
  } else if (p->value > 0) {
    double step = z95 * p->se / p->value;
    p->lower = p->value * exp(-step);
    p->upper = p->value * exp(step);
  }
}

static const char *where_of(struct listing *w, const struct reml_natural *x) {
  const struct frame *frame = w->f->frame;
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

static void add(struct listing *w, const struct reml_natural *x) {
  struct covariance_parameter *p = &w->list[w->n++];
  bool ratio = x->what.kind == NATURAL_SCALE && w->f->frame->residual->variance == VARIANCE_BY;
  double value = ratio ? exp(x->value) : x->value;
  *p = (struct covariance_parameter){.where = where_of(w, x),
                                     .residual = x->term == w->f->frame->problem->n_terms,
                                     .value = value,
                                     .se = ratio ? value * x->se : x->se};
  name_it(w, x, p);
  interval(w->f, x, p);
  if (x->what.kind == NATURAL_RATE) add_half_life(w);
}

struct covariance_parameter *covariance_parameters(struct arena *a, const struct fit *f, int *n) {
  const struct reml_result *r = f->result;
  struct listing w = {.a = a, .f = f};
  w.list = arena_array(a, 2 * (size_t)r->n_natural, struct covariance_parameter);
  for (int i = 0; i < r->n_natural; i++) add(&w, &r->natural[i]);
  *n = w.n;
  return w.list;
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
