/* env.c: variables.  Those of a script or module are an array in the order of their making, and a hash table of places in
 * it; local ones are a stack. */
#include "runtime/value/interp.h"
#include <assert.h>
#include <stdint.h>
#include <string.h>

/* ---- of a script or module ------------------------------------------------------------------------------ */

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t hash(const char *s) {
  uint32_t h = 2166136261u;
  for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
  return h;
}

/* The slot where the name is, or where it would be put: place + 1, 0 when free. */
static uint32_t *slot_of(const struct env *e, const char *name) {
  size_t mask = e->n_slots - 1, i = hash(name) & mask;
  while (e->slot[i] && strcmp(e->binding[e->slot[i] - 1].name, name) != 0) i = (i + 1) & mask;
  return &e->slot[i];
}

static struct binding *find(const struct env *e, const char *name) {
  uint32_t at = e->n_slots ? *slot_of(e, name) : 0;
  return at ? &e->binding[at - 1] : NULL;
}

/* Room for one more: at most half of the slots are taken.  What fails on the way leaves all as it was. */
static void grow(struct mem *m, struct env *e) {
  size_t room = e->room ? 2 * e->room : 16;
  e->binding = mem_realloc(m, e->binding, room, sizeof *e->binding);
  uint32_t *slot = mem_alloc(m, 2 * room, sizeof *slot);
  memset(slot, 0, 2 * room * sizeof *slot);
  mem_free(m, e->slot);
  e->slot = slot;
  e->n_slots = 2 * room;
  e->room = room;
  for (size_t i = 0; i < e->n; i++) *slot_of(e, e->binding[i].name) = (uint32_t)i + 1;
}

static struct binding *add(struct mem *m, struct env *e, const char *name) {
  if (e->n == e->room) grow(m, e);
  assert(e->binding);
  size_t bytes = strlen(name) + 1;
  char *copy = memcpy(mem_alloc(m, bytes, 1), name, bytes);
  struct binding *b = &e->binding[e->n++];
  *b = (struct binding){.name = copy};
  *slot_of(e, copy) = (uint32_t)e->n;
  return b;
}

/* Retains the new before it releases the old: they may live in the same arena. */
static void put(struct value *to, const struct value *v) {
  struct arena *old = to->home;
  if (v->home) arena_retain(v->home);
  *to = *v;
  arena_release(old);
}

const struct value *env_get(const struct env *e, const char *name) {
  const struct binding *b = find(e, name);
  return b ? &b->value : NULL;
}

void env_put(struct mem *m, struct env *e, const char *name, const struct value *v) {
  struct binding *b = find(e, name);
  put(b ? &b->value : &add(m, e, name)->value, v);
}

void env_free(struct mem *m, struct env *e) {
  for (size_t i = 0; i < e->n; i++) {
    arena_release(e->binding[i].value.home);
    mem_free(m, e->binding[i].name);
  }
  mem_free(m, e->binding);
  mem_free(m, e->slot);
  *e = (struct env){0};
}

/* ---- local ---------------------------------------------------------------------------------------------- */

static struct value *find_local(const struct locals *l, const char *name) {
  for (size_t i = l->n; i-- > l->base;)
    if (strcmp(l->item[i].name, name) == 0) return &l->item[i].value;
  return NULL;
}

static void push_local(struct interp *in, const char *name, const struct value *v) {
  struct locals *l = &in->locals;
  if (l->n == l->room) {
    size_t room = l->room ? 2 * l->room : 32;
    l->item = mem_realloc(in->mem, l->item, room, sizeof *l->item);
    l->room = room;
  }
  l->item[l->n] = (struct local){.name = name};
  put(&l->item[l->n++].value, v);
}

size_t scope_enter(struct interp *in) {
  in->locals.depth++;
  return in->locals.n;
}

static void pop_to(struct locals *l, size_t n) {
  while (l->n > n) arena_release(l->item[--l->n].value.home);
}

void scope_leave(struct interp *in, size_t mark) {
  in->locals.depth--;
  pop_to(&in->locals, mark);
}

void scope_leave_all(struct interp *in) {
  pop_to(&in->locals, 0);
  in->locals.depth = 0;
  in->locals.base = 0;
}

void locals_free(struct interp *in) {
  scope_leave_all(in);
  mem_free(in->mem, in->locals.item);
  in->locals = (struct locals){0};
}

/* ---- as statements see them ------------------------------------------------------------------------------ */

const struct value *env_find(const struct interp *in, const char *name) {
  const struct value *local = find_local(&in->locals, name);
  return local ? local : env_get(in->env, name);
}

void env_let(struct interp *in, const char *name, const struct value *v) {
  if (in->locals.depth > 0)
    push_local(in, name, v);
  else
    env_put(in->mem, in->env, name, v);
}

void env_assign(struct interp *in, const char *name, const struct value *v) {
  struct value *local = find_local(&in->locals, name);
  if (local)
    put(local, v);
  else
    env_put(in->mem, in->env, name, v);
}
