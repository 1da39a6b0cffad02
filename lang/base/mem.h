/* mem.h: the one door to the heap, and the one way out when it is closed.
 *
 * Every allocation of the library goes through a `struct mem` that belongs to one interpreter.  It counts,
 * checks sizes for overflow, and can be told to fail at the n-th call (tests).  Allocation never returns
 * NULL: when memory is gone, or the user has pressed Ctrl-C, control unwinds to the innermost `mem_guard`.
 *
 * Invariants
 *  - An unwind crosses only kin's own frames, never those of LAPACK, CHOLMOD, libcsv, readline or an OpenMP
 *    region: none of them calls back into code that allocates through this door.
 *  - What is allocated inside a guard belongs to an arena (arena.h); the guard's caller finds every arena
 * that was made inside and not retained elsewhere released.
 */
#ifndef KIN_MEM_H
#define KIN_MEM_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

/* How a guarded call ended. */
enum unwind {
  UNWIND_NONE,      /* it returned */
  UNWIND_MEMORY,    /* an allocation failed, or a size overflowed */
  UNWIND_INTERRUPT, /* mem_check_interrupt() saw the flag */
};

struct mem {
  jmp_buf *guard;      /* innermost guard, NULL outside any */
  struct arena *pool;  /* arenas whose first reference nobody has taken over yet, newest first */
  size_t calls;        /* allocations asked for so far */
  size_t fail_at;      /* the call with this number fails (tests); 0: never */
  size_t live;         /* blocks handed out and not yet freed: 0 after everything is released */
  struct arena *dying; /* without references, not yet freed: those that the one being freed held */
  bool releasing;      /* an arena is being freed */
  volatile sig_atomic_t interrupted; /* set by a signal handler, cleared by the guard that unwinds */
};

typedef void mem_guarded(void *arg);

/* Runs fn(arg).  On an unwind every arena made inside and still in the pool is released; objects that were
   retained before live on.  Guards nest. */
enum unwind mem_guard(struct mem *m, mem_guarded *fn, void *arg);

/* Leaves to the innermost guard; aborts if there is none (a programming error). */
_Noreturn void mem_unwind(struct mem *m, enum unwind why);

/* Unwinds with UNWIND_INTERRUPT if the interrupt flag is set.  Called between evaluations, rows, statements.
 */
void mem_check_interrupt(struct mem *m);

/* n * size bytes, not cleared; unwinds when the product overflows or memory is gone.  Never NULL. */
void *mem_alloc(struct mem *m, size_t n, size_t size);

/* The same, but NULL where mem_alloc unwinds: for a caller who has something to put away first. */
void *mem_try_alloc(struct mem *m, size_t n, size_t size);

/* Grows or shrinks a block of mem_alloc; old may be NULL. */
void *mem_realloc(struct mem *m, void *old, size_t n, size_t size);

/* Frees a block of mem_alloc; NULL is allowed. */
void mem_free(struct mem *m, void *p);

#endif
