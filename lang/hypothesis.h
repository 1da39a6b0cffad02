/* hypothesis.h: linear hypotheses on the fixed effects, `{ role[wife]:actor(edu) == role[husband]:actor(edu); x == 0.5 }`.
 *
 * A coefficient is named as a report prints it.  Names match as terms, not as text: the order of the parts of an
 * interaction does not count, nor how a level is quoted.
 */
#ifndef KIN_HYPOTHESIS_H
#define KIN_HYPOTHESIS_H

#include "lang/model_ir.h"

enum { HYPOTHESES_MAX = 1000, COEFFICIENT_PARTS_MAX = 64 };

/* The parts of a name in canonical spelling, sorted: {"actor(edu)", "role[wife]"}; "(Intercept)" alone. */
struct coefficient {
  int n;
  const char *part[COEFFICIENT_PARTS_MAX];
};

/* Reads a name as a tree; false if it is no coefficient's name. */
bool coefficient_read(struct arena *a, const struct ast *e, struct coefficient *out);
/* Reads a name as a report prints it. */
bool coefficient_parse(struct arena *a, const char *name, struct coefficient *out);
bool coefficient_equal(const struct coefficient *a, const struct coefficient *b);

/* One hypothesis: sum weight_i coefficient_i OP value. */
struct hypothesis {
  const struct ast *node; /* as written */
  enum ast_op op;         /* OP_EQ, OP_LT, OP_GT */
  int n;
  const struct ast **name; /* n: places of the coefficients */
  double *weight;
  double value;
};

/* Reads one comparison, or an expression that is compared with 0.  False after an error: it is not linear in
   coefficients, it names none. */
bool hypothesis_read(struct arena *a, struct diags *diags, const struct source *source, const struct ast *e,
                     struct hypothesis *out);

/* Before the fit: does every name stand for coefficients that the model will have, as far as the columns tell? */
void hypotheses_check(struct arena *a, struct diags *diags, const struct source *source,
                      const struct ast *block, const struct model_ir *ir, const struct schema *schema);

#endif
