/* design.h: columns of design matrices: of the fixed part, and of the basis of a random term.
 *
 * Coding and order are those of R's model.matrix: treatment contrasts against the first level or indicators of all
 * levels, as the IR says; in an interaction the first variable's columns vary fastest.  Names are those of the language,
 * "arm[digital]:x", so that what is printed can be typed back. */
#ifndef KIN_DESIGN_H
#define KIN_DESIGN_H

#include "runtime/model/rows.h"

/* Columns of all terms together; -1 after an error (a factor with one level, too many columns). */
int design_width(const struct making *k, const struct ir_terms *terms);

/* Writes row i of column j to out[i * row_step + j * column_step]; names[j] in the frame's arena; term[j] (may be NULL) the
   index of its term. */
void design_fill(const struct making *k, const struct ir_terms *terms, double *out, size_t row_step,
                 size_t column_step, const char **names, int *term);

#endif
