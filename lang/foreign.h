/* foreign.h: functions of other programs, and what kin writes instead. */
#ifndef KIN_FOREIGN_H
#define KIN_FOREIGN_H

/* NULL: it is not known as one. */
const char *foreign_function(const char *name);

#endif
