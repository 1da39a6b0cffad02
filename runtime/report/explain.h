/* explain.h: a model in words and equations, before anything is fitted. */
#ifndef KIN_EXPLAIN_H
#define KIN_EXPLAIN_H

#include "runtime/model/units.h"
#include "lang/model_ir.h"
#include "runtime/report/report.h"

/* Equations, what each term means, the parameters, and the covariance of two observations.  table NULL: as far as the model alone
   tells (no levels of factors). */
void explain_text(struct buf *out, const struct model_ir *ir, const struct table *table,
                  const struct report_style *style);
/* The equations as LaTeX: an align environment of amsmath. */
void explain_latex(struct buf *out, const struct model_ir *ir, const struct table *table);

#endif
