/* source.h: a script's text and places in it.  A place is a span of byte offsets; lines and columns are
 * computed when printed. */
#ifndef KIN_SOURCE_H
#define KIN_SOURCE_H

#include "lang/base/arena.h"
#include <stdint.h>

struct span {
  uint32_t from; /* first byte */
  uint32_t to;   /* one past the last byte; to == from is an empty place (end of input) */
};

struct source {
  const char *name;   /* as the user wrote it: "study.kin", "<stdin>", "<prompt>" */
  const char *folder; /* folder that data paths are relative to; "" for the current one */
  const char *text;   /* NUL-terminated, n bytes, valid UTF-8 without NUL (checked when opened) */
  uint32_t n;
  uint32_t n_lines;
  uint32_t *line; /* offset at which line i (0-based) starts */
};

struct place {
  uint32_t line;   /* 1-based */
  uint32_t column; /* 1-based, in characters */
};

/* Copies text into the arena and maps its lines. */
struct source *source_new(struct arena *a, const char *name, const char *folder, const char *text,
                          uint32_t n);
struct place source_place(const struct source *s, uint32_t offset);

#define SPAN_JOIN(a, b) ((struct span){(a).from, (b).to})

#endif
