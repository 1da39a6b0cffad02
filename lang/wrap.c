#include "lang/wrap.h"
#include <limits.h>
#include <string.h>

/* Where in a printed line a place is. */
struct scan {
  int depth;   /* open brackets */
  bool text;   /* inside "..." */
  bool quoted; /* inside `...` */
};

static void scan_step(struct scan *at, const char *s, size_t *i) {
  char c = s[*i];
  if (at->text) {
    if (c == '\\') ++*i;
    at->text = c != '"';
  } else if (at->quoted) {
    at->quoted = c != '`';
  } else {
    at->text = c == '"';
    at->quoted = c == '`';
    at->depth += (strchr("([{", c) != NULL) - (strchr(")]}", c) != NULL);
  }
}

static bool ends_with_word(const char *s, size_t i, const char *word) {
  size_t n = strlen(word);
  return i > n && memcmp(s + i - n, word, n) == 0 && s[i - n - 1] == ' ';
}

/* May the line end before the space at s[i]?  After what makes a line go on (lang/layout.c) it may. */
static bool may_end(const char *s, size_t i) {
  if (i < 2 || s[i] != ' ') return false;
  if (s[i - 1] == '=') return strchr("=!<>", s[i - 2]) != NULL;
  return strchr(",;+-*/@~|<>", s[i - 1]) || ends_with_word(s, i, "and") || ends_with_word(s, i, "or");
}

/* Bytes of s[0..n) that fit into `columns`. */
static size_t fitting(const char *s, size_t n, int columns) {
  size_t i = 0;
  for (; i < n; i++)
    if (((unsigned char)s[i] & 0xC0) != 0x80 && columns-- == 0) break;
  return i;
}

/* Where s is best broken so that the first part fits: outside as many brackets as possible, rather behind a comma than
   behind an operator, then as late as possible.
   Where nothing fits, the first place there is; n: none.  The part's length; a space follows it. */
static size_t break_at(const char *s, size_t n, int columns, struct scan at) {
  size_t best = n, limit = fitting(s, n, columns);
  int best_rank = INT_MAX;
  for (size_t i = 0; i < n && (i <= limit || best == n); i++) {
    scan_step(&at, s, &i);
    if (at.text || at.quoted || i + 1 >= n || !may_end(s, i)) continue;
    int rank = 2 * at.depth + !strchr(",;", s[i - 1]);
    if (rank > best_rank) continue;
    best = i;
    best_rank = rank;
  }
  return best;
}

/* Bytes of a printed line before its comment. */
static size_t code_length(const char *s, size_t n) {
  struct scan at = {0};
  size_t i = 0;
  for (; i < n && (at.text || at.quoted || s[i] != '#'); i++) scan_step(&at, s, &i);
  while (i > 0 && s[i - 1] == ' ') i--;
  return i;
}

static void wrap_line(struct buf *out, const char *s, size_t n) {
  struct scan at = {0};
  size_t code = code_length(s, n), indent = strspn(s, " ");
  buf_putn(out, s, indent < code ? indent : code);
  for (size_t from = indent; from < code;) {
    if (from > indent) {
      indent = strspn(s, " ") + 2 * PRINT_INDENT;
      buf_putc(out, '\n');
      buf_pad(out, ' ', indent);
    }
    int room = PRINT_WIDTH - (int)indent;
    size_t length = code - from;
    if (fitting(s + from, length, room) < length) length = break_at(s + from, length, room, at);
    buf_putn(out, s + from, length);
    for (size_t i = from; i < from + length; i++) scan_step(&at, s, &i);
    from += length + 1;
  }
  buf_putn(out, s + code, n - code);
  buf_putc(out, '\n');
}

void wrap_lines(struct buf *out, const char *text) {
  for (const char *end; (end = strchr(text, '\n')); text = end + 1)
    wrap_line(out, text, (size_t)(end - text));
}
