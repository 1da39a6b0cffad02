#include "lang/type.h"

static const char *const names[] = {
#define X(type, name) name,
    TYPES(X)
#undef X
};

const char *type_name(enum type t) {
  return names[t];
}
