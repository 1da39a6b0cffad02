#include "lang/schema.h"
#include "lang/base/text.h"
#include <string.h>

int schema_find(const struct schema *s, const char *name) {
  for (int i = 0; i < s->n_columns; i++)
    if (strcmp(s->columns[i].name, name) == 0) return i;
  return -1;
}

const char *schema_nearest(const struct schema *s, const char *name) {
  const char *best = NULL;
  for (int i = 0; i < s->n_columns; i++) {
    const char *pair[] = {s->columns[i].name, best};
    const char *nearer = text_nearest(name, pair, best ? 2 : 1);
    if (nearer) best = nearer;
  }
  return best;
}
