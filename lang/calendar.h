/* calendar.h: dates and times of day as numbers: days since 1970-01-01, of the Gregorian calendar, without time zones.
 *
 * A format has %Y (four digits), %y (00-68: 20.., 69-99: 19..), %m, %d, %H, %M, %S (fractions too), %b (Jan, January), %%;
 * all else stands for itself, a blank for any number of blanks.
 */
#ifndef KIN_CALENDAR_H
#define KIN_CALENDAR_H

#include "lang/base/arena.h"
#include <stdbool.h>
#include <stddef.h>

enum calendar {
  CALENDAR_NONE, /* a number is a number */
  CALENDAR_DATE, /* whole days */
  CALENDAR_TIME, /* days and fractions: a date with the time of day */
};

#define CALENDAR_ISO "%Y-%m-%d"
enum { CALENDAR_TEXT = 32, CALENDAR_FORMAT_MAX = 64 };

/* Does the format name a year, month and day, and nothing unknown or twice? */
bool calendar_format_known(const char *format);
/* What the format gives: TIME if it has hours. */
enum calendar calendar_of_format(const char *format);

/* Reads a whole text; NONE if it does not fit the format or is no day of the calendar (2023-02-29). */
enum calendar calendar_read(const char *text, const char *format, double *day);

/* "2024-03-31", "2024-03-31 18:05", "2024-03-31 18:05:30", rounded to seconds; "NA" for NaN.  Days outside the years 0 to 9999
   are written as numbers. */
void calendar_write(double day, enum calendar calendar, char text[CALENDAR_TEXT]);

/* The same, in an arena. */
const char *calendar_text(struct arena *a, double day, enum calendar calendar);
const char *calendar_name(enum calendar calendar); /* "date", "date and time" */

#endif
