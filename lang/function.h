/* function.h: a `fn` statement as a signature, so that calls of functions written in kin are checked and matched as calls of
 * built-in ones are. */
#ifndef KIN_FUNCTION_H
#define KIN_FUNCTION_H

#include "lang/signature.h"

/* "f(x, k = 2)".  A parameter with a default is optional; one with a type takes values of that type.  Types that there are
   not count as any: the checker tells of them. */
void function_signature(struct arena *a, struct signature *out, const struct ast *fn);
/* The PARAM node of parameter i. */
const struct ast *function_parameter(const struct ast *fn, int i);

#endif
