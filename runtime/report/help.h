/* help.h: what help() says.
 *
 * Help is made from the tables of facts: signatures and their lines of help (builtins.def), arguments and examples
 * (help_functions.def), statements and functions over columns (help_topics.def), messages (messages.def) and lints
 * (lints.def).  It is laid out for the terminal's width.
 */
#ifndef KIN_HELP_H
#define KIN_HELP_H

#include "lang/signature.h"
#include "runtime/report/report.h"

/* All that there is, one screen. */
void help_overview(struct buf *out, const struct signatures *functions, const struct report_style *style);
/* On a function, a topic, or a code; false: there is none of that name, and nothing is written. */
bool help_on(struct buf *out, const struct signatures *functions, const char *word,
             const struct report_style *style);
/* The name nearest to a word that there is no help on; NULL: none is near. */
const char *help_nearest(struct arena *a, const struct signatures *functions, const char *word);
/* On what a script or a library declares: its signature and its doc comment (NULL: none). */
void help_on_declared(struct buf *out, const char *signature, const char *doc,
                      const struct report_style *style);

/* The line on an argument; NULL: there is none.  example: of the function, likewise. */
const char *help_argument(const char *function, const char *argument);
const char *help_example(const char *function);

#endif
