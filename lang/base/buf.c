#include "lang/base/buf.h"
#include <stdio.h>
#include <string.h>

enum { BUF_FIRST = 256 };

void buf_init(struct buf *b, struct arena *a) {
  *b = (struct buf){.arena = a, .text = arena_alloc(a, BUF_FIRST, 1), .room = BUF_FIRST};
  b->text[0] = '\0';
}

/* Room for n more bytes and the NUL. */
static void reserve(struct buf *b, size_t n) {
  if (b->room - b->n > n) return;
  size_t room = b->room;
  while (room - b->n <= n) room *= 2;
  b->text = arena_grow(b->arena, b->text, b->n + 1, room, 1);
  b->room = room;
}

void buf_putn(struct buf *b, const char *s, size_t n) {
  reserve(b, n);
  memcpy(b->text + b->n, s, n);
  b->n += n;
  b->text[b->n] = '\0';
}

void buf_put(struct buf *b, const char *s) {
  buf_putn(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c) {
  buf_putn(b, &c, 1);
}

void buf_pad(struct buf *b, char c, size_t n) {
  reserve(b, n);
  memset(b->text + b->n, c, n);
  b->n += n;
  b->text[b->n] = '\0';
}

void buf_printf(struct buf *b, const char *format, ...) {
  va_list ap, again;
  va_start(ap, format);
  va_copy(again, ap);
  int n = vsnprintf(b->text + b->n, b->room - b->n, format, ap);
  va_end(ap);
  if (n > 0 && (size_t)n >= b->room - b->n) {
    va_end(again);
    b->text[b->n] = '\0';
    reserve(b, (size_t)n);
    va_start(again, format);
    vsnprintf(b->text + b->n, b->room - b->n, format, again);
  }
  va_end(again);
  if (n > 0) b->n += (size_t)n;
}
