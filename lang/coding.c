/* coding.c: terms, and how the factors in them are coded.
 *
 * In a term a factor is coded by contrasts when the rest of the term is spanned by what comes before it: by
 * the intercept (an empty rest), or by a term that has all variables of the rest and beyond these only
 * factors; and by indicators of all its levels otherwise.  This is the rule of Chambers & Hastie (1992, sec.
 * 2.4.1).  R's implementation asks only whether an earlier term contains the rest, and without an intercept
 * codes the first factor it meets in full; the columns differ from R's where that rule would leave out a
 * dimension (~ a:x + a:b) or bring one twice (~ 0 + x + x:a).
 */
#include "lang/compile.h"
#include <string.h>

struct marginality {
  const struct local_vars *local;
  const struct term_set *set;
  int first; /* the first term of the design: those before it belong to another */
  bool intercept;
  uint64_t *numeric; /* set->words: the variables that are no factors */
};

static bool is_factor(const struct marginality *k, int v) {
  enum colkind kind = k->local->compiler->kinds[k->local->var[v]];
  return kind == COLKIND_FACTOR || kind == COLKIND_BOOL || kind == COLKIND_TEXT;
}

/* Bits of term t, without variable v, in word w. */
static uint64_t rest_word(const struct marginality *k, int t, int v, int w) {
  uint64_t bits = term_bits(k->set, t)[w];
  return w == v / 64 ? bits & ~((uint64_t)1 << (v % 64)) : bits;
}

/* Does term `by` span term t without variable v? */
static bool spans_rest(const struct marginality *k, int by, int t, int v) {
  for (int w = 0; w < k->set->words; w++) {
    uint64_t rest = rest_word(k, t, v, w), has = term_bits(k->set, by)[w];
    if ((rest & ~has) || (has & ~rest & k->numeric[w])) return false;
  }
  return true;
}

static bool alone(const struct marginality *k, int t, int v) {
  for (int w = 0; w < k->set->words; w++)
    if (rest_word(k, t, v, w)) return false;
  return true;
}

static bool coded_in_full(const struct marginality *k, int t, int v) {
  if (!is_factor(k, v)) return false;
  if (k->intercept && alone(k, t, v)) return false;
  for (int by = k->first; by < t; by++)
    if (spans_rest(k, by, t, v)) return false;
  return true;
}

static const char *term_name(const struct compiler *c, const int *var, int n) {
  struct buf b;
  buf_init(&b, c->arena);
  for (int i = 0; i < n; i++) buf_printf(&b, "%s%s", i ? ":" : "", c->vars[var[i]].name);
  return b.text;
}

static struct ir_term code_term(const struct marginality *k, int t) {
  const struct compiler *c = k->local->compiler;
  int n = 0;
  for (int v = 0; v < k->local->n; v++) n += term_has(k->set, t, v);
  int *var = arena_array(c->arena, (size_t)n, int);
  bool *full = arena_array(c->arena, (size_t)n, bool);
  int i = 0;
  for (int v = 0; v < k->local->n; v++) {
    if (!term_has(k->set, t, v)) continue;
    var[i] = k->local->var[v];
    full[i++] = coded_in_full(k, t, v);
  }
  return (struct ir_term){.n = n, .var = var, .full = full, .name = term_name(c, var, n)};
}

struct ir_terms compile_terms(const struct local_vars *local, const struct term_set *set, bool intercept,
                              int only) {
  struct arena *a = local->compiler->arena;
  uint64_t *numeric = arena_array(local->compiler->scope->arena, (size_t)set->words, uint64_t);
  struct marginality k = {
      .local = local, .set = set, .first = only < 0 ? 0 : only, .intercept = intercept, .numeric = numeric};
  for (int v = 0; v < local->n; v++)
    if (!is_factor(&k, v)) numeric[v / 64] |= (uint64_t)1 << (v % 64);
  struct ir_term *term = arena_array(a, (size_t)set->n + 1, struct ir_term);
  struct ir_terms out = {.term = term};
  if (intercept) term[out.n++] = (struct ir_term){.name = "(Intercept)"};
  for (int t = 0; t < set->n; t++)
    if (only < 0 || t == only) term[out.n++] = code_term(&k, t);
  return out;
}
