#include "lang/base/mem.h"
#include "lang/base/arena.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

/* setjmp may stand only in a condition (C17 7.13.1.1), hence the switch. */
enum unwind mem_guard(struct mem *m, mem_guarded *fn, void *arg) {
  jmp_buf here;
  jmp_buf *const outer = m->guard;
  struct arena *const mark = arena_pool_mark(m);
  switch (setjmp(here)) {
  case UNWIND_NONE:
    m->guard = &here;
    fn(arg);
    m->guard = outer;
    return UNWIND_NONE;
  case UNWIND_MEMORY:
    m->guard = outer;
    arena_pool_drain(m, mark);
    return UNWIND_MEMORY;
  default:
    m->guard = outer;
    m->interrupted = 0;
    arena_pool_drain(m, mark);
    return UNWIND_INTERRUPT;
  }
}

_Noreturn void mem_unwind(struct mem *m, enum unwind why) {
  assert(m->guard && why != UNWIND_NONE);
  longjmp(*m->guard, (int)why);
}

void mem_check_interrupt(struct mem *m) {
  if (m->interrupted) mem_unwind(m, UNWIND_INTERRUPT);
}

/* Bytes of n elements, at least 1; false when the product overflows. */
static bool product(size_t n, size_t size, size_t *bytes) {
  if (size && n > PTRDIFF_MAX / size) return false;
  *bytes = n * size > 0 ? n * size : 1;
  return true;
}

/* Counts the call; true when a test wants this one to fail. */
static bool told_to_fail(struct mem *m) {
  m->calls++;
  return m->fail_at && m->calls == m->fail_at;
}

void *mem_try_alloc(struct mem *m, size_t n, size_t size) {
  size_t bytes;
  if (told_to_fail(m) || !product(n, size, &bytes)) return NULL;
  void *p = malloc(bytes);
  if (p) m->live++;
  return p;
}

void *mem_alloc(struct mem *m, size_t n, size_t size) {
  void *p = mem_try_alloc(m, n, size);
  if (!p) mem_unwind(m, UNWIND_MEMORY);
  return p;
}

void *mem_realloc(struct mem *m, void *old, size_t n, size_t size) {
  if (!old) return mem_alloc(m, n, size);
  size_t bytes;
  void *p = told_to_fail(m) || !product(n, size, &bytes) ? NULL : realloc(old, bytes);
  if (!p) mem_unwind(m, UNWIND_MEMORY);
  return p;
}

void mem_free(struct mem *m, void *p) {
  if (!p) return;
  m->live--;
  free(p);
}
