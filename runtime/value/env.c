#include "runtime/value/interp.h"
#include <string.h>

static struct binding *find(const struct interp *in, const char *name) {
  for (size_t i = in->n_bindings; i-- > 0;)
    if (strcmp(in->binding[i].name, name) == 0) return &in->binding[i];
  return NULL;
}

const struct value *env_find(const struct interp *in, const char *name) {
  const struct binding *b = find(in, name);
  return b ? &b->value : NULL;
}

static struct binding *add(struct interp *in, const char *name) {
  if (in->n_bindings == in->binding_room) {
    size_t room = in->binding_room ? 2 * in->binding_room : 16;
    in->binding = mem_realloc(in->mem, in->binding, room, sizeof *in->binding);
    in->binding_room = room;
  }
  size_t n = strlen(name) + 1;
  char *copy = memcpy(mem_alloc(in->mem, n, 1), name, n);
  struct binding *b = &in->binding[in->n_bindings++];
  *b = (struct binding){.name = copy};
  return b;
}

void env_set(struct interp *in, const char *name, const struct value *v) {
  struct binding *b = find(in, name);
  if (!b) b = add(in, name);
  struct arena *old = b->value.home;
  b->value = *v;
  if (v->home) arena_retain(v->home);
  arena_release(old);
}

void env_free(struct interp *in) {
  for (size_t i = 0; i < in->n_bindings; i++) {
    arena_release(in->binding[i].value.home);
    mem_free(in->mem, in->binding[i].name);
  }
  mem_free(in->mem, in->binding);
  in->binding = NULL;
  in->n_bindings = in->binding_room = 0;
}
