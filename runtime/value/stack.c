/* stack.c: how deep expressions, statements and calls may lie in each other: as deep as the C stack has room for. */
#include "runtime/value/interp.h"
#include <pthread.h>

static uintptr_t here(void) {
  return (uintptr_t)__builtin_frame_address(0);
}

/* The lowest address of this thread's stack, and its size in bytes; false if it is not known. */
static bool stack_of_thread(uintptr_t *low, size_t *size) {
  pthread_attr_t attributes;
  void *address = NULL;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return false;
  bool known = pthread_attr_getstack(&attributes, &address, size) == 0;
  pthread_attr_destroy(&attributes);
  *low = (uintptr_t)address;
  return known;
}

void stack_measure(struct interp *in) {
  uintptr_t low, room = (uintptr_t)STACK_KIB_MAX << 10;
  size_t size;
  in->stack_floor = here() > room ? here() - room : 0;
  if (stack_of_thread(&low, &size) && low + size / 4 > in->stack_floor) in->stack_floor = low + size / 4;
}

bool stack_has_room(struct interp *in, const struct ast *at) {
  if (here() > in->stack_floor) return true;
  diag_add(in->diags, in->script->source, at->span, DIAG_EVAL_TOO_DEEP, DIAG_END);
  return false;
}
