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

/* A missing code that is a number is met in any spelling: -99, -99.0.  The script has its own decimal mark. */
static void find_missing_numbers(struct builder *b) {
  const struct csv_options *o = b->options;
  b->missing_number = arena_raw(b->arena, (size_t)o->n_missing, double);
  for (int i = 0; i < o->n_missing; i++) {
    size_t n = strlen(o->missing[i]);
    double *x = &b->missing_number[b->n_missing_numbers];
    if (number_read(o->missing[i], n, '.', x) || number_read(o->missing[i], n, o->decimal, x))
      b->n_missing_numbers++;
  }
}

struct builder *builder_new(struct arena *a, const struct csv_options *options, int n_columns,
                            const char *const *names, int rows) {
  struct builder *b = arena_make(a, struct builder);
  *b = (struct builder){.arena = a, .options = options, .n_columns = n_columns, .room = rows > 0 ? rows : 1};
  find_missing_numbers(b);
  b->column = arena_array(a, (size_t)n_columns, struct build_column);
  for (int j = 0; j < n_columns; j++) {
    struct build_column *c = &b->column[j];
    c->name = names[j];
    c->declared = c->to_labels = listed(names[j], options->n_text, options->text);
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

/* ---- kinds ---------------------------------------------------------------------------------------------- */

static void become_numbers(struct builder *b, struct build_column *c) {
  double *x = arena_raw(b->arena, (size_t)b->room, double);
  for (int i = 0; i < b->n_rows; i++) x[i] = NAN;
  c->values = x;
  c->kind = BUILD_NUMBERS;
}

static void become_labels(struct builder *b, struct build_column *c) {
  int32_t *code = arena_raw(b->arena, (size_t)b->room, int32_t);
  for (int i = 0; i < b->n_rows; i++) code[i] = -1;
  c->values = code;
  c->kind = BUILD_LABELS;
}

static void note(struct builder *b, struct met *m, const char *s, size_t n, size_t line) {
  if (!m->text) *m = (struct met){arena_strndup(b->arena, s, n), n, line};
}

/* ---- fields --------------------------------------------------------------------------------------------- */

static bool missing(const struct builder *b, const char *s, size_t n) {
  while (n > 0 && *s == ' ') s++, n--;
  while (n > 0 && s[n - 1] == ' ') n--;
  if (n == 0 || (n == 2 && s[0] == 'N' && s[1] == 'A')) return true;
  for (int i = 0; i < b->options->n_missing; i++) {
    const char *code = b->options->missing[i];
    if (strlen(code) == n && memcmp(code, s, n) == 0) return true;
  }
  return false;
}

static bool missing_number(const struct builder *b, double x) {
  for (int i = 0; i < b->n_missing_numbers; i++)
    if (b->missing_number[i] == x) return true;
  return false;
}

static bool spelled_whole(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!strchr("0123456789+- ", s[i])) return false;
  return true;
}

static void take_number(struct builder *b, struct build_column *c, const struct met *field, double x) {
  if (missing_number(b, x)) {
    if (c->kind == BUILD_NUMBERS) ((double *)c->values)[b->n_rows] = NAN;
    return;
  }
  if (c->kind == BUILD_UNKNOWN) become_numbers(b, c);
  ((double *)c->values)[b->n_rows] = x;
  if (fabs(x) > 0x1p53 && spelled_whole(field->text, field->n))
    note(b, &c->long_number, field->text, field->n, field->line);
}

/* A field that is no number, where numbers stand or nothing yet. */
static void take_word(struct builder *b, struct build_column *c, const struct met *field) {
  bool none = missing(b, field->text, field->n);
  if (c->kind == BUILD_NUMBERS) ((double *)c->values)[b->n_rows] = NAN;
  if (none) return;
  note(b, &c->word, field->text, field->n, field->line);
  if (c->kind == BUILD_NUMBERS) {
    c->to_labels = true;
    return;
  }
  become_labels(b, c);
  ((int32_t *)c->values)[b->n_rows] = intern(b, c, field->text, field->n);
}

void builder_field(struct builder *b, int column, const char *s, size_t n, size_t line) {
  struct build_column *c = &b->column[column];
  if (c->to_labels && c->kind == BUILD_UNKNOWN) become_labels(b, c);
  if (c->kind == BUILD_LABELS) {
    ((int32_t *)c->values)[b->n_rows] = missing(b, s, n) ? -1 : intern(b, c, s, n);
    return;
  }
  double x;
  struct met field = {s, n, line};
  if (n > 0 && number_read(s, n, b->options->decimal, &x))
    take_number(b, c, &field, x);
  else
    take_word(b, c, &field);
}

/* ---- rows ----------------------------------------------------------------------------------------------- */

static size_t value_size(const struct build_column *c) {
  return c->kind == BUILD_NUMBERS ? sizeof(double) : sizeof(int32_t);
}

bool builder_end_row(struct builder *b) {
  int most = b->options->max_rows ? b->options->max_rows : CSV_ROWS_MAX;
  if (b->n_rows == most) return false;
  b->n_rows++;
  if (b->n_rows < b->room) return true;
  int room = b->room + b->room / 2 + 16;
  for (int j = 0; j < b->n_columns; j++) {
    struct build_column *c = &b->column[j];
    if (c->kind != BUILD_UNKNOWN)
      c->values = arena_grow(b->arena, c->values, (size_t)b->n_rows, (size_t)room, value_size(c));
  }
  b->room = room;
  return true;
}

bool builder_again(struct builder *b) {
  bool again = false;
  for (int j = 0; j < b->n_columns; j++) {
    struct build_column *c = &b->column[j];
    if (!c->to_labels || c->kind != BUILD_NUMBERS) continue;
    c->kind = BUILD_LABELS; /* codes find room where numbers were */
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

/* Levels in the order of their bytes; to[code of appearance] is a level's place. */
static const char **sort_labels(struct arena *a, const struct build_column *c, int32_t *to) {
  size_t n = (size_t)c->n_labels;
  struct ranked *rank = arena_raw(a, n, struct ranked);
  const char **levels = arena_raw(a, n, const char *);
  for (int i = 0; i < c->n_labels; i++) rank[i] = (struct ranked){c->label[i], i};
  qsort(rank, n, sizeof *rank, by_label);
  for (int i = 0; i < c->n_labels; i++) {
    levels[i] = rank[i].label;
    to[rank[i].code] = i;
  }
  return levels;
}

static void recode(int32_t *code, int n, const int32_t *to) {
  for (int i = 0; i < n; i++)
    if (code[i] >= 0) code[i] = to[code[i]];
}

static struct column finish_labels(struct builder *b, const struct build_column *c) {
  struct column out = {.name = c->name, .v.code = c->values};
  int32_t *to = arena_raw(b->arena, (size_t)c->n_labels, int32_t);
  if (all_truth(c)) {
    out.type = COL_BOOL;
    for (int i = 0; i < c->n_labels; i++) to[i] = truth(c->label[i]);
  } else {
    out.type = COL_FACTOR;
    out.n_levels = c->n_labels;
    out.levels = sort_labels(b->arena, c, to);
  }
  recode(c->values, b->n_rows, to);
  return out;
}

static struct column finish(struct builder *b, struct build_column *c) {
  if (c->kind == BUILD_LABELS) return finish_labels(b, c);
  if (c->kind == BUILD_UNKNOWN) become_numbers(b, c); /* nothing but missing values */
  return (struct column){.name = c->name, .type = COL_NUMBER, .v.number = c->values};
}

struct column *builder_finish(struct builder *b) {
  struct column *columns = arena_array(b->arena, (size_t)b->n_columns, struct column);
  for (int j = 0; j < b->n_columns; j++) columns[j] = finish(b, &b->column[j]);
  return columns;
}
