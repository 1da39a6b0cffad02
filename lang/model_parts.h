/* model_parts.h: what model.c (the statement) and model_apply.c (the statement as a formula) share. */
#ifndef KIN_MODEL_PARTS_H
#define KIN_MODEL_PARTS_H

#include "lang/model.h"

/* The lines of which a model has one; NULL: none. */
struct model_lines {
  const struct ast *mean, *residual, *variance, *weights, *family;
};

struct declaring {
  const struct model_decl *decl;
  struct diags *diags; /* NULL: what is wrong was told when the model was declared */
  const struct source *source;
  struct model_lines lines;
  bool failed;
};

#define MODEL_ERROR(d, ...)                                                                                  \
  ((d)->failed = true, (d)->diags ? diag_add((d)->diags, (d)->source, __VA_ARGS__, DIAG_END) : NULL)

void model_lines_read(struct model_lines *lines, const struct model_decl *decl);
/* The PARAM of that name, NULL if there is none. */
const struct ast *model_parameter(const struct model_decl *decl, const char *name);

#endif
