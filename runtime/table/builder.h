/* builder.h: columns while a file is being read.
 *
 * A column's first field that is not missing makes it numbers or labels.  When a column of numbers meets a field that is
 * none, the spelling of the numbers is gone: the column is to be labels, and the reader goes through the file once more
 * (builder_again).
 */
#ifndef KIN_BUILDER_H
#define KIN_BUILDER_H

#include "runtime/table/table.h"

enum build_kind {
  BUILD_UNKNOWN, /* only missing fields so far: nothing is stored */
  BUILD_NUMBERS,
  BUILD_LABELS,
};

struct met {        /* a field that is worth a word */
  const char *text; /* NULL: none */
  size_t n;         /* bytes */
  size_t line;      /* of the file, 1-based */
};

struct build_column {
  const char *name;
  enum build_kind kind;
  bool declared;          /* the script asked for labels */
  bool to_labels;         /* labels are wanted: asked for, or a word was met */
  void *values;           /* room of them: double of NUMBERS; int32_t, in order of appearance, of LABELS */
  int n_labels;           /* distinct labels */
  int label_room;         /* room for them */
  const char **label;     /* in order of appearance */
  int32_t *slot;          /* hash table of codes + 1 */
  uint32_t n_slots;       /* a power of two */
  struct met word;        /* the first field that is no number */
  struct met long_number; /* the first whole number that a double does not hold to its last digit */
};

struct builder {
  struct arena *arena; /* the table's */
  const struct csv_options *options;
  int n_missing_numbers;
  double *missing_number; /* missing codes that are numbers */
  int n_columns, n_rows;
  int room; /* rows that there is room for */
  struct build_column *column;
};

/* Columns with these names (which must outlive the builder); expects about `rows` rows. */
struct builder *builder_new(struct arena *a, const struct csv_options *options, int n_columns,
                            const char *const *names, int rows);
/* One field of the row being built; of a column none, or each once. */
void builder_field(struct builder *b, int column, const char *s, size_t n, size_t line);
/* False if the row is one too many. */
bool builder_end_row(struct builder *b);
/* Must the file be read again?  If so, forgets the rows and keeps what was learnt of the columns. */
bool builder_again(struct builder *b);
/* Columns of the finished table, in the builder's arena. */
struct column *builder_finish(struct builder *b);

#endif
