/* Times by template (base/instant.h: instant_template), as strptime would read them, but locale-free, with fractions and
 * offsets, and with a stated way to complete what a line does not give: the candidate nearest to `base` wins. */
#include "base/civil.h"
#include "base/instant.h"

enum have { HAVE_YEAR = 1, HAVE_MONTH = 2, HAVE_DAY = 4, HAVE_EPOCH = 8 };
struct parts {
	int year, month, day, hour, minute, second, micros;
	int64_t offset, epoch; /* µs */
	unsigned have;
	bool zoned;
};

/* Up to `most` digits, at least one. */
static bool number(str *s, size_t most, int64_t *ret)
{
	int64_t v = 0;
	size_t n = 0;
	for (; n < s->n && n < most && str_is_digit(s->p[n]); n++)
		v = v * 10 + (s->p[n] - '0');
	*s = str_from(*s, n);
	*ret = v;
	return n > 0;
}

static bool small(str *s, size_t most, int *ret)
{
	int64_t v;
	bool ok = number(s, most, &v);
	if (ok)
		*ret = (int)v;
	return ok;
}

static void skip_blanks(str *s)
{
	while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = str_from(*s, 1);
}

static bool month_name(str *s, int *ret)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int i = 0; i < 12; i++)
		if (str_starts(*s, (str){names + 3 * i, 3})) {
			*s = str_from(*s, 3);
			*ret = i + 1;
			return true;
		}
	return false;
}

static bool year(struct parts *p, str *s, char letter)
{
	size_t before = s->n, want = letter == 'Y' ? 4 : 2;
	if (!small(s, want, &p->year) || before - s->n != want)
		return false;
	if (letter == 'y')
		p->year += p->year < 69 ? 2000 : 1900;
	p->have |= HAVE_YEAR;
	return true;
}

static bool epoch(struct parts *p, str *s, char letter)
{
	int64_t v, scale = letter == 's' ? SECOND : 1;
	if (!number(s, 17, &v) || v > INSTANT_LAST / scale)
		return false;
	p->epoch = v * scale;
	p->have |= HAVE_EPOCH;
	return true;
}

static bool day(struct parts *p, str *s)
{
	skip_blanks(s);
	p->have |= HAVE_DAY;
	return small(s, 2, &p->day);
}

static bool percent(str *s)
{
	bool ok = str_starts(*s, S("%"));
	*s = str_from(*s, 1);
	return ok;
}

static bool conversion(struct parts *p, str *s, char letter)
{
	switch (letter) {
	case 'Y':
	case 'y': return year(p, s, letter);
	case 'm': p->have |= HAVE_MONTH; return small(s, 2, &p->month);
	case 'b': p->have |= HAVE_MONTH; return month_name(s, &p->month);
	case 'd':
	case 'e': return day(p, s);
	case 'H': return small(s, 2, &p->hour);
	case 'M': return small(s, 2, &p->minute);
	case 'S': return small(s, 2, &p->second);
	case 'f': return civil_take_fraction(s, &p->micros);
	case 'z': p->zoned = true; return civil_take_offset(s, &p->offset);
	case 's':
	case 'u': return epoch(p, s, letter);
	case '%': return percent(s);
	default: return false;
	}
}

static int64_t distance(int64_t a, int64_t b) { return a > b ? a - b : b - a; }

/* The year that puts the time nearest to base; nine of them, because of February 29. */
static bool nearest_year(struct parts *p, instant base, instant *ret_at)
{
	bool found = false;
	int base_year, month, day_of;
	civil_date(base / DAY, &base_year, &month, &day_of);
	for (int y = base_year - 4; y <= base_year + 4; y++) {
		instant at;
		if (!instant_make(y, p->month, p->day, p->hour, p->minute, p->second, p->micros, &at))
			continue;
		if (!found || distance(at - p->offset, base) < distance(*ret_at - p->offset, base))
			*ret_at = at;
		found = true;
	}
	return found;
}

static bool nearest_day(struct parts *p, instant base, instant *ret_at)
{
	instant clock;
	if (!instant_make(1970, 1, 1, p->hour, p->minute, p->second, p->micros, &clock))
		return false;
	int64_t today = base / DAY * DAY;
	*ret_at = today + clock;
	for (int64_t d = -DAY; d <= DAY; d += DAY)
		if (distance(today + d + clock - p->offset, base) < distance(*ret_at - p->offset, base))
			*ret_at = today + d + clock;
	return true;
}

static bool complete(struct parts *p, instant base, instant *ret_at, bool *ret_dated)
{
	bool dated = (p->have & HAVE_YEAR) && (p->have & HAVE_MONTH) && (p->have & HAVE_DAY);
	*ret_dated = dated;
	if (dated)
		return instant_make(p->year, p->month, p->day, p->hour, p->minute, p->second, p->micros, ret_at);
	bool month_day = (p->have & HAVE_MONTH) && (p->have & HAVE_DAY);
	if (base == INSTANT_NONE)
		return instant_make(1970, month_day ? p->month : 1, month_day ? p->day : 1, p->hour, p->minute, p->second, p->micros, ret_at);
	return month_day ? nearest_year(p, base, ret_at) : nearest_day(p, base, ret_at);
}

bool instant_template(const char *template, str s, instant base, instant *ret_at, bool *ret_zoned, bool *ret_dated)
{
	struct parts p = {.year = 1970, .month = 1, .day = 1};
	for (const char *t = template; *t != '\0'; t++) {
		if (*t == ' ') {
			size_t before = s.n;
			skip_blanks(&s);
			if (before == s.n)
				return false;
		} else if (*t == '%') {
			t++;
			if (*t == '\0' || !conversion(&p, &s, *t))
				return false;
		} else if (s.n > 0 && s.p[0] == *t) {
			s = str_from(s, 1);
		} else {
			return false;
		}
	}
	if (s.n > 0)
		return false;
	if (p.have & HAVE_EPOCH) {
		*ret_at = p.epoch + p.micros;
		*ret_zoned = *ret_dated = true;
		return true;
	}
	*ret_zoned = p.zoned;
	if (!complete(&p, base, ret_at, ret_dated))
		return false;
	*ret_at -= p.offset;
	return true;
}
