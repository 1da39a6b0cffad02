#include "lang/doc.h"
#include "lang/base/buf.h"
#include <string.h>

static uint32_t line_start(const char *text, uint32_t at) {
  while (at > 0 && text[at - 1] != '\n') at--;
  return at;
}

/* Where the doc comment's words begin in the line at `from`; NULL: the line is none. */
static const char *words_of(const char *text, uint32_t from, uint32_t to) {
  const char *s = text + from, *end = text + to;
  while (s < end && (*s == ' ' || *s == '\t')) s++;
  if (end - s < 2 || strncmp(s, "##", 2) != 0) return NULL;
  s += 2;
  return s < end && *s == ' ' ? s + 1 : s;
}

const char *doc_above(struct arena *a, const struct source *source, struct span at) {
  const char *text = source->text;
  uint32_t below = line_start(text, at.from < source->n ? at.from : source->n), first = below;
  while (first > 0 && words_of(text, line_start(text, first - 1), first - 1))
    first = line_start(text, first - 1);
  if (first == below) return NULL;
  struct buf b;
  buf_init(&b, a);
  for (uint32_t line = first; line < below;) {
    uint32_t end = line + (uint32_t)strcspn(text + line, "\r\n");
    const char *words = words_of(text, line, end);
    if (line > first) buf_putc(&b, '\n');
    if (words) buf_putn(&b, words, (size_t)(text + end - words));
    line += (uint32_t)(strchr(text + line, '\n') - (text + line)) + 1;
  }
  return b.text;
}
