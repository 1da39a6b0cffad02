/* layout.h: between the letters (grammar/kin.l) and the grammar (grammar/kin.y).
 *
 * All that depends on context is decided here: where a newline ends something, which words are words of their place,
 * which bracket closes which.  The grammar then has no contextual rule at all.
 *
 * Newlines: dropped inside ( and [, after an operator, a comma or an opening bracket, and before `else` after `}`; they end
 * something inside {, also in a { within (.  A NEWLINE is supplied before } and at the end, so that every
 * statement and line ends with one.
 */
#ifndef KIN_LAYOUT_H
#define KIN_LAYOUT_H

#include "lang/ast.h"

enum { SOURCE_MAX = 16 << 20 }; /* bytes of a script */
enum { NESTING_MAX = 200 };     /* open brackets */

struct token {
  int kind; /* of kin.tab.h; 0: the end */
  struct span span;
  const char *text; /* NAME (with dots), SLOT, SPLICE, TEXT (unescaped) */
  bool quoted;      /* NAME in backticks */
  double number;    /* NUMBER */
};

/* State of the raw lexer; the actions of kin.l call these. */
struct raw {
  struct arena *arena;
  struct diags *diags;
  const struct source *source;
  uint32_t from, at; /* span of the token being read */
  struct token token;
  struct comment *comments, **comments_end;
};

void raw_advance(struct raw *r, uint32_t n);
void raw_comment(struct raw *r);
bool raw_name(struct raw *r, const char *s,
              size_t n); /* false after a character that no name has, reported */
void raw_quoted(struct raw *r, const char *s, size_t n);
bool raw_number(struct raw *r, const char *s); /* false when too large for a double, which was reported */
bool raw_text(struct raw *r, const char *s, size_t n); /* false after a bad escape, which was reported */
int raw_fail(struct raw *r, enum diag_code code);      /* reports at the token; returns BAD */
void *raw_memory(struct raw *r, size_t n);
_Noreturn void raw_broken(struct raw *r); /* for the lexer's own fatal errors, which cannot happen: unwinds */

enum { LAYOUT_QUEUE = 4 };

struct layout {
  struct raw raw;
  void *scanner;
  struct token queue[LAYOUT_QUEUE]; /* read ahead, first in first out */
  int n_queue;
  struct token last; /* given to the grammar before */
  struct {
    char open;
    int block;
    struct span span;
  } bracket[NESTING_MAX];
  int n_brackets;
  int block;       /* DATA, DESIGN or MODEL: of the next { */
  int line_depth;  /* open brackets where the current statement or line began */
  bool recovering; /* after a syntax error: the rest of the statement is skipped */
  bool recovered;  /* there was one: a `}` that closes nothing may be a consequence */
  bool failed;     /* nested too deep: no more tokens */
};

struct layout *layout_start(struct arena *a, struct diags *diags, const struct source *source);
struct token layout_next(struct layout *l);
/* After a syntax error at the token given last: the next is the NEWLINE that ends its statement. */
void layout_recover(struct layout *l);
/* The text of a token, for a message: cut where it is long, without control characters. */
const char *layout_excerpt(struct arena *a, const struct source *s, struct span span);
/* Is this a token after which a line goes on? */
bool layout_joins(int kind);
/* The innermost bracket that is open now and stands before an offset; false if there is none. */
bool layout_open(const struct layout *l, uint32_t before, struct span *span);
/* A word that means something in its place (`data`, `weights`, `by`); a name of that spelling may need its backticks. */
bool layout_word(const char *text);

#endif
