/* fn_distinguish.c: distinguishable(): are the roles of a dyad's members told apart by the data? */
#include "runtime/inference/distinguish.h"
#include "runtime/inference/distributions.h"
#include "runtime/value/interp.h"
#include <math.h>

static const char *constraints(struct arena *a, const struct distinguished *d) {
  struct buf b;
  buf_init(&b, a);
  const struct {
    int n;
    const char *what;
  } part[] = {
      {d->df_means, "means"}, {d->df_effects, "effects"}, {d->df_variances, "variances and covariances"}};
  for (int i = 0; i < 3; i++)
    if (part[i].n) buf_printf(&b, "%s%d of %s", b.n ? ", " : "", part[i].n, part[i].what);
  return b.n ? b.text : "none";
}

bool builtin_distinguishable(struct call *c, struct value *out) {
  static const char *const names[] = {"the same for both roles", "chi2", "df", "p", "constraints"};
  static const char *const rows[] = {"everything", "effects and variances", "effects"};
  const struct fit *f = c->arg[0].value.u.fit;
  struct interp *in = c->in;
  struct distinguished d[N_DISTINCTIONS];
  if (!distinguish_applies(f)) return CALL_ERROR(c, c->arg[0].ast->span, DIAG_DISTINGUISH_ROLES);
  struct mem *m = in->mem;
  struct arena *mark = arena_pool_mark(m), *scratch = arena_new(m);
  distinguish(scratch, f, in->options.threads, d);
  arena_pool_drain(m, mark);
  const struct value none = {.kind = VALUE_NONE};
  struct value *cell = arena_array(in->scratch, N_DISTINCTIONS * 5, struct value);
  for (int i = 0; i < N_DISTINCTIONS; i++) {
    struct value *at = cell + (ptrdiff_t)i * 5;
    at[0] = (struct value){.kind = VALUE_TEXT, .u.text = rows[i]};
    bool known = !isnan(d[i].chi2) && d[i].df > 0;
    at[1] = known ? value_number(d[i].chi2) : none;
    at[2] = value_number(d[i].df);
    at[3] = known ? value_number(chi2_upper(d[i].chi2, d[i].df)) : none;
    at[4] = (struct value){.kind = VALUE_TEXT, .u.text = constraints(in->scratch, &d[i])};
  }
  struct grid_value g = {
      .rows = N_DISTINCTIONS,
      .cols = 5,
      .cell = cell,
      .col_names = names,
      .kind = "distinguishable",
      .title = "Likelihood-ratio tests by ML\n"
               "means and variances of the predictors are not constrained, unlike in a structural "
               "equation model"};
  *out = value_grid(in, &g);
  return true;
}
