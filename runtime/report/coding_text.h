/* coding_text.h: the part of a fit's report that says how factors are coded and where curves have their knots. */
#ifndef KIN_CODING_TEXT_H
#define KIN_CODING_TEXT_H

#include "runtime/report/report.h"

void coding_text(struct buf *out, struct arena *a, const struct frame *frame,
                 const struct report_style *style);

#endif
