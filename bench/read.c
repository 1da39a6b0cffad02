/* read.c: read FOLDER [ROUNDS]: writes read.csv there (200,000 rows: two whole numbers, three numbers of up to 17 digits, a
 * label; the same bytes each time), reads it ROUNDS (7) times, and prints the medians of kin's reader and of libcsv alone. */
#include "runtime/table/table.h"
#include <csv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 200000, ROUNDS_MAX = 101, BLOCK = 1 << 16 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the file ------------------------------------------------------------------------------------------- */

static uint64_t state = 88172645463325252u;
static double uniform(void) { /* xorshift64 (Marsaglia 2003), 53 bits of it */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) * 0x1p-53;
}

static double write_file(const char *path) {
  FILE *f = fopen(path, "w");
  if (!f) return 0;
  fputs("id,t,x,y,z,arm\n", f);
  for (int i = 0; i < ROWS; i++)
    fprintf(f, "%d,%d,%.17g,%.17g,%.17g,%s\n", i / 10 + 1, i % 10, 2 * uniform() - 1, 100 + 15 * uniform(),
            1e-3 * uniform(), uniform() < 0.5 ? "control" : "treated");
  double bytes = (double)ftell(f);
  return fclose(f) == 0 ? bytes : 0;
}

/* ---- the two readers ------------------------------------------------------------------------------------ */

static double read_table(const char *path) {
  struct mem mem = {0};
  struct diags *diags = diags_new(&mem);
  struct arena *mark = arena_pool_mark(&mem);
  struct csv_options options = {.decimal = '.'};
  const struct table *t = csv_read(&mem, diags, NULL, (struct span){0, 0}, path, path, &options);
  double seconds = t ? t->seconds : NAN;
  arena_pool_drain(&mem, mark);
  diags_free(diags);
  return seconds;
}

static void on_field(void *field, size_t n, void *count) {
  (void)field;
  (void)n;
  ++*(size_t *)count;
}

static void on_row(int c, void *count) {
  (void)c;
  (void)count;
}

static double parse_alone(const char *path) {
  static char block[BLOCK];
  struct csv_parser parser;
  size_t fields = 0;
  double start = now();
  FILE *f = fopen(path, "r");
  if (!f || csv_init(&parser, CSV_STRICT) != 0) return NAN;
  for (size_t n; (n = fread(block, 1, BLOCK, f)) > 0;)
    csv_parse(&parser, block, n, on_field, on_row, &fields);
  csv_fini(&parser, on_field, on_row, &fields);
  csv_free(&parser);
  fclose(f);
  return fields ? now() - start : NAN;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median_of(double (*reader)(const char *), const char *path, int rounds) {
  double seconds[ROUNDS_MAX];
  for (int i = 0; i < rounds; i++) seconds[i] = reader(path);
  qsort(seconds, (size_t)rounds, sizeof *seconds, by_size);
  return seconds[rounds / 2];
}

int main(int n, char **arg) {
  if (n < 2) return 2;
  int rounds = n > 2 ? atoi(arg[2]) : 7;
  if (rounds < 1 || rounds > ROUNDS_MAX) return 2;
  char path[4096];
  snprintf(path, sizeof path, "%s/read.csv", arg[1]);
  double bytes = write_file(path);
  if (bytes <= 0) return 1;
  double table = median_of(read_table, path, rounds), alone = median_of(parse_alone, path, rounds);
  printf("reading %.1f MB, %d rows: %.0f MB/s (target 60); libcsv alone %.0f MB/s\n", bytes / 1e6, ROWS,
         bytes / 1e6 / table, bytes / 1e6 / alone);
  return 0;
}
