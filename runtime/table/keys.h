/* keys.h: rows told apart by the values of several columns, of one table or of several.
 *
 * Two rows have the same key when all their values are the same: numbers as numbers (0 and -0 are one), labels as texts, so
 * that a factor of one table meets a factor of another.  Keys are numbered 0, 1, ... as they are met.
 */
#ifndef KIN_KEYS_H
#define KIN_KEYS_H

#include "runtime/table/table.h"

struct keys;

/* In arena a, for keys of n columns. */
struct keys *keys_new(struct arena *a, int n_columns);
/* The keys of n rows; -1 where a value is missing.  The columns must be of the kinds (numbers or labels) that were given
   before.  In the keys' arena. */
const int32_t *keys_add(struct keys *k, const struct column *const *column, int n);
int keys_count(const struct keys *k);

#endif
