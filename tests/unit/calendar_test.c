/* Dates and times of day as numbers of days. */
#include "lang/calendar.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double day_of(const char *text, const char *format) {
  double day;
  return calendar_read(text, format, &day) == CALENDAR_NONE ? (double)NAN : day;
}

Test(calendar, days_since_1970) {
  static const struct {
    const char *text;
    double day;
  } known[] = {{"1970-01-01", 0},       {"1970-01-02", 1},       {"1969-12-31", -1},
               {"2000-02-29", 11016},   {"2000-03-01", 11017},   {"2024-12-31", 20088},
               {"1600-01-01", -135140}, {"0000-01-01", -719528}, {"9999-12-31", 2932896},
               {"1900-03-01", -25508}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    char back[CALENDAR_TEXT];
    cr_expect_eq(day_of(known[i].text, CALENDAR_ISO), known[i].day, "%s", known[i].text);
    calendar_write(known[i].day, CALENDAR_DATE, back);
    cr_expect_str_eq(back, known[i].text);
  }
}

/* Every day of eight centuries, there and back. */
Test(calendar, there_and_back) {
  for (int day = -146097; day <= 146097; day++) {
    char text[CALENDAR_TEXT];
    calendar_write(day, CALENDAR_DATE, text);
    cr_assert_eq(day_of(text, CALENDAR_ISO), day, "%s", text);
  }
}

Test(calendar, every_second_of_a_day) {
  for (int s = 0; s < 86400; s++) {
    char text[CALENDAR_TEXT];
    calendar_write(19876 + s / 86400.0, CALENDAR_TIME, text);
    const char *format = s % 60 ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M";
    cr_assert_eq(nearbyint((day_of(text, format) - 19876) * 86400), s, "%s", text);
  }
}

Test(calendar, forms) {
  cr_expect_eq(day_of("31.12.2024", "%d.%m.%Y"), 20088);
  cr_expect_eq(day_of("  1/2/24 ", "%m/%d/%y"), 19724);
  cr_expect_eq(day_of("5/2/69", "%d/%m/%y"), -330);
  cr_expect_eq(day_of("Feb 29, 2024", "%b %d, %Y"), 19782);
  cr_expect_eq(day_of("february   29, 2024", "%b %d, %Y"), 19782);
  cr_expect_eq(day_of("20240229", "%Y%m%d"), 19782);
  cr_expect_eq(day_of("2024-02-29T18:00", "%Y-%m-%dT%H:%M"), 19782.75);
  cr_expect_eq(day_of("2024-02-29 06:00:00.000", "%Y-%m-%d %H:%M:%S"), 19782.25);
  cr_expect_eq(day_of("100% 2024-02-29", "100%% %Y-%m-%d"), 19782);
}

Test(calendar, what_is_no_date) {
  static const char *const texts[] = {
      "",           "2024",         "2024-13-01",  "2024-00-10", "2024-02-30",
      "2023-02-29", "1900-02-29",   "2024-01-32",  "24-01-01",   "2024-01-01x",
      "2024-01",    "2024-01-01 1", "abcd-ef-gh",  "2024--1-01", "12024-01-01",
      "2024/01/01", "2024-001-01",  "2024-01-001", "NA",         "2024-1-"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    cr_expect(isnan(day_of(texts[i], CALENDAR_ISO)), "%s", texts[i]);
  cr_expect(isnan(day_of("2024-01-01 24:00", "%Y-%m-%d %H:%M")));
  cr_expect(isnan(day_of("2024-01-01 10:60", "%Y-%m-%d %H:%M")));
  cr_expect(isnan(day_of("Fe 1, 2024", "%b %d, %Y")));
}

Test(calendar, forms_that_are_none) {
  static const char *const forms[] = {"",      "%",     "%Y-%m-%",     "%Y-%m",
                                      "%Y-%d", "%m-%d", "%Y-%m-%d %d", "%Y %q %m %d"};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    cr_expect_not(calendar_format_known(forms[i]), "%s", forms[i]);
  char longer[CALENDAR_FORMAT_MAX + 10];
  snprintf(longer, sizeof longer, "%-*s", CALENDAR_FORMAT_MAX + 2, CALENDAR_ISO);
  cr_expect_not(calendar_format_known(longer));
  cr_expect(calendar_format_known("%d.%m.%y %H:%M:%S"));
  cr_expect_eq(calendar_of_format("%d.%m.%y %H:%M"), CALENDAR_TIME);
  cr_expect_eq(calendar_of_format(CALENDAR_ISO), CALENDAR_DATE);
}

Test(calendar, what_is_written_outside) {
  char text[CALENDAR_TEXT];
  calendar_write((double)NAN, CALENDAR_DATE, text);
  cr_expect_str_eq(text, "NA");
  calendar_write((double)INFINITY, CALENDAR_DATE, text);
  cr_expect_str_eq(text, "inf");
  calendar_write(1e9, CALENDAR_DATE, text);
  cr_expect_str_eq(text, "1000000000");
  calendar_write(0.5, CALENDAR_DATE, text);
  cr_expect_str_eq(text, "1970-01-01 12:00");
}
