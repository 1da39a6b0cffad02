/* lint_parts.h: what the lints of a frame share: the groups that its rows fall into. */
#ifndef KIN_LINT_PARTS_H
#define KIN_LINT_PARTS_H

#include "runtime/inference/lints.h"
#include "runtime/model/rows.h"

struct partition { /* of the rows used */
  int q;
  const int32_t *code; /* n: 0 .. q - 1 */
};

struct lint_unit {  /* a unit of the design, as the rows used have it */
  const char *name; /* "pupil"; for the members of dyads told apart by role "role in couple" */
  bool dyad, person;
  struct partition rows;
};

struct lint_view {
  struct lint_list *found;
  struct arena *scratch;
  const struct frame *frame;
  const struct problem *problem;
  const struct model_ir *ir;
  const struct design *design; /* of the data; NULL: none */
  int n_units;                 /* coarsest first */
  struct lint_unit *unit;
  const struct source *call; /* the fit */
  struct span at;
};

#define LINT_AT(v, span, ...) lint_add((v)->found, (v)->ir->source, (span), __VA_ARGS__, DIAG_END)

typedef void lint_look(const struct lint_view *v);
lint_look look_at_units, look_at_labels;                                          /* lint_units.c */
lint_look look_at_undivided, look_at_between;                                     /* lint_fixed.c */
lint_look look_at_few_levels, look_at_far_intercepts, look_at_equal_correlations; /* lint_random.c */

/* ---- partitions ---- */

struct partition partition_of_term(const struct lint_view *v, int t);
/* Does every group of a lie in one of b? */
bool partition_lies_in(const struct lint_view *v, struct partition a, struct partition b);
bool partition_same(const struct lint_view *v, struct partition a, struct partition b);
/* Has the variable one value in each group? */
bool partition_fixes(const struct lint_view *v, struct partition p, const struct variable *x);
double rows_per_group(const struct lint_view *v, struct partition p);

/* ---- variables ---- */

bool varies(const struct lint_view *v, const struct variable *x);
bool in_fixed_part(const struct lint_view *v, int var);
/* Does the expression use the column? */
bool uses_column(const struct ast *e, const char *column);

const char *lint_count(const struct lint_view *v, long long n);
/* "2.5": a figure for a sentence. */
const char *lint_figure(const struct lint_view *v, double x);

#endif
