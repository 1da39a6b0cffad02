/* arena.h: memory by phases, and counted ownership.
 *
 * An arena is a list of chunks freed together.  A script's AST, a table, a compiled model, a fit, each lives
 * in an arena of its own, and the arena *is* the counted object: whoever keeps a table keeps its arena by
 * arena_retain.  There is no free of a single node.
 *
 * Ownership
 *  - arena_new returns an arena with one reference, owned by the interpreter's pool (mem.h); arena_pool_drain
 *    releases all that were made since a mark.  Who wants to keep an arena longer retains it.
 *  - arena_hold(a, b): b lives at least as long as a.
 *  - arena_register(a, release, p): a foreign object (a CHOLMOD factor, a FILE) is released with the arena.
 * Arenas are used by one thread at a time; parallel regions get their workspace before they start.
 */
#ifndef KIN_ARENA_H
#define KIN_ARENA_H

#include "lang/base/mem.h"
#include <stdarg.h>

struct arena *arena_new(struct mem *m);
struct arena *arena_retain(struct arena *a); /* returns a */
void arena_release(struct arena *a);         /* NULL is allowed; frees at the last reference */
struct mem *arena_mem(struct arena *a);

/* Position in the pool; draining to it releases the pool's reference to every arena made since. */
struct arena *arena_pool_mark(struct mem *m);
void arena_pool_drain(struct mem *m, struct arena *mark);

void arena_hold(struct arena *a, struct arena *other);
void arena_register(struct arena *a, void (*release)(void *), void *p);

/* n * size bytes aligned to 64 bytes when large (>= 64 bytes), else 16; not cleared.  n == 0 gives a valid
 * pointer. */
void *arena_alloc(struct arena *a, size_t n, size_t size);
/* The same, cleared to zero. */
void *arena_zero(struct arena *a, size_t n, size_t size);
/* Grows the array old of n_old elements to n_new: a new block, the old contents copied, the rest not cleared.
 */
void *arena_grow(struct arena *a, const void *old, size_t n_old, size_t n_new, size_t size);

#define arena_make(a, T) ((T *)arena_zero((a), 1, sizeof(T)))       /* one T, zeroed */
#define arena_array(a, n, T) ((T *)arena_zero((a), (n), sizeof(T))) /* n T, zeroed */
#define arena_raw(a, n, T) ((T *)arena_alloc((a), (n), sizeof(T)))  /* n T, not cleared */

char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

/* A scope for temporaries in an arena: everything allocated since the mark is given back (registered objects
 * too). */
struct arena_mark {
  void *chunk;      /* newest chunk at the time */
  size_t used;      /* bytes used in it */
  void *registered; /* newest registration at the time */
};
struct arena_mark arena_mark(struct arena *a);
void arena_reset(struct arena *a, struct arena_mark mark);

#endif
