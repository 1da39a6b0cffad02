/* explain_parts.h: what the files of explain() share: the columns of a model, by name, with their symbols. */
#ifndef KIN_EXPLAIN_PARTS_H
#define KIN_EXPLAIN_PARTS_H

#include "lang/model_ir.h"
#include "runtime/table/table.h"

enum { EXPLAIN_SUM_MAX = 6 };       /* columns of a basis whose covariance is written out */
enum { EXPLAIN_COLUMNS_MAX = 500 }; /* columns of a part that are spelled out */

struct column_part { /* a variable in a column: `role[wife]`, `year`, `poly(x, 2)[1]` */
  int var;
  int column; /* of a basis: 1, 2, ...; 0: none */
  const char
      *label; /* in brackets behind the factor; NULL: numeric, or a factor whose levels are not known */
  const char *level; /* of the factor that the column is about; NULL: a trend over all */
  const char
      *reference; /* with which contrasts compare: "usual", "the mean of all levels"; NULL: an indicator */
};

struct model_column {
  const char *name; /* "role[wife]:actor(edu)"; "(Intercept)" */
  int term;
  int n;
  const struct column_part *part;
};

struct model_columns {
  int n;
  const struct model_column *column;
  bool cut; /* there are more than are listed */
};

/* The columns of some terms.  factor: of each variable that is a factor its column (NULL: not known, it stands for its
   columns). */
struct model_columns model_columns(struct arena *a, const struct model_ir *ir, const struct ir_terms *terms,
                                   struct column *const *factor);
/* "role[wife]" */
const char *part_name(struct arena *a, const struct model_ir *ir, const struct column_part *p);
/* In symbols, the covariance of two residuals of one block, ' marking the second; and what their variance depends on. */
const char *residual_pattern(struct arena *a, const struct model_ir *ir);
/* "s2 rho^|day - day'|" */
const char *structure_pattern(struct arena *a, const char *structure, const char *index);
/* Of a random term with n columns and effects u0, u1, ...: how many parameters, which, and the covariance of two rows of one unit. */
int random_parameters(struct arena *a, const struct ir_random *r, int n);
void put_random_parameters(struct buf *b, const struct ir_random *r, int n, char u);
void put_random_pattern(struct buf *b, struct arena *a, const struct model_ir *ir, const struct ir_random *r,
                        const struct model_columns *basis, char u);
const char *residual_variance_text(struct arena *a, const struct model_ir *ir);
/* What a column means for the response. */
const char *column_meaning(struct arena *a, const struct model_ir *ir, const struct model_column *c);

#endif
