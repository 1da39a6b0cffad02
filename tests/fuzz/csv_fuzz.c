/* Any bytes as a data file: a table that holds together, or errors. */
#include "runtime/table/table.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ALWAYS(condition)                                                                                    \
  do {                                                                                                       \
    if (!(condition)) abort();                                                                               \
  } while (0)

/* Codes within the levels, labels in their order and each once; what follows from a table can be made. */
static void check_column(struct arena *a, const struct column *c, int n_rows) {
  for (int i = 0; c->type != COL_NUMBER && i < n_rows; i++)
    ALWAYS(c->v.code[i] >= -1 && c->v.code[i] < (c->type == COL_BOOL ? 2 : c->n_levels));
  for (int k = 1; c->type == COL_FACTOR && k < c->n_levels; k++)
    ALWAYS(strcmp(c->levels[k - 1], c->levels[k]) < 0);
  int32_t *code = arena_raw(a, (size_t)n_rows, int32_t);
  int n_levels;
  const char *const *levels;
  column_levels(a, c, n_rows, code, &n_levels, &levels);
  for (int i = 0; i < n_rows; i++) ALWAYS(code[i] >= -1 && code[i] < n_levels);
}

static void check_table(struct arena *a, const struct table *t) {
  ALWAYS(t->n_rows > 0 && t->n_columns > 0 && strlen(t->sha256) == 64);
  for (int j = 0; j < t->n_columns; j++) check_column(a, &t->columns[j], t->n_rows);
  const struct schema *s = table_schema(a, t);
  for (int j = 0; j < t->n_columns; j++)
    ALWAYS(s->columns[j].n_distinct + s->columns[j].n_missing <= t->n_rows);
  bool *keep = arena_array(a, (size_t)t->n_rows, bool);
  keep[0] = true;
  ALWAYS(table_filter(t, keep)->n_rows == 1);
}

/* The first byte chooses the options. */
static struct csv_options options_of(uint8_t choice) {
  static const char delimiters[] = {0, ',', ';', '\t'};
  static const char *const words[] = {"-9", "x"};
  return (struct csv_options){.delimiter = delimiters[choice & 3],
                              .decimal = choice & 4 ? ',' : '.',
                              .n_missing = choice & 8 ? 2 : 0,
                              .missing = words,
                              .n_text = choice & 16 ? 2 : 0,
                              .text = words};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  int fd = memfd_create("fuzz", 0);
  ALWAYS(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  struct mem mem = {0};
  struct diags *diags = diags_new(&mem);
  struct arena *mark = arena_pool_mark(&mem);
  struct arena *a = arena_new(&mem);
  struct csv_options options = options_of(data[0]);
  const struct table *t = csv_read(&mem, diags, NULL, (struct span){0, 0}, path, "fuzz.csv", &options);
  ALWAYS((t != NULL) == (diags->n_errors == 0));
  if (t) check_table(a, t);
  arena_pool_drain(&mem, mark);
  diags_free(diags);
  close(fd);
  ALWAYS(mem.live == 0);
  return 0;
}
