/* env.c: variables: an array in the order of their making, and a hash table of places in it. */
#include "runtime/value/interp.h"
#include <assert.h>
#include <stdint.h>
#include <string.h>

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t hash(const char *s) {
  uint32_t h = 2166136261u;
  for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
  return h;
}

/* The slot where the name is, or where it would be put: place + 1, 0 when free. */
static uint32_t *slot_of(const struct interp *in, const char *name) {
  size_t mask = in->n_slots - 1, i = hash(name) & mask;
  while (in->slot[i] && strcmp(in->binding[in->slot[i] - 1].name, name) != 0) i = (i + 1) & mask;
  return &in->slot[i];
}

static struct binding *find(const struct interp *in, const char *name) {
  uint32_t at = in->n_slots ? *slot_of(in, name) : 0;
  return at ? &in->binding[at - 1] : NULL;
}

const struct value *env_find(const struct interp *in, const char *name) {
  const struct binding *b = find(in, name);
  return b ? &b->value : NULL;
}

/* Room for one more: at most half of the slots are taken.  What fails on the way leaves all as it was. */
static void grow(struct interp *in) {
  size_t room = in->binding_room ? 2 * in->binding_room : 16;
  in->binding = mem_realloc(in->mem, in->binding, room, sizeof *in->binding);
  uint32_t *slot = mem_alloc(in->mem, 2 * room, sizeof *slot);
  memset(slot, 0, 2 * room * sizeof *slot);
  mem_free(in->mem, in->slot);
  in->slot = slot;
  in->n_slots = 2 * room;
  in->binding_room = room;
  for (size_t i = 0; i < in->n_bindings; i++) *slot_of(in, in->binding[i].name) = (uint32_t)i + 1;
}

static struct binding *add(struct interp *in, const char *name) {
  if (in->n_bindings == in->binding_room) grow(in);
  assert(in->binding);
  size_t bytes = strlen(name) + 1;
  char *copy = memcpy(mem_alloc(in->mem, bytes, 1), name, bytes);
  struct binding *b = &in->binding[in->n_bindings++];
  *b = (struct binding){.name = copy};
  *slot_of(in, copy) = (uint32_t)in->n_bindings;
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
  mem_free(in->mem, in->slot);
  in->binding = NULL;
  in->slot = NULL;
  in->n_bindings = in->binding_room = in->n_slots = 0;
}
