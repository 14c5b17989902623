/* Peeling: what other programs and people put around a log line is taken off before its format is asked for: terminal colours,
 * typographic quotes and blanks, entities of pages, prefixes of editors, Markdown and grep, and the wrappers of container and
 * system logs.
 *
 * A wrapper's time and origin are remembered, because lines of one record are joined per container and pipe. Prefixes are only
 * taken off when detect.c found that the whole text carries them: in a plain log, a continuation line that begins with "> " is
 * quoted text and stays so. */
#include "base/hash.h"
#include "parse/parts.h"

str peel_ansi(str text, struct buf *room)
{
	const char *esc = text.n > 0 ? memchr(text.p, 0x1b, text.n) : NULL;
	if (esc == NULL)
		return text;
	buf_reset(room);
	size_t i = 0;
	while (i < text.n) {
		if (text.p[i] != 0x1b) {
			size_t start = i;
			while (i < text.n && text.p[i] != 0x1b)
				i++;
			buf_add(room, (str){text.p + start, i - start});
			continue;
		}
		i++;
		if (i < text.n && text.p[i] == '[') { /* CSI: parameters, then one byte of 0x40–0x7e */
			i++;
			while (i < text.n && (unsigned char)text.p[i] >= 0x20 && (unsigned char)text.p[i] < 0x40)
				i++;
			i += i < text.n;
		} else if (i < text.n && text.p[i] == ']') { /* OSC: until BEL or ESC */
			while (i < text.n && text.p[i] != 0x07 && text.p[i] != 0x1b)
				i++;
			i += i < text.n && text.p[i] == 0x07;
		} else if (i < text.n) {
			i++;
		}
	}
	return buf_str(room);
}

static const struct {
	const char *from, *to;
} typography[] = {
	{"\xc2\xa0", " "}, {"\xe2\x80\xaf", " "}, {"\xe2\x80\x98", "'"}, {"\xe2\x80\x99", "'"}, {"\xe2\x80\x9c", "\""}, {"\xe2\x80\x9d", "\""},
	{"\xef\xbb\xbf", ""}, {"\xe2\x80\x8b", ""}, {"\xe2\x80\x8e", ""}, {"&quot;", "\""}, {"&#34;", "\""}, {"&lt;", "<"}, {"&gt;", ">"},
	{"&#39;", "'"}, {"&#x27;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "}, {"&amp;", "&"},
};

static bool replace_one(str rest, struct buf *room, size_t *ret_length)
{
	for (size_t k = 0; k < sizeof typography / sizeof *typography; k++) {
		str from = str_z(typography[k].from);
		if (!str_starts(rest, from))
			continue;
		buf_addz(room, typography[k].to);
		*ret_length = from.n;
		return true;
	}
	return false;
}

str peel_typography(str text, struct buf *room)
{
	size_t i = 0;
	for (uint64_t eight; i + sizeof eight <= text.n; i += sizeof eight) {
		eight = word_load(text.p + i);
		if (eight & WORD_EACH(0x80))
			break;
	}
	while (i < text.n && (unsigned char)text.p[i] < 0x80)
		i++;
	const char *entity = i > 0 ? memchr(text.p, '&', i) : NULL;
	if (entity != NULL)
		i = (size_t)(entity - text.p);
	if (i == text.n)
		return text;
	buf_reset(room);
	buf_add(room, str_head(text, i));
	while (i < text.n) {
		size_t length = 1;
		unsigned char c = (unsigned char)text.p[i];
		if ((c != 0xc2 && c != 0xe2 && c != 0xef && c != '&') || !replace_one(str_from(text, i), room, &length))
			buf_byte(room, text.p[i]);
		i += length;
	}
	return buf_str(room);
}

static str trim_front(str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	return s;
}

static size_t digits(str s)
{
	size_t i = 0;
	while (i < s.n && str_is_digit(s.p[i]))
		i++;
	return i;
}

/* However often it was quoted. */
static str peel_quote(str s)
{
	while (s.n > 0 && s.p[0] == '>')
		s = str_from(s, s.n > 1 && s.p[1] == ' ' ? 2 : 1);
	return s;
}

static str peel_bullet(str s)
{
	static const char *const marks[] = {"- ", "* ", "+ ", "\xe2\x80\xa2 ", "\xe2\x80\x93 ", "\xe2\x97\xa6 ", "- [ ] ", "- [x] "};
	for (size_t i = sizeof marks / sizeof *marks; i-- > 0;)
		if (str_starts(s, str_z(marks[i])))
			return str_from(s, strlen(marks[i]));
	size_t n = digits(s);
	if (n > 0 && n < 5 && n + 1 < s.n && (s.p[n] == '.' || s.p[n] == ')') && s.p[n + 1] == ' ')
		return str_from(s, n + 2);
	return s;
}

static str peel_line_word(str s)
{
	static const char *const words[] = {"Line ", "line ", "L"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!str_starts(s, str_z(words[i])))
			continue;
		str rest = str_from(s, strlen(words[i]));
		size_t n = digits(rest);
		if (n > 0 && n < rest.n && (rest.p[n] == ':' || rest.p[n] == '.'))
			return str_from(rest, n + 1);
	}
	return s;
}

static str peel_number(str s)
{
	str rest = trim_front(s);
	size_t n = digits(rest);
	if (n == 0 || n >= rest.n || n > 9)
		return s;
	if (rest.p[n] == ':' || rest.p[n] == '-' || rest.p[n] == '|' || rest.p[n] == '\t')
		return str_from(rest, n + 1);
	return str_starts(str_from(rest, n), S(" | ")) ? str_from(rest, n + 3) : str_starts(str_from(rest, n), S("\xe2\x86\x92")) ? str_from(rest, n + 3) : s;
}

enum { FILE_NAME_MOST = 512 };

static bool is_date(str s)
{
	return digits(s) == 4 && s.n > 8 && s.p[4] == '-' && digits(str_from(s, 5)) == 2 && s.p[7] == '-';
}

/* Where a name of a log that begins the text ends, or 0. */
static size_t file_name(str s)
{
	static const char *const endings[] = {".log", ".txt", ".jsonl", ".json", ".out", ".err"};
	for (size_t i = 1; i < s.n && i < FILE_NAME_MOST && s.p[i] != ' '; i++)
		for (size_t k = 0; s.p[i] == '.' && k < sizeof endings / sizeof *endings; k++) {
			const size_t end = i + strlen(endings[k]);
			if (str_starts(str_from(s, i), str_z(endings[k])) && end < s.n && (s.p[end] == ':' || s.p[end] == '-'))
				return end;
		}
	return 0;
}

/* grep -H, with or without -n: a name, ':' or '-' (a line of context), the line's number and the same sign again. */
static str peel_file(str s)
{
	const size_t name = file_name(s);
	for (size_t i = name ? name : 1; i < s.n && i < FILE_NAME_MOST; i++) {
		if ((s.p[i] != ':' && s.p[i] != '-') || s.p[i - 1] == ' ')
			continue;
		const str rest = str_from(s, i + 1);
		size_t n = digits(rest);
		if (n > 0 && n < rest.n && rest.p[n] == s.p[i] && (i < 4 || digits(s) != 4) && !is_date(rest))
			return str_from(rest, n + 1);
		if (name)
			return rest;
	}
	return s;
}

static str (*const peelers[PASTE_KINDS])(str) = {peel_quote, peel_bullet, peel_line_word, peel_number, peel_file, trim_front};

str peel_prefix(str text, unsigned kinds)
{
	for (unsigned i = 0; i < PASTE_KINDS; i++) {
		str rest = kinds & (1u << i) ? peelers[i](text) : text;
		if (rest.n < text.n)
			return (1u << i) & PASTE_NUMBERED ? trim_front(rest) : rest;
	}
	return text;
}

size_t peel_gap(str text, unsigned kind)
{
	for (unsigned i = 0; i < PASTE_KINDS; i++)
		if (kind == 1u << i) {
			str rest = peelers[i](text);
			return rest.n - trim_front(rest).n;
		}
	return 0;
}

str peel_pasted(str text, unsigned kinds, size_t gap)
{
	for (bool again = kinds != 0; again;) {
		again = false;
		for (unsigned i = 0; i < PASTE_KINDS; i++) {
			str rest = kinds & (1u << i) ? peelers[i](text) : text;
			if (rest.n == text.n)
				continue;
			for (size_t k = 0; (1u << i) & PASTE_NUMBERED && k < gap && rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t'); k++)
				rest = str_from(rest, 1);
			text = rest;
			kinds &= ~(1u << i);
			again = true;
		}
	}
	return text;
}

/* A wrapper that the probe did not show must at least have something inside. */
static bool holds_head(struct parser *p, str body)
{
	struct shape *s;
	for (struct shapes_at at = shapes_of(p->shapes, body); (s = shapes_next(&at)) != NULL;)
		if (s->role == SHAPE_HEAD && !s->format->wrapper && shape_fits(s, body, NULL, NULL))
			return true;
	return json_starts(body);
}

static void remember(struct text_line *t, const struct head *h)
{
	if (h->at != INSTANT_NONE && !(t->at != INSTANT_NONE && t->zoned && !h->zoned)) {
		t->at = h->at;
		t->zoned = h->zoned;
	}
	t->text = h->part[PART_BODY];
}

struct shape *peel_wrapper(struct parser *p, struct text_line *t, bool confirmed_only, uint64_t *key, bool *ret_partial)
{
	struct shape *s;
	for (struct shapes_at at = shapes_of(p->shapes, t->text); (s = shapes_next(&at)) != NULL;) {
		struct head h;
		if (!s->format->wrapper || (confirmed_only && !s->confirmed && !s->format->strong))
			continue;
		if (!shape_may(s, t->text) || !shape_fits(s, t->text, &p->clock, &h))
			continue;
		if (!s->confirmed && !s->format->strong && !holds_head(p, h.part[PART_BODY]))
			continue;
		remember(t, &h);
		*key ^= (h.part[PART_CONTAINER].n > 0 ? hash64_seed(h.part[PART_CONTAINER], 1) : 0) +
			(h.part[PART_STREAM].n > 0 ? hash64_seed(h.part[PART_STREAM], 2) : 0);
		*ret_partial = str_eq(h.part[PART_PARTIAL], S("P"));
		return s;
	}
	return NULL;
}
