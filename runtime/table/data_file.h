/* data_file.h: a file of data is opened, or it is said why not. */
#ifndef KIN_DATA_FILE_H
#define KIN_DATA_FILE_H

#include "lang/base/diag.h"
#include <stdio.h>

struct data_file {
  FILE *stream; /* at its first byte; closed with the arena that it was opened in */
  size_t size;  /* bytes */
};

/* Opens a regular file for reading.  path is opened as it is; shown is how messages name it, span where the script names
   it.  False, and an error: there is none of that name (a near one is offered), it is a folder, a pipe or a device, or it
   may not be read. */
bool data_file_open(struct arena *a, struct diags *diags, const struct source *src, struct span span,
                    const char *path, const char *shown, struct data_file *file);

/* A field as a message shows it: in double quotes, on one line, cut when it is long. */
const char *field_shown(struct arena *a, const char *s, size_t n);

#endif
