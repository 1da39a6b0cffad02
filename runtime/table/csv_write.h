/* csv_write.h: a table as a delimited file (RFC 4180). */
#ifndef KIN_CSV_WRITE_H
#define KIN_CSV_WRITE_H

#include "runtime/table/table.h"

/* Appends the header and the rows.  Numbers have the fewest digits that read back as the same double; a missing value is an
   empty field; a label is quoted when it would not come back as it is. */
void csv_write(struct buf *out, const struct table *t, char delimiter);

/* Puts n bytes into a file in one step: into a file beside it, which then takes its name.  False: errno says why. */
bool file_replace(const char *path, const char *bytes, size_t n);

#endif
