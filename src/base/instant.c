/* Civil time to instants and back (base/instant.h), by arithmetic on days since 1970-01-01; no C library time functions, which
 * depend on the process's zone and locale. Nothing outside the years 0 to 9999 is a time: texts beyond are refused, so that
 * no later sum can overflow. Zones are in zone.c, templates in instant_template.c, durations in duration.c. */
#include "base/instant.h"
#include "base/civil.h"
#include <endian.h>
#include <stdio.h>

/* Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that the leap day is last, and
 * from -4800, so that divisions are of positive numbers. */
int64_t civil_days(int year, int month, int day)
{
	unsigned early = month <= 2;
	unsigned y = (unsigned)(year + 4800) - early, m = (unsigned)month + 12 * early - 3;
	return (int64_t)(y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + (unsigned)day) - 2472633;
}

void civil_date(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int day_of_era = (int)(days - era * 146097);
	int of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
	int month = (5 * of_year + 2) / 153;
	*ret_day = of_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = (int)(of_era + era * 400) + (*ret_month <= 2);
}

static bool is_day(int year, int month, int day)
{
	if (month < 1 || month > 12 || day < 1)
		return false;
	if (month != 2)
		return day <= 30 + ((month + (month >> 3)) & 1);
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return day <= 28 + leap;
}

static inline bool make(int year, int month, int day, int hour, int minute, int second, int micros, instant *ret_at)
{
	if (year < 0 || year > 9999 || !is_day(year, month, day))
		return false;
	bool midnight = hour == 24 && minute == 0 && second == 0 && micros == 0;
	if (hour < 0 || (hour > 23 && !midnight) || minute < 0 || minute > 59 || second < 0 || second > 60 || micros < 0 || micros > 999999)
		return false;
	if (second == 60) {
		second = 59;
		micros = 999999;
	}
	*ret_at = civil_days(year, month, day) * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + micros;
	return true;
}

bool instant_make(int year, int month, int day, int hour, int minute, int second, int micros, instant *ret_at)
{
	return make(year, month, day, hour, minute, second, micros, ret_at);
}

static uint64_t load64(const char *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

/* Eight bytes at once: `seps` holds the separators in their places and 0 where a digit is expected. Gives t with
 * byte i = 10 × digit i + digit i+1; false when a byte is not as expected. */
static bool two_digits(const char *p, uint64_t seps, uint64_t is_sep, uint64_t *ret_pairs)
{
	const uint64_t zeros = UINT64_C(0x3030303030303030);
	uint64_t v = load64(p);
	uint64_t digits = (v ^ zeros) & ~is_sep;
	bool bad = ((v ^ seps) & is_sep) != 0 || (((digits + UINT64_C(0x0606060606060606)) | digits) & UINT64_C(0xf0f0f0f0f0f0f0f0)) != 0;
	*ret_pairs = digits * 10 + (digits >> 8);
	return !bad;
}

static int pick(uint64_t v, unsigned byte) { return (int)(v >> (8 * byte) & 0xff); }

bool instant_iso24(const char *p, instant *ret_at)
{
	uint64_t a, b, c;
	/* "YYYY-MM-" "DDTHH:MM" ":SS.mmmZ", little-endian */
	if (!two_digits(p, UINT64_C(0x2d00002d00000000), UINT64_C(0xff0000ff00000000), &a) ||
		!two_digits(p + 8, UINT64_C(0x00003a0000540000), UINT64_C(0x0000ff0000ff0000), &b) ||
		!two_digits(p + 16, UINT64_C(0x5a0000002e00003a), UINT64_C(0xff000000ff0000ff), &c))
		return false;
	int millis = pick(c, 4) * 10 + (p[22] - '0');
	return make(pick(a, 0) * 100 + pick(a, 2), pick(a, 5), pick(b, 0), pick(b, 3), pick(b, 6), pick(c, 1), millis * 1000, ret_at);
}

bool instant_iso24_of_minute(const char *p, instant minute, instant *ret_at)
{
	uint64_t c;
	if (!two_digits(p + 16, UINT64_C(0x5a0000002e00003a), UINT64_C(0xff000000ff0000ff), &c))
		return false;
	int second = pick(c, 1), millis = pick(c, 4) * 10 + (p[22] - '0');
	if (second > 59)
		return instant_iso24(p, ret_at);
	*ret_at = minute + second * SECOND + millis * MILLISECOND;
	return true;
}

/* Exactly n digits at the start of *s. */
static bool take_number(str *s, size_t n, int *ret)
{
	int v = 0;
	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned char)s->p[i] - (unsigned)'0';
		if (digit > 9)
			return false;
		v = v * 10 + (int)digit;
	}
	*s = str_from(*s, n);
	*ret = v;
	return true;
}

static bool take_char(str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

bool civil_take_fraction(str *s, int *ret_micros)
{
	int v = 0;
	size_t n = 0;
	for (; n < s->n && n < 9 && str_is_digit(s->p[n]); n++)
		if (n < 6)
			v = v * 10 + (s->p[n] - '0');
	for (size_t i = n; i < 6; i++)
		v *= 10;
	*s = str_from(*s, n);
	*ret_micros = v;
	return n > 0;
}

bool civil_take_offset(str *s, int64_t *ret_offset)
{
	int hours, minutes = 0;
	if (take_char(s, 'Z')) {
		*ret_offset = 0;
		return true;
	}
	bool west = s->n > 0 && s->p[0] == '-';
	if (!take_char(s, '+') && !take_char(s, '-'))
		return false;
	if (!take_number(s, 2, &hours))
		return false;
	if (take_char(s, ':') ? !take_number(s, 2, &minutes) : (s->n >= 2 && !take_number(s, 2, &minutes)))
		return false;
	if (hours > 24 || minutes > 59)
		return false;
	*ret_offset = (hours * HOUR + minutes * MINUTE) * (west ? -1 : 1);
	return true;
}

bool instant_iso(str s, instant *ret_at, bool *ret_zoned)
{
	int year, month, day, hour, minute, second, micros = 0;
	int64_t offset = 0;
	*ret_zoned = false;
	if (!take_number(&s, 4, &year) || !take_char(&s, '-') || !take_number(&s, 2, &month) || !take_char(&s, '-') || !take_number(&s, 2, &day))
		return false;
	if (!take_char(&s, 'T') && !take_char(&s, ' '))
		return false;
	if (!take_number(&s, 2, &hour) || !take_char(&s, ':') || !take_number(&s, 2, &minute) || !take_char(&s, ':') || !take_number(&s, 2, &second))
		return false;
	if ((take_char(&s, '.') || take_char(&s, ',')) && s.n > 0 && str_is_digit(s.p[0]))
		civil_take_fraction(&s, &micros);
	if (s.n > 1 && (s.p[1] == '+' || s.p[1] == '-'))
		take_char(&s, ' ');
	if (s.n > 0) {
		if (!civil_take_offset(&s, &offset) || s.n > 0)
			return false;
		*ret_zoned = true;
	}
	if (!instant_make(year, month, day, hour, minute, second, micros, ret_at))
		return false;
	*ret_at -= offset;
	return true;
}

void instant_format(instant at, char ret_text[32])
{
	const instant first = civil_days(0, 1, 1) * DAY, last = civil_days(10000, 1, 1) * DAY - 1;
	at = at < first ? first : at > last ? last : at;
	int64_t days = at / DAY - (at % DAY < 0);
	int64_t ms = (at - days * DAY) / MILLISECOND;
	int year, month, day;
	civil_date(days, &year, &month, &day);
	snprintf(ret_text, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year % 10000, month % 100, day % 100, (int)(ms / 3600000) % 100,
		(int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}
