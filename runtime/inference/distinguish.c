#include "runtime/inference/distinguish.h"
#include "lang/design.h"
#include <math.h>
#include <string.h>

struct distinguishing {
  struct arena *a;
  const struct fit *f;
  const char *role;
  int threads;
};

/* ---- names of coefficients without the role ---- */

/* The end of the part of a name that begins at s: `:` outside of brackets and quotes parts them. */
static const char *part_end(const char *s) {
  int depth = 0;
  for (char quote = 0; *s && (depth || quote || *s != ':'); s++) {
    if (quote) {
      quote = *s == quote ? 0 : quote;
    } else if (*s == '"' || *s == '`') {
      quote = *s;
    } else {
      depth += (*s == '(' || *s == '[') - (*s == ')' || *s == ']');
    }
  }
  return s;
}

static bool is_role(const char *part, const char *role) {
  size_t n = strlen(role);
  return strncmp(part, role, n) == 0 && part[n] == '[';
}

/* The name without its part of the role; *has: it had one. */
static const char *without_role(struct arena *a, const char *name, const char *role, bool *has) {
  struct buf b;
  buf_init(&b, a);
  *has = false;
  for (const char *s = name; *s;) {
    const char *end = part_end(s);
    if (is_role(s, role))
      *has = true;
    else
      buf_printf(&b, "%s%.*s", b.n ? ":" : "", (int)(end - s), s);
    s = *end ? end + 1 : end;
  }
  return b.n ? b.text : "(Intercept)";
}

bool distinguish_applies(const struct fit *f) {
  const struct design *d = f->frame->table->design;
  if (!d || d->dyads != DYADS_BY_ROLE) return false;
  struct mem *m = arena_mem(f->arena);
  struct arena *mark = arena_pool_mark(m), *a = arena_new(m);
  bool any = false, has;
  for (int j = 0; j < f->frame->problem->p; j++) {
    without_role(a, f->frame->x_names[j], d->role, &has);
    any = any || has;
  }
  arena_pool_drain(m, mark);
  return any;
}

/* ---- the fixed part ---- */

/* Adds column j of X to the first column of that name; where one without the role is there, it has the effect already. */
static void constrain_columns(const struct distinguishing *w, bool means, struct problem *p) {
  const struct problem *old = w->f->frame->problem;
  size_t n = (size_t)old->n;
  double *x = arena_array(w->a, n * (size_t)old->p, double);
  const char **name = arena_array(w->a, (size_t)old->p, const char *);
  bool *plain = arena_array(w->a, (size_t)old->p, bool);
  p->p = 0;
  for (int pass = 0; pass < 2; pass++) /* those without the role come first */
    for (int j = 0; j < old->p; j++) {
      bool has;
      const char *rest = without_role(w->a, w->f->frame->x_names[j], w->role, &has);
      bool mean = has && strcmp(rest, "(Intercept)") == 0;
      if (has != (pass == 1)) continue;
      if (mean && !means) rest = w->f->frame->x_names[j];
      int k = 0;
      while (k < p->p && strcmp(name[k], rest) != 0) k++;
      if (k < p->p && plain[k]) continue;
      if (k == p->p) {
        name[p->p] = rest;
        plain[p->p++] = !has;
      }
      for (size_t i = 0; i < n; i++) x[n * (size_t)k + i] += old->x[n * (size_t)j + i];
    }
  p->x = x;
}

/* ---- variances and covariances ---- */

static const char *same_structure(const char *name) {
  if (strcmp(name, "diag") == 0) return "homdiag";
  if (strcmp(name, "us") == 0 || strcmp(name, "hcs") == 0) return "cs";
  return strcmp(name, "har1") == 0 ? "ar1" : strcmp(name, "htoep") == 0 ? "toep" : name;
}

static void constrain_residual(const struct distinguishing *w, struct problem *p) {
  const struct residual *old = p->residual;
  const struct frame_residual *names = w->f->frame->residual;
  if (!old) return;
  struct residual *e = arena_make(w->a, struct residual);
  struct residual_factor *f = arena_array(w->a, (size_t)old->n_factors, struct residual_factor);
  *e = *old;
  for (int i = 0; i < e->n_factors; i++) {
    const char *index = names->factor[i].index;
    f[i] = old->factors[i];
    if (index && strcmp(index, w->role) == 0)
      f[i].structure = structure_find(same_structure(f[i].structure->name));
  }
  e->factors = f;
  if (names->variance == VARIANCE_BY && is_role(names->scale[0], w->role)) e->n_scale = 0;
  if (names->by && strcmp(names->by, w->role) == 0) e->n_strata = 1;
  p->residual = e;
}

/* Effects of the first role, then those of the second, in the same order: `to` of c places; false: the term is not of this kind. */
static bool order_by_role(const struct distinguishing *w, int t, int c, int *to) {
  const struct frame_term *names = &w->f->frame->terms[t];
  const char **rest = arena_array(w->a, (size_t)c, const char *);
  int half = 0;
  for (int i = 0; i < c; i++) {
    bool has;
    rest[i] = without_role(w->a, names->names[i], w->role, &has);
    int first = 0;
    while (first < i && strcmp(rest[first], rest[i]) != 0) first++;
    if (!has) return false;
    to[i] = first == i ? half++ : -1 - first;
  }
  if (2 * half != c) return false;
  for (int i = 0; i < c; i++)
    if (to[i] < 0) to[i] = half + to[-1 - to[i]];
  return true;
}

static void constrain_term(const struct distinguishing *w, int t, struct re_term *term) {
  int c = term->c, *to = arena_array(w->a, (size_t)c, int);
  if (!order_by_role(w, t, c, to)) return;
  size_t rows = (size_t)w->f->frame->problem->n * (size_t)(term->loads > 1 ? term->loads : 1);
  double *z = arena_raw(w->a, rows * (size_t)c, double);
  for (size_t i = 0; i < rows; i++)
    for (int a = 0; a < c; a++) z[i * (size_t)c + (size_t)to[a]] = term->z[i * (size_t)c + (size_t)a];
  const char *name = term->structure ? term->structure->name : term->cov->name;
  bool independent = strcmp(name, "diag") == 0;
  if (independent && c > 2) return;
  term->z = z;
  term->structure = structure_find(independent ? "homdiag" : c == 2 ? "cs" : "exch");
  term->x = (struct positions){.m = c};
}

static void constrain_terms(const struct distinguishing *w, struct problem *p) {
  struct re_term *terms = arena_array(w->a, (size_t)p->n_terms, struct re_term);
  for (int t = 0; t < p->n_terms; t++) {
    terms[t] = p->terms[t];
    constrain_term(w, t, &terms[t]);
  }
  p->terms = terms;
}

/* ---- the tests ---- */

static const struct reml_result *refit(const struct distinguishing *w, const struct problem *p) {
  struct reml_options how = {.threads = w->threads};
  return reml_fit(w->a, p, &how);
}

static bool is_fit(const struct reml_result *r) {
  return r->status == REML_CONVERGED || r->status == REML_SINGULAR;
}

static struct distinguished test(const struct distinguishing *w, enum distinction what,
                                 const struct problem *whole, const struct reml_result *full) {
  struct problem p = *whole, effects = *whole;
  constrain_columns(w, what == SAME_EVERYTHING, &p);
  constrain_columns(w, false, &effects);
  if (what != SAME_EFFECTS) {
    constrain_residual(w, &p);
    constrain_terms(w, &p);
  }
  const struct reml_result *r = refit(w, &p);
  double rise = r->criterion - full->criterion;
  struct distinguished d = {.chi2 = is_fit(r) && is_fit(full) ? fmax(rise, 0) : (double)NAN};
  d.df_variances = full->n_theta - r->n_theta;
  d.df_effects = whole->p - effects.p;
  d.df_means = full->rank - r->rank - d.df_effects;
  d.df = full->rank - r->rank + d.df_variances;
  return d;
}

void distinguish(struct arena *a, const struct fit *f, int threads,
                 struct distinguished out[N_DISTINCTIONS]) {
  struct distinguishing w = {.a = a, .f = f, .role = f->frame->table->design->role, .threads = threads};
  struct problem whole = *f->frame->problem;
  whole.reml = false;
  const struct reml_result *full = refit(&w, &whole);
  for (int i = 0; i < N_DISTINCTIONS; i++) out[i] = test(&w, (enum distinction)i, &whole, full);
}
