/* kept.c: values that outlive the statement they come from. */
#include "runtime/value/interp.h"

/* Values of a list up to here are copied.  To hold each in the arena it was made in costs a page, and what is made of the
   last turn's value would keep those of all turns before it. */
enum { COPIED_MAX = 64 };

static struct value copied_list(struct interp *in, const struct list_value *l) {
  struct value *items = arena_array(in->scratch, (size_t)l->n, struct value);
  const char **names = l->name ? arena_array(in->scratch, (size_t)l->n + 1, const char *) : NULL;
  for (int i = 0; i < l->n; i++) {
    items[i] = value_kept(in, &l->item[i]);
    if (names) names[i] = arena_strdup(in->scratch, l->name[i]);
  }
  return value_list(in, l->n, items, names);
}

struct value value_kept(struct interp *in, const struct value *v) {
  bool list = v->kind == VALUE_LIST || v->kind == VALUE_RECORD;
  if (!v->home || v->home == in->scratch) return *v;
  if (v->kind == VALUE_TEXT) return value_text(in, v->u.text);
  if (list && v->u.list->size <= COPIED_MAX) return copied_list(in, v->u.list);
  value_hold(in, v);
  return *v;
}
