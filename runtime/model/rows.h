/* rows.h: the variables of a model, on the rows that it uses. */
#ifndef KIN_ROWS_H
#define KIN_ROWS_H

#include "runtime/model/frame.h"

struct variable {
  const char *name;
  const struct ast *expr;
  enum coltype type;
  enum calendar calendar;    /* NUMBER: levels are spelled as dates */
  const struct basis *basis; /* NUMBER: of several columns; NULL: of one */
  int width;                 /* NUMBER: columns */
  const double *number;      /* NUMBER: width x n, column by column */
  enum coding coding;        /* FACTOR: of contrasts */
  const int32_t *code;       /* FACTOR, BOOL: n, levels that occur only */
  int n_levels;
  const char *const *levels;
};

/* What the files of a frame under construction share. */
struct making {
  struct arena *arena; /* the frame's */
  struct arena *scratch;
  struct diags *diags;
  const struct source *src; /* the formula's */
  const struct source *call_src;
  struct span span; /* the fit call, in call_src */
  const struct table *table;
  const struct model_ir *ir;
  struct frame *frame;
  const struct frame_weights *weights; /* expr NULL: none; the last of var otherwise */
  const struct table *const *known;    /* for each random term that of its matrix; NULL: none has one */
  int n;                               /* rows used */
  struct variable *var;                /* ir->n_vars, and the offset among them */
};

/* Evaluates the variables, chooses the rows (complete, and in the subset), fills var, frame->row and the counts.
   False after an error: no row left, an infinite value. */
bool rows_choose(struct making *k, const bool *subset);

/* A variable as a grouping factor: codes (n) in the arena, levels that occur. */
void variable_levels(const struct making *k, const struct variable *v, int32_t **code, int *n_levels,
                     const char *const **levels);

#endif
