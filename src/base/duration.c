/* Durations as people and client logs write them (base/instant.h). Two units are enough for people; what a log states is read
 * exactly. Sums that do not fit are malformed, never wrapped. */
#include "base/instant.h"
#include <stdio.h>

static const struct unit {
	str name;
	int64_t micros;
} units[] = {
	{S_INIT("d"), DAY}, {S_INIT("h"), HOUR}, {S_INIT("min"), MINUTE}, {S_INIT("s"), SECOND}, {S_INIT("ms"), MILLISECOND},
	/* spellings of logs only */
	{S_INIT("m"), MINUTE}, {S_INIT("us"), 1}, {S_INIT("µs"), 1},
};
enum { SHOWN_UNITS = 5, UNIT_COUNT = sizeof units / sizeof *units };

void duration_format(int64_t micros, char ret_text[32])
{
	const char *sign = micros < 0 ? "-" : "";
	uint64_t v = micros < 0 ? (uint64_t)-(micros + 1) + 1 : (uint64_t)micros;
	if (v < (uint64_t)SECOND) {
		snprintf(ret_text, 32, "%s%u ms", sign, (unsigned)(v / (uint64_t)MILLISECOND));
		return;
	}
	if (v < 10 * (uint64_t)SECOND && v / 100000 % 10 != 0) {
		snprintf(ret_text, 32, "%s%u.%u s", sign, (unsigned)(v / (uint64_t)SECOND), (unsigned)(v / 100000 % 10));
		return;
	}
	unsigned i = 0;
	while (v < (uint64_t)units[i].micros)
		i++;
	uint64_t big = (uint64_t)units[i].micros, small = i < 3 ? (uint64_t)units[i + 1].micros : big;
	uint64_t rest = v % big / small;
	if (rest > 0)
		snprintf(ret_text, 32, "%s%llu %s %u %s", sign, (unsigned long long)(v / big), units[i].name.p, (unsigned)rest, units[i + 1].name.p);
	else
		snprintf(ret_text, 32, "%s%llu %s", sign, (unsigned long long)(v / big), units[i].name.p);
}

/* A number with an optional fraction off the front of *s, in millionths. */
static bool take_millionths(str *s, int64_t *ret)
{
	int64_t v = 0;
	size_t i = 0;
	int decimals = -1; /* -1: before the point */
	for (; i < s->n && decimals < 6; i++) {
		char c = s->p[i];
		if (c == '.' && decimals < 0 && i > 0) {
			decimals = 0;
			continue;
		}
		if (!str_is_digit(c))
			break;
		if (__builtin_mul_overflow(v, INT64_C(10), &v) || __builtin_add_overflow(v, (int64_t)(c - '0'), &v))
			return false;
		decimals += decimals >= 0;
	}
	while (i < s->n && decimals == 6 && str_is_digit(s->p[i]))
		i++;
	if (i == 0 || decimals == 0)
		return false;
	for (int d = decimals < 0 ? 0 : decimals; d < 6; d++)
		if (__builtin_mul_overflow(v, INT64_C(10), &v))
			return false;
	*s = str_from(*s, i);
	*ret = v;
	return true;
}

/* The longest unit name off the front of *s that is not followed by another letter. */
static int64_t take_unit(str *s)
{
	size_t n = 0;
	while (n < s->n && ((s->p[n] >= 'a' && s->p[n] <= 'z') || (unsigned char)s->p[n] >= 0x80))
		n++;
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		if (str_eq(str_head(*s, n), units[i].name)) {
			*s = str_from(*s, n);
			return units[i].micros;
		}
	return 0;
}

/* As nearly all are written: some digits, then "ms". */
static bool take_plain_ms(str s, int64_t *ret_micros)
{
	enum { MOST_DIGITS = 12 };
	int64_t v = 0;
	size_t i = 0;
	for (; i < s.n && i < MOST_DIGITS && str_is_digit(s.p[i]); i++)
		v = v * 10 + (s.p[i] - '0');
	if (i == 0 || s.n - i != 2 || s.p[i] != 'm' || s.p[i + 1] != 's')
		return false;
	*ret_micros = v * MILLISECOND;
	return true;
}

bool duration_parse(str s, int64_t *ret_micros)
{
	int64_t sum = 0;
	bool any = false;
	if (take_plain_ms(s, ret_micros))
		return true;
	for (s = str_trim(s); s.n > 0; any = true) {
		int64_t v, unit;
		if (!take_millionths(&s, &v))
			return false;
		while (s.n > 0 && s.p[0] == ' ')
			s = str_from(s, 1);
		unit = take_unit(&s);
		int64_t whole = v / 1000000, part = v % 1000000, micros;
		if (unit == 0 || __builtin_mul_overflow(whole, unit, &micros))
			return false;
		if (__builtin_add_overflow(micros, part * (unit / 1000) / 1000 + part * (unit % 1000) / 1000000, &micros))
			return false;
		if (__builtin_add_overflow(sum, micros, &sum))
			return false;
		while (s.n > 0 && s.p[0] == ' ')
			s = str_from(s, 1);
	}
	if (any)
		*ret_micros = sum;
	return any;
}
