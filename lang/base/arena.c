#include "lang/base/arena.h"
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Under AddressSanitizer every allocation gets a chunk of its own, so that an overrun is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_EXACT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_EXACT 1
#endif
#endif
#ifndef ARENA_EXACT
#define ARENA_EXACT 0
#endif

enum { CHUNK_FIRST = 4096, CHUNK_LAST = 1 << 20, ALIGN_SMALL = 16, ALIGN_LARGE = 64 };

struct chunk {
  struct chunk *older;
  size_t room; /* bytes behind the header */
  size_t used; /* of them */
};

struct registered {
  struct registered *older;
  void (*release)(void *);
  void *object;
};

struct arena {
  struct mem *mem;
  struct arena *pool_next; /* the next older arena in the pool */
  int refs;
  struct chunk *chunk; /* newest */
  struct registered *registered;
  size_t next_room; /* of the next chunk: doubles up to CHUNK_LAST */
};

struct arena *arena_new(struct mem *m) {
  struct arena *a = mem_alloc(m, 1, sizeof *a);
  *a = (struct arena){.mem = m, .refs = 1, .pool_next = m->pool, .next_room = CHUNK_FIRST};
  m->pool = a;
  return a;
}

struct arena *arena_retain(struct arena *a) {
  a->refs++;
  return a;
}

static void release_registered(struct arena *a, const struct registered *until) {
  while (a->registered != until) {
    struct registered *r = a->registered;
    a->registered = r->older;
    r->release(r->object);
  }
}

static void free_chunks(struct arena *a, const struct chunk *until) {
  while (a->chunk != until) {
    struct chunk *c = a->chunk;
    a->chunk = c->older;
    mem_free(a->mem, c);
  }
}

static void free_arena(struct arena *a) {
  release_registered(a, NULL);
  free_chunks(a, NULL);
  mem_free(a->mem, a);
}

/* What an arena held last is released after it, not inside of it: chains of any length need no more stack.  Nobody's pool
   has an arena without references, so that its place in the pool's list is free. */
void arena_release(struct arena *a) {
  if (!a || --a->refs > 0) return;
  assert(a->refs == 0);
  struct mem *m = a->mem;
  a->pool_next = m->dying;
  m->dying = a;
  if (m->releasing) return;
  m->releasing = true;
  while ((a = m->dying)) {
    m->dying = a->pool_next;
    free_arena(a);
  }
  m->releasing = false;
}

struct mem *arena_mem(struct arena *a) {
  return a->mem;
}

struct arena *arena_pool_mark(struct mem *m) {
  return m->pool;
}

void arena_pool_drain(struct mem *m, struct arena *mark) {
  while (m->pool != mark) {
    struct arena *a = m->pool;
    m->pool = a->pool_next;
    arena_release(a);
  }
}

static void release_arena(void *a) {
  arena_release(a);
}

void arena_hold(struct arena *a, struct arena *other) {
  if (a == other) return;
  arena_register(a, release_arena, arena_retain(other));
}

static bool add_chunk(struct arena *a, size_t bytes) {
  size_t room = ARENA_EXACT || bytes > a->next_room ? bytes : a->next_room;
  if (room > PTRDIFF_MAX - sizeof(struct chunk)) return false;
  struct chunk *c = mem_try_alloc(a->mem, 1, sizeof *c + room);
  if (!c) return false;
  *c = (struct chunk){.older = a->chunk, .room = room};
  a->chunk = c;
  if (a->next_room < CHUNK_LAST) a->next_room *= 2;
  return true;
}

/* Where bytes would go in the newest chunk; NULL if they do not fit.  `align` is a power of two. */
static void *take(struct arena *a, size_t bytes, size_t align) {
  struct chunk *c = a->chunk;
  if (!c) return NULL;
  char *base = (char *)(c + 1);
  size_t skip = -((uintptr_t)base + c->used) & (align - 1);
  if (c->room - c->used < skip || c->room - c->used - skip < bytes) return NULL;
  char *at = base + c->used + skip;
  c->used += skip + bytes;
  return at;
}

/* NULL where memory is gone. */
static void *try_alloc(struct arena *a, size_t n, size_t size) {
  if (size && n > (PTRDIFF_MAX - ALIGN_LARGE) / size) return NULL;
  size_t bytes = n * size > 0 ? n * size : 1;
  size_t align = bytes >= ALIGN_LARGE ? ALIGN_LARGE : ALIGN_SMALL;
  void *p = ARENA_EXACT ? NULL : take(a, bytes, align);
  if (p) return p;
  return add_chunk(a, bytes + align) ? take(a, bytes, align) : NULL;
}

void *arena_alloc(struct arena *a, size_t n, size_t size) {
  void *p = try_alloc(a, n, size);
  if (!p) mem_unwind(a->mem, UNWIND_MEMORY);
  return p;
}

void *arena_zero(struct arena *a, size_t n, size_t size) {
  return memset(arena_alloc(a, n, size), 0, n * size);
}

void *arena_grow(struct arena *a, const void *old, size_t n_old, size_t n_new, size_t size) {
  void *p = arena_alloc(a, n_new, size);
  if (old && n_old) memcpy(p, old, (n_old < n_new ? n_old : n_new) * size);
  return p;
}

void arena_register(struct arena *a, void (*release)(void *), void *p) {
  struct registered *r = try_alloc(a, 1, sizeof *r);
  if (r) {
    *r = (struct registered){.older = a->registered, .release = release, .object = p};
    a->registered = r;
    return;
  }
  release(p);
  mem_unwind(a->mem, UNWIND_MEMORY);
}

char *arena_strndup(struct arena *a, const char *s, size_t n) {
  char *p = arena_alloc(a, n + 1, 1);
  memcpy(p, s, n);
  p[n] = '\0';
  return p;
}

char *arena_strdup(struct arena *a, const char *s) {
  return arena_strndup(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *format, va_list ap) {
  va_list again;
  va_copy(again, ap);
  int n = vsnprintf(NULL, 0, format, ap);
  assert(n >= 0);
  char *p = try_alloc(a, (size_t)n + 1, 1);
  if (p) vsnprintf(p, (size_t)n + 1, format, again);
  va_end(again);
  if (!p) mem_unwind(a->mem, UNWIND_MEMORY);
  return p;
}

char *arena_printf(struct arena *a, const char *format, ...) {
  va_list ap;
  va_start(ap, format);
  char *p = arena_vprintf(a, format, ap);
  va_end(ap);
  return p;
}

struct arena_mark arena_mark(struct arena *a) {
  return (struct arena_mark){
      .chunk = a->chunk, .used = a->chunk ? a->chunk->used : 0, .registered = a->registered};
}

void arena_reset(struct arena *a, struct arena_mark mark) {
  release_registered(a, mark.registered);
  free_chunks(a, mark.chunk);
  if (a->chunk) a->chunk->used = mark.used;
}
