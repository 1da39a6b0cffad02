/* contrasts.h: codings of factors: `sum`, `treatment(wife)`. */
#ifndef KIN_CONTRASTS_H
#define KIN_CONTRASTS_H

#include "lang/ast.h"
#include "lang/schema.h"

const char *coding_name(enum coding coding); /* "treatment" */

/* The coding that an argument names; *reference: the level of treatment(level) as it stands there, else NULL.  False: it names
   none. */
bool coding_read(const struct ast *e, enum coding *coding, const struct ast **reference);
/* The word that is meant; NULL: none is near. */
const char *coding_near(const struct ast *e);

/* A level that stands as an argument, without quotes; NULL: it is no name, text, number or truth value. */
const char *level_read(struct arena *a, const struct ast *e);

#endif
