#include "lang/structures.h"
#include "lang/base/text.h"
#include <string.h>

static const struct structure_form forms[] = {
    {"us", INDEX_ONE, false, false, false},       {"diag", INDEX_ONE, false, false, false},
    {"homdiag", INDEX_FREE, false, false, false}, {"cs", INDEX_FREE, false, false, false},
    {"hcs", INDEX_ONE, false, false, false},      {"ar1", INDEX_ONE, false, true, false},
    {"har1", INDEX_ONE, false, true, false},      {"ou", INDEX_ONE, true, false, false},
    {"exp", INDEX_MANY, true, false, false},      {"toep", INDEX_ONE, false, true, true},
    {"htoep", INDEX_ONE, false, true, true},      {"ante1", INDEX_ONE, false, false, false},
    {"exch", INDEX_NEVER, false, false, false},   {"known", INDEX_UNITS, false, false, false},
};

enum { N_FORMS = sizeof forms / sizeof *forms };

const struct structure_form *structure_form_find(const char *name) {
  for (int i = 0; i < N_FORMS; i++)
    if (strcmp(forms[i].name, name) == 0) return &forms[i];
  return NULL;
}

const char *structure_near(const char *name) {
  const char *names[N_FORMS];
  for (int i = 0; i < N_FORMS; i++) names[i] = forms[i].name;
  return text_nearest(name, names, N_FORMS);
}
