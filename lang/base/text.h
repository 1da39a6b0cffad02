/* text.h: UTF-8, display width, near names. */
#ifndef KIN_TEXT_H
#define KIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Offset of the first byte that is no valid UTF-8 (overlong forms, surrogates and values above U+10FFFF are
   not), or n if all is valid. */
size_t utf8_check(const char *s, size_t n);

/* Columns that s takes on a terminal (East Asian wide 2, combining 0, control 0). */
int text_width(const char *s, size_t n);

/* Edit distance (insert, delete, substitute, swap of neighbours; case counts a third), in thirds. */
int text_distance(const char *a, const char *b);

/* The candidate nearest to name, NULL when none is near enough to be meant. */
const char *text_nearest(const char *name, const char *const *candidates, size_t n);

#endif
