/* Delimited files: what is a field, what a column is, and what is said of files that are none. */
#include "tests/unit/table_lab.h"
#include "runtime/table/number.h"
#include <sys/stat.h>

static struct lab l;

static void open_lab(void) {
  lab_open(&l);
}

static void close_lab(void) {
  lab_close(&l);
}

TestSuite(csv, .init = open_lab, .fini = close_lab);
TestSuite(csv_files, .init = open_lab, .fini = close_lab);
TestSuite(csv_limits, .init = open_lab, .fini = close_lab);

/* ---- fields --------------------------------------------------------------------------------------------- */

Test(csv, quotes_newlines_and_no_last_newline) {
  struct table *t = lab_read(&l, "x,text\n1,\"one, two\"\n2,\"say \"\"hi\"\"\"\n3,\"two\nlines\"");
  cr_expect_eq(t->n_rows, 3);
  cr_expect_eq(t->n_columns, 2);
  EXPECT_COLUMN(&l, t, 0, "1 2 3");
  EXPECT_COLUMN(&l, t, 1, "one, two,say \"hi\",two\nlines | 0 1 2");
  cr_expect_str_eq(lab_message(&l), "");
}

Test(csv, byte_order_mark_and_crlf) {
  struct table *t = lab_read(&l, "\xEF\xBB\xBF\"a b\",c\r\n1,x\r\n2,y\r\n");
  EXPECT_NAME(t, 0, "a b");
  EXPECT_COLUMN(&l, t, 0, "1 2");
  EXPECT_COLUMN(&l, t, 1, "x,y | 0 1");
}

Test(csv, carriage_returns_alone_end_lines) {
  struct table *t = lab_read(&l, "x,y\r1,2\r\rn.a.,4\r3,5\r");
  EXPECT_COLUMN(&l, t, 1, "2 4 5");
  cr_expect_str_eq(lab_message(&l),
                   "K0414 `x` is read as a factor: it is numeric but for \"n.a.\" (line 4 of d.csv)");
}

Test(csv, blank_lines_are_none) {
  struct table *t = lab_read(&l, "\n\nx,y\n1,2\n\n\r\n3,4\n\n");
  EXPECT_COLUMN(&l, t, 0, "1 3");
}

Test(csv, names_are_trimmed_and_columns_without_one_get_a_number) {
  struct table *t = lab_read(&l, ", a b ,\n1,2,3\n");
  EXPECT_NAME(t, 0, "V1");
  EXPECT_NAME(t, 1, "a b");
  EXPECT_NAME(t, 2, "V3");
}

Test(csv, delimiters) {
  static const char *const text[] = {"a b,c;d\n1,2\n", "a b;c,d;e\n1;2;3\n", "a b\tc\n1\t2\n",
                                     "\"x;y;z\",b\n1,2\n", "\na;b\n1;2\n"};
  static const int columns[] = {2, 3, 2, 2, 2};
  for (int i = 0; i < 5; i++) cr_expect_eq(lab_read(&l, text[i])->n_columns, columns[i], "%s", text[i]);
  l.options.delimiter = ';';
  cr_expect_eq(lab_read(&l, "a,b,c;d\n1;2\n")->n_columns, 2);
}

Test(csv, a_name_may_say_tab) {
  unlink(l.path);
  snprintf(l.path, sizeof l.path, "%s/d.tsv", l.folder);
  cr_expect_eq(lab_read(&l, "a,b\tc\n1\t2\n")->n_columns, 2);
}

/* Blocks of the file end anywhere: in a field, in quotes, between CR and LF. */
Test(csv, rows_across_blocks) {
  enum { ROWS = 9000 };
  struct buf b;
  buf_init(&b, l.arena);
  buf_put(&b, "i,label,x\r\n");
  for (int i = 0; i < ROWS; i++) buf_printf(&b, "%d,\"a \"\"%d\"\"\nb\",%d.5\r\n", i, i % 7, i);
  struct table *t = lab_read(&l, b.text);
  cr_assert_eq(t->n_rows, ROWS);
  cr_expect_eq(t->columns[1].n_levels, 7);
  for (int i = 0; i < ROWS; i++) {
    cr_assert_eq(t->columns[0].v.number[i], i);
    cr_assert_eq(t->columns[1].v.code[i], i % 7);
    cr_assert_eq(t->columns[2].v.number[i], i + 0.5);
  }
}

/* ---- columns -------------------------------------------------------------------------------------------- */

Test(csv, missing_fields) {
  static const char *const codes[] = {"-99", "n/a"};
  l.options.n_missing = 2;
  l.options.missing = codes;
  struct table *t = lab_read(&l, "x,f,b\n1,NA,TRUE\n,n/a,NA\n NA ,\"\",false\n-99.0,b,\n  ,-99.0,true\n");
  EXPECT_COLUMN(&l, t, 0, "1 NA NA NA NA");
  EXPECT_COLUMN(&l, t, 1, "-99.0,b | NA NA NA 1 0");
  EXPECT_COLUMN(&l, t, 2, "? 1 NA 0 NA 1");
}

Test(csv, kinds_of_columns) {
  struct table *t = lab_read(&l, "id,x,f,b,zeros,none,mixed\n 7 ,1e3, b,TRUE,0,,1\n10,.5,B,False,1,NA,TRUE\n"
                                 "9,-5.,b,true,0,,a\n");
  EXPECT_COLUMN(&l, t, 0, "7 10 9");
  EXPECT_COLUMN(&l, t, 1, "1000 0.5 -5");
  EXPECT_COLUMN(&l, t, 2, " b,B,b | 0 1 2"); /* by bytes; blanks belong to labels */
  EXPECT_COLUMN(&l, t, 3, "? 1 0 1");
  EXPECT_COLUMN(&l, t, 4, "0 1 0");
  EXPECT_COLUMN(&l, t, 5, "NA NA NA");
  EXPECT_COLUMN(&l, t, 6, "1,TRUE,a | 0 1 2");
}

Test(csv, declared_labels) {
  static const char *const names[] = {"id", "b", "none"};
  l.options.n_text = 3;
  l.options.text = names;
  struct table *t = lab_read(&l, "id,b,none\n007,TRUE,\n7,TRUE,NA\n7.0,FALSE,\n");
  EXPECT_COLUMN(&l, t, 0, "007,7,7.0 | 0 1 2");
  EXPECT_COLUMN(&l, t, 1, "FALSE,TRUE | 1 1 0");
  EXPECT_COLUMN(&l, t, 2, " | NA NA NA");
  cr_expect_str_eq(lab_message(&l), "");
}

Test(csv, a_word_late_in_the_file_makes_labels_of_all) {
  struct table *t = lab_read(&l, "x,y\n1.0,a\n1,b\n,c\n2,a\nunknown,b\n1.0,c\n");
  EXPECT_COLUMN(&l, t, 0, "1,1.0,2,unknown | 1 0 NA 2 3 1");
  EXPECT_COLUMN(&l, t, 1, "a,b,c | 0 1 2 0 1 2");
  cr_expect_str_eq(lab_message(&l),
                   "K0414 `x` is read as a factor: it is numeric but for \"unknown\" (line 6 of d.csv)");
}

Test(csv, hint_names_the_line_of_the_file_and_every_word) {
  lab_read(&l, "t,x\n\"a\nb\",-\nc,1\n\nd,.\ne,2\nf,-\n");
  cr_expect_str_eq(lab_message(&l),
                   "K0414 `x` is read as a factor: it is numeric but for \"-\", \".\" (line 3 of d.csv)");
  cr_expect_str_eq(l.diags->first->hint,
                   "if that is a missing code, write in the data block: missing \"-\", \".\"");
}

Test(csv, labels_beside_numbers_are_no_missing_codes) {
  lab_read(&l, "x\n1\n2\na\nb\nc\n");
  cr_expect_str_eq(lab_message(&l), "");
}

Test(csv, decimal_comma) {
  l.options.decimal = ',';
  static const char *const codes[] = {"-9.5", "9,25"};
  l.options.n_missing = 2;
  l.options.missing = codes;
  struct table *t = lab_read(&l, "x;y\n1,5;2\n-2,25e1;-9,5\n9,25;3\n");
  EXPECT_COLUMN(&l, t, 0, "1.5 -22.5 NA");
  EXPECT_COLUMN(&l, t, 1, "2 NA 3");
}

Test(csv, hint_at_a_decimal_comma) {
  lab_read(&l, "x;y\n2;2\n1,5;3\n");
  cr_expect_str_eq(lab_message(&l),
                   "K0416 `x` is read as a factor: fields such as \"1,5\" (line 3 of d.csv) are "
                   "numbers only if `,` is the decimal mark");
}

Test(csv, hint_at_numbers_that_are_cut) {
  lab_read(&l, "id,x\n9007199254740992,1e300\n-9007199254740994,12345678901234567890.5\n");
  cr_expect_str_eq(lab_message(&l),
                   "K0417 `id` holds whole numbers with more digits than a number keeps, such as "
                   "\"-9007199254740994\" (line 3 of d.csv)");
}

Test(csv, hints_are_counted_when_they_are_many) {
  struct buf b;
  buf_init(&b, l.arena);
  for (int row = 0; row < 3; row++)
    for (int j = 0; j < 2000; j++)
      buf_printf(&b,
                 row == 0   ? "c%d%s"
                 : row == 1 ? "%d%s"
                            : ".%.0d%s",
                 row == 2 ? 0 : j, j < 1999 ? "," : "\n");
  lab_read(&l, b.text);
  cr_expect_eq(l.diags->n_warnings, 10);
  cr_assert_not_null(l.diags->last->notes);
  cr_expect_str_eq(l.diags->last->notes->text, "and 1990 more columns of this kind");
}

Test(csv, a_field_in_a_message_is_short_and_on_one_line) {
  lab_read(&l, "x\n1\n\"\x1b[31m\n\\ \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
               "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\"\n");
  cr_expect_str_eq(lab_message(&l),
                   "K0414 `x` is read as a factor: it is numeric but for \" [31m \\\\ "
                   "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
                   "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4...\" (line 3 of d.csv)");
}

Test(csv, digest_is_that_of_the_bytes) {
  struct table *t = lab_read(&l, "\xEF\xBB\xBFx\n1\na\n"); /* read twice, digested once */
  cr_expect_str_eq(t->sha256, "4471eab0ba36afb942cac38f5fc0c537ff6d489cd429f647072a8940a21dabdc");
}

/* ---- numbers -------------------------------------------------------------------------------------------- */

static uint64_t state = 88172645463325252u;
static uint64_t next(void) { /* xorshift64 (Marsaglia 2003) */
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

/* Spellings that measurements, hashes and extremes take. */
static void spell(char *s, size_t n, int kind) {
  uint64_t u = next();
  double x;
  memcpy(&x, &u, sizeof x);
  switch (kind) {
  case 0: snprintf(s, n, "%.17g", isfinite(x) ? x : 0); break;
  case 1: snprintf(s, n, "%.16f", (double)(int64_t)u / 1e15); break;
  case 2: snprintf(s, n, "%d.%03d", (int)(u % 100000), (int)(u >> 50) % 1000); break;
  case 3: snprintf(s, n, "-%llue-%d", (unsigned long long)u, (int)(u % 44)); break;
  case 4: snprintf(s, n, "%llue%d", (unsigned long long)(u >> 3), (int)(u % 30)); break;
  case 5: snprintf(s, n, "0.%019llu", (unsigned long long)(u % 10000000000000000000u)); break;
  default: snprintf(s, n, "%.25g", isfinite(x) ? x : 0); break;
  }
}

Test(csv, a_million_numbers_are_strtods_to_the_last_bit) {
  for (int i = 0; i < 1000000; i++) {
    char s[64];
    spell(s, sizeof s, i % 7);
    double got = 0, wanted = strtod(s, NULL);
    cr_assert(number_read(s, strlen(s), '.', &got) && memcmp(&got, &wanted, sizeof got) == 0,
              "%s: %a, not %a", s, got, wanted);
  }
}

Test(csv, what_is_a_number) {
  static const char *const numbers[] = {"0",     "-0",
                                        "+3",    "5.",
                                        ".5",    "1e5",
                                        "1E-05", "  1\t",
                                        "1e400", "1e-400",
                                        "-Inf",  "9007199254740993",
                                        "0.1e1", "2.2250738585072011e-308"};
  static const char *const words[] = {"",     ".",   "-",     "+",        "e5",   "1e",  "1e+",
                                      "0x10", "nan", "NaN",   "inf",      "+Inf", "1 2", "1,5",
                                      "1d5",  "--1", "1.2.3", "infinity", "-Inf1"};
  double x;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    cr_expect(number_read(numbers[i], strlen(numbers[i]), '.', &x), "%s", numbers[i]);
    double wanted = strtod(numbers[i], NULL);
    cr_expect(memcmp(&x, &wanted, sizeof x) == 0, "%s", numbers[i]);
  }
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    cr_expect_not(number_read(words[i], strlen(words[i]), '.', &x), "%s", words[i]);
}

Test(csv, a_spelling_has_a_limit) {
  char s[NUMBER_BYTES_MAX + 2];
  memset(s, '0', sizeof s);
  memcpy(s, "0.", 2);
  s[NUMBER_BYTES_MAX - 1] = '1';
  double x;
  cr_expect(number_read(s, NUMBER_BYTES_MAX, '.', &x));
  cr_expect_not(number_read(s, NUMBER_BYTES_MAX + 1, '.', &x));
}

/* ---- files that are no tables --------------------------------------------------------------------------- */

static void expect_failure(const char *bytes, size_t n, const char *message) {
  cr_expect_null(lab_try_bytes(&l, bytes, n));
  cr_expect_str_eq(lab_message(&l), message);
  diags_clear(l.diags);
}
#define EXPECT_FAILURE(text, message) expect_failure(text, sizeof(text) - 1, message)

Test(csv_files, there_is_none) {
  lab_write(&l, "x\n1\n", 4);
  char path[sizeof l.path];
  memcpy(path, l.path, sizeof path);
  snprintf(l.path, sizeof l.path, "%s/e.csv", l.folder);
  cr_expect_null(csv_read(&l.mem, l.diags, NULL, (struct span){0, 0}, l.path, "data/e.csv", &l.options));
  cr_expect_str_eq(lab_message(&l), "K0401 there is no file data/e.csv");
  cr_expect_str_eq(l.diags->first->hint,
                   "a path is taken from the script's folder; did you mean data/d.csv?");
  memcpy(l.path, path, sizeof path);
}

Test(csv_files, folder) {
  cr_expect_null(csv_read(&l.mem, l.diags, NULL, (struct span){0, 0}, l.folder, "data", &l.options));
  cr_expect_str_eq(lab_message(&l), "K0402 data is a folder");
}

Test(csv_files, pipe) {
  cr_assert_eq(mkfifo(l.path, 0600), 0);
  cr_expect_null(lab_try(&l));
  cr_expect_str_eq(lab_message(&l),
                   "K0403 d.csv cannot be read: it is a pipe or a device; save it as a file first");
}

Test(csv_files, unreadable) {
  cr_assert_eq(symlink(l.path, l.path), 0);
  cr_expect_null(lab_try(&l));
  cr_expect_str_eq(lab_message(&l), "K0403 d.csv cannot be read: Too many levels of symbolic links");
}

Test(csv_files, nothing_in_it) {
  EXPECT_FAILURE("", "K0404 d.csv is empty");
  EXPECT_FAILURE("\n\r\n\n", "K0404 d.csv is empty");
  EXPECT_FAILURE("\xEF\xBB\xBF", "K0404 d.csv is empty");
  EXPECT_FAILURE("a,b", "K0405 d.csv has a header and no rows");
  EXPECT_FAILURE("a,b\n\n", "K0405 d.csv has a header and no rows");
}

Test(csv_files, ragged_rows) {
  static const char text[] = "a,b\n1,2\n1\n\"x\ny\",2,3\n1,2\n4\n5\n6\n";
  cr_expect_null(lab_try_bytes(&l, text, strlen(text)));
  cr_expect_str_eq(lab_message(&l), "K0406 d.csv: line 3 has 1 field, but the header has 2");
  const struct diag_note *note = l.diags->first->notes;
  cr_expect_str_eq(note->text, "line 4 has 3 fields");
  cr_expect_str_eq(note->next->text, "line 7 has 1 field");
  cr_expect_str_eq(note->next->next->text, "and more such lines");
  cr_expect_null(note->next->next->next);
}

Test(csv_files, a_name_twice) {
  EXPECT_FAILURE("a,b, a\n1,2,3\n", "K0407 d.csv has two columns of the name `a`");
}

Test(csv_files, not_utf8) {
  EXPECT_FAILURE("a,b\n1,\"x\ny\"\n2,caf\xe9\n", "K0408 d.csv, line 4: this is not UTF-8");
  EXPECT_FAILURE("a,b\n1,2\n2,caf\xe9\n", "K0408 d.csv, line 3: this is not UTF-8");
  EXPECT_FAILURE("\na\xe9,b\n1,2\n", "K0408 d.csv, line 2: this is not UTF-8");
}

Test(csv_files, nul_bytes) {
  EXPECT_FAILURE("a,b\n1,2\n3,\0\n",
                 "K0409 d.csv, line 3: a NUL byte: this is no text, or it was saved as UTF-16");
  EXPECT_FAILURE("\xFF\xFE"
                 "a\0,\0b\0\n\0",
                 "K0409 d.csv, line 1: a NUL byte: this is no text, or it was saved as UTF-16");
}

Test(csv_files, quotes) {
  EXPECT_FAILURE(
      "a,b\n1,x\n2,\"y\n3,4\n",
      "K0412 d.csv: the quoted field that begins in line 3 is not closed before the end of the file");
  EXPECT_FAILURE("a,b\n1,\"2\nx\"3,4\n",
                 "K0413 d.csv: a double quote inside the field that begins in line 2");
  EXPECT_FAILURE("a,b\n1,5\" pipe\n", "K0413 d.csv: a double quote inside the field that begins in line 2");
  EXPECT_FAILURE("a,b\n1, \"x\"\n", "K0413 d.csv: a double quote inside the field that begins in line 2");
}

/* ---- limits --------------------------------------------------------------------------------------------- */

static void write_many(const char *head, const char *piece, size_t n) {
  FILE *f = fopen(l.path, "wb");
  cr_assert_not_null(f);
  fputs(head, f);
  for (size_t i = 0; i < n; i++) fputs(piece, f);
  cr_assert_eq(fclose(f), 0);
}

Test(csv_limits, a_line) {
  static char piece[(1 << 20) + 1];
  memset(piece, 'x', sizeof piece - 1);
  write_many("a\n", piece, CSV_LINE_MIB_MAX - 1);
  cr_expect_not_null(lab_try(&l));
  write_many("a\n", piece, CSV_LINE_MIB_MAX + 1);
  cr_expect_null(lab_try(&l));
  cr_expect_str_eq(lab_message(&l),
                   "K0410 d.csv: the row that ends in line 2 or later is longer than 64 MiB");
}

/* A gigabyte without a newline is not read to its end: it is a hole in a file here, filled with a delimiter at its start. */
Test(csv_limits, a_gigabyte_in_one_line) {
  write_many("", "x,", 2 * CSV_COLUMNS_MAX);
  cr_assert_eq(truncate(l.path, 1 << 30), 0);
  cr_expect_null(lab_try(&l));
  cr_expect_str_eq(lab_message(&l), "K0411 d.csv has more than 262144 columns");
}

Test(csv_limits, columns) {
  struct buf b;
  buf_init(&b, l.arena);
  for (int j = 0; j < 100000; j++) buf_printf(&b, "%sg%d", j ? "," : "", j);
  buf_putc(&b, '\n');
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 100000; j++) buf_printf(&b, "%d%c", i + j, j < 99999 ? ',' : '\n');
  struct table *t = lab_read(&l, b.text);
  cr_assert_eq(t->n_columns, 100000);
  EXPECT_NAME(t, 99999, "g99999");
  EXPECT_COLUMN(&l, t, 99999, "99999 100000 100001");
}

Test(csv_limits, rows) {
  l.options.max_rows = 3;
  cr_expect_eq(lab_read(&l, "x\n1\n2\n3\n")->n_rows, 3);
  EXPECT_FAILURE("x\n1\n2\n3\n4\n", "K0415 d.csv has more than 3 rows");
}

/* ---- memory and interrupts ------------------------------------------------------------------------------ */

static void read_again(void *table) {
  *(struct table **)table = lab_try(&l);
}

Test(csv_limits, every_allocation_may_fail) {
  lab_read(&l, "id,x,f\n1,1.5,a\n2,n.a.,b\n3,2.5,c\n");
  diags_clear(l.diags);
  enum unwind end = UNWIND_MEMORY;
  size_t n = 0;
  for (size_t before = l.mem.live; end == UNWIND_MEMORY; diags_clear(l.diags)) {
    cr_assert_lt(++n, 1000);
    cr_assert_eq(l.mem.live, before);
    l.mem.fail_at = l.mem.calls + n;
    struct table *t = NULL;
    end = mem_guard(&l.mem, read_again, &t);
    cr_expect(end == UNWIND_MEMORY || t, "%zu: %s", n, l.diags->last ? l.diags->last->text : "");
  }
  cr_expect_eq(end, UNWIND_NONE);
  cr_expect_gt(n, 5);
}

Test(csv_limits, interrupt) {
  lab_write(&l, "x\n1\n", 4);
  l.mem.interrupted = 1;
  struct table *t = NULL;
  cr_expect_eq(mem_guard(&l.mem, read_again, &t), UNWIND_INTERRUPT);
  cr_expect_null(t);
  cr_expect_not_null(lab_try(&l));
}
