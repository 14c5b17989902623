/* Lines of JSON logs straight from the reader's buffer (parse/): what block.c is for lines with a head.
 *
 * A line of the client's cache log is its text, its time, and a tail that is the same as that of the line before it: so only the text is
 * looked at. What the gate said of its beginning is remembered (told.h); what nobody wants is counted and forgotten. Lines of
 * transcripts go to their scanner without being peeled first: it takes none that a wrapper could be.
 *
 * A line that neither scanner reads ends the walk: parser_push gives the same result for every line (tests compare). Refuses to read
 * JSON itself, and to keep anything but answers from one call to the next. */
#include "base/mem.h"
#include "base/newline.h"
#include "base/plain.h"
#include "parse/cache_line.h"
#include "parse/told.h"

static const char stamp_key[] = ",\"timestamp\":\"";
enum { STAMP_KEY = sizeof stamp_key - 1, STAMP = 24 };

struct json_walk {
	struct parser *p;
	struct gate_memory *memory;
	const char *text, *limit;
	uint64_t offset;           /* of the text */
	const char *at;            /* the next line, and its number */
	uint64_t number;
	str tail;                  /* of the cache line before it, from behind its time to its LF; empty: none yet */
	struct cache_line last;    /* that line */
};

/* A cache line, as far as it is taken apart. */
struct cached {
	str line, text;            /* text: as it stands */
	const char *stamp;
	bool is_error, escaped;
};

static bool whole_line(const struct json_walk *w, str *ret)
{
	const char *lf = newline_find(w->at, w->limit);
	if (lf == NULL || lf - w->at > (ptrdiff_t)LIMIT_LINE)
		return false;
	*ret = (str){w->at, (size_t)(lf - w->at) - (lf > w->at && lf[-1] == '\r')};
	return true;
}

static struct text_line text_line_of(const struct json_walk *w, str line)
{
	return (struct text_line){.text = line, .raw = line, .line = w->number, .offset = w->offset + (uint64_t)(line.p - w->text), .lines = 1,
		.at = INSTANT_NONE};
}

static void next_line(struct json_walk *w, const char *at)
{
	w->at = at;
	w->number++;
}

/* A line with another tail: it is read as a whole, and its tail is the one that others are compared with. */
static bool read_tail(struct json_walk *w, struct cached *c)
{
	if (!whole_line(w, &c->line) || !cache_line_read(c->line, &w->p->flows[0].decoded, &w->last))
		return false;
	if (w->last.timestamp.n != STAMP || w->last.timestamp.p != c->stamp)
		return false;
	const char *behind = c->stamp + STAMP, *lf = newline_find(behind, w->limit);
	w->tail = (str){behind, (size_t)(lf + 1 - behind)};
	return true;
}

static bool read_cached(struct json_walk *w, struct cached *c)
{
	const str rest = {w->at, (size_t)(w->limit - w->at)};
	size_t at;
	if (!cache_line_text(rest, &at, &c->is_error, &c->escaped, &c->text) || rest.n - at < STAMP_KEY + STAMP + 1 ||
		memcmp(rest.p + at, stamp_key, STAMP_KEY) != 0)
		return false;
	c->stamp = rest.p + at + STAMP_KEY;
	const str tail = str_from(rest, at + STAMP_KEY + STAMP);
	if (w->tail.n == 0 || !str_starts(tail, w->tail))
		return read_tail(w, c);
	const size_t n = (size_t)(tail.p - rest.p) + w->tail.n - 1;
	c->line = (str){rest.p, n - (rest.p[n - 1] == '\r')};
	return n <= LIMIT_LINE;
}

/* Does nobody want a text that begins so? *ret_from: the record's, when that is known. */
static bool is_unwanted(struct json_walk *w, const struct cached *c, str *body, uint16_t *ret_from)
{
	struct parser *p = w->p;
	const char *text = c->text.p;
	const char *escape = c->escaped ? memchr(text, '\\', c->text.n) : NULL;
	const size_t plain = escape != NULL ? (size_t)(escape - text) : SIZE_MAX;
	const uint64_t key = word_load(text);
	if (plain < KEY || w->limit - text < 2 * KEY)
		return false;
	if (is_quiet(w->memory, text))
		return true;
	const struct told *told = told_of(w->memory, text, w->limit);
	if (told != NULL) {
		*ret_from = told->from;
		return told->from == 0;
	}
	if (told_may_have_role(p->shapes, SHAPE_EMBED, key) || told_may_be_fact(p->shapes, text, key))
		return false;
	if (c->escaped && !cache_line_decode(c->text, &p->flows[0].decoded, body))
		return false;
	*ret_from = told_ask(p, p->gate, w->memory, CLASS_MCP, *body, &(struct told_place){text, w->limit, plain});
	return *ret_from == 0;
}

static bool take_cached(struct json_walk *w)
{
	struct parser *p = w->p;
	struct flow *f = &p->flows[0];
	struct cached c;
	struct record r = {.from = 0};
	if (!read_cached(w, &c) || !hot_instant(p, c.stamp, &r.at))
		return false;
	const char *next = c.stamp + STAMP + w->tail.n;
	const struct text_line t = text_line_of(w, c.line);
	r.body = c.text;
	flow_close(f);
	trace_foreign(&f->trace);
	if (is_unwanted(w, &c, &r.body, &r.from)) {
		f->last_kind = SOURCE_UNKNOWN;
		p->tally.mcp++;
		parser_count(p, SOURCE_MCP_CACHE);
		parser_time(p, r.at, t.line, t.offset);
		parser_keep(p, &p->session, w->last.session);
		parser_keep(p, &p->cwd, w->last.cwd);
	} else {
		if (c.escaped && !cache_line_decode(c.text, &f->decoded, &r.body))
			return false;
		r.level = c.is_error ? LEVEL_ERROR : LEVEL_DEBUG;
		r.session = w->last.session;
		r.cwd = w->last.cwd;
		json_cache_record(f, &t, &r);
	}
	next_line(w, next);
	return true;
}

static bool take_transcript(struct json_walk *w)
{
	str line;
	if (*w->at != '{' || !whole_line(w, &line) || line.p[line.n - 1] != '}')
		return false;
	const struct text_line t = text_line_of(w, line);
	const char *next = line.p + line.n + 1 + (line.p[line.n] == '\r');
	if (!transcript_plain(&w->p->flows[0], &t, line))
		return false;
	next_line(w, next);
	return true;
}

/* Is a line that begins with a bracket a record as it stands, for certain? */
static bool are_bare(const struct parser *p)
{
	const struct flow *f = &p->flows[0];
	if (!p->json || p->excerpt || p->paste != 0 || p->normalise || f->json.active || f->partial.n > 0)
		return false;
	size_t bytes;
	const struct shape *s;
	for (struct shapes_at at = shapes_of(p->shapes, S("{")); (s = shapes_next(&at)) != NULL;)
		if (s->format->wrapper && (s->format->plain == NULL || plain_begins(s->format->plain, S("{"), &bytes) != PLAIN_NO))
			return false;
	return true;
}

size_t json_block(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines)
{
	struct json_walk w = {.p = p, .text = text.p, .limit = text.p + text.n, .offset = offset, .at = text.p, .number = line};
	if (are_bare(p)) {
		if (p->memory->cache == NULL)
			p->memory->cache = mem_new(sizeof *p->memory->cache);
		w.memory = p->memory->cache;
		while (w.at < w.limit && (take_cached(&w) || take_transcript(&w)))
			;
	}
	*ret_lines = w.number - line;
	p->tally.lines += *ret_lines;
	return (size_t)(w.at - text.p);
}
