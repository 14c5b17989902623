/* Time zones (base/instant.h): fixed offsets, and the rules of the system's zoneinfo files, read here. The C library would want
 * TZ set for the whole process, and cannot say whether a local time is ambiguous.
 *
 * A file's transitions are followed to the last one; behind it counts the POSIX rule in the file's footer. A zone without such
 * a footer keeps its last offset. Files that are not exactly as RFC 8536 says are refused. */
#include "base/civil.h"
#include "base/instant.h"
#include "base/mem.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { ZONE_FILE_MAX = 256 * 1024 };

struct change { /* a yearly change of a POSIX rule: Mm.w.d, Jn or n, and a time of day */
	char form;  /* 'M', 'J', '0' */
	int month, week, day;
	int64_t time; /* µs from local midnight */
};
struct zone {
	size_t count;
	int64_t *at;      /* µs UTC, ascending */
	int64_t *offset;  /* µs east, from at[i] on */
	int64_t before;   /* offset before at[0]; the fixed offset when count is 0 */
	bool rule;        /* the footer has daylight saving */
	int64_t standard, saving;
	struct change begin, end; /* of daylight saving */
};

struct cursor {
	str rest;
	bool ok;
};

static int64_t big_endian(struct cursor *c, size_t n)
{
	if (c->rest.n < n) {
		c->ok = false;
		return 0;
	}
	uint64_t v = (unsigned char)c->rest.p[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)c->rest.p[i];
	c->rest = str_from(c->rest, n);
	return (int64_t)v;
}

static char next(const struct cursor *c) { return c->rest.n > 0 ? c->rest.p[0] : '\0'; }

static bool take(struct cursor *c, char want)
{
	if (next(c) != want)
		return false;
	c->rest = str_from(c->rest, 1);
	return true;
}

static int number(struct cursor *c)
{
	int v = 0;
	bool any = false;
	for (; str_is_digit(next(c)) && v < 100000; any = true) {
		v = v * 10 + (next(c) - '0');
		c->rest = str_from(c->rest, 1);
	}
	c->ok = c->ok && any;
	return v;
}

/* [+-]hh[:mm[:ss]] */
static int64_t clock_time(struct cursor *c)
{
	int64_t sign = take(c, '-') ? -1 : 1;
	if (sign > 0)
		take(c, '+');
	int64_t v = number(c) * HOUR;
	if (take(c, ':'))
		v += number(c) * MINUTE;
	if (take(c, ':'))
		v += number(c) * SECOND;
	return sign * v;
}

static void zone_name(struct cursor *c)
{
	if (take(c, '<')) {
		while (c->rest.n > 0 && !take(c, '>'))
			c->rest = str_from(c->rest, 1);
	} else {
		while (str_is_letter(next(c)))
			c->rest = str_from(c->rest, 1);
	}
}

static struct change change_rule(struct cursor *c)
{
	struct change r = {.form = '0', .time = 2 * HOUR};
	if (take(c, 'M')) {
		r.form = 'M';
		r.month = number(c);
		c->ok = c->ok && take(c, '.');
		r.week = number(c);
		c->ok = c->ok && take(c, '.');
		r.day = number(c);
		c->ok = c->ok && r.month >= 1 && r.month <= 12 && r.week >= 1 && r.week <= 5 && r.day <= 6;
	} else {
		r.form = take(c, 'J') ? 'J' : '0';
		r.day = number(c);
	}
	if (take(c, '/'))
		r.time = clock_time(c);
	return r;
}

/* The footer: std offset [dst [offset] , begin , end]. */
static bool read_rule(struct zone *z, str text)
{
	struct cursor c = {text, true};
	zone_name(&c);
	z->standard = -clock_time(&c);
	if (c.ok && c.rest.n == 0)
		return true;
	zone_name(&c);
	z->saving = next(&c) == ',' ? z->standard + HOUR : -clock_time(&c);
	c.ok = c.ok && take(&c, ',');
	z->begin = change_rule(&c);
	c.ok = c.ok && take(&c, ',');
	z->end = change_rule(&c);
	z->rule = c.ok && c.rest.n == 0;
	return z->rule;
}

/* Local time (as an instant) of a change in a year. */
static int64_t change_in(const struct change *r, int year)
{
	int64_t first = civil_days(year, 1, 1);
	if (r->form == 'M') {
		int64_t month = civil_days(year, r->month, 1);
		int64_t after = r->month == 12 ? civil_days(year + 1, 1, 1) : civil_days(year, r->month + 1, 1);
		int64_t weekday = ((month + 4) % 7 + 7) % 7;
		int64_t day = month + (r->day - weekday + 7) % 7 + 7 * (r->week - 1);
		while (day >= after)
			day -= 7;
		return day * DAY + r->time;
	}
	bool leap = civil_days(year, 3, 1) - first == 60;
	int64_t day = r->form == 'J' ? r->day - 1 + (leap && r->day >= 60) : r->day;
	return (first + day) * DAY + r->time;
}

static int64_t offset_by_rule(const struct zone *z, instant utc)
{
	int year, month, day;
	if (!z->rule)
		return z->standard;
	civil_date((utc + z->standard) / DAY, &year, &month, &day);
	int64_t begin = change_in(&z->begin, year) - z->standard, end = change_in(&z->end, year) - z->saving;
	bool saving = begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;
	return saving ? z->saving : z->standard;
}

static int64_t offset_at(const struct zone *z, instant utc)
{
	if (z->count == 0 || utc < z->at[0])
		return z->count == 0 && z->rule ? offset_by_rule(z, utc) : z->before;
	if (utc >= z->at[z->count - 1] && z->rule)
		return offset_by_rule(z, utc);
	size_t low = 0, high = z->count; /* at[low] <= utc < at[high] */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (z->at[middle] <= utc)
			low = middle;
		else
			high = middle;
	}
	return z->offset[low];
}

struct header {
	char version;
	size_t utc_flags, std_flags, leaps, times, types, chars;
};

static struct header read_header(struct cursor *c)
{
	struct header h = {0};
	if (!str_starts(c->rest, S("TZif")) || c->rest.n < 44) {
		c->ok = false;
		return h;
	}
	h.version = c->rest.p[4];
	c->rest = str_from(c->rest, 20);
	size_t *const fields[] = {&h.utc_flags, &h.std_flags, &h.leaps, &h.times, &h.types, &h.chars};
	for (size_t i = 0; i < 6; i++) {
		int64_t v = big_endian(c, 4);
		c->ok = c->ok && v >= 0 && v < ZONE_FILE_MAX;
		*fields[i] = c->ok ? (size_t)v : 0;
	}
	return h;
}

static size_t body_size(const struct header *h, size_t word)
{
	return h->times * word + h->times + h->types * 6 + h->chars + h->leaps * (word + 4) + h->std_flags + h->utc_flags;
}

/* Transitions and types; `c` stands behind the header. */
static void read_body(struct zone *z, struct cursor *c, const struct header *h, size_t word)
{
	str types = str_from(c->rest, h->times * word + h->times);
	str indices = str_head(str_from(c->rest, h->times * word), h->times);
	if (!c->ok || h->types == 0 || c->rest.n < body_size(h, word)) {
		c->ok = false;
		return;
	}
	struct cursor first = {types, true};
	z->before = big_endian(&first, 4) * SECOND;
	z->at = mem_new(h->times * sizeof *z->at);
	z->offset = mem_new(h->times * sizeof *z->offset);
	str after = str_from(c->rest, body_size(h, word));
	for (size_t i = 0; i < h->times; i++) {
		size_t type = (unsigned char)indices.p[i];
		int64_t seconds = big_endian(c, word);
		struct cursor t = {str_from(types, type * 6), true};
		if (type >= h->types || seconds < -(INT64_C(1) << 60) / SECOND || seconds > (INT64_C(1) << 60) / SECOND)
			continue; /* the "big bang" of old files: before any log */
		z->at[z->count] = seconds * SECOND;
		z->offset[z->count++] = big_endian(&t, 4) * SECOND;
	}
	c->rest = after;
}

static bool read_tzif(struct zone *z, str file)
{
	struct cursor c = {file, true};
	struct header h = read_header(&c);
	if (c.ok && h.version == '\0') {
		read_body(z, &c, &h, 4);
		return c.ok;
	}
	if (!c.ok || c.rest.n < body_size(&h, 4))
		return false;
	c.rest = str_from(c.rest, body_size(&h, 4));
	h = read_header(&c);
	read_body(z, &c, &h, 8);
	if (!c.ok)
		return false;
	str footer = str_trim(c.rest);
	if (footer.n > 0 && !read_rule(z, footer))
		z->rule = false;
	if (z->count == 0 && footer.n > 0 && !z->rule)
		z->before = z->standard;
	return true;
}

static struct zone *load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	char *data = mem_new(ZONE_FILE_MAX);
	size_t n = 0;
	for (ssize_t got; n < ZONE_FILE_MAX && (got = read(fd, data + n, ZONE_FILE_MAX - n)) > 0;)
		n += (size_t)got;
	close(fd);
	struct zone *z = mem_new(sizeof *z);
	if (!read_tzif(z, (str){data, n})) {
		instant_zone_free(z);
		z = NULL;
	}
	free(data);
	return z;
}

static bool safe_name(str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool fine = str_is_letter(c) || str_is_digit(c) || c == '/' || c == '_' || c == '-' || c == '+';
		if (!fine)
			return false;
	}
	return name.n > 0 && name.n < 200 && name.p[0] != '/';
}

struct zone *instant_zone(str name)
{
	char path[256] = "/usr/share/zoneinfo/";
	int64_t offset = 0;
	str rest = name;
	bool fixed = str_eq(name, S("UTC")) || str_eq(name, S("Z")) || (civil_take_offset(&rest, &offset) && rest.n == 0);
	if (fixed) {
		struct zone *z = mem_new(sizeof *z);
		z->before = offset;
		return z;
	}
	if (str_eq(name, S("local"))) {
		struct zone *z = load("/etc/localtime");
		return z != NULL ? z : instant_zone(S("UTC"));
	}
	if (!safe_name(name))
		return NULL;
	memcpy(path + strlen(path), name.p, name.n);
	return load(path);
}

void instant_zone_free(struct zone *z)
{
	if (z == NULL)
		return;
	free(z->at);
	free(z->offset);
	free(z);
}

instant instant_from_local(const struct zone *z, instant local, bool *ret_ambiguous)
{
	*ret_ambiguous = false;
	if (z == NULL || local < INT64_MIN / 2 || local > INT64_MAX / 2)
		return local;
	/* No zone changes twice within two days: the offsets of the day before and after are all that can be meant. */
	instant a = local - offset_at(z, local - DAY), b = local - offset_at(z, local + DAY);
	if (a == b)
		return a;
	bool a_true = a + offset_at(z, a) == local, b_true = b + offset_at(z, b) == local;
	if (a_true != b_true)
		return a_true ? a : b;
	*ret_ambiguous = true;
	return a < b ? a : b;
}
