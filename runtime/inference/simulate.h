/* simulate.h: new responses from a fitted model, and the model fitted to them. */
#ifndef KIN_SIMULATE_H
#define KIN_SIMULATE_H

#include "runtime/inference/fit.h"
#include "runtime/random/random.h"

/* A response as the fitted model makes it: X b + offset, new random effects N(0, G_t) for every level, new residuals
   N(0, sigma^2 / w_i).  y: one value for each row used, in the order of frame->row.  Draws term by term, level by level, then
   row by row. */
void simulate_response(const struct fit *f, struct random *r, double *y);

/* The frame with another response (one value for each row used; its offset still in it); everything else is shared with
   the old one, which it keeps. */
struct frame *frame_with_response(struct mem *m, const struct frame *f, const double *y);

#endif
