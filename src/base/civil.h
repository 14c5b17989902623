/* Calendar arithmetic and bits of time texts, shared by instant.c, instant_template.c and zone.c only. */
#ifndef MCPLOG_BASE_CIVIL_H
#define MCPLOG_BASE_CIVIL_H
#include "base/str.h"

int64_t civil_days(int year, int month, int day); /* days since 1970-01-01; month 1–12 */
void civil_date(int64_t days, int *ret_year, int *ret_month, int *ret_day);
bool civil_take_fraction(str *s, int *ret_micros);  /* 1 to 9 decimals off the front of *s; false when there is none */
bool civil_take_offset(str *s, int64_t *ret_offset); /* Z, +hh:mm, +hhmm or +hh off the front of *s, in µs east */
#endif
