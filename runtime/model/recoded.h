/* recoded.h: the fixed part's design matrix under another coding of its factors. */
#ifndef KIN_MODEL_RECODED_H
#define KIN_MODEL_RECODED_H

#include "runtime/model/frame.h"

/* n x p, column by column, in the order of the problem's X; factors that stand with all levels are left as they are. */
double *frame_recoded(struct arena *a, const struct frame *f, enum coding coding);

#endif
