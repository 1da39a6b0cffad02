/* covariance_values.h: covariance parameters and values by name, `{ rho == 0.5; sd(Intercept | school) == 2 }`. */
#ifndef KIN_COVARIANCE_VALUES_H
#define KIN_COVARIANCE_VALUES_H

#include "runtime/model/frame.h"
#include "runtime/value/interp.h"

/* Those of argument `at` of a call, whose value is HYPOTHESES, in the scratch arena.  False after an error: a name that the model
   does not have, that several parameters have or that comes twice, a value outside its range. */
bool covariance_values_read(struct call *c, int at, const struct frame *frame, int *n,
                            const struct covariance_value **out);

#endif
