/* csv.c: delimited files (RFC 4180) into tables, through libcsv.
 *
 * The file is read in blocks.  libcsv's callbacks only copy what they see into room made before (an unwind must not cross
 * the library's frames); between two blocks the fields go to the builder.  Lines are counted as an editor counts them.
 */
#include "runtime/table/builder.h"
#include "runtime/table/data_file.h"
#include "runtime/table/number.h"
#include "lang/base/text.h"
#include <csv.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <string.h>
#include <time.h>

enum {
  BLOCK = 1 << 16,       /* bytes read at once */
  GUESS_BYTES = 1 << 20, /* of the header, searched for the delimiter */
  RAGGED_SHOWN = 3,      /* ragged rows that are named */
  WORDS_SHOWN =
      3, /* a column of numbers with more different words than this is one of labels, without a hint */
  HINTS_SHOWN = 10, /* of one file */
  ROWS_GUESSED_MAX = 100000000,
};
#define LINE_BYTES_MAX ((size_t)CSV_LINE_MIB_MAX << 20)

struct cell {
  uint32_t from, n; /* in reader.text; n == ROW_END: the row is complete */
  size_t line;
};
#define ROW_END UINT32_MAX

struct reader {
  struct diags *diags;
  const struct source *src;
  struct span span;
  const char *shown; /* file name in messages */
  const struct csv_options *options;
  struct data_file file;
  struct arena *scratch; /* buffers, and what is released after reading */
  bool failed;

  char delimiter;
  bool after_cr;  /* the last byte ended a line, and a newline still belongs to it */
  bool in_header; /* of this pass */
  int column;     /* next field of the current row */
  struct csv_parser parser;
  char *block;
  struct cell *cell; /* of one block: at most a field and a row's end for each byte */
  size_t n_cells;
  char *text; /* fields of one block, one after the other */
  size_t n_text, text_room;
  size_t line;      /* being read, 1-based */
  size_t row_line;  /* line at which the current row started */
  size_t n_read;    /* bytes of the file so far */
  size_t since_row; /* bytes since the last complete row */

  struct arena *arena;     /* the table's */
  struct builder *builder; /* NULL until the header is known */
  const char **names;
  int n_names, names_room;
  int n_ragged, n_hints;
  struct diag *ragged, *last_hint; /* that notes are added to */
};

static void fail(struct reader *r, enum diag_code code, const char *a, const char *b) {
  diag_add(r->diags, r->src, r->span, code, r->shown, a, b, DIAG_END);
  r->failed = true;
}

static const char *number_text(struct reader *r, size_t n) {
  return arena_printf(r->scratch, "%zu", n);
}

/* ---- libcsv's callbacks: no allocation ------------------------------------------------------------------ */

static void on_field(void *s, size_t n, void *arg) {
  struct reader *r = arg;
  r->cell[r->n_cells++] = (struct cell){(uint32_t)r->n_text, (uint32_t)n, r->line};
  r->after_cr = false;
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
  if (!(c == '\n' && r->after_cr)) r->line++;
  r->after_cr = c == '\r';
}

static int no_space(unsigned char c) {
  (void)c;
  return 0;
}

/* ---- the header ----------------------------------------------------------------------------------------- */

static void add_name(struct reader *r, const char *s, size_t n) {
  if (r->n_names == CSV_COLUMNS_MAX) {
    fail(r, DIAG_TOO_MANY_COLUMNS, number_text(r, CSV_COLUMNS_MAX), NULL);
    return;
  }
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
  size_t n = (size_t)r->n_names;
  const char **sorted = arena_grow(r->scratch, r->names, n, n, sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, by_name);
  for (size_t i = 0; i < n && !r->failed; i++) {
    if (utf8_check(sorted[i], strlen(sorted[i])) < strlen(sorted[i]))
      fail(r, DIAG_FILE_NOT_UTF8, number_text(r, r->row_line), NULL);
    else if (i > 0 && strcmp(sorted[i - 1], sorted[i]) == 0)
      fail(r, DIAG_COLUMN_TWICE, sorted[i], NULL);
  }
}

/* Rows that the file may hold, judged by those of this block; a row longer than a block, by the header. */
static int expected_rows(const struct reader *r) {
  double rows = 0;
  for (size_t i = 0; i < r->n_cells; i++) rows += r->cell[i].n == ROW_END;
  double guess = 1.05 * (double)r->file.size * (rows > 0 ? rows : 1) / (double)r->n_read + 16;
  return guess < ROWS_GUESSED_MAX ? (int)guess : ROWS_GUESSED_MAX;
}

static void end_header(struct reader *r) {
  r->in_header = false;
  if (r->builder) {
    if (r->column != r->n_names)
      fail(r, DIAG_FILE_UNREADABLE, "it was changed while it was being read", NULL);
    r->column = 0;
    return;
  }
  check_names(r);
  if (!r->failed) r->builder = builder_new(r->arena, r->options, r->n_names, r->names, expected_rows(r));
}

/* The second time the header is only counted. */
static void take_header(struct reader *r, const struct cell *c) {
  bool empty = r->builder ? r->column == 0 : r->n_names == 0;
  if (c->n != ROW_END) {
    if (empty) r->row_line = c->line;
    if (r->builder)
      r->column++;
    else
      add_name(r, r->text + c->from, c->n);
  } else if (!empty) {
    end_header(r);
  }
}

/* ---- rows ----------------------------------------------------------------------------------------------- */

static void ragged_row(struct reader *r) {
  r->failed = true;
  if (r->n_ragged++ > RAGGED_SHOWN) return;
  char *text =
      arena_printf(r->scratch, "line %zu has %d field%s", r->row_line, r->column, r->column == 1 ? "" : "s");
  if (r->n_ragged == 1)
    r->ragged = diag_add(r->diags, r->src, r->span, DIAG_RAGGED, r->shown, text,
                         number_text(r, (size_t)r->n_names), DIAG_END);
  else
    diag_note(r->diags, r->ragged, NULL, r->span, r->n_ragged <= RAGGED_SHOWN ? text : "and more such lines");
}

static void end_row(struct reader *r) {
  if (r->column == 0) return; /* a blank line */
  if (r->column != r->n_names)
    ragged_row(r);
  else if (!r->failed && !builder_end_row(r->builder))
    fail(r, DIAG_TOO_MANY_ROWS, number_text(r, (size_t)r->builder->n_rows), NULL);
  r->column = 0;
}

static void take_field(struct reader *r, const struct cell *c) {
  const char *s = r->text + c->from;
  if (r->column == 0) r->row_line = c->line;
  int j = r->column++;
  if (j >= r->n_names || r->failed) return;
  builder_field(r->builder, j, s, c->n, c->line);
  if (r->builder->column[j].kind == BUILD_LABELS && utf8_check(s, c->n) < c->n)
    fail(r, DIAG_FILE_NOT_UTF8, number_text(r, c->line), NULL);
}

/* What a block brought goes to the header or to the builder.  After a failure only ragged rows are still sought. */
static void take_cells(struct reader *r) {
  for (size_t i = 0; i < r->n_cells && (!r->failed || r->n_ragged); i++) {
    const struct cell *c = &r->cell[i];
    if (c->n == ROW_END) r->since_row = 0;
    if (r->in_header)
      take_header(r, c);
    else if (c->n == ROW_END)
      end_row(r);
    else
      take_field(r, c);
  }
  r->n_cells = 0;
  r->n_text = 0;
}

/* ---- blocks --------------------------------------------------------------------------------------------- */

static bool acceptable(struct reader *r, const char *bytes, size_t n) {
  const char *nul = memchr(bytes, '\0', n);
  if (nul) {
    size_t line = r->line;
    for (const char *p = bytes; p < nul; p++) line += *p == '\n';
    fail(r, DIAG_FILE_NUL, number_text(r, line), NULL);
    return false;
  }
  r->since_row += n;
  if (r->since_row <= LINE_BYTES_MAX) return true;
  fail(r, DIAG_LINE_TOO_LONG, number_text(r, r->line), number_text(r, CSV_LINE_MIB_MAX));
  return false;
}

/* libcsv stopped: at a quote where none may stand, or at the end of the file inside quotes. */
static void parser_fault(struct reader *r, enum diag_code code) {
  if (csv_error(&r->parser) == CSV_EPARSE)
    fail(r, code, number_text(r, r->line), NULL);
  else
    mem_unwind(arena_mem(r->scratch), UNWIND_MEMORY);
}

/* libcsv keeps an unfinished field, and its bytes come on top of a block's.  Both grow by doubling. */
static void make_room(struct reader *r) {
  size_t kept = csv_get_buffer_size(&r->parser), need = kept + 2 * BLOCK;
  csv_set_blk_size(&r->parser, kept > BLOCK ? kept : BLOCK);
  if (need <= r->text_room) return;
  r->text_room = 2 * need;
  r->text = arena_raw(r->scratch, r->text_room, char);
}

static void free_parser(void *p) {
  csv_free(p);
}

static void start_reader(struct reader *r) {
  r->block = arena_raw(r->scratch, BLOCK, char);
  r->cell = arena_raw(r->scratch, 2 * BLOCK + 2, struct cell);
  csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
  arena_register(r->scratch, free_parser, &r->parser);
  csv_set_delim(&r->parser, (unsigned char)r->delimiter);
  csv_set_space_func(&r->parser, no_space);
}

static void start_pass(struct reader *r) {
  rewind(r->file.stream);
  r->in_header = true;
  r->line = r->row_line = 1;
  r->after_cr = false;
  r->column = 0;
  r->n_read = r->since_row = 0;
  r->n_cells = r->n_text = 0;
}

static void take_block(struct reader *r, const char *bytes, size_t n) {
  if (!acceptable(r, bytes, n)) return;
  make_room(r);
  if (csv_parse(&r->parser, bytes, n, on_field, on_newline, r) == n)
    take_cells(r);
  else
    parser_fault(r, DIAG_STRAY_QUOTE);
}

static void end_pass(struct reader *r) {
  make_room(r);
  if (csv_fini(&r->parser, on_field, on_newline, r) == 0)
    take_cells(r);
  else
    parser_fault(r, DIAG_OPEN_QUOTE);
}

/* Reads the file from its first byte to its last. */
static void one_pass(struct reader *r, struct sha256_ctx *sha) {
  static const char mark[] = "\xEF\xBB\xBF"; /* a byte order mark: not a part of the first name */
  start_pass(r);
  for (size_t n; !r->failed && (n = fread(r->block, 1, BLOCK, r->file.stream)) > 0;) {
    mem_check_interrupt(arena_mem(r->scratch));
    if (sha) sha256_update(sha, n, (const uint8_t *)r->block);
    size_t skip = r->n_read == 0 && n >= 3 && memcmp(r->block, mark, 3) == 0 ? 3 : 0;
    r->n_read += n;
    take_block(r, r->block + skip, n - skip);
  }
  if (r->failed) return;
  if (ferror(r->file.stream))
    fail(r, DIAG_FILE_UNREADABLE, strerror(errno), NULL);
  else
    end_pass(r);
}

/* ---- delimiter ------------------------------------------------------------------------------------------ */

static bool ends_with(const char *s, const char *end) {
  size_t n = strlen(s), m = strlen(end);
  return n >= m && strcmp(s + n - m, end) == 0;
}

/* The delimiter that stands most often in the header, outside quotes. */
static char most_frequent(FILE *stream) {
  static const char candidate[] = ",;\t";
  int count[3] = {0};
  bool quoted = false, begun = false;
  int c;
  for (int i = 0; i < GUESS_BYTES && (c = getc(stream)) != EOF; i++) {
    bool newline = c == '\n' || c == '\r';
    if (newline && begun && !quoted) break;
    begun = begun || !newline;
    if (c == '"') quoted = !quoted;
    const char *at = c && !quoted ? strchr(candidate, c) : NULL;
    if (at) count[at - candidate]++;
  }
  int best = 0;
  for (int i = 1; i < 3; i++)
    if (count[i] > count[best]) best = i;
  return candidate[best];
}

static char find_delimiter(const struct reader *r, const char *path) {
  if (r->options->delimiter) return r->options->delimiter;
  if (ends_with(path, ".tsv") || ends_with(path, ".tab")) return '\t';
  return most_frequent(r->file.stream);
}

/* ---- hints ---------------------------------------------------------------------------------------------- */

static void hint(struct reader *r, const struct build_column *c, enum diag_code code, const char *fields,
                 const struct met *at, const char *mark) {
  if (r->n_hints++ >= HINTS_SHOWN) return;
  r->last_hint = diag_add(r->diags, r->src, r->span, code, c->name, fields, number_text(r, at->line),
                          r->shown, mark, DIAG_END);
}

static bool all_numbers(const struct build_column *c, char decimal) {
  double x;
  for (int i = 0; i < c->n_labels; i++)
    if (!number_read(c->label[i], strlen(c->label[i]), decimal, &x)) return false;
  return c->n_labels > 0;
}

/* The labels that are no numbers, for a message; NULL if they are too many to be missing codes. */
static const char *few_words(struct reader *r, const struct build_column *c) {
  struct buf b;
  buf_init(&b, r->scratch);
  int n = 0;
  double x;
  for (int i = 0; i < c->n_labels; i++) {
    const char *s = c->label[i];
    if (number_read(s, strlen(s), r->options->decimal, &x)) continue;
    if (++n > WORDS_SHOWN) return NULL;
    buf_printf(&b, "%s%s", n > 1 ? ", " : "", field_shown(r->scratch, s, strlen(s)));
  }
  return c->n_labels >= 2 * n ? b.text : NULL;
}

/* A column of numbers but for a few fields is worth a word, and one whose numbers are cut. */
static void hint_column(struct reader *r, const struct build_column *c) {
  if (c->kind == BUILD_NUMBERS && c->long_number.text) {
    const struct met *at = &c->long_number;
    hint(r, c, DIAG_LONG_NUMBER, field_shown(r->scratch, at->text, at->n), at, NULL);
  }
  if (c->declared || c->kind != BUILD_LABELS || !c->word.text) return;
  const char *other = r->options->decimal == '.' ? "," : ".";
  const char *words = NULL;
  if (all_numbers(c, *other))
    hint(r, c, DIAG_DECIMAL_MARK, field_shown(r->scratch, c->word.text, c->word.n), &c->word, other);
  else if ((words = few_words(r, c)))
    hint(r, c, DIAG_ALMOST_NUMERIC, words, &c->word, NULL);
}

static void hint_columns(struct reader *r) {
  for (int j = 0; j < r->n_names; j++) hint_column(r, &r->builder->column[j]);
  int more = r->n_hints - HINTS_SHOWN;
  if (more <= 0) return;
  const char *text =
      arena_printf(r->scratch, "and %d more column%s of this kind", more, more == 1 ? "" : "s");
  diag_note(r->diags, r->last_hint, NULL, r->span, text);
}

/* ---- the whole ------------------------------------------------------------------------------------------ */

static void put_digest(char *hex, struct sha256_ctx *sha) {
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(sha, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static struct table *finish_table(struct reader *r) {
  struct table *t = arena_make(r->arena, struct table);
  t->arena = r->arena;
  t->source = arena_strdup(r->arena, r->shown);
  t->n_rows = t->rows_read = r->builder->n_rows;
  t->n_columns = r->n_names;
  t->columns = builder_finish(r->builder);
  hint_columns(r);
  return t;
}

static struct table *read_table(struct reader *r, const char *path) {
  if (!data_file_open(r->scratch, r->diags, r->src, r->span, path, r->shown, &r->file)) return NULL;
  r->delimiter = find_delimiter(r, path);
  start_reader(r);
  struct sha256_ctx sha;
  sha256_init(&sha);
  one_pass(r, &sha);
  if (!r->failed && !r->builder) fail(r, DIAG_FILE_EMPTY, NULL, NULL);
  if (!r->failed && builder_again(r->builder)) one_pass(r, NULL);
  if (!r->failed && r->builder->n_rows == 0) fail(r, DIAG_NO_ROWS, NULL, NULL);
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
  struct arena *scratch = arena_new(m);
  struct reader *r = arena_make(scratch, struct reader);
  *r = (struct reader){.diags = diags,
                       .src = src,
                       .span = span,
                       .shown = shown,
                       .options = options,
                       .scratch = scratch,
                       .arena = table_arena};
  struct table *t = read_table(r, path);
  arena_pool_drain(m, mark);
  if (t) t->seconds = now() - start;
  return t;
}
