#include "lang/base/source.h"
#include <string.h>

struct source *source_new(struct arena *a, const char *name, const char *folder, const char *text,
                          uint32_t n) {
  struct source *s = arena_make(a, struct source);
  s->name = arena_strdup(a, name);
  s->folder = arena_strdup(a, folder);
  s->text = arena_strndup(a, text, n);
  s->n = n;
  s->n_lines = 1;
  for (uint32_t i = 0; i < n; i++)
    if (text[i] == '\n') s->n_lines++;
  s->line = arena_array(a, s->n_lines, uint32_t);
  uint32_t line = 0;
  for (uint32_t i = 0; i < n; i++)
    if (text[i] == '\n') s->line[++line] = i + 1;
  return s;
}

/* Index of the line that holds an offset: the last that starts at or before it. */
static uint32_t line_of(const struct source *s, uint32_t offset) {
  uint32_t low = 0, high = s->n_lines;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (s->line[middle] <= offset)
      low = middle;
    else
      high = middle;
  }
  return low;
}

struct place source_place(const struct source *s, uint32_t offset) {
  uint32_t line = line_of(s, offset);
  uint32_t column = 1;
  for (uint32_t i = s->line[line]; i < offset && i < s->n; i++)
    if (((unsigned char)s->text[i] & 0xC0) != 0x80) column++;
  return (struct place){.line = line + 1, .column = column};
}
