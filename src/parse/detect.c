/* What kind of text is this? Answered once from the first bytes (which formats, wrappers and prefixes its lines have; log or text
 * that quotes a log), and again for every record from its own head.
 *
 * A file is read as an excerpt when it is small and fewer than half of its lines begin like a log line; a JSON document, or a
 * report of ours, of this kind is counted and tells nothing. Lines that may be the inside of a record (indented, or only
 * brackets) count neither way, nor does the banner in a box that a server prints when it starts. Within a log whose records run until the next head, only that head, strong heads, and heads that
 * the probe confirmed begin a record: quoted text stays text. */
#include "base/plain.h"
#include "parse/hot.h"

enum { PROBE_LINES = 2000, PASTED_JSON = 8192, PROBE_ENOUGH = 64, INSIDE_MAX = 512, REPORT_HEAD = 1024, BANNER_HEADS = 4 };

struct count {
	size_t heads, wrapped, json, text, inside, pasted[PASTE_KINDS], pasted_any, lines, loglike, boxed, blank, longest, near;
	bool indented_only;
};

struct shape *find_head(struct flow *f, str text, struct head *ret_head)
{
	struct parser *p = f->p;
	bool guarded = f->open && f->fold_any && !p->excerpt && f->shape != NULL && f->shape->format->fold == FOLD_ANY;
	struct shape *s;
	for (struct shapes_at at = shapes_of(p->shapes, text); (s = shapes_next(&at)) != NULL;) {
		if (s->format->wrapper || (s->role != SHAPE_HEAD && !(p->excerpt && (s->role == SHAPE_INNER || s->role == SHAPE_PROSE))))
			continue;
		if (guarded && s != f->shape && !s->format->strong && !s->confirmed && s->format->kind != p->wrapper_kind)
			continue;
		if (shape_may(s, text) && shape_fits(s, text, &p->clock, ret_head))
			return s;
	}
	return NULL;
}

struct shape *find_inside(struct parser *p, str text, size_t *ret_at, struct head *ret_head)
{
	for (size_t at = 0; at < text.n && at < INSIDE_MAX; at++) {
		if (text.p[at] == ' ' || (at > 0 && str_is_word(text.p[at - 1])))
			continue;
		bool behind_date = at >= 3 && text.p[at - 1] == ' ' && str_is_word(text.p[at - 2]) && str_is_digit(text.p[at]) && str_is_digit(text.p[at - 2]);
		if (behind_date) /* half of somebody else's time */
			continue;
		const str rest = str_from(text, at);
		struct shape *s;
		for (struct shapes_at of = shapes_of(p->shapes, rest); (s = shapes_next(&of)) != NULL;) {
			if (s->mask_count == 0 || s->format->wrapper || (s->role != SHAPE_HEAD && s->role != SHAPE_INNER))
				continue;
			if (shape_may(s, rest) && shape_fits(s, rest, &p->clock, ret_head)) {
				*ret_at = at;
				return s;
			}
		}
	}
	return NULL;
}

/* The first shape that the text is a head of; NULL: none. *ret_bytes: as many of the text's bytes decide it, 0: not known. */
static struct shape *ask_heads(struct parser *p, str text, size_t *ret_bytes)
{
	struct shape *s;
	size_t decide = MASK_BYTES, bytes;
	bool settled = text.n >= ASKED_BYTES;
	for (struct shapes_at at = shapes_of(p->shapes, text); (s = shapes_next(&at)) != NULL;) {
		const bool head = s->role == SHAPE_HEAD || s->role == SHAPE_TRACE_START || s->role == SHAPE_TRACE_BOX;
		if (!head || s->format->wrapper)
			continue;
		settled &= s->settled;
		if (!shape_may(s, text))
			continue;
		if (settled) {
			const enum plain_answer answer = plain_begins(s->format->plain, str_head(text, ASKED_BYTES), &bytes);
			decide = bytes > decide ? bytes : decide;
			settled = answer != PLAIN_MAY;
			if (answer == PLAIN_NO)
				continue;
		}
		if (!shape_fits(s, text, NULL, NULL))
			continue;
		*ret_bytes = settled && decide <= ASKED_BYTES ? decide : 0;
		return s;
	}
	*ret_bytes = 0;
	return NULL;
}

/* The same, of a head like one before in no time: a log has few, but for the digits in them. */
static struct shape *any_head(struct parser *p, str text)
{
	char head[ASKED_BYTES];
	size_t bytes;
	if (text.n < ASKED_BYTES)
		return ask_heads(p, text, &bytes);
	for (size_t i = 0; i < ASKED_BYTES; i++)
		head[i] = str_is_digit(text.p[i]) ? '0' : text.p[i];
	/* where level and message begin, in the usual log */
	struct asked_head *a = &p->memory->asked[word_load(head + 26) * UINT64_C(0x9e3779b97f4a7c15) >> 58];
	_Static_assert(ASKED_HEADS == 1 << (64 - 58), "a place for every hash");
	if (a->n > 0 && hot_same(head, a->text, a->n))
		return a->shape;
	struct shape *s = ask_heads(p, text, &bytes);
	if (bytes > 0) {
		memcpy(a->text, head, sizeof head);
		a->n = bytes;
		a->shape = s;
	}
	return s;
}

static bool json_shaped(str text)
{
	return text.n > 1 && text.p[0] == '{' && (text.p[1] == '"' || (text.p[1] == ' ' && text.n > 2 && text.p[2] == '"'));
}

/* Four digits, a dash, two digits; or two digits, a colon, two digits, near the front: somebody's log. */
static bool looks_timed(str text)
{
	for (size_t i = 0; i + 5 <= text.n && i < 40; i++) {
		const char *s = text.p + i;
		bool pair = str_is_digit(s[0]) && str_is_digit(s[1]);
		if (pair && s[2] == ':' && str_is_digit(s[3]) && str_is_digit(s[4]))
			return true;
	}
	return false;
}

static bool only_brackets(str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (memchr("[]{}(),;|+-=~^ `", text.p[i], 16) == NULL)
			return false;
	return true;
}

bool detect_is_boxed(str text)
{
	return text.n > 3 && text.p[0] == '\xe2' && (text.p[1] == '\x94' || text.p[1] == '\x95');
}

/* Wrappers, then a head. True when the line is log. */
static bool probe_wrapped(struct parser *p, str line, struct count *c)
{
	struct text_line t = {.text = line, .raw = line, .at = INSTANT_NONE};
	uint64_t key = 0;
	bool partial, any = false;
	for (unsigned depth = 0; depth < 3; depth++) {
		struct shape *found = NULL;
		if (json_wrapper(p, &t, &key, &partial)) {
			any = true;
			continue;
		}
		struct shape *s;
		for (struct shapes_at at = shapes_of(p->shapes, t.text); found == NULL && (s = shapes_next(&at)) != NULL;) {
			struct head h;
			if (s->format->wrapper && shape_may(s, t.text) && shape_fits(s, t.text, NULL, &h)) {
				found = s;
				t.text = h.part[PART_BODY];
			}
		}
		if (found == NULL)
			break;
		found->seen++;
		any = true;
	}
	if (!any)
		return false;
	struct shape *s = any_head(p, t.text);
	if (s != NULL)
		s->seen++;
	c->wrapped++;
	return true;
}

static void probe_pasted(struct parser *p, str line, struct count *c)
{
	bool any = false;
	for (unsigned k = 0; k < PASTE_KINDS; k++) {
		str rest = peel_prefix(line, 1u << k), twice = peel_prefix(rest, PASTE_QUOTE | PASTE_BULLET | PASTE_INDENT);
		struct shape *s = rest.n < line.n ? any_head(p, rest) : NULL;
		bool both = s == NULL && rest.n < line.n && twice.n < rest.n;
		if (both)
			s = any_head(p, twice);
		if (s == NULL)
			continue;
		for (unsigned j = 0; both && j < PASTE_KINDS; j++)
			c->pasted[j] += j != k && ((PASTE_QUOTE | PASTE_BULLET | PASTE_INDENT) & (1u << j)) != 0 && peel_prefix(rest, 1u << j).n < rest.n;
		if (c->pasted[k]++ == 0 && p->paste_gap == 0)
			p->paste_gap = peel_gap(line, 1u << k);
		if (!any)
			s->seen++;
		any = true;
	}
	if (any)
		c->pasted_any++;
	else
		c->text++;
}

/* The next line of the probe; false: there is none, or it is cut. */
static bool next_line(str *rest, bool whole, bool first, str *ret_line)
{
	if (rest->n == 0 || (!whole && memchr(rest->p, '\n', rest->n) == NULL))
		return false;
	*ret_line = str_word(rest, '\n');
	if (ret_line->n > 0 && ret_line->p[ret_line->n - 1] == '\r')
		ret_line->n--;
	if (first && str_starts(*ret_line, S("\xef\xbb\xbf")))
		*ret_line = str_from(*ret_line, 3);
	return true;
}

static void probe_line(struct parser *p, str line, struct count *c)
{
	line = peel_ansi(line, &p->clean);
	str plain = peel_typography(line, &p->clean2), front = str_trim(plain);
	if (front.n == 0) {
		c->blank++;
		return;
	}
	c->lines++;
	size_t columns = str_trim_end(line).n;
	c->longest = columns > c->longest ? columns : c->longest;
	if (json_shaped(line) && !json_wrapper(p, &(struct text_line){.text = line, .raw = line}, &(uint64_t){0}, &(bool){false})) {
		c->json++;
		return;
	}
	struct shape *s = any_head(p, plain);
	if (s != NULL) {
		s->seen++;
		c->heads++;
		if (plain.n != line.n && s->format->kind == SOURCE_CLAUDE_DEBUG)
			p->normalise |= str_find(str_head(line, 80), S("\xe2\x80\x9c")) >= 0 || str_find(str_head(line, 40), S("\xc2\xa0")) >= 0 ||
				str_find(str_head(line, 80), S("MCP server &quot;")) >= 0;
		return;
	}
	if (probe_wrapped(p, plain, c))
		return;
	if (only_brackets(front)) {
		c->inside++;
		return;
	}
	size_t text = c->text;
	probe_pasted(p, plain, c);
	c->loglike += c->text > text && looks_timed(plain);
	c->boxed += c->text > text && detect_is_boxed(plain);
	if (c->text > text && (plain.p[0] == ' ' || plain.p[0] == '\t')) {
		c->text = text;
		c->inside++;
	}
}

/* Somebody wrapped the text by hand when nothing is wider than a screen, but much comes close to it. */
static void detect_wrap(struct parser *p, str probe, const struct count *c)
{
	size_t near = 0, lines = 0;
	str rest = probe;
	if (c->longest < 60 || c->longest > WRAP_MAX)
		return;
	while (rest.n > 0) {
		str line = str_trim_end(str_word(&rest, '\n'));
		near += line.n + 20 > c->longest;
		lines += line.n > 0;
	}
	if (near >= 2 && near * 6 >= lines)
		p->wrap = c->longest;
}

/* How many lines of the probe carry each kind of prefix, whatever stands behind it. */
static void count_carried(struct parser *p, str probe, bool whole, size_t carried[PASTE_KINDS])
{
	str line;
	for (size_t i = 0; i < PROBE_LINES && next_line(&probe, whole, i == 0, &line); i++) {
		line = peel_typography(peel_ansi(line, &p->clean), &p->clean2);
		for (unsigned k = 0; str_trim(line).n > 0 && k < PASTE_KINDS; k++)
			carried[k] += peel_prefix(line, 1u << k).n < line.n;
	}
}

/* Does nearly every line carry the same prefix, with heads behind it? */
static void detect_paste(struct parser *p, str probe, bool whole, const struct count *c)
{
	size_t carried[PASTE_KINDS] = {0};
	if (c->pasted_any < 1 || c->pasted_any < c->heads + c->wrapped + c->json)
		return;
	count_carried(p, probe, whole, carried);
	for (unsigned k = 0; k < PASTE_KINDS; k++)
		if (c->pasted[k] * 2 >= c->pasted_any && carried[k] * 10 >= c->lines * 8)
			p->paste |= 1u << k;
	for (unsigned k = 0; k < PASTE_KINDS && p->paste != 0; k++)
		if (c->pasted[k] * 2 >= c->pasted_any) /* a second prefix behind the first */
			p->paste |= 1u << k;
}

/* Does anything here belong to a record? Bodies of answers and blocks of conversations are pasted alone too. */
static bool holds_records(str probe)
{
	static const char *const keys[] = {"\"timestamp\"", "\"time\"", "\"ts\"", "\"@timestamp\"", "\"asctime\"", "\"jsonrpc\"", "\"sessionId\"", "\"session_id\"",
		"\"uuid\"", "\"debug\"", "\"level\"", "\"levelname\"", "\"severity\"", "\"log\"", "\"MESSAGE\""};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (str_find(probe, str_z(keys[i])) >= 0)
			return true;
	return false;
}

static void detect_json(struct parser *p, str probe, bool whole, struct count *c)
{
	str s = str_trim(probe);
	if (whole && c->heads + c->wrapped == 0 && s.n <= PASTED_JSON && !holds_records(s)) {
		c->text += c->json;
		c->json = 0;
		return;
	}
	if (str_starts(s, S("\xef\xbb\xbf")))
		s = str_trim(str_from(s, 3));
	bool array = s.n > 1 && s.p[0] == '[';
	str next = array ? str_trim(str_from(s, 1)) : s;
	bool object = next.n > 1 && next.p[0] == '{' && (str_trim(str_from(next, 1)).n == 0 || str_trim(str_from(next, 1)).p[0] == '"');
	p->json = (object && !p->flows[0].fold_any && c->heads + c->wrapped == 0) || (object && array) || (c->json > 0 && c->json * 2 > c->text + c->heads + c->wrapped);
}

/* In a log whose lines have times, a line without one is text that looks like a head. */
static bool forged(struct parser *p, const struct shape *s)
{
	for (size_t i = 0; i < p->shapes->n; i++) {
		const struct shape *other = &p->shapes->v[i];
		if (other->seen >= s->seen && other->format->kind == s->format->kind && other->format->fold == FOLD_ANY && other->group[PART_TIME] != 0 &&
			s->group[PART_TIME] == 0 && s->format->fold == FOLD_ANY)
			return true;
	}
	return false;
}

static void confirm(struct parser *p, size_t recognised)
{
	struct shape *best = NULL;
	for (size_t i = 0; i < p->shapes->n; i++) {
		struct shape *s = &p->shapes->v[i];
		s->confirmed = s->seen > 0 && (size_t)s->seen * 5 >= recognised && !forged(p, s);
		if (s->role == SHAPE_HEAD && !s->format->wrapper && s->format->fold == FOLD_ANY && s->mask_count == 1 && !s->masks[0].letters &&
			s->format->after.n > 0 && s->format->time.n == 0 && s->masks[0].n > 24 && s->seen > 0 && (best == NULL || s->seen > best->seen))
			best = s;
	}
	if (!p->excerpt && p->paste == 0 && !p->normalise && !p->json)
		p->hot = best;
	shapes_first_bytes(p->shapes);
}

static bool is_uuid(str s)
{
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		bool hex = str_hex_digit(c) >= 0;
		if (dash ? c != '-' : !hex)
			return false;
	}
	return true;
}

/* mcp-logs-NAME (a directory), mcp-logs-NAME-2026-11-20T11-10-53-890Z.jsonl (a file), mcp-server-NAME.log. */
static str server_of(str name)
{
	static const char *const prefixes[] = {"mcp-logs-", "mcp-server-"};
	for (size_t i = 0; i < 2; i++) {
		if (!str_starts(name, str_z(prefixes[i])))
			continue;
		str s = str_from(name, strlen(prefixes[i]));
		ptrdiff_t dot = str_find(s, S(".json"));
		if (dot < 0)
			dot = str_find(s, S(".txt"));
		if (dot < 0)
			dot = str_find(s, S(".log"));
		if (dot >= 0)
			s = str_head(s, (size_t)dot);
		for (size_t k = 0; k + 20 <= s.n; k++)
			if (s.p[k] == '-' && s.p[k + 5] == '-' && s.p[k + 8] == '-' && s.p[k + 11] == 'T' && s.p[k + 14] == '-')
				return str_head(s, k);
		return s;
	}
	return STR_NONE;
}

static void detect_path(struct parser *p)
{
	str rest = p->o.path, part = STR_NONE;
	while (rest.n > 0) {
		size_t cut = 0;
		while (cut < rest.n && rest.p[cut] != '/' && rest.p[cut] != '\\')
			cut++;
		part = str_head(rest, cut);
		rest = str_from(rest, cut < rest.n ? cut + 1 : cut);
		str server = server_of(part);
		if (server.n > 0)
			p->server = server;
	}
	if (part.n >= 36 && is_uuid(str_head(part, 36)))
		p->file_session = str_head(part, 36);
}

/* Most lines are heads, too wide for a screen, and nothing else was found: more of them would say the same. */
static bool is_plain_log(const struct count *c, size_t lines)
{
	return lines >= PROBE_ENOUGH && c->heads * 10 >= lines * 6 && c->longest > WRAP_MAX && c->wrapped + c->json + c->pasted_any == 0;
}

/* Settings, a package, an export (JSON by name and content), or a report of ours that was written beside the logs and names causes
 * that were ruled out. Texts in them are no lines that somebody quotes from a log. */
static bool is_document(str path, str probe)
{
	const str s = str_trim(probe);
	const bool json = str_ends(path, S(".json")) && s.n > 0 && (s.p[0] == '{' || s.p[0] == '[');
	const bool report = str_starts(s, S("# ")) && str_find(str_head(s, REPORT_HEAD), S("`v1:")) >= 0;
	return json || (report && path.n > 0 && !str_eq(path, S("-")));
}

void detect(struct parser *p, str probe)
{
	struct count c = {0};
	bool whole = probe.n < LIMIT_PROBE;
	str rest = probe, line;
	detect_path(p);
	for (size_t i = 0; i < PROBE_LINES && next_line(&rest, whole, i == 0, &line); i++) {
		probe_line(p, line, &c);
		if (is_plain_log(&c, i + 1))
			break;
	}
	detect_json(p, probe, whole, &c);
	size_t recognised = c.heads + c.wrapped + c.json;
	if (c.heads >= BANNER_HEADS)
		c.text -= c.boxed;
	detect_paste(p, probe, whole, &c);
	if (p->paste != 0) { /* lines that carry the prefix are the inside of records */
		recognised += c.pasted_any;
		c.text = 0;
	} else {
		c.text += c.pasted_any;
	}
	detect_wrap(p, probe, &c);
	size_t lines = recognised + c.text;
	bool small = whole || p->o.path.n == 0 || str_eq(p->o.path, S("-"));
	p->excerpt = small && !p->json && (lines > 0 ? recognised * 2 < lines : c.inside > 0);
	p->document = p->excerpt && is_document(p->o.path, probe);
	p->loglike = c.text > 2 && c.loglike * 2 >= c.text;
	if (p->excerpt)
		p->paste = 0;
	confirm(p, recognised);
}
