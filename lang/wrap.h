/* wrap.h: long lines of a printed script.  Internal to lang/print.c.
 *
 * Works on the text: a line may end behind a comma, a semicolon or an operator, because there the layout joins it with the next
 * (lang/layout.c).  Nothing inside a text, a quoted name or a comment is touched.
 */
#ifndef KIN_WRAP_H
#define KIN_WRAP_H

#include "lang/base/buf.h"

enum { PRINT_WIDTH = 100 }; /* characters of a line, its comment left out */
enum { PRINT_INDENT = 2 };

/* Appends the lines of text, each ending with a newline; those wider than PRINT_WIDTH are broken where that is possible,
   and go on two indents further in. */
void wrap_lines(struct buf *out, const char *text);

#endif
