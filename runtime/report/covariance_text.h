/* covariance_text.h: the part of a fit's report on the parameters of covariance structures. */
#ifndef KIN_COVARIANCE_TEXT_H
#define KIN_COVARIANCE_TEXT_H

#include "runtime/inference/fit.h"
#include "runtime/report/report.h"

void covariance_text(struct buf *out, struct arena *a, const struct fit *f, const struct report_style *style);

#endif
