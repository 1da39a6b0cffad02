#include "lang/formula.h"
#include "lang/describe.h"
#include <math.h>
#include <string.h>

/* ---- sets of terms ---- */

static struct term_set *set_new(struct arena *a, int words) {
  struct term_set *s = arena_make(a, struct term_set);
  *s = (struct term_set){.arena = a, .words = words, .intercept = INTERCEPT_UNSAID};
  return s;
}

static size_t term_size(const struct term_set *s) {
  return (size_t)s->words * sizeof(uint64_t);
}

static uint64_t term_hash(const uint64_t *bits, int words) {
  uint64_t h = 0xcbf29ce484222325u;
  for (int w = 0; w < words; w++) {
    h = (h ^ bits[w]) * 0x9e3779b97f4a7c15u;
    h ^= h >> 29;
  }
  return h;
}

/* Index of the term with these bits, or -1; *at is the slot where it is or belongs. */
static int set_find(const struct term_set *s, const uint64_t *bits, int *at) {
  if (s->n_slots == 0) return -1;
  int mask = s->n_slots - 1;
  int i = (int)(term_hash(bits, s->words) & (uint64_t)mask);
  while (s->slot[i] && memcmp(term_bits(s, s->slot[i] - 1), bits, term_size(s)) != 0) i = (i + 1) & mask;
  *at = i;
  return s->slot[i] - 1;
}

static void set_rehash(struct term_set *s, int n_slots) {
  if (n_slots > s->n_slots)
    s->slot = arena_array(s->arena, (size_t)n_slots, int);
  else
    memset(s->slot, 0, (size_t)n_slots * sizeof *s->slot);
  s->n_slots = n_slots;
  for (int t = 0; t < s->n; t++) {
    int at = 0;
    set_find(s, term_bits(s, t), &at);
    s->slot[at] = t + 1;
  }
}

static void set_reserve(struct term_set *s) {
  if (s->n == s->room) {
    int room = s->room ? 2 * s->room : 4;
    size_t words = (size_t)s->words;
    s->bits = arena_grow(s->arena, s->bits, (size_t)s->n * words, (size_t)room * words, sizeof(uint64_t));
    s->room = room;
  }
  if (2 * (s->n + 1) >= s->n_slots) set_rehash(s, s->n_slots ? 2 * s->n_slots : 16);
}

static void set_add(struct term_set *s, const uint64_t *bits) {
  int at = 0;
  if (set_find(s, bits, &at) >= 0) return;
  set_reserve(s);
  set_find(s, bits, &at);
  memcpy(s->bits + (size_t)s->n * (size_t)s->words, bits, term_size(s));
  s->slot[at] = ++s->n;
}

static void set_union(struct term_set *into, const struct term_set *from) {
  for (int t = 0; t < from->n; t++) set_add(into, term_bits(from, t));
  if (from->intercept != INTERCEPT_UNSAID) into->intercept = from->intercept;
}

/* Takes the terms of b out of a, in place: a long chain of `-` costs no memory. */
static void set_remove(struct term_set *a, const struct term_set *b) {
  int n = 0, at = 0;
  for (int t = 0; t < a->n; t++) {
    if (set_find(b, term_bits(a, t), &at) >= 0) continue;
    memmove(a->bits + (size_t)n * (size_t)a->words, term_bits(a, t), term_size(a));
    n++;
  }
  a->n = n;
  if (a->n_slots) set_rehash(a, a->n_slots);
  if (b->intercept != INTERCEPT_UNSAID)
    a->intercept = b->intercept == INTERCEPT_SAID ? INTERCEPT_REMOVED : INTERCEPT_SAID;
}

static void or_into(uint64_t *out, const uint64_t *a, const uint64_t *b, int words) {
  for (int w = 0; w < words; w++) out[w] = a[w] | b[w];
}

/* All variables of a set, as one term. */
static const struct term_set *set_all(const struct term_set *s) {
  struct term_set *out = set_new(s->arena, s->words);
  uint64_t *all = arena_array(s->arena, (size_t)s->words, uint64_t);
  for (int t = 0; t < s->n; t++) or_into(all, all, term_bits(s, t), s->words);
  if (s->n > 0) set_add(out, all);
  return out;
}

static int degree(const struct term_set *s, int t) {
  int n = 0;
  for (int w = 0; w < s->words; w++) n += __builtin_popcountll(term_bits(s, t)[w]);
  return n;
}

static struct term_set *set_by_degree(const struct term_set *s) {
  struct term_set *out = set_new(s->arena, s->words);
  int most = 0;
  for (int t = 0; t < s->n; t++)
    if (degree(s, t) > most) most = degree(s, t);
  for (int d = 1; d <= most; d++)
    for (int t = 0; t < s->n; t++)
      if (degree(s, t) == d) set_add(out, term_bits(s, t));
  out->intercept = s->intercept;
  return out;
}

/* ---- the algebra ---- */

struct expansion {
  struct algebra *g;
  int words;
};

static struct term_set *expand(struct expansion *x, const struct ast *e, const char *place);

static struct term_set *empty(struct expansion *x) {
  return set_new(x->g->scope->arena, x->words);
}

static bool within_limit(struct expansion *x, const struct ast *e, const struct term_set *s) {
  if (s->n <= FORMULA_TERMS_MAX) return true;
  if (!x->g->scope->failed)
    COLUMN_ERROR(x->g->scope, e->span, DIAG_FORMULA_TOO_MANY_TERMS,
                 arena_printf(x->g->scope->arena, "%d", FORMULA_TERMS_MAX), "terms");
  return false;
}

/* Adds every term of a joined with every term of b. */
static void add_products(struct expansion *x, const struct ast *e, struct term_set *out,
                         const struct term_set *a, const struct term_set *b) {
  uint64_t *both = arena_array(out->arena, (size_t)x->words, uint64_t);
  for (int i = 0; i < a->n; i++)
    for (int j = 0; j < b->n; j++) {
      or_into(both, term_bits(a, i), term_bits(b, j), x->words);
      set_add(out, both);
      if (!within_limit(x, e, out)) return;
    }
}

static const char *inside(struct expansion *x, enum ast_op op) {
  return arena_printf(x->g->scope->arena, "%s `%s`", op == OP_SUB ? "after" : "inside", ast_op_spelling(op));
}

/* An operand of a product: terms alone. */
static struct term_set *factor(struct expansion *x, const struct ast *e, enum ast_op op) {
  struct term_set *s = expand(x, e, inside(x, op));
  if (s->intercept != INTERCEPT_UNSAID)
    COLUMN_ERROR(x->g->scope, e->span, DIAG_FORMULA_ONE_PLACE,
                 s->intercept == INTERCEPT_SAID ? "1 (the intercept)" : "0 (no intercept)");
  s->intercept = INTERCEPT_UNSAID;
  return s;
}

static struct term_set *product(struct expansion *x, const struct ast *e) {
  enum ast_op op = e->u.op.op;
  const struct term_set *a = factor(x, e->u.op.a, op), *b = factor(x, e->u.op.b, op);
  struct term_set *out = empty(x);
  if (op == OP_MUL || op == OP_DIV) set_union(out, a);
  if (op == OP_MUL) set_union(out, b);
  add_products(x, e, out, op == OP_DIV ? set_all(a) : a, op == OP_IN ? set_all(b) : b);
  return out;
}

static bool one_numeric_column(struct expansion *x, const struct term_set *s) {
  if (s->n != 1 || degree(s, 0) != 1) return false;
  int v = 0;
  while (!term_has(s, 0, v)) v++;
  return x->g->numeric(x->g->arg, v);
}

/* The exponent, 0 after an error. */
static int exponent(struct expansion *x, const struct ast *e) {
  double n = e->kind == AST_NUMBER ? e->u.number.value : 0;
  if (n >= 1 && n <= FORMULA_POWER_MAX && floor(n) == n) return (int)n;
  COLUMN_ERROR(x->g->scope, e->span, DIAG_FORMULA_POWER,
               arena_printf(x->g->scope->arena, "%d", FORMULA_POWER_MAX));
  return 0;
}

static struct term_set *power(struct expansion *x, const struct ast *e) {
  struct term_set *base = factor(x, e->u.op.a, OP_POW);
  int n = exponent(x, e->u.op.b);
  struct arena *a = x->g->scope->arena;
  if (n > 1 && one_numeric_column(x, base))
    COLUMN_ERROR(x->g->scope, e->span, DIAG_FORMULA_SQUARE, print_expr(a, e->u.op.a),
                 print_expr(a, e->u.op.b));
  struct term_set *out = base;
  for (int i = 1, before = 0; i < n && out->n > before && within_limit(x, e, out); i++) {
    struct term_set *next = empty(x);
    before = out->n;
    add_products(x, e, next, base, out); /* a term times itself is itself: nothing is lost */
    out = next;
  }
  return out;
}

static struct term_set *sum(struct expansion *x, const struct ast *e, const char *place) {
  struct term_set *a = expand(x, e->u.op.a, place);
  set_union(a, expand(x, e->u.op.b, place));
  within_limit(x, e, a);
  return a;
}

static struct term_set *difference(struct expansion *x, struct term_set *from, const struct ast *taken) {
  set_remove(from, expand(x, taken, inside(x, OP_SUB)));
  return from;
}

static struct term_set *number(struct expansion *x, const struct ast *e) {
  struct term_set *s = empty(x);
  if (e->u.number.value == 0 || e->u.number.value == 1)
    s->intercept = e->u.number.value == 1 ? INTERCEPT_SAID : INTERCEPT_REMOVED;
  else
    COLUMN_ERROR(x->g->scope, e->span, DIAG_FORMULA_NUMBER,
                 arena_printf(x->g->scope->arena, "%.15g", e->u.number.value));
  return s;
}

static struct term_set *variable(struct expansion *x, const struct ast *e) {
  struct term_set *s = empty(x);
  int v = x->g->variable(x->g->arg, e);
  if (v < 0) return s;
  uint64_t *bits = arena_array(s->arena, (size_t)x->words, uint64_t);
  bits[v / 64] = (uint64_t)1 << (v % 64);
  set_add(s, bits);
  return s;
}

static struct term_set *refuse(struct expansion *x, const struct ast *e, enum diag_code code,
                               const char *what) {
  COLUMN_ERROR(x->g->scope, e->span, code, what);
  return empty(x);
}

static struct term_set *operation(struct expansion *x, const struct ast *e, const char *place) {
  enum ast_op op = e->u.op.op;
  switch (op) {
  case OP_ADD: return sum(x, e, place);
  case OP_SUB: return difference(x, expand(x, e->u.op.a, place), e->u.op.b);
  case OP_NEG: return difference(x, empty(x), e->u.op.a);
  case OP_POS: return expand(x, e->u.op.a, place);
  case OP_MUL:
  case OP_DIV:
  case OP_IN:
  case OP_COLON: return product(x, e);
  case OP_POW: return power(x, e);
  case OP_EQ:
  case OP_NE:
  case OP_LT:
  case OP_LE:
  case OP_GT:
  case OP_GE:
  case OP_AND:
  case OP_OR:
  case OP_NOT: return variable(x, e);
  case OP_TILDE: return refuse(x, e, DIAG_FORMULA_TWO_TILDES, "");
  case OP_BAR:
  case OP_BARBAR:
  case OP_RANGE:
  case OP_KRON: return refuse(x, e, DIAG_FORMULA_OPERATOR, ast_op_spelling(op));
  }
  return empty(x);
}

static struct term_set *expand(struct expansion *x, const struct ast *e, const char *place) {
  if (x->g->summand(x->g->arg, e, place)) return empty(x);
  switch (e->kind) {
  case AST_NUMBER: return number(x, e);
  case AST_NAME:
  case AST_SLOT:
  case AST_SPLICE:
  case AST_INDEX: /* role[wife] */
  case AST_CALL: return variable(x, e);
  case AST_UNARY:
  case AST_BINARY: return operation(x, e, place);
  case AST_ERROR: x->g->scope->failed = true; return empty(x);
  case AST_TEXT:
  case AST_BOOL:
  case AST_NA:
  case AST_LIST:
  case AST_FIELD:
  case AST_ARG:
  case AST_HYPOTHESES:
  case AST_CASES_NO_EXPRESSION: return refuse(x, e, DIAG_FORMULA_PART, describe_expr(x->g->scope->arena, e));
  }
  return empty(x);
}

static void count_leaf(struct ast *e, void *n) {
  if (e->kind == AST_UNARY || e->kind == AST_BINARY || e->kind == AST_CALL || e->kind == AST_ARG ||
      e->kind == AST_INDEX)
    ast_children(e, count_leaf, n);
  else
    ++*(int *)n;
}

int formula_leaves(const struct ast *expr) {
  int n = 0;
  ast_children(expr, count_leaf, &n);
  return n ? n : 1;
}

struct term_set *formula_expand(struct algebra *g, const struct ast *expr) {
  /* No formula has more variables than leaves. */
  struct expansion x = {.g = g, .words = (formula_leaves(expr) + 63) / 64};
  return set_by_degree(expand(&x, expr, NULL));
}
