/* explain_parts.h: what the files of explain() share: the columns of a model, by name, with their symbols. */
#ifndef KIN_EXPLAIN_PARTS_H
#define KIN_EXPLAIN_PARTS_H

#include "lang/model_ir.h"
#include "runtime/table/table.h"

enum { EXPLAIN_COLUMNS_MAX = 500 }; /* columns of a part that are spelled out */

struct part { /* a variable in a column: `role[wife]`, `year` */
  int var;
  const char *level;     /* NULL: numeric, or a factor whose levels are not known */
  const char *reference; /* with which contrasts compare; NULL: an indicator */
};

struct model_column {
  const char *name; /* "role[wife]:actor(edu)"; "(Intercept)" */
  int term;
  int n;
  const struct part *part;
};

struct model_columns {
  int n;
  const struct model_column *column;
  bool cut; /* there are more than are listed */
};

/* The columns of some terms; levels from the schema (NULL: a factor stands for its columns). */
struct model_columns model_columns(struct arena *a, const struct model_ir *ir, const struct ir_terms *terms,
                                   const struct schema *schema);
/* What a column means for the response. */
const char *column_meaning(struct arena *a, const struct model_ir *ir, const struct model_column *c);

#endif
