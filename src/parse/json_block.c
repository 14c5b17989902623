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
	const char *stamp, *escape;/* the first one; NULL: the text has none */
	bool is_error;
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
	if (!cache_line_text(rest, &at, &c->is_error, &c->escape, &c->text) || rest.n - at < STAMP_KEY + STAMP + 1 ||
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

/* The text; false: an escape is wrong. */
static bool decode(struct json_walk *w, const struct cached *c, str *ret)
{
	*ret = c->text;
	return c->escape == NULL || cache_line_decode(c->text, &w->p->flows[0].decoded, ret);
}

/* Is it known whether somebody wants a text that begins so? Then it is no fact, and embeds no line. *ret_from: the record's. */
static bool is_told(struct json_walk *w, const struct cached *c, uint16_t *ret_from)
{
	struct parser *p = w->p;
	const char *text = c->text.p;
	const size_t plain = c->escape != NULL ? (size_t)(c->escape - text) : SIZE_MAX;
	const uint64_t key = word_load(text);
	str body;
	*ret_from = 0;
	if (is_quiet(w->memory, text)) /* such texts begin with bytes that are no escapes */
		return true;
	const struct told *told = told_of(w->memory, text, w->limit);
	if (told != NULL) {
		*ret_from = told->from;
		return true;
	}
	if (plain < KEY || told_may_have_role(p->shapes, SHAPE_EMBED, key) || told_may_be_fact(p->shapes, text, key) || !decode(w, c, &body))
		return false;
	*ret_from = told_ask(p, p->gate, w->memory, CLASS_MCP, body, &(struct told_place){text, w->limit, plain});
	return true;
}

static void count_unwanted(struct json_walk *w, const struct cached *c, instant at)
{
	struct parser *p = w->p;
	p->flows[0].last_kind = SOURCE_UNKNOWN;
	p->tally.mcp++;
	parser_count(p, SOURCE_MCP_CACHE);
	parser_time(p, at, w->number, w->offset + (uint64_t)(c->line.p - w->text));
	parser_keep(p, &p->session, w->last.session);
	parser_keep(p, &p->cwd, w->last.cwd);
}

static bool take_cached(struct json_walk *w)
{
	struct parser *p = w->p;
	struct flow *f = &p->flows[0];
	struct cached c;
	instant at;
	uint16_t from;
	str body;
	if (!read_cached(w, &c) || !hot_instant(p, c.stamp, &at))
		return false;
	if (f->open)
		flow_close(f);
	trace_foreign(&f->trace);
	const bool told = is_told(w, &c, &from);
	if (told && from == 0) {
		count_unwanted(w, &c, at);
	} else {
		if (!decode(w, &c, &body))
			return false;
		const struct text_line t = text_line_of(w, c.line);
		json_cache_record(f, &t, &(struct record){.at = at, .level = c.is_error ? LEVEL_ERROR : LEVEL_DEBUG, .body = body, .from = from,
			.session = w->last.session, .cwd = w->last.cwd}, told);
	}
	next_line(w, c.stamp + STAMP + w->tail.n);
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
