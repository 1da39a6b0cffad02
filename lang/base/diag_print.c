/* diag_print.c: how a diagnostic looks.
 *
 *   study.kin:3:13: error: there is no column `Reation` in sleepstudy.csv [K0301]
 *      3 | let f = fit(Reation ~ Days, sleep)
 *        |             ^~~~~~~
 *     hint: did you mean `Reaction`?
 */
#include "lang/base/diag.h"
#include "lang/base/text.h"
#include <string.h>

enum { SHOWN_MAX = 100 }; /* columns of a source line that are shown; longer ones are cut round the caret */

static const char *severity_word(enum severity s) {
  switch (s) {
  case SEVERITY_NOTE: return "note";
  case SEVERITY_WARNING: return "warning";
  case SEVERITY_ERROR: return "error";
  }
  return "";
}

static const char *severity_colour(enum severity s) {
  switch (s) {
  case SEVERITY_NOTE: return "\033[36m";
  case SEVERITY_WARNING: return "\033[33m";
  case SEVERITY_ERROR: return "\033[31m";
  }
  return "";
}

static void put_place(struct buf *out, const struct source *src, struct span span) {
  struct place at = source_place(src, span.from);
  buf_printf(out, "%s:%u:%u: ", src->name, at.line, at.column);
}

struct window { /* bytes of the source that one line of the message shows */
  uint32_t from, to;
  bool cut_left, cut_right;
};

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

static struct window window_of(const struct source *src, struct span span) {
  uint32_t line = source_place(src, span.from).line - 1;
  struct window w = {.from = src->line[line],
                     .to = line + 1 < src->n_lines ? src->line[line + 1] - 1 : src->n};
  if (w.to > w.from && src->text[w.to - 1] == '\r') w.to--;
  if (span.from > w.from + SHOWN_MAX * 3 / 4) {
    w.from = span.from - SHOWN_MAX / 2;
    while (w.from > src->line[line] && is_continuation(src->text[w.from])) w.from--;
    w.cut_left = true;
  }
  if (w.to > w.from + SHOWN_MAX) {
    w.to = w.from + SHOWN_MAX;
    while (w.to > w.from && is_continuation(src->text[w.to])) w.to--;
    w.cut_right = true;
  }
  return w;
}

/* The source text with tabs and control characters as one space, so that the caret stands right. */
static void put_shown(struct buf *out, const char *s, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) buf_putc(out, (unsigned char)s[i] < ' ' || s[i] == 127 ? ' ' : s[i]);
}

static int shown_width(const char *s, uint32_t n) {
  int width = text_width(s, n);
  for (uint32_t i = 0; i < n; i++)
    if ((unsigned char)s[i] < ' ' || s[i] == 127) width++;
  return width;
}

static void put_caret(struct buf *out, const struct source *src, struct span span, struct window w,
                      const char *on, const char *off) {
  uint32_t from = span.from > w.to ? w.to : span.from;
  uint32_t to = span.to > w.to ? w.to : span.to;
  int indent = shown_width(src->text + w.from, from - w.from) + (w.cut_left ? 3 : 0);
  int width = to > from ? shown_width(src->text + from, to - from) : 1;
  buf_put(out, "     | ");
  buf_pad(out, ' ', (size_t)indent);
  buf_printf(out, "%s^", on);
  if (width > 1) buf_pad(out, '~', (size_t)width - 1);
  buf_printf(out, "%s\n", off);
}

/* A span that lies in another text than it says must not read beyond this one. */
static struct span clamp(const struct source *src, struct span span) {
  if (span.from > src->n) span.from = src->n;
  if (span.to > src->n) span.to = src->n;
  return span;
}

static void put_line(struct buf *out, const struct source *src, struct span span, const char *on,
                     const char *off) {
  span = clamp(src, span);
  struct window w = window_of(src, span);
  buf_printf(out, "%4u | %s", source_place(src, span.from).line, w.cut_left ? "..." : "");
  put_shown(out, src->text + w.from, w.to - w.from);
  buf_put(out, w.cut_right ? "...\n" : "\n");
  put_caret(out, src, span, w, on, off);
}

static void put_note(struct buf *out, const struct diag_note *n) {
  if (n->source)
    put_place(out, n->source, n->span);
  else
    buf_put(out, "  ");
  buf_printf(out, "note: %s\n", n->text);
  if (n->source) put_line(out, n->source, n->span, "", "");
}

void diag_print(struct buf *out, const struct diag *d, bool colour) {
  const char *on = colour ? severity_colour(d->severity) : "";
  const char *bold = colour ? "\033[1m" : "";
  const char *off = colour ? "\033[0m" : "";
  if (d->source) put_place(out, d->source, d->span);
  buf_printf(out, "%s%s:%s %s%s%s [%s]\n", on, severity_word(d->severity), off, bold, d->text, off,
             diag_number(d->code));
  if (d->source) put_line(out, d->source, d->span, on, off);
  if (d->hint) buf_printf(out, "  hint: %s\n", d->hint);
  for (const struct diag_note *n = d->notes; n; n = n->next) put_note(out, n);
}
