/*
 * Times as people write them. Absolute ones are instants at once; relative ones ("30 min ago") wait for the as-of time,
 * which is the log's clock and only known when the logs have been read. The wall clock is never looked at.
 */
#include "cli/when.h"

#include "base/buf.h"

static const struct {
	const char *name;
	int64_t micros;
} units[] = {
	{"s", SECOND},       {"sec", SECOND},     {"secs", SECOND}, {"second", SECOND}, {"seconds", SECOND}, {"m", MINUTE},
	{"min", MINUTE},     {"mins", MINUTE},    {"minute", MINUTE}, {"minutes", MINUTE}, {"h", HOUR},       {"hour", HOUR},
	{"hours", HOUR},     {"d", DAY},          {"day", DAY},     {"days", DAY},      {"w", 7 * DAY},      {"week", 7 * DAY},
	{"weeks", 7 * DAY},
};

static bool unit_of(str name, int64_t *ret)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (str_eq(name, str_z(units[i].name))) {
			*ret = units[i].micros;
			return true;
		}
	return false;
}

/* "30 min ago", "30min", "2 hours ago" */
static bool parse_ago(str s, int64_t *ret_back)
{
	size_t digits = 0;
	while (digits < s.n && str_is_digit(s.p[digits]))
		digits++;
	uint64_t count;
	if (digits == 0 || digits > 9 || !str_u64(str_head(s, digits), &count))
		return false;
	s = str_trim(str_from(s, digits));
	const str ago = S("ago");
	if (str_ends(s, ago))
		s = str_trim((str){s.p, s.n - ago.n});
	int64_t unit;
	if (!unit_of(s, &unit))
		return false;
	*ret_back = (int64_t)count * unit; /* below 10^9 weeks: fits */
	return *ret_back >= 0;
}

static bool parse_epoch(str s, instant *ret)
{
	int64_t seconds;
	if (!str_starts(s, S("@")) || !str_i64(str_from(s, 1), &seconds) || seconds < -62135596800 || seconds > 253402300799)
		return false;
	*ret = seconds * SECOND;
	return true;
}

/* ISO 8601, also the date alone or without seconds. */
static bool parse_absolute(str s, const struct zone *zone, instant *ret)
{
	if (parse_epoch(s, ret))
		return true;
	struct buf text = {0};
	buf_add(&text, s);
	if (s.n == 10)
		buf_addz(&text, "T00:00:00");
	else if (s.n == 16)
		buf_addz(&text, ":00");
	else if (s.n == 17 && s.p[16] == 'Z') {
		text.n--;
		buf_addz(&text, ":00Z");
	}
	bool zoned = false, ambiguous;
	const bool good = instant_iso(buf_str(&text), ret, &zoned);
	buf_done(&text);
	if (good && !zoned)
		*ret = instant_from_local(zone, *ret, &ambiguous);
	return good;
}

int when_parse(const char *option, const char *text, const struct zone *zone, struct when *ret, struct err *reterr)
{
	static const struct {
		const char *name;
		struct when when;
	} words[] = {
		{"now", {.type = WHEN_BEFORE}},
		{"today", {.type = WHEN_DAY}},
		{"yesterday", {.type = WHEN_DAY, .back = 1}},
	};
	const str s = str_trim(str_z(text));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq(s, str_z(words[i].name))) {
			*ret = words[i].when;
			return 0;
		}
	*ret = (struct when){0};
	if (parse_ago(s, &ret->back)) {
		ret->type = WHEN_BEFORE;
		return 0;
	}
	if (parse_absolute(s, zone, &ret->at)) {
		ret->type = WHEN_AT;
		return 0;
	}
	const int code = err_set(reterr, ERR_USAGE, "%s: '%s' is no time", option, text);
	err_hint(reterr, "write 2026-05-17T20:23:00Z, 2026-05-17, \"30 min ago\" or yesterday");
	return code;
}

int when_zone(const char *option, const char *text, struct zone **ret, struct err *reterr)
{
	*ret = instant_zone(str_z(text));
	if (*ret)
		return 0;
	const int code = err_set(reterr, ERR_USAGE, "%s: '%s' is no time zone", option, text);
	err_hint(reterr, "write UTC, local, +02:00 or a name such as Europe/Berlin");
	return code;
}

instant when_resolve(const struct when *w, instant as_of)
{
	if (w->type == WHEN_AT)
		return w->at;
	if (w->type == WHEN_NONE || as_of == INSTANT_NONE)
		return INSTANT_NONE;
	if (w->type == WHEN_BEFORE)
		return as_of - w->back;
	const int64_t into_day = ((as_of % DAY) + DAY) % DAY;
	return as_of - into_day - w->back * DAY;
}
