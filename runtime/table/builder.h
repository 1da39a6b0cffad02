/* builder.h: columns while a file is being read.
 *
 * A column is numeric until a field says otherwise.  If it has numbers by then, their spelling is gone: the field is
 * noted, the column is marked for text, and the reader goes through the file once more (builder_again).
 */
#ifndef KIN_BUILDER_H
#define KIN_BUILDER_H

#include "runtime/table/table.h"

struct odd_field {  /* the first field that made a column with numbers in it a text */
  const char *text; /* NULL: none */
  int line;         /* of the file, 1-based */
};

struct build_column {
  const char *name;
  bool text;      /* labels, not numbers */
  bool declared;  /* the script asked for text */
  int n_numbers;  /* fields read as numbers so far */
  double *number; /* room */
  int32_t *code;  /* room; order of appearance until builder_finish */
  int n_labels, label_room;
  const char **label;
  int32_t *slot; /* hash table of codes + 1, n_slots entries */
  uint32_t n_slots;
  struct odd_field odd;
};

struct builder {
  struct arena *arena; /* the table's */
  const struct csv_options *options;
  int n_columns, n_rows, room;
  struct build_column *column;
};

/* Columns with these names; expects about `rows` rows. */
struct builder *builder_new(struct arena *a, const struct csv_options *options, int n_columns,
                            const char *const *names, int rows);
/* One field of the row being built. */
void builder_field(struct builder *b, int column, const char *s, size_t n, int line);
void builder_end_row(struct builder *b);
/* Must the file be read again?  If so, forgets the rows and keeps what was learnt of the columns. */
bool builder_again(struct builder *b);
/* Columns of the finished table, in the builder's arena. */
struct column *builder_finish(struct builder *b);

#endif
