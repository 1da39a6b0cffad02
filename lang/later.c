#include "lang/later.h"
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const function_words[] = {"augment", "glance", "plot", "power", "predict",
                                             "report",  "save",   "tidy", "vars"};

static bool among(const char *name, const char *const *words, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(words[i], name) == 0) return true;
  return false;
}

bool later_function(const char *name) {
  return among(name, function_words, COUNT(function_words));
}
