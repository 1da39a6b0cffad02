#include "runtime/model/cov/cov.h"
#include <stddef.h>
#include <string.h>

static const struct cov *const registry[] = {&cov_us, &cov_diag, NULL};

const struct cov *cov_find(const char *name) {
  for (const struct cov *const *cov = registry; *cov; cov++)
    if (strcmp((*cov)->name, name) == 0) return *cov;
  return NULL;
}
