/* formula.h: the algebra of formulas on sets of terms (Wilkinson & Rogers 1973, Applied Statistics 22).
 *
 * A term is a set of variables, kept as bits; a formula is a set of terms in order of appearance, and whether
 * it has an intercept.  What a variable is, and what is to be done with the summands that are no terms
 * (random terms, offsets), the caller says.
 *
 *   a + b   both                          a:b      every term of a with every term of b
 *   a - b   a without the terms of b      a*b      a + b + a:b
 *   a^n     a*a*...*a                     a/b      a + (all variables of a):b
 *   1, 0    with, without an intercept    b in a   b:(all variables of a)
 */
#ifndef KIN_FORMULA_H
#define KIN_FORMULA_H

#include "lang/column_expr.h"

enum {
  FORMULA_LEAVES_MAX = 4096, /* names and numbers in one formula; more is an error, as of the next two */
  FORMULA_TERMS_MAX = 4096,  /* terms of one expansion */
  FORMULA_RANDOM_MAX = 1024, /* random terms of one formula */
  FORMULA_POWER_MAX = 20,    /* largest exponent of ^ */
};

enum intercept { INTERCEPT_UNSAID = -1, INTERCEPT_REMOVED = 0, INTERCEPT_SAID = 1 };

struct term_set {
  struct arena *arena;
  int words;      /* 64-bit words a term */
  int n, room;    /* terms */
  uint64_t *bits; /* n * words; bit v of term t: variable v takes part in it.  No term is empty. */
  int *slot;      /* hash table over the terms: 1 + index, 0 for a free slot */
  int n_slots;    /* a power of two, more than 2 n; 0 before the first term */
  enum intercept intercept;
};

struct algebra {
  struct column_scope *scope; /* where errors go, and temporaries */
  void *arg;                  /* passed to the calls */
  /* Number of the variable that a leaf (a name, a call, a comparison) stands for: 0, 1, ... in order of
     appearance; -1 after an error. */
  int (*variable)(void *arg, const struct ast *leaf);
  bool (*numeric)(void *arg, int variable);
  /* A summand or call that is no term: true if it was one and is dealt with.  `place` is NULL where it is
     added, and otherwise says where it stands ("inside `*`"). */
  bool (*summand)(void *arg, const struct ast *node, const char *place);
};

/* Expands an expression; its terms are sorted by degree, else in order of appearance, as R's terms() has
   them. Errors are reported in the scope; the set is valid after them too. Lives in the scope's arena. */
struct term_set *formula_expand(struct algebra *g, const struct ast *expr);

/* Names and numbers in an expression, at least 1. */
int formula_leaves(const struct ast *expr);

static inline const uint64_t *term_bits(const struct term_set *s, int t) {
  return s->bits + (size_t)t * (size_t)s->words;
}

static inline bool term_has(const struct term_set *s, int t, int variable) {
  return term_bits(s, t)[variable / 64] >> (variable % 64) & 1;
}

#endif
