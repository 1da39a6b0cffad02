#include "runtime/model/cov/cov.h"
#include <stddef.h>
#include <string.h>

static const struct cov *const registry[] = {&cov_us, &cov_diag};

const struct cov *cov_find(const char *name) {
  for (size_t i = 0; i < sizeof registry / sizeof *registry; i++)
    if (strcmp(registry[i]->name, name) == 0) return registry[i];
  return NULL;
}
