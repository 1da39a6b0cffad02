/* buf.h: a growing text, the only way in which kin builds output.  NUL-terminated at all times; lives in an
 * arena. */
#ifndef KIN_BUF_H
#define KIN_BUF_H

#include "lang/base/arena.h"

struct buf {
  struct arena *arena; /* where the text lives */
  char *text;          /* NUL-terminated; never NULL after buf_init */
  size_t n;            /* bytes before the NUL */
  size_t room;         /* bytes allocated */
};

void buf_init(struct buf *b, struct arena *a);
void buf_put(struct buf *b, const char *s);
void buf_putn(struct buf *b, const char *s, size_t n);
void buf_putc(struct buf *b, char c);
void buf_pad(struct buf *b, char c, size_t n); /* n times c */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
