/* number.h: a field as a number. */
#ifndef KIN_NUMBER_H
#define KIN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

enum { NUMBER_BYTES_MAX = 511 }; /* a longer spelling is taken for a text */

/* Reads s[0..n) as a decimal number, blanks round it allowed; `decimal` is '.' or ','.  Gives what strtod gives in the C
   locale, to the last bit.  Accepts Inf and -Inf as written here; no hexadecimal, no "nan".  False if it is no number. */
bool number_read(const char *s, size_t n, char decimal, double *value);

#endif
