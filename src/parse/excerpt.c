/* Excerpts: issues, chats and notes that quote log lines. Every line is asked for a log head behind what people put around it
 * (bullets, quotes, back-ticks, table cells, line numbers, a sentence), then for a bare message; what is left is text, and is
 * handed out too, in pieces, because only the matcher knows the stable cores of messages.
 *
 * The gate is not asked here, confidence is capped elsewhere (record.excerpt). No server is guessed, no time invented. */
#include "base/json.h"
#include "parse/parts.h"

enum { PIECE_MIN = 8, SPAN_MIN = 12 };

static str trim_tail(str s)
{
	static const char *const tails[] = {"`", "|", "</code>", "</li>", "</p>", "</pre>", "</td>", "<br>", "<br/>", "**"};
	for (bool again = true; again;) {
		again = false;
		s = str_trim_end(s);
		for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
			if (str_ends(s, str_z(tails[i]))) {
				s.n -= strlen(tails[i]);
				again = true;
			}
	}
	return s;
}

/* One decoration off the front: a tag, a mark, a table's bar. The same text when there is none. */
static str trim_front(str s)
{
	static const char *const marks[] = {"`", "|", "**", "__", "\"", "'"};
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	if (s.n > 2 && s.p[0] == '<' && ((s.p[1] >= 'a' && s.p[1] <= 'z') || s.p[1] == '/')) {
		ptrdiff_t end = str_chr(str_head(s, 64), '>');
		if (end > 0)
			return str_from(s, (size_t)end + 1);
	}
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (str_starts(s, str_z(marks[i])))
			return str_from(s, strlen(marks[i]));
	size_t high = 0; /* an emoji or arrow */
	while (high < s.n && high < 16 && (unsigned char)s.p[high] >= 0x80)
		high++;
	return high > 0 && high < s.n && s.p[high] == ' ' ? str_from(s, high + 1) : s;
}

static bool open_head(struct flow *f, const struct text_line *t, struct shape *s, const struct head *h)
{
	struct head trimmed = *h;
	trimmed.part[PART_BODY] = trim_tail(h->part[PART_BODY]);
	flow_close(f);
	flow_open(f, t, s, &trimmed, true);
	return true;
}

static bool try_heads(struct flow *f, const struct text_line *t, str text)
{
	struct head h;
	for (unsigned i = 0; i < 8 && text.n > 0; i++) {
		struct shape *s = find_head(f, text, &h);
		if (s != NULL)
			return open_head(f, t, s, &h);
		str next = peel_prefix(trim_front(text), PASTE_QUOTE | PASTE_BULLET | PASTE_LINE);
		if (next.n == text.n)
			break;
		text = next;
		struct text_line inner = *t;
		inner.text = trim_tail(text);
		if (inner.text.n > 1 && inner.text.p[0] == '{' && json_line(f, &inner))
			return true;
	}
	return false;
}

static bool key_at(str s, const char *key)
{
	size_t n = strlen(key);
	return s.n > n + 2 && s.p[0] == '"' && memcmp(s.p + 1, key, n) == 0 && s.p[n + 1] == '"';
}

/* `"debug": "…"` and the keys around it, without the object. */
static bool fragment(struct flow *f, const struct text_line *t)
{
	static const char *const around[] = {"sessionId", "cwd", "timestamp"};
	str s = str_trim(t->text);
	bool waiting = f->open && f->shape == NULL && f->r.kind == SOURCE_MCP_CACHE, debug = key_at(s, "debug");
	for (size_t i = 0; i < 3; i++) {
		if (!key_at(s, around[i]))
			continue;
		bool zoned;
		instant at;
		buf_reset(&f->fragment);
		if (i == 2 && waiting && json_find(s, around[i], &f->fragment) && instant_iso(buf_str(&f->fragment), &at, &zoned)) {
			f->r.at = at;
			parser_time(f->p, at, t->line, t->offset);
		}
		return true;
	}
	if (!debug && !key_at(s, "error"))
		return false;
	buf_reset(&f->fragment);
	if (!json_find(s, debug ? "debug" : "error", &f->fragment))
		return false;
	flow_close(f);
	f->r = (struct record){.kind = SOURCE_MCP_CACHE, .class = CLASS_MCP, .line = t->line, .offset = t->offset, .lines = 1, .at = t->at,
		.level = debug ? LEVEL_DEBUG : LEVEL_ERROR};
	f->open = true;
	f->dropped = false;
	f->shape = NULL;
	buf_reset(&f->raw);
	buf_add(&f->raw, t->raw);
	buf_reset(&f->body);
	buf_add(&f->body, buf_str(&f->fragment));
	parser_count(f->p, SOURCE_MCP_CACHE);
	return true;
}

static void piece(struct parser *p, const struct record *base, str whole, str text)
{
	struct record r = *base;
	text = trim_tail(text);
	for (str next = trim_front(text); next.n < text.n; next = trim_front(text))
		text = next;
	if (text.n < PIECE_MIN)
		return;
	r.body = text;
	r.offset += (uint64_t)(text.p - whole.p);
	parser_emit(p, &r, true);
}

/* Where a piece ends: an arrow, a table's bar, or a quoted span of several words. */
static size_t cut_at(str s, bool *ret_span, size_t *ret_skip)
{
	static const char *const cuts[] = {" \xe2\x86\x92 ", " -> ", " => ", " | ", "; then "};
	for (size_t i = 0; i < s.n; i++) {
		*ret_span = false;
		if (s.p[i] == '`') {
			ptrdiff_t end = str_chr(str_from(s, i + 1), '`');
			str span = end > 0 ? str_head(str_from(s, i + 1), (size_t)end) : STR_NONE;
			if (span.n >= SPAN_MIN && str_chr(span, ' ') >= 0) {
				*ret_span = true;
				*ret_skip = 1;
				return i;
			}
			i += end > 0 ? (size_t)end + 1 : 0;
			continue;
		}
		for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++)
			if (str_starts(str_from(s, i), str_z(cuts[k]))) {
				*ret_skip = strlen(cuts[k]);
				return i;
			}
	}
	*ret_span = false;
	*ret_skip = 0;
	return s.n;
}

void excerpt_pieces(struct parser *p, const struct record *base)
{
	str whole = base->body, rest = whole;
	for (unsigned i = 0; rest.n > 0 && i < 64; i++) {
		bool span;
		size_t skip, at = cut_at(rest, &span, &skip);
		piece(p, base, whole, str_head(rest, at));
		rest = str_from(rest, at + skip);
		if (!span)
			continue;
		ptrdiff_t end = str_chr(rest, '`');
		size_t n = end < 0 ? rest.n : (size_t)end;
		piece(p, base, whole, str_head(rest, n));
		rest = str_from(rest, n + 1);
	}
}

static void open_text(struct flow *f, const struct text_line *t, str text)
{
	flow_close(f);
	f->r = (struct record){.kind = SOURCE_EXCERPT, .class = CLASS_MCP, .line = t->line, .offset = t->offset, .lines = t->lines, .at = t->at,
		.server = t->server, .cut = t->cut};
	f->open = true;
	f->dropped = false;
	f->shape = NULL;
	f->blanks = 0;
	f->columns = str_trim_end(t->raw).n;
	buf_reset(&f->raw);
	buf_add(&f->raw, t->raw);
	buf_reset(&f->body);
	buf_add(&f->body, text);
	parser_count(f->p, SOURCE_EXCERPT);
	if (f->p->loglike)
		parser_unknown(f->p, t->line, t->offset);
}

/* A line of text goes on in the next one when it was wrapped and begins like a message. */
static bool goes_on(struct flow *f, const struct text_line *t)
{
	struct parser *p = f->p;
	if (!f->open || !flow_wrapped(f, t->text))
		return false;
	return f->shape != NULL || p->gate(p->gate_context, CLASS_MCP, str_head(buf_str(&f->body), HEAD_GATE)).from;
}

void excerpt_text(struct flow *f, const struct text_line *t) { open_text(f, t, str_trim(t->text)); }

/* Does the line speak of errors that did not happen: a passed test, a denial, advice, a table that explains errors? */
static bool hearsay(struct parser *p, str text)
{
	const bool row = text.p[0] == '|', is = (row && p->hearsay_table) || shapes_role(p->shapes, SHAPE_HEARSAY, text, NULL) != NULL;
	p->hearsay_table = row && is;
	return is;
}

void excerpt_line(struct flow *f, const struct text_line *t)
{
	struct parser *p = f->p;
	str text = trim_tail(t->text), front = str_trim(text);
	struct head h;
	size_t at;
	if (front.n == 0 || str_starts(front, S("```"))) {
		if (f->open && f->shape != NULL && str_trim(t->text).n == 0)
			flow_continue(f, t);
		return;
	}
	if (try_heads(f, t, text) || fragment(f, t))
		return;
	struct shape *s = find_inside(p, text, &at, &h);
	if (s != NULL) {
		open_head(f, t, s, &h);
		return;
	}
	if (hearsay(p, front)) {
		flow_close(f);
		parser_count(p, SOURCE_EXCERPT);
		return;
	}
	if (goes_on(f, t) || (front.n < PIECE_MIN && f->open && f->shape != NULL)) {
		flow_continue(f, t);
		return;
	}
	open_text(f, t, str_trim(text));
}
