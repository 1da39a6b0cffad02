/* json.c: the tree of a JSON line: how it is built and written.
 *
 * jansson has a heap of its own.  What it gave is reachable from `struct json`, which is registered with the
 * arena before the first call, and every piece is put into its parent before it is filled: nothing is loose if
 * control unwinds in between.  jansson answers NULL when memory is gone, and passes NULL through; `lost`
 * remembers it until the line is written.
 */
#include "runtime/report/json.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_DIGITS = 17 }; /* with these a double reads back the same (IEEE 754) */

struct json {
  struct arena *arena;
  json_t *root;
  char *line;
  bool lost; /* memory was gone somewhere */
};

static void release_all(void *p) {
  struct json *j = p;
  json_decref(j->root);
  free(j->line);
  j->root = NULL;
  j->line = NULL;
}

struct json_place json_begin(struct arena *a) {
  struct json *j = arena_make(a, struct json);
  j->arena = a;
  arena_register(a, release_all, j);
  j->root = json_object();
  if (!j->root) mem_unwind(arena_mem(a), UNWIND_MEMORY);
  return (struct json_place){j, j->root, NULL};
}

struct json_place json_key(struct json_place object, const char *key) {
  object.key = key;
  return object;
}

/* The container steals `made` whether it succeeds or not. */
static void place(struct json_place at, json_t *made) {
  int status = at.key ? json_object_set_new(at.parent, at.key, made) : json_array_append_new(at.parent, made);
  if (status != 0) at.json->lost = true;
}

void json_put_null(struct json_place at) {
  place(at, json_null());
}

void json_put_bool(struct json_place at, bool x) {
  place(at, json_boolean(x));
}

void json_put_integer(struct json_place at, long long x) {
  place(at, json_integer(x));
}

void json_put_number(struct json_place at, double x) {
  place(at, isfinite(x) ? json_real(x) : json_null());
}

void json_put_text(struct json_place at, const char *s) {
  place(at, s ? json_string(s) : json_null());
}

struct json_place json_put_object(struct json_place at) {
  json_t *o = json_object();
  place(at, o);
  return (struct json_place){at.json, o, NULL};
}

struct json_place json_put_array(struct json_place at) {
  json_t *a = json_array();
  place(at, a);
  return (struct json_place){at.json, a, NULL};
}

void json_put_texts(struct json_place at, int n, const char *const *s) {
  if (!s) {
    json_put_null(at);
    return;
  }
  struct json_place items = json_put_array(at);
  for (int i = 0; i < n; i++) json_put_text(items, s[i]);
}

void json_put_matrix(struct json_place at, const double *v, int rows, int cols) {
  struct json_place all = json_put_array(at);
  for (int i = 0; i < rows; i++) {
    struct json_place row = json_put_array(all);
    for (int k = 0; k < cols; k++) json_put_number(row, v[(size_t)k * (size_t)rows + (size_t)i]);
  }
}

char *json_end(struct json_place any) {
  struct json *j = any.json;
  if (!j->lost) j->line = json_dumps(j->root, JSON_REAL_PRECISION(JSON_DIGITS));
  if (!j->line) mem_unwind(arena_mem(j->arena), UNWIND_MEMORY);
  char *line = arena_printf(j->arena, "%s\n", j->line);
  release_all(j);
  return line;
}
