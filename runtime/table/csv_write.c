#include "runtime/table/csv_write.h"
#include "runtime/table/number.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put_number(struct buf *out, double x) {
  char s[32];
  if (isnan(x)) return;
  if (isinf(x)) {
    buf_put(out, x > 0 ? "Inf" : "-Inf");
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(s, sizeof s, "%.*g", digits, x);
    if (strtod(s, NULL) == x) break;
  }
  buf_put(out, s);
}

/* Would the bare field be read as something else: a part of the file, a missing value? */
static bool wants_quotes(const char *s, char delimiter) {
  size_t n = strlen(s);
  bool blank = n > 0 && (s[0] == ' ' || s[n - 1] == ' ' || s[0] == '\t' || s[n - 1] == '\t');
  return strchr(s, delimiter) || strpbrk(s, "\"\r\n") || blank || n == 0 || strcmp(s, "NA") == 0;
}

static void put_label(struct buf *out, const char *s, char delimiter) {
  if (!wants_quotes(s, delimiter)) {
    buf_put(out, s);
    return;
  }
  buf_putc(out, '"');
  for (; *s; s++) buf_printf(out, *s == '"' ? "\"\"" : "%c", *s);
  buf_putc(out, '"');
}

static void put_date(struct buf *out, double day, enum calendar calendar) {
  char text[CALENDAR_TEXT];
  if (isnan(day)) return;
  calendar_write(day, calendar, text);
  buf_put(out, text);
}

static void put_field(struct buf *out, const struct column *c, int row, char delimiter) {
  if (c->type == COL_NUMBER && c->calendar != CALENDAR_NONE) {
    put_date(out, c->v.number[row], c->calendar);
    return;
  }
  if (c->type == COL_NUMBER) {
    put_number(out, c->v.number[row]);
    return;
  }
  int32_t code = c->v.code[row];
  if (code < 0) return;
  put_label(out, c->type == COL_BOOL ? (code ? "true" : "false") : c->levels[code], delimiter);
}

static void put_row(struct buf *out, const struct table *t, int row, char delimiter) {
  for (int j = 0; j < t->n_columns; j++) {
    if (j) buf_putc(out, delimiter);
    if (row < 0)
      put_label(out, t->columns[j].name, delimiter);
    else
      put_field(out, &t->columns[j], row, delimiter);
  }
  if (t->n_columns == 1 && out->n > 0 && out->text[out->n - 1] == '\n')
    buf_put(out, "\"\""); /* a blank line is no row */
  buf_put(out, "\r\n");
}

void csv_write(struct buf *out, const struct table *t, char delimiter) {
  for (int i = -1; i < t->n_rows; i++) {
    if (i % 1024 == 0) mem_check_interrupt(arena_mem(out->arena));
    put_row(out, t, i, delimiter);
  }
}

/* The bytes are on the disk before the name is theirs, so that no one ever finds half a file. */
static bool write_all(FILE *f, const char *bytes, size_t n) {
  bool fine = fwrite(bytes, 1, n, f) == n && fflush(f) == 0 && fsync(fileno(f)) == 0;
  return fclose(f) == 0 && fine;
}

bool file_replace(const char *path, const char *bytes, size_t n) {
  char beside[4096];
  if (snprintf(beside, sizeof beside, "%s.%ld.part", path, (long)getpid()) >= (int)sizeof beside) {
    errno = ENAMETOOLONG;
    return false;
  }
  FILE *f = fopen(beside, "wbx");
  if (!f) return false;
  if (write_all(f, bytes, n) && rename(beside, path) == 0) return true;
  int why = errno;
  remove(beside);
  errno = why;
  return false;
}
