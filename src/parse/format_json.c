/* JSON dialects: the records of the MCP cache log (one object per line, or the old pretty-printed array), container and journal
 * wrappers, JSON-RPC messages; what servers log goes on to format_object.c, session transcripts to format_transcript.c.
 *
 * Whole lines are parsed; values over several lines are collected by depth first. What does not parse (cut, corrupt, with
 * somebody's "..." inside) is searched leniently for the few keys that matter. Duplicate keys and deep nesting are the parser's
 * business (base/json), size is bounded here. Unknown objects are counted, never guessed at. */
#include "base/hash.h"
#include "base/json.h"
#include "parse/cache_line.h"
#include "parse/format_object.h"
#include "parse/parts.h"

static str front(str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	return s;
}

bool json_starts(str text)
{
	str s = front(text);
	return s.n > 0 && (s.p[0] == '{' || s.p[0] == '[' || s.p[0] == ']' || s.p[0] == '}');
}

bool json_is_bracketed(str text) { return text.n > 0 && text.p[0] == '[' && (text.n == 1 || (text.p[1] != '{' && text.p[1] != ' ')); }

/* Since 1970, in seconds, milliseconds or microseconds: its size tells. */
static instant instant_of_number(int64_t number)
{
	const int64_t unit = number < INT64_C(100000000000) ? SECOND : number < INT64_C(100000000000000) ? MILLISECOND : 1;
	return number >= 0 && number <= INSTANT_LAST / unit ? number * unit : INSTANT_NONE;
}

instant json_instant(const struct json *v)
{
	instant at;
	bool zoned;
	int64_t number;
	double seconds;
	if (json_fraction(v, &seconds)) /* seconds since 1970 (zap), or milliseconds; microseconds never have a fraction */
		return seconds > 0 && seconds < 1e11 ? (instant)(seconds * (double)SECOND) : seconds > 0 && seconds < 1e14 ? (instant)(seconds * (double)MILLISECOND) : INSTANT_NONE;
	if (json_int(v, &number))
		return instant_of_number(number);
	str s = json_text(v);
	if (s.n == 0 || !instant_iso(s, &at, &zoned))
		return INSTANT_NONE;
	return at;
}

/* --- lenient --- */

static size_t string_end(str s, size_t quote)
{
	size_t i = quote + 1;
	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i : s.n;
}

static size_t skip_blank(str s, size_t i)
{
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\r'))
		i++;
	return i;
}

static bool decode(str s, size_t quote, size_t end, struct buf *out)
{
	if (end < s.n)
		return json_unquote((str){s.p + quote, end - quote + 1}, out) || (buf_add(out, (str){s.p + quote + 1, end - quote - 1}), true);
	buf_add(out, str_from(s, quote + 1)); /* cut: as it stands */
	return true;
}

bool json_find(str s, const char *key, struct buf *out)
{
	str name = str_z(key);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '"')
			continue;
		size_t end = string_end(s, i), colon = skip_blank(s, end + 1);
		bool is_key = colon < s.n && s.p[colon] == ':';
		if (is_key && end - i - 1 == name.n && memcmp(s.p + i + 1, name.p, name.n) == 0) {
			size_t value = skip_blank(s, colon + 1);
			if (value < s.n && s.p[value] == '"')
				return decode(s, value, string_end(s, value), out);
		}
		i = end;
	}
	return false;
}

/* --- records --- */

static inline void hand_out(struct flow *f, const struct text_line *t, struct record *r, bool plain)
{
	r->line = t->line;
	r->offset = t->offset;
	r->lines = t->lines;
	r->raw = t->raw;
	r->cut |= t->cut;
	if (!f->embedded) {
		parser_count(f->p, r->kind);
		parser_time(f->p, r->at, t->line, t->offset);
	}
	if (!plain)
		parser_version(f->p, r->body);
	parser_emit(f->p, r, r->from != 0);
}

void json_cache_record(struct flow *f, const struct text_line *t, struct record *r, bool plain)
{
	r->kind = SOURCE_MCP_CACHE;
	r->class = CLASS_MCP;
	if (f->p->server.n > 0)
		r->server = f->p->server;
	f->last_kind = SOURCE_UNKNOWN;
	hand_out(f, t, r, plain);
	if (!plain)
		emit_embedded(f->p, r);
}

static bool cache_object(struct flow *f, const struct text_line *t, const struct json *doc)
{
	const struct json *debug = json_get(doc, "debug"), *error = json_get(doc, "error");
	const struct json *text = json_is_string(debug) ? debug : error;
	if (!json_is_string(text) || json_get(doc, "jsonrpc") != NULL)
		return false;
	struct record r = {.at = json_instant(json_get(doc, "timestamp")), .level = text == error ? LEVEL_ERROR : LEVEL_DEBUG,
		.body = peel_ansi(json_text(text), &f->p->clean3), .session = json_text(json_get(doc, "sessionId")), .cwd = json_text(json_get(doc, "cwd"))};
	if (r.at == INSTANT_NONE)
		r.at = t->at;
	json_cache_record(f, t, &r, false);
	return true;
}

static bool wire_object(struct flow *f, const struct text_line *t, const struct json *doc)
{
	if (json_get(doc, "jsonrpc") == NULL)
		return false;
	struct record r = {.kind = SOURCE_WIRE, .class = CLASS_WIRE, .at = t->at, .body = str_trim(t->text), .server = t->server};
	hand_out(f, t, &r, false);
	return true;
}

static bool server_object(struct flow *f, const struct text_line *t, const struct json *doc)
{
	struct record r;
	if (!object_record(f, t, doc, &r))
		return false;
	hand_out(f, t, &r, false);
	if (!f->embedded)
		object_trace(f, t, &r, doc);
	return true;
}

static bool object(struct flow *f, const struct text_line *t, const struct json *doc)
{
	if (!json_is_object(doc))
		return false;
	flow_close(f);
	trace_foreign(&f->trace);
	return cache_object(f, t, doc) || wire_object(f, t, doc) || transcript_object(f, t, doc) || server_object(f, t, doc);
}

/* Cut or corrupt: a cache record is still worth its text. */
static bool lenient(struct flow *f, const struct text_line *t)
{
	static const char *const keys[] = {"debug", "error"};
	struct buf text = {0}, time = {0}, session = {0};
	bool known = false;
	if (transcript_cut(f, t))
		return true;
	for (size_t i = 0; i < 2 && !known; i++) {
		buf_reset(&text);
		known = json_find(str_head(t->text, 64), keys[i], &session) && json_find(t->text, keys[i], &text);
		buf_reset(&session);
		if (!known)
			continue;
		struct record r = {.at = t->at, .level = i == 1 ? LEVEL_ERROR : LEVEL_DEBUG, .cut = true};
		bool zoned;
		if (json_find(t->text, "timestamp", &time) && !instant_iso(buf_str(&time), &r.at, &zoned))
			r.at = t->at;
		if (json_find(t->text, "sessionId", &session))
			r.session = buf_str(&session);
		r.body = peel_ansi(buf_str(&text), &f->p->clean3);
		flow_close(f);
		json_cache_record(f, t, &r, false);
	}
	buf_done(&text);
	buf_done(&time);
	buf_done(&session);
	return known;
}

static bool whole_value(struct flow *f, const struct text_line *t)
{
	struct json *doc = json_parse(t->text, NULL);
	bool known = false;
	if (doc == NULL)
		return lenient(f, t);
	if (json_is_array(doc)) {
		for (size_t i = 0; i < json_size(doc); i++)
			known |= object(f, t, json_at(doc, i));
		known |= json_size(doc) == 0;
	} else {
		known = object(f, t, doc);
	}
	json_free(doc);
	return known;
}

/* --- values over several lines --- */

static void count_depth(struct collect *c, str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char k = text.p[i];
		if (c->escaped)
			c->escaped = false;
		else if (c->in_string && k == '\\')
			c->escaped = true;
		else if (k == '"')
			c->in_string = !c->in_string;
		else if (!c->in_string)
			c->depth += (k == '{' || k == '[') - (k == '}' || k == ']');
	}
	c->in_string = c->escaped = false; /* a string ends with its line */
}

static int depth_behind(str text)
{
	struct collect probe = {0};
	count_depth(&probe, text);
	return probe.depth;
}

static void collect(struct collect *c, str text)
{
	count_depth(c, text);
	if (c->text.n + text.n + 1 > LIMIT_RECORD)
		c->overflow = true;
	if (!c->overflow) {
		buf_add(&c->text, text);
		buf_byte(&c->text, '\n');
	}
	c->lines++;
}

static str no_comma(str s)
{
	s = str_trim(s);
	while (s.n > 0 && s.p[s.n - 1] == ',')
		s = str_trim_end(str_head(s, s.n - 1));
	return s;
}

void json_end(struct flow *f)
{
	struct collect *c = &f->json;
	if (!c->active)
		return;
	c->active = false;
	struct text_line t = {.text = no_comma(buf_str(&c->text)), .line = c->line, .offset = c->offset, .lines = c->lines, .at = INSTANT_NONE,
		.cut = c->overflow || c->depth > 0};
	t.raw = t.text;
	if (f->embedded || whole_value(f, &t))
		return;
	if (f->p->excerpt)
		excerpt_text(f, &t);
	else
		parser_unknown(f->p, t.line, t.offset);
}

/* A whole object at column 0: what was open before it was torn, and must not swallow the rest of the file. */
static bool is_whole(str text)
{
	return text.n >= 3 && text.p[0] == '{' && text.p[1] == '"' && depth_behind(no_comma(text)) == 0;
}

/* Printed over several lines, a value's line ends with a bracket or a comma. */
static bool goes_on(str s)
{
	return s.n > 0 && memchr("{[,", s.p[s.n - 1], 3) != NULL;
}

bool json_more(struct flow *f, const struct text_line *t)
{
	struct collect *c = &f->json;
	if (is_whole(t->text)) {
		json_end(f);
		return false;
	}
	if (f->p->excerpt || !f->p->json) { /* brackets that somebody left open must not swallow the rest */
		struct head h;
		if (c->lines > 200 || str_trim(t->text).n == 0 || find_head(f, t->text, &h) != NULL) {
			json_end(f);
			return false;
		}
	}
	collect(c, t->text);
	if (c->depth <= 0)
		json_end(f);
	return true;
}

/* A cache record in the form that clients write. */
static bool plain_cache(struct flow *f, const struct text_line *t, str s)
{
	struct cache_line l;
	bool zoned;
	if (f->p->excerpt || !cache_line_read(s, &f->decoded, &l))
		return false;
	struct record r = {.at = INSTANT_NONE, .level = l.is_error ? LEVEL_ERROR : LEVEL_DEBUG, .body = l.text, .session = l.session, .cwd = l.cwd};
	if (l.timestamp.n == 0 || !instant_iso(l.timestamp, &r.at, &zoned))
		r.at = t->at;
	flow_close(f);
	trace_foreign(&f->trace);
	json_cache_record(f, t, &r, false);
	return true;
}

bool json_line(struct flow *f, const struct text_line *t)
{
	struct parser *p = f->p;
	str s = no_comma(t->text);
	if (s.n == 0 || plain_cache(f, t, s))
		return true;
	if (p->json && (s.p[0] == ']' || s.p[0] == '}' || s.n == 1) && s.p[0] != '{')
		return true; /* the array around the objects */
	if (s.p[0] == ']' || s.p[0] == '}')
		return false;
	if (json_is_bracketed(s))
		return false;
	struct text_line whole = *t;
	whole.text = s;
	/* What ends like a whole value is not counted through: most lines of a transcript are one, and long. */
	if (goes_on(str_trim(t->text)) && !t->cut && (p->json || s.n == 1 || p->excerpt) &&
		!(f->open && f->shape != NULL && f->shape->format->fold == FOLD_ANY && !p->json) && depth_behind(s) > 0) {
		flow_close(f);
		buf_reset(&f->json.text);
		struct buf keep = f->json.text;
		f->json = (struct collect){.active = true, .line = t->line, .offset = t->offset, .text = keep};
		if (s.p[0] == '[') /* an array opens with its first object on the same line */
			s = str_trim(str_from(s, 1));
		collect(&f->json, s);
		return true;
	}
	if (s.p[0] != '{' && s.p[0] != '[')
		return false;
	if (transcript_plain(f, &whole, s) || whole_value(f, &whole))
		return true;
	if (!p->json)
		return false;
	flow_close(f);
	if (!f->embedded) {
		p->tally.records++;
		parser_unknown(p, t->line, t->offset);
	}
	return true;
}

/* --- wrappers --- */

static bool keep_text(struct parser *p, struct text_line *t, str text, instant at)
{
	while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	buf_reset(&p->clean2);
	buf_add(&p->clean2, text);
	t->text = buf_str(&p->clean2);
	if (at != INSTANT_NONE) {
		t->at = at;
		t->zoned = true;
	}
	return true;
}

/* The members in which log shippers carry a line. */
static const char *const carriers[] = {"log", "message", "msg", "line", "textPayload", "_raw"};
enum { CARRIERS = sizeof carriers / sizeof *carriers };

/* The carrier whose text begins with a time, or with a level in brackets, as a line does that another program wrote; NULL: none. */
static const char *carrier_of(str s)
{
	size_t at = 1;
	for (ptrdiff_t colon; (colon = str_chr(str_from(s, at), ':')) >= 0; at += (size_t)colon + 1) {
		str name = str_head(s, at + (size_t)colon), text = str_trim(str_from(s, name.n + 1));
		if (!str_ends(name, S("\"")) || !str_starts(text, S("\"")) || text.n < 12)
			continue;
		const bool timed = text.p[1] == '2' && text.p[2] == '0' && text.p[5] == '-', levelled = text.p[1] == '[' && text.p[2] >= 'A' && text.p[2] <= 'Z';
		name.n--;
		for (size_t i = 0; (timed || levelled) && i < CARRIERS; i++) {
			const str carrier = str_z(carriers[i]);
			if (name.n > carrier.n && str_ends(name, carrier) && name.p[name.n - carrier.n - 1] == '"')
				return carriers[i];
		}
	}
	return NULL;
}

/* Docker's driver for files, and what prints like it. A blank may follow: some drivers and jq write one. */
static bool is_docker(str s)
{
	const str begin = S("{\"log\":");
	return str_starts(s, begin) && str_starts(front(str_from(s, begin.n)), S("\""));
}

static instant carried_at(const struct json *doc)
{
	static const char *const names[] = {"time", "timestamp", "@timestamp", "ts"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_get(doc, names[i]) != NULL)
			return json_instant(json_get(doc, names[i]));
	return INSTANT_NONE;
}

bool json_wrapper(struct parser *p, struct text_line *t, uint64_t *key, bool *ret_partial)
{
	str s = t->text;
	const bool docker = is_docker(s);
	const bool journal = !docker && str_starts(s, S("{")) && str_find(str_head(s, 4096), S("__REALTIME_TIMESTAMP")) >= 0;
	const char *carrier = !docker && !journal && str_starts(s, S("{")) ? carrier_of(str_head(s, 4096)) : NULL;
	if (!docker && !journal && carrier == NULL)
		return false;
	struct json *doc = json_parse(s, NULL);
	if (doc == NULL)
		return false;
	bool done = false;
	const struct json *log = json_get(doc, "log"), *message = json_get(doc, "MESSAGE");
	if (docker && json_is_string(log)) {
		str text = json_text(log);
		*ret_partial = !str_ends(text, S("\n"));
		*key ^= hash64_seed(json_text(json_get(doc, "stream")), 2);
		done = keep_text(p, t, text, json_instant(json_get(doc, "time")));
	} else if (carrier != NULL && json_is_string(json_get(doc, carrier))) {
		*key ^= hash64_seed(json_text(json_get(doc, "stream")), 3);
		done = keep_text(p, t, json_text(json_get(doc, carrier)), carried_at(doc));
	} else if (json_is_string(message)) {
		uint64_t micros;
		bool timed = str_u64(json_text(json_get(doc, "__REALTIME_TIMESTAMP")), &micros) && micros <= INSTANT_LAST;
		*key ^= hash64_seed(json_text(json_get(doc, "SYSLOG_IDENTIFIER")), 1);
		done = keep_text(p, t, json_text(message), timed ? (instant)micros : INSTANT_NONE);
	}
	json_free(doc);
	return done;
}
