/* doc.h: doc comments: the lines that begin with `##` directly above a declaration. */
#ifndef KIN_DOC_H
#define KIN_DOC_H

#include "lang/base/arena.h"
#include "lang/base/source.h"

/* The comment above the line that `at` begins in, in arena a: its lines without `##` and the blank after it, joined by
   newlines.
   NULL: there is none. */
const char *doc_above(struct arena *a, const struct source *source, struct span at);

#endif
