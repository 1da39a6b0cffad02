/* csv.c: delimited files (RFC 4180) into tables, through libcsv.
 *
 * The file is read in blocks.  libcsv's callbacks only copy what they see into room made before (an unwind must not
 * cross the library's frames); between two blocks the fields go to the builder.  Lines are counted as an editor counts them.
 */
#include "runtime/table/builder.h"
#include "lang/base/text.h"
#include <csv.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
  BLOCK = 1 << 16,   /* bytes read at once */
  LINE_MAX_MIB = 64, /* a record longer than this is no table */
  COLUMNS_MAX = 1 << 20,
  RAGGED_SHOWN = 3, /* ragged rows that are named */
};
#define LINE_BYTES_MAX ((size_t)LINE_MAX_MIB << 20)

struct cell {
  uint32_t from, n; /* in reader.text; n == ROW_END: the row is complete */
  int line;
};
#define ROW_END UINT32_MAX

struct reader {
  struct mem *mem;
  struct diags *diags;
  const struct source *src;
  struct span span;
  const char *shown; /* file name in messages */
  const struct csv_options *options;
  char delimiter;
  FILE *file;
  size_t size; /* of the file; 0: not known */

  struct arena *scratch; /* buffers of one pass */
  struct csv_parser parser;
  struct cell *cell; /* of one block */
  size_t n_cells;
  char *text; /* fields of one block, one after the other */
  size_t n_text, text_room;
  int line;         /* being read, 1-based */
  size_t since_row; /* bytes since the last complete row */

  struct arena *arena;     /* the table's */
  struct builder *builder; /* NULL until the header is known */
  const char **names;
  int n_names, names_room;
  int column;   /* next field of the current row */
  int row_line; /* line at which the current row started */
  int n_ragged;
  struct diag *ragged;
  bool failed;
};

static void fail(struct reader *r, enum diag_code code, const char *a, const char *b, const char *c) {
  diag_add(r->diags, r->src, r->span, code, r->shown, a, b, c, DIAG_END);
  r->failed = true;
}

static const char *number_text(struct reader *r, size_t n) {
  return arena_printf(r->scratch, "%zu", n);
}

/* ---- libcsv's callbacks: no allocation ------------------------------------------------------------------ */

static void on_field(void *s, size_t n, void *arg) {
  struct reader *r = arg;
  r->cell[r->n_cells++] = (struct cell){(uint32_t)r->n_text, (uint32_t)n, r->line};
  const char *bytes = s;
  if (n == 0) return;
  memcpy(r->text + r->n_text, bytes, n);
  r->n_text += n;
  for (const char *p = bytes; (p = memchr(p, '\n', n - (size_t)(p - bytes))); p++) r->line++;
}

/* Called for every unquoted CR or LF, and with -1 at the end of a file without a last newline. */
static void on_newline(int c, void *arg) {
  struct reader *r = arg;
  if (r->n_cells == 0 || r->cell[r->n_cells - 1].n != ROW_END)
    r->cell[r->n_cells++] = (struct cell){0, ROW_END, r->line};
  if (c == '\n') r->line++;
}

static int no_space(unsigned char c) {
  (void)c;
  return 0;
}

/* ---- the header ----------------------------------------------------------------------------------------- */

static void add_name(struct reader *r, const char *s, size_t n) {
  if (r->n_names == 0 && n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) s += 3, n -= 3;
  if (r->n_names == r->names_room) {
    int room = r->names_room ? 2 * r->names_room : 64;
    r->names = arena_grow(r->arena, r->names, (size_t)r->n_names, (size_t)room, sizeof *r->names);
    r->names_room = room;
  }
  while (n > 0 && s[n - 1] == ' ') n--;
  while (n > 0 && *s == ' ') s++, n--;
  int number = ++r->n_names;
  r->names[number - 1] = n ? arena_strndup(r->arena, s, n) : arena_printf(r->arena, "V%d", number);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_names(struct reader *r) {
  if (r->n_names > COLUMNS_MAX) {
    fail(r, DIAG_TOO_MANY_COLUMNS, number_text(r, (size_t)r->n_names), number_text(r, COLUMNS_MAX), NULL);
    return;
  }
  const char **sorted =
      arena_grow(r->scratch, r->names, (size_t)r->n_names, (size_t)r->n_names, sizeof *sorted);
  qsort(sorted, (size_t)r->n_names, sizeof *sorted, by_name);
  for (int i = 0; i < r->n_names; i++) {
    if (utf8_check(sorted[i], strlen(sorted[i])) < strlen(sorted[i])) {
      fail(r, DIAG_FILE_NOT_UTF8, "1", NULL, NULL);
      return;
    }
    if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0) {
      fail(r, DIAG_COLUMN_TWICE, sorted[i], NULL, NULL);
      return;
    }
  }
}

/* Rows that the file may hold, from its size and the bytes of the first block's rows. */
static int expected_rows(const struct reader *r) {
  size_t rows = 0;
  for (size_t i = 0; i < r->n_cells; i++) rows += r->cell[i].n == ROW_END;
  double bytes = rows > 1 ? (double)BLOCK / (double)rows : (double)BLOCK;
  double guess = 1.05 * (double)r->size / bytes + 64;
  return guess < 1e8 ? (int)guess : 1 << 20;
}

static void end_header(struct reader *r) {
  check_names(r);
  if (!r->failed && !r->builder)
    r->builder = builder_new(r->arena, r->options, r->n_names, r->names, expected_rows(r));
}

/* ---- rows ----------------------------------------------------------------------------------------------- */

static void ragged_row(struct reader *r, int line) {
  r->failed = true;
  if (r->n_ragged++ >= RAGGED_SHOWN) return;
  char *text = arena_printf(r->scratch, "line %d has %d field%s", line, r->column, r->column == 1 ? "" : "s");
  if (r->n_ragged == 1)
    r->ragged = diag_add(r->diags, r->src, r->span, DIAG_RAGGED, r->shown, text,
                         number_text(r, (size_t)r->n_names), DIAG_END);
  else
    diag_note(r->diags, r->ragged, NULL, r->span, text);
}

static void end_row(struct reader *r, int line) {
  if (r->column == 0) return; /* a blank line */
  if (r->column != r->n_names)
    ragged_row(r, r->row_line);
  else if (!r->failed)
    builder_end_row(r->builder);
  r->column = 0;
  r->row_line = line + 1;
}

static void take_field(struct reader *r, const struct cell *c) {
  const char *s = r->text + c->from;
  if (r->column == 0) r->row_line = c->line;
  if (r->column++ >= r->n_names || r->failed) return;
  builder_field(r->builder, r->column - 1, s, c->n, c->line);
  if (r->builder->column[r->column - 1].text && utf8_check(s, c->n) < c->n)
    fail(r, DIAG_FILE_NOT_UTF8, number_text(r, (size_t)c->line), NULL, NULL);
}

/* What a block brought goes to the header or to the builder. */
static void take_cells(struct reader *r, bool *header) {
  for (size_t i = 0; i < r->n_cells; i++) {
    const struct cell *c = &r->cell[i];
    bool end = c->n == ROW_END;
    if (end) r->since_row = 0;
    if (*header) {
      if (!end)
        add_name(r, r->text + c->from, c->n);
      else if (r->n_names > 0) {
        *header = false;
        end_header(r);
        if (r->failed) return;
      }
    } else if (end) {
      end_row(r, c->line);
    } else {
      take_field(r, c);
    }
  }
  r->n_cells = 0;
  r->n_text = 0;
}

/* ---- blocks --------------------------------------------------------------------------------------------- */

static bool acceptable(struct reader *r, const char *block, size_t n) {
  const char *nul = memchr(block, '\0', n);
  if (nul) {
    int line = r->line;
    for (const char *p = block; p < nul; p++) line += *p == '\n';
    fail(r, DIAG_FILE_NUL, number_text(r, (size_t)line), NULL, NULL);
    return false;
  }
  r->since_row += n;
  if (r->since_row <= LINE_BYTES_MAX) return true;
  fail(r, DIAG_LINE_TOO_LONG, number_text(r, (size_t)r->line), number_text(r, LINE_MAX_MIB), NULL);
  return false;
}

static void quote_fault(struct reader *r, bool at_end) {
  fail(r, at_end ? DIAG_OPEN_QUOTE : DIAG_STRAY_QUOTE, number_text(r, (size_t)r->line), NULL, NULL);
}

/* libcsv keeps an unfinished field; its bytes come on top of a block's. */
static void make_room(struct reader *r) {
  size_t need = csv_get_buffer_size(&r->parser) + 2 * BLOCK;
  if (need <= r->text_room) return;
  r->text = arena_raw(r->scratch, need, char);
  r->text_room = need;
}

static void free_parser(void *p) {
  csv_free(p);
}

static void close_file(void *f) {
  fclose(f);
}

static void start_pass(struct reader *r) {
  r->cell = arena_raw(r->scratch, 2 * BLOCK + 4, struct cell);
  csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
  arena_register(r->scratch, free_parser, &r->parser);
  csv_set_delim(&r->parser, (unsigned char)r->delimiter);
  csv_set_space_func(&r->parser, no_space);
  r->line = r->row_line = 1;
  r->column = 0;
  r->since_row = 0;
  r->n_cells = r->n_text = 0;
}

/* Reads the file from its first byte to its last. */
static void one_pass(struct reader *r, struct sha256_ctx *sha) {
  char *block = arena_raw(r->scratch, BLOCK, char);
  bool header = true;
  bool again = r->builder != NULL;
  if (again) r->n_names = 0;
  start_pass(r);
  rewind(r->file);
  size_t n;
  while (!r->failed && (n = fread(block, 1, BLOCK, r->file)) > 0) {
    mem_check_interrupt(r->mem);
    if (sha) sha256_update(sha, n, (const uint8_t *)block);
    if (!acceptable(r, block, n)) return;
    make_room(r);
    if (csv_parse(&r->parser, block, n, on_field, on_newline, r) != n) {
      quote_fault(r, false);
      return;
    }
    take_cells(r, &header);
  }
  if (r->failed) return;
  if (ferror(r->file)) {
    fail(r, DIAG_FILE_UNREADABLE, strerror(errno), NULL, NULL);
    return;
  }
  make_room(r);
  if (csv_fini(&r->parser, on_field, on_newline, r) != 0)
    quote_fault(r, true);
  else
    take_cells(r, &header);
}

/* ---- opening -------------------------------------------------------------------------------------------- */

static bool open_file(struct reader *r, const char *path) {
  struct stat st;
  if (stat(path, &st) != 0) {
    fail(r, errno == ENOENT ? DIAG_NO_FILE : DIAG_FILE_UNREADABLE, errno == ENOENT ? NULL : strerror(errno),
         NULL, NULL);
    return false;
  }
  if (S_ISDIR(st.st_mode)) {
    fail(r, DIAG_FILE_IS_FOLDER, NULL, NULL, NULL);
    return false;
  }
  r->size = (size_t)st.st_size;
  r->file = fopen(path, "rb");
  if (!r->file) {
    fail(r, DIAG_FILE_UNREADABLE, strerror(errno), NULL, NULL);
    return false;
  }
  arena_register(r->scratch, close_file, r->file);
  return true;
}

static bool ends_with(const char *s, const char *end) {
  size_t n = strlen(s), m = strlen(end);
  return n >= m && strcmp(s + n - m, end) == 0;
}

/* The delimiter that stands most often in the header, outside quotes. */
static char guess_delimiter(struct reader *r, const char *path) {
  if (ends_with(path, ".tsv") || ends_with(path, ".tab")) return '\t';
  static const char candidate[] = ",;\t";
  int count[3] = {0};
  bool quoted = false;
  for (int c; (c = getc(r->file)) != EOF && (quoted || (c != '\n' && c != '\r'));) {
    if (c == '"') quoted = !quoted;
    const char *at = c && !quoted ? strchr(candidate, c) : NULL;
    if (at) count[at - candidate]++;
  }
  int best = 0;
  for (int i = 1; i < 3; i++)
    if (count[i] > count[best]) best = i;
  return candidate[best];
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

static void put_digest(char *hex, struct sha256_ctx *sha) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(sha, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* A column of numbers but for a few fields is worth a word. */
static void hint_odd_columns(struct reader *r) {
  for (int j = 0; j < r->n_names; j++) {
    const struct build_column *c = &r->builder->column[j];
    if (!c->odd.text || c->declared) continue;
    diag_add(r->diags, r->src, r->span, DIAG_ALMOST_NUMERIC, c->name, c->odd.text,
             number_text(r, (size_t)c->odd.line), r->shown, DIAG_END);
  }
}

static struct table *finish_table(struct reader *r) {
  struct table *t = arena_make(r->arena, struct table);
  t->arena = r->arena;
  t->source = arena_strdup(r->arena, r->shown);
  t->n_rows = t->rows_read = r->builder->n_rows;
  t->n_columns = r->n_names;
  t->columns = builder_finish(r->builder);
  hint_odd_columns(r);
  return t;
}

static struct table *read_table(struct reader *r, const char *path) {
  if (!open_file(r, path)) return NULL;
  r->delimiter = r->options->delimiter ? r->options->delimiter : guess_delimiter(r, path);
  struct sha256_ctx sha;
  sha256_init(&sha);
  one_pass(r, &sha);
  if (!r->failed && r->n_names == 0) fail(r, DIAG_FILE_EMPTY, NULL, NULL, NULL);
  if (!r->failed && !r->builder) end_header(r);
  if (!r->failed && builder_again(r->builder)) one_pass(r, NULL);
  if (!r->failed && r->builder->n_rows == 0) fail(r, DIAG_NO_ROWS, NULL, NULL, NULL);
  if (r->failed) return NULL;
  struct table *t = finish_table(r);
  put_digest(t->sha256, &sha);
  return t;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct table *csv_read(struct mem *m, struct diags *diags, const struct source *src, struct span span,
                       const char *path, const char *shown, const struct csv_options *options) {
  double start = now();
  struct arena *table_arena = arena_new(m);
  struct arena *mark = arena_pool_mark(m);
  struct reader *r = arena_make(arena_new(m), struct reader);
  *r = (struct reader){.mem = m,
                       .diags = diags,
                       .src = src,
                       .span = span,
                       .shown = shown,
                       .options = options,
                       .scratch = m->pool,
                       .arena = table_arena};
  struct table *t = read_table(r, path);
  arena_pool_drain(m, mark);
  if (t) t->seconds = now() - start;
  return t;
}
