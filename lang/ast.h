/* ast.h: the syntax tree of a script.
 *
 * One tagged union; a node knows its place; lists are chained through `next`.  grammar/kin.y builds nodes and
 * nothing else; lang/check.c fills `type`; nobody changes a node afterwards.  Nodes live in the script's
 * arena.
 *
 * Formulas and expressions are one syntax: `y ~ x + (1 | g)` is a BINARY '~' over BINARY '+' over ...; what a
 * name means (a variable, a column, a slot) is decided by where it stands, in lang/check.c.
 * Invariant: depth <= AST_DEPTH_MAX, so that every walk may recurse.
 */
#ifndef KIN_AST_H
#define KIN_AST_H

#include "lang/base/diag.h"
#include "lang/type.h"

enum { AST_DEPTH_MAX = 1000 }; /* nesting of a script; deeper is an error, not a crash */

/* X(KIND, "name in --dump=ast").   ORDER AST: ast_dump.c and print.c switch over all of them */
#define AST_KINDS(X)                                                                                         \
  /* expressions */                                                                                          \
  X(NUMBER, "number")         /* 12, 1e3 */                                                                  \
  X(TEXT, "text")             /* "a" */                                                                      \
  X(BOOL, "bool")             /* true */                                                                     \
  X(NA, "na")                 /* NA */                                                                       \
  X(NAME, "name")             /* x, sleep.Reaction, `odd name` */                                            \
  X(SLOT, "slot")             /* .role */                                                                    \
  X(SPLICE, "splice")         /* $x */                                                                       \
  X(LIST, "list")             /* [a, b] */                                                                   \
  X(UNARY, "unary")           /* -x, not x, ~ x */                                                           \
  X(BINARY, "binary")         /* a + b, y ~ x, x | g, 1..3 */                                                \
  X(CALL, "call")             /* f(a, k = b) */                                                              \
  X(INDEX, "index")           /* x[i] */                                                                     \
  X(FIELD, "field")           /* f(x).name; a dotted name is a NAME */                                       \
  X(ARG, "argument")          /* a, or k = a, inside CALL and INDEX */                                       \
  X(HYPOTHESES, "hypotheses") /* { a == b; c == 0 } as an argument */                                        \
  /* statements */                                                                                           \
  X(EXPR, "expression") /* an expression at statement level: shows its value */                              \
  X(LET, "let")                                                                                              \
  X(ASSIGN, "assign")                                                                                        \
  X(IF, "if")                                                                                                \
  X(FOR, "for")                                                                                              \
  X(BLOCK, "block")                                                                                          \
  X(FN, "fn")                                                                                                \
  X(PARAM, "parameter") /* of fn and model */                                                                \
  X(USE, "use")                                                                                              \
  X(DATA, "data")                                                                                            \
  X(DESIGN, "design")                                                                                        \
  X(MODEL, "model")                                                                                          \
  /* lines of a data block */                                                                                \
  X(MISSING, "missing")     /* missing -99, "n/a" */                                                         \
  X(COLTYPE, "column-type") /* role: factor(wife, husband) */                                                \
  X(DERIVE, "derive")       /* logrt = log(rt) */                                                            \
  X(WHERE, "where")         /* where rt > 200 */                                                             \
  X(DECIMAL, "decimal")     /* decimal "," */                                                                \
  X(MEMBERS, "members")     /* members wife = "_w", husband = "_h" */                                        \
  /* lines of a design */                                                                                    \
  X(NESTING, "nesting") /* classroom in school in district; item */                                          \
  X(TIME, "time")       /* time day step 1 */                                                                \
  X(OCCASION, "occasion")                                                                                    \
  X(DYAD, "dyad") /* dyad couple by role */                                                                  \
  X(ROUNDROBIN, "roundrobin")                                                                                \
  /* lines of a model */                                                                                     \
  X(MEAN, "mean")     /* y ~ x */                                                                            \
  X(RANDOM, "random") /* random (1 | g) [by s] */                                                            \
  X(RESIDUAL, "residual")                                                                                    \
  X(VARIANCE, "variance") /* variance by arm; variance power(x) */                                           \
  X(WEIGHTS, "weights")                                                                                      \
  X(OFFSET, "offset")                                                                                        \
  X(FAMILY, "family")                                                                                        \
  X(ALLOW, "allow") /* allow CODE: silences a lint */                                                        \
  X(ERROR, "error") /* what could not be parsed */

enum ast_kind {
#define X(kind, name) AST_##kind,
  AST_KINDS(X)
#undef X
};

/* Operators, loosest first; each line binds tighter than the one before.  X(OP, "spelling").  ORDER OP:
 * kin.y, print.c */
#define AST_OPS(X)                                                                                           \
  X(TILDE, "~")                                                                                              \
  X(OR, "or")                                                                                                \
  X(AND, "and")                                                                                              \
  X(NOT, "not")                                                                                              \
  X(BAR, "|")                                                                                                \
  X(BARBAR, "||")                                                                                            \
  X(EQ, "==")                                                                                                \
  X(NE, "!=")                                                                                                \
  X(LT, "<")                                                                                                 \
  X(LE, "<=")                                                                                                \
  X(GT, ">")                                                                                                 \
  X(GE, ">=")                                                                                                \
  X(RANGE, "..")                                                                                             \
  X(ADD, "+")                                                                                                \
  X(SUB, "-")                                                                                                \
  X(MUL, "*")                                                                                                \
  X(DIV, "/")                                                                                                \
  X(KRON, "@")                                                                                               \
  X(IN, "in")                                                                                                \
  X(COLON, ":")                                                                                              \
  X(NEG, "-")                                                                                                \
  X(POS, "+")                                                                                                \
  X(POW, "^")

enum ast_op {
#define X(op, spelling) OP_##op,
  AST_OPS(X)
#undef X
};

struct ast_list {
  struct ast *first, *last;
  int n;
};

struct ast {
  enum ast_kind kind;
  enum type type; /* of the value; TYPE_UNKNOWN until lang/check.c */
  struct span span;
  int depth;        /* 1 + depth of the deepest child */
  bool parens;      /* an expression in parentheses of its own: kin fmt keeps them */
  struct ast *next; /* in the list it belongs to */
  union {
    struct {
      double value;
    } number; /* NUMBER; the spelling is the source text under span */
    struct {
      const char *value;
    } text; /* TEXT: unescaped, UTF-8 */
    struct {
      bool value;
    } boolean; /* BOOL */
    /* NAME: the whole with its dots ("f.wrkstrs") and its pieces; a backticked name has one piece.
       SLOT, SPLICE: whole without `.` or `$`. */
    struct {
      const char *whole;
      int n_parts;
      const char **part;
      bool quoted;
    } name;
    struct {
      struct ast_list items;
    } list; /* LIST, BLOCK (statements), HYPOTHESES (comparisons) */
    struct {
      enum ast_op op;
      struct ast *a, *b;
    } op; /* UNARY: a alone; BINARY */
    struct {
      struct ast *callee;
      struct ast_list args;
    } call; /* CALL, INDEX: args are ARG */
    struct {
      struct ast *of;
      const char *name;
    } field; /* FIELD */
    /* ARG: key NULL when positional; a NAME, NUMBER, negated NUMBER or TEXT (`-1 = wife` in factor())
       otherwise. PARAM: key is the NAME, ptype its declared type or NULL, value the default or NULL. */
    struct {
      struct ast *key;
      struct ast *value;
      const char *ptype;
    } arg;
    struct {
      struct ast *value;
    } expr; /* EXPR, WHERE, RANDOM..., single-expression lines */
    struct {
      struct ast *name;
      struct ast *value;
    } let; /* LET, ASSIGN, DERIVE, COLTYPE: NAME and expression */
    struct {
      struct ast *cond, *then, *otherwise;
    } cond; /* IF: BLOCK, and BLOCK or IF or NULL */
    struct {
      struct ast *name, *over, *body;
    } loop; /* FOR */
    struct {
      struct ast *name;
      struct ast_list params;
      struct ast *body;
    } fn; /* FN */
    struct {
      const char *name;
    } use; /* USE */
    /* DATA: from file [query text] [as DESIGN] { lines } */
    struct {
      struct ast *name, *file, *query, *design;
      struct ast_list lines;
      bool braces;
    } data;
    struct {
      struct ast *name;
      struct ast_list lines;
    } design; /* DESIGN */
    /* MODEL: of is a NAME, a CALL (`dyadic(role)`), or NULL */
    struct {
      struct ast *name;
      struct ast_list params;
      struct ast *of;
      struct ast_list lines;
    } model;
    struct {
      struct ast_list values;
    } values; /* MISSING: literals; MEMBERS: ARG with keys; ALLOW: NAMEs */
    /* NESTING: units from the lowest to the highest, each NAME; unique[i]: `(unique)` stands after it */
    struct {
      struct ast_list units;
      bool *unique;
    } nesting;
    /* TIME, OCCASION: var [in unit] [step x];  DYAD: unit [of person] [in group] [by role];
       ROUNDROBIN: (unit, partner) [in group] */
    struct {
      struct ast *var, *partner, *of, *in, *by, *step;
    } unit;
    struct {
      struct ast *term, *by;
    } cov; /* RANDOM, RESIDUAL: term [by stratum]; VARIANCE: term or by */
  } u;
};

/* Constructors: one a shape, used by the grammar.  They set span and depth.  A node deeper than AST_DEPTH_MAX
   is reported once and replaced by AST_ERROR. */
struct ast_builder {
  struct arena *arena;
  struct diags *diags;
  const struct source *source;
  bool too_deep;
};

struct ast *ast_new(struct ast_builder *b, enum ast_kind kind, struct span span); /* a leaf; depth 1 */
void ast_seal(struct ast_builder *b,
              struct ast *node); /* recomputes depth from the children, checks the limit */
void ast_append(struct ast_list *list, struct ast *node);

/* The children of a node, in source order, NULLs left out: fn(child, arg). */
typedef void ast_visit(struct ast *child, void *arg);
void ast_children(const struct ast *node, ast_visit *fn, void *arg);

bool ast_equal(const struct ast *a, const struct ast *b); /* the same tree, places aside */
const char *ast_kind_name(enum ast_kind kind);
const char *ast_op_spelling(enum ast_op op);

/* A comment, kept for kin fmt. */
struct comment {
  struct comment *next;
  struct span span; /* from `#` to the end of the line, newline excluded */
  bool alone;       /* nothing but space before it on its line */
};

struct script {
  struct arena *arena; /* owns everything below, the source too */
  const struct source *source;
  struct ast_list statements;
  struct comment *comments; /* in source order */
};

/* Parses a source.  Always returns a script; syntax errors are in diags, and what could not be parsed is
   AST_ERROR. The script's arena is new, in the pool of a's memory. */
struct script *parse_script(struct mem *m, struct diags *diags, const char *name, const char *folder,
                            const char *text, size_t n);

/* For the prompt: does the text end inside a bracket or after an operator? */
bool parse_incomplete(struct mem *m, const char *text, size_t n);

/* The canonical spelling of one expression ("(1 + Days | Subject)"), in the arena. */
char *print_expr(struct arena *a, const struct ast *expr);
/* "role[wife]", as a coefficient is printed and a hypothesis names it: the level in quotes if it is no name and no number. */
char *print_level(struct arena *a, const char *variable, const char *level);
/* The canonical script, comments kept: kin fmt.  Idempotent.  Only for scripts without syntax errors. */
void print_script(struct buf *out, const struct script *s);
/* --dump=ast and --dump=typed: an indented tree, with types when typed. */
void ast_dump(struct buf *out, const struct script *s, bool typed);

#endif
