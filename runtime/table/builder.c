#include "runtime/table/builder.h"
#include "runtime/table/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_FIRST = 16 };

static bool listed(const char *s, int n, const char *const *list) {
  for (int i = 0; i < n; i++)
    if (strcmp(s, list[i]) == 0) return true;
  return false;
}

static void reserve_rows(struct builder *b, struct build_column *c, int room) {
  if (c->text) {
    c->code = arena_grow(b->arena, c->code, (size_t)b->n_rows, (size_t)room, sizeof *c->code);
  } else {
    c->number = arena_grow(b->arena, c->number, (size_t)b->n_rows, (size_t)room, sizeof *c->number);
  }
}

struct builder *builder_new(struct arena *a, const struct csv_options *options, int n_columns,
                            const char *const *names, int rows) {
  struct builder *b = arena_make(a, struct builder);
  *b = (struct builder){.arena = a, .options = options, .n_columns = n_columns, .room = rows > 0 ? rows : 1};
  b->column = arena_array(a, (size_t)n_columns, struct build_column);
  for (int j = 0; j < n_columns; j++) {
    struct build_column *c = &b->column[j];
    c->name = names[j];
    c->declared = c->text = listed(names[j], options->n_text, options->text);
    reserve_rows(b, c, b->room);
  }
  return b;
}

/* ---- labels --------------------------------------------------------------------------------------------- */

/* FNV-1a */
static uint32_t hash(const char *s, size_t n) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)s[i]) * 16777619u;
  return h ^ h >> 15;
}

static void put_slot(struct build_column *c, int32_t code) {
  uint32_t i = hash(c->label[code], strlen(c->label[code])) & (c->n_slots - 1);
  while (c->slot[i]) i = (i + 1) & (c->n_slots - 1);
  c->slot[i] = code + 1;
}

static void more_labels(struct builder *b, struct build_column *c) {
  int room = c->label_room ? 2 * c->label_room : LABELS_FIRST;
  c->label = arena_grow(b->arena, c->label, (size_t)c->n_labels, (size_t)room, sizeof *c->label);
  c->label_room = room;
  c->n_slots = 2 * (uint32_t)room;
  c->slot = arena_array(b->arena, c->n_slots, int32_t);
  for (int32_t code = 0; code < c->n_labels; code++) put_slot(c, code);
}

static int32_t intern(struct builder *b, struct build_column *c, const char *s, size_t n) {
  if (c->n_labels == c->label_room) more_labels(b, c);
  uint32_t i = hash(s, n) & (c->n_slots - 1);
  for (; c->slot[i]; i = (i + 1) & (c->n_slots - 1)) {
    const char *label = c->label[c->slot[i] - 1];
    if (strncmp(label, s, n) == 0 && label[n] == '\0') return c->slot[i] - 1;
  }
  c->label[c->n_labels] = arena_strndup(b->arena, s, n);
  c->slot[i] = ++c->n_labels;
  return c->n_labels - 1;
}

/* ---- fields --------------------------------------------------------------------------------------------- */

static bool missing(const struct builder *b, const char *s, size_t n) {
  if (n == 0 || (n == 2 && s[0] == 'N' && s[1] == 'A')) return true;
  for (int i = 0; i < b->options->n_missing; i++) {
    const char *code = b->options->missing[i];
    if (strlen(code) == n && memcmp(code, s, n) == 0) return true;
  }
  return false;
}

/* A numeric code of a missing value is met in any spelling: -99, -99.0. */
static bool missing_number(const struct builder *b, double x) {
  for (int i = 0; i < b->options->n_missing; i++) {
    double code;
    const char *s = b->options->missing[i];
    if (number_read(s, strlen(s), '.', &code) && code == x) return true;
  }
  return false;
}

static void becomes_text(struct builder *b, struct build_column *c, const char *s, size_t n, int line) {
  if (c->n_numbers > 0) {
    if (!c->odd.text) c->odd = (struct odd_field){arena_strndup(b->arena, s, n), line};
    return;
  }
  c->text = true;
  c->code = arena_raw(b->arena, (size_t)b->room, int32_t);
  for (int i = 0; i < b->n_rows; i++) c->code[i] = -1;
}

static void number_field(struct builder *b, struct build_column *c, const char *s, size_t n, int line) {
  double x = NAN;
  if (!missing(b, s, n)) {
    if (!number_read(s, n, b->options->decimal, &x)) {
      becomes_text(b, c, s, n, line);
      if (c->text) c->code[b->n_rows] = intern(b, c, s, n);
    } else if (b->options->n_missing && missing_number(b, x)) {
      x = NAN;
    } else {
      c->n_numbers++;
    }
  }
  if (!c->text) c->number[b->n_rows] = x;
}

void builder_field(struct builder *b, int column, const char *s, size_t n, int line) {
  struct build_column *c = &b->column[column];
  if (!c->text)
    number_field(b, c, s, n, line);
  else
    c->code[b->n_rows] = missing(b, s, n) ? -1 : intern(b, c, s, n);
}

void builder_end_row(struct builder *b) {
  b->n_rows++;
  if (b->n_rows < b->room) return;
  int room = b->room + b->room / 2 + 16;
  for (int j = 0; j < b->n_columns; j++) reserve_rows(b, &b->column[j], room);
  b->room = room;
}

bool builder_again(struct builder *b) {
  bool again = false;
  for (int j = 0; j < b->n_columns; j++) {
    struct build_column *c = &b->column[j];
    if (c->text || !c->odd.text) continue;
    c->text = true;
    c->code = arena_raw(b->arena, (size_t)b->room, int32_t);
    again = true;
  }
  if (again) b->n_rows = 0;
  return again;
}

/* ---- the finished column -------------------------------------------------------------------------------- */

static int truth(const char *s) {
  if (!strcmp(s, "true") || !strcmp(s, "TRUE") || !strcmp(s, "True")) return 1;
  if (!strcmp(s, "false") || !strcmp(s, "FALSE") || !strcmp(s, "False")) return 0;
  return -1;
}

static bool all_truth(const struct build_column *c) {
  for (int i = 0; i < c->n_labels; i++)
    if (truth(c->label[i]) < 0) return false;
  return c->n_labels > 0 && !c->declared;
}

struct ranked {
  const char *label;
  int32_t code;
};

static int by_label(const void *a, const void *b) {
  return strcmp(((const struct ranked *)a)->label, ((const struct ranked *)b)->label);
}

/* Levels in the order of their bytes; recodes. */
static const char **sort_labels(struct builder *b, const struct build_column *c) {
  size_t n = (size_t)c->n_labels;
  struct ranked *rank = arena_raw(b->arena, n, struct ranked);
  const char **levels = arena_raw(b->arena, n, const char *);
  int32_t *to = arena_raw(b->arena, n, int32_t);
  for (int i = 0; i < c->n_labels; i++) rank[i] = (struct ranked){c->label[i], i};
  qsort(rank, n, sizeof *rank, by_label);
  for (int i = 0; i < c->n_labels; i++) {
    levels[i] = rank[i].label;
    to[rank[i].code] = i;
  }
  for (int i = 0; i < b->n_rows; i++)
    if (c->code[i] >= 0) c->code[i] = to[c->code[i]];
  return levels;
}

static struct column finish(struct builder *b, const struct build_column *c) {
  struct column out = {.name = c->name, .type = COL_NUMBER};
  if (!c->text) {
    out.v.number = c->number;
    return out;
  }
  out.v.code = c->code;
  if (all_truth(c)) {
    out.type = COL_BOOL;
    for (int i = 0; i < b->n_rows; i++)
      if (c->code[i] >= 0) c->code[i] = truth(c->label[c->code[i]]);
    return out;
  }
  out.type = COL_FACTOR;
  out.n_levels = c->n_labels;
  out.levels = sort_labels(b, c);
  return out;
}

struct column *builder_finish(struct builder *b) {
  struct column *columns = arena_array(b->arena, (size_t)b->n_columns, struct column);
  for (int j = 0; j < b->n_columns; j++) columns[j] = finish(b, &b->column[j]);
  return columns;
}
