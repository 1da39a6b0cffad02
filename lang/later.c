#include "lang/later.h"
#include "lang/base/text.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const function_words[] = {
    "anova", "augment", "compare", "confint", "contrasts", "distinguishable", "estimate", "glance", "means",
    "plot",  "power",   "predict", "report",  "save",      "slopes",          "tidy",     "vars"};

static const char *const structure_words[] = {"homdiag", "cs",   "hcs",   "ar1",   "har1", "ou",
                                              "exp",     "toep", "htoep", "ante1", "exch", "known"};

static const char *const structures_here[] = {"us", "diag"};

static bool among(const char *name, const char *const *words, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(words[i], name) == 0) return true;
  return false;
}

bool later_function(const char *name) {
  return among(name, function_words, COUNT(function_words));
}

bool later_structure(const char *name) {
  return among(name, structure_words, COUNT(structure_words));
}

const char *near_structure(const char *name) {
  const char *here = text_nearest(name, structures_here, COUNT(structures_here));
  return here ? here : text_nearest(name, structure_words, COUNT(structure_words));
}
