/* repl.h: the prompt. */
#ifndef KIN_REPL_H
#define KIN_REPL_H

#include "runtime/kin.h"

/* Reads statements until the end of input; returns an exit status. */
int repl_run(struct kin *k);

#endif
