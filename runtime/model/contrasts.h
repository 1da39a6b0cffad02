/* contrasts.h: the columns that stand for the levels of a factor: one less than there are levels.
 *
 * Values are those of R's contr.treatment, contr.sum, contr.helmert, contr.poly and MASS::contr.sdif.
 */
#ifndef KIN_MODEL_CONTRASTS_H
#define KIN_MODEL_CONTRASTS_H

#include "lang/base/arena.h"
#include "lang/schema.h"

/* n x (n - 1), row by row: what column j has in the rows of level i. */
const double *contrasts_make(struct arena *a, enum coding coding, int n);

/* What stands in brackets behind the factor: "digital"; of trends "linear"; of successive differences "b-a". */
const char *contrast_label(struct arena *a, enum coding coding, const char *const *levels, int column);

#endif
