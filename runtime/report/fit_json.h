/* fit_json.h: a fit as the keys of a JSON object (docs/results.md, kind "fit"). */
#ifndef KIN_REPORT_FIT_JSON_H
#define KIN_REPORT_FIT_JSON_H

#include "runtime/inference/fit.h"
#include "runtime/report/json.h"

/* Puts every key from "version" on into the object `at`; a is for temporaries. */
void json_put_fit(struct json_place at, struct arena *a, const struct fit *f);

#endif
