/* Instants: microseconds since 1970-01-01T00:00:00Z. Proleptic Gregorian, no leap seconds. */
#ifndef MCPLOG_BASE_INSTANT_H
#define MCPLOG_BASE_INSTANT_H
#include "base/str.h"

typedef int64_t instant;
#define INSTANT_NONE INT64_MIN /* unknown; never a real time */
#define INSTANT_LAST INT64_C(253402300799999999) /* the end of the year 9999: what is read is no later, but for an offset */
#define SECOND INT64_C(1000000)
#define MILLISECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct zone; /* a time zone: fixed offset or rules of the system's zoneinfo; see instant_zone */

/* Civil time to instant; false when out of range (month 13, Feb 30, hour 25). Second 60 counts as 59.999999. */
bool instant_make(int year, int month, int day, int hour, int minute, int second, int micros, instant *ret_at);
/* "2026-05-17T20:23:00.776Z", also ' ' for 'T', 0 to 9 decimals after '.' or ',', offset Z, +02:00, +0200 or none (then
 * *ret_zoned is false and the text is taken as UTC). The whole of s must be consumed. */
bool instant_iso(str s, instant *ret_at, bool *ret_zoned);
/* Fast path for exactly YYYY-MM-DDTHH:MM:SS.mmmZ at p (24 bytes, not checked for digits by the caller). */
bool instant_iso24(const char *p, instant *ret_at);
/* The same for a text of the minute that begins at `minute`: only its seconds are read. */
bool instant_iso24_of_minute(const char *p, instant minute, instant *ret_at);
/* Reads s by a strptime-like template: %Y %m %d %e %H %M %S %y %b (Jan…) %f (1–9 decimals) %z (Z, +hh:mm, +hhmm) %s (epoch
 * seconds) %u (epoch microseconds) %%; a blank matches one or more blanks. Missing year or date are taken from `base`
 * (the year or day that puts the result nearest to base) or 1970 when base is INSTANT_NONE; in both cases *ret_dated is
 * false. %d %e %H %M %S take one or two digits, %d and %e skip blanks before them; the whole of s must be consumed. */
bool instant_template(const char *template, str s, instant base, instant *ret_at, bool *ret_zoned, bool *ret_dated);
/* "2026-05-17T20:46:12.384Z" (24 bytes and NUL); years beyond 0000–9999 are clamped. */
void instant_format(instant at, char ret_text[32]);
/* A duration for people: "324 ms", "23 min 11 s", "2 h 5 min", "3 d 4 h". */
void duration_format(int64_t micros, char ret_text[32]);
/* "1m 15s", "31ms", "1.5s", "1391s", "2h 3m 4s" as client logs write them, to microseconds; false when malformed. */
bool duration_parse(str s, int64_t *ret_micros);

/* "UTC", "local", "+02:00", or a zoneinfo name; NULL when unknown. Free with instant_zone_free. */
struct zone *instant_zone(str name);
void instant_zone_free(struct zone *z);
/* Local civil time (given as an instant that pretends to be UTC) to UTC. *ret_ambiguous is true for a repeated or skipped
 * hour; then the earlier reading is taken. z NULL means UTC. */
instant instant_from_local(const struct zone *z, instant local, bool *ret_ambiguous);
#endif
