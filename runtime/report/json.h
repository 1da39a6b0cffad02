/* json.h: building one line of JSON, piece by piece.
 *
 *   struct json_place root = json_begin(arena);                    { }
 *   json_put_number(json_key(root, "x"), 1.5);                     { "x": 1.5 }
 *   struct json_place list = json_put_array(json_key(root, "y"));
 *   json_put_bool(list, true);                                     { "x": 1.5, "y": [true] }
 *   char *line = json_end(root);
 *
 * Keys keep their order.  Texts are UTF-8 (scripts and data files are checked when read).  Memory that is used
 * up unwinds, at the latest in json_end.
 */
#ifndef KIN_REPORT_JSON_H
#define KIN_REPORT_JSON_H

#include "lang/base/arena.h"

struct json;
struct json_t;

/* Where the next value goes: under `key` in an object, or at the end of an array (key NULL). */
struct json_place {
  struct json *json;
  struct json_t *parent;
  const char *key;
};

struct json_place json_begin(struct arena *a); /* the root object */
struct json_place json_key(struct json_place object, const char *key);

void json_put_null(struct json_place at);
void json_put_bool(struct json_place at, bool x);
void json_put_integer(struct json_place at, long long x);
void json_put_number(struct json_place at, double x);    /* null when it is not finite */
void json_put_text(struct json_place at, const char *s); /* null for NULL */
struct json_place json_put_object(struct json_place at); /* the place inside it */
struct json_place json_put_array(struct json_place at);
void json_put_texts(struct json_place at, int n, const char *const *s); /* array; null for NULL */
/* rows x cols numbers, stored column by column, as an array of rows. */
void json_put_matrix(struct json_place at, const double *v, int rows, int cols);

/* The line with its newline, in the arena; the tree is gone after it. */
char *json_end(struct json_place any);

#endif
