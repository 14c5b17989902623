/* The fast way of a line through parse/: what most lines of a debug log take.
 *
 *   head      the byte mask of the format that the file's lines have, four words (shape.h)
 *   body      behind the level's bracket; its first eight bytes decide nearly always
 *   quiet     these eight bytes are remembered as "no signature wants a body that begins so": the line is counted and forgotten
 *   else      the gate is asked; what it does not want is counted and forgotten too, the rest is opened as a record (fold.c)
 *
 * Nothing is copied, no time is read and no regex runs for a line that is forgotten. parser_block takes such lines straight from
 * the reader's buffer; what a line means never depends on which of the two ways it took, only on the gate's answers. Lines that
 * do not follow a quiet record, look like another head, go back in time, or are long, take the slow way.
 *
 * Refuses to know any format: head, level and body come from patterns/formats. */
#include "base/mem.h"
#include "parse/parts.h"
#include <endian.h>

enum { QUIET_SETS = 1024, KEY = 8, LEVEL_ROOM = 10, BODY_NEAR = 33 };

/* Bodies by their first eight bytes, two places a set. The answer depends on the rules only, so an entry never gets old. */
struct quiet {
	uint64_t key[QUIET_SETS][2];
	uint64_t loud[QUIET_SETS]; /* eight bytes that decide nothing */
};

static uint64_t load(const char *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline size_t quiet_set(uint64_t key) { return key * UINT64_C(0x9e3779b97f4a7c15) >> 54; }

/* Times of hot records are kept as text until somebody asks. */
void hot_settle(struct parser *p)
{
	instant at;
	if (!p->hot_timed)
		return;
	p->hot_timed = false;
	if (p->hot_settled || !instant_iso24(p->hot_last, &at))
		return;
	struct tally *t = &p->tally;
	t->timed = true;
	t->previous = at;
	if (t->first == INSTANT_NONE || at < t->first)
		t->first = at;
	if (t->last == INSTANT_NONE || at > t->last)
		t->last = at;
	p->clock.context = at;
}

/* Behind the head: level and one bracket, then blanks. */
static str hot_body(const struct shape *s, str text)
{
	size_t from = s->masks[0].n;
	str after = s->format->after;
	for (size_t i = from; i < from + LEVEL_ROOM && i + after.n <= text.n; i++)
		if (text.p[i] == after.p[0]) {
			size_t same = 1;
			while (same < after.n && text.p[i + same] == after.p[same])
				same++;
			if (same < after.n)
				continue;
			i += after.n;
			while (i < text.n && text.p[i] == ' ')
				i++;
			return str_from(text, i);
		}
	return STR_NONE;
}

/* May a body of which only these eight bytes are known be of this shape? */
static bool may_be(const struct shape *s, uint64_t key)
{
	for (unsigned k = 0; k < s->mask_count; k++)
		if ((key & s->masks[k].equal[0]) == s->masks[k].value[0])
			return true;
	return s->mask_count == 0;
}

static bool may_split(const struct shape *hot, uint64_t key)
{
	for (unsigned i = 0; i < hot->split_count; i++)
		if (may_be(hot->split[i], key))
			return true;
	return false;
}

static bool may_be_fact(const struct shapes *s, uint64_t key)
{
	for (unsigned i = 0; i < s->role_count[SHAPE_FACT]; i++)
		if (may_be(s->by_role[SHAPE_FACT][i], key))
			return true;
	return false;
}

/* Does no signature want a body of the format's own class that begins so? When eight bytes alone say so, the next one is known. */
static bool ask_quiet(struct parser *p, str body, uint64_t key)
{
	enum body_class class = p->hot->format->class;
	if (p->gate(p->gate_context, class, str_head(body, HEAD_GATE)))
		return false;
	size_t at = quiet_set(key);
	if (key == 0 || p->quiet->loud[at] == key)
		return true;
	if (p->gate(p->gate_context, class, str_head(body, KEY))) {
		p->quiet->loud[at] = key;
	} else {
		p->quiet->key[at][1] = p->quiet->key[at][0];
		p->quiet->key[at][0] = key;
	}
	return true;
}

static bool hot_wanted(struct parser *p, str body, struct known_split *ret_split)
{
	struct shape *hot = p->hot;
	for (unsigned i = 0; i < hot->split_count; i++) {
		struct head h;
		if (!shape_may(hot->split[i], body))
			continue;
		if (!shape_fits(hot->split[i], body, NULL, &h))
			return true;
		str server = h.part[PART_SERVER], rest = h.part[PART_BODY];
		*ret_split = (struct known_split){true, server.p != NULL, hot->split[i], (uint32_t)(rest.p - body.p),
			server.p != NULL ? (uint32_t)(server.p - body.p) : 0, (uint32_t)server.n};
		if (hot->split[i]->format->class == CLASS_MCP)
			p->tally.mcp++;
		if (p->version.n == 0)
			parser_version(p, rest);
		return shapes_role(&p->shapes, SHAPE_EMBED, rest, NULL) != NULL ||
			p->gate(p->gate_context, hot->split[i]->format->class, str_head(rest, HEAD_GATE));
	}
	ret_split->known = true;
	if (p->version.n == 0)
		parser_version(p, body);
	return p->gate(p->gate_context, hot->format->class, str_head(body, HEAD_GATE));
}

/* The time text of a record at `at` is now the last one. */
static void remember_time(struct parser *p, const char *text, bool settled)
{
	memcpy(p->hot_last, text, MASK_BYTES);
	p->hot_timed = true;
	p->hot_settled = settled;
}

/* Does the time text a (24 bytes) stand before b? Bytes as numbers, high ones first. */
static inline bool earlier(const char *a, const char *b)
{
	for (unsigned i = 0; i < 24; i += 8) {
		uint64_t x = load(a + i), y = load(b + i);
		if (x != y)
			return be64toh(x) < be64toh(y);
	}
	return false;
}

/* The time of a record that is opened. The hot record before it need not be read when it is not the first one and not later: this
 * one's time takes its place. */
static bool hot_instant(struct parser *p, const char *text, instant *ret_at)
{
	if (p->hot_timed && (p->tally.first == INSTANT_NONE || earlier(text, p->hot_last)))
		hot_settle(p);
	if (!p->hot_day_known || memcmp(text, p->hot_day, sizeof p->hot_day) != 0) {
		hot_settle(p);
		if (!instant_iso24(text, ret_at))
			return false;
		char midnight[24] = "0000-00-00T00:00:00.000";
		memcpy(midnight, text, sizeof p->hot_day);
		midnight[23] = 'Z';
		memcpy(p->hot_day, text, sizeof p->hot_day);
		p->hot_day_known = instant_iso24(midnight, &p->hot_day_start);
	} else if (!instant_iso24_of_day(text, p->hot_day_start, ret_at)) {
		hot_settle(p);
		return false;
	}
	p->hot_timed = false;
	return true;
}

/* The last few levels by their first letter: there are four or five. */
static enum level hot_level(struct parser *p, str word)
{
	struct hot_level *l = &p->hot_levels[word.n > 0 ? word.p[0] & 7 : 0];
	if (word.n > sizeof l->word || word.n == 0)
		return level_find(word);
	if (l->n != word.n || memcmp(l->word, word.p, word.n) != 0) {
		l->n = (uint8_t)word.n;
		memcpy(l->word, word.p, word.n);
		l->level = level_find(word);
	}
	return l->level;
}

/* The head is known: no wrapper and no other format needs asking, and its parts stand where the mask says. */
static bool open_hot(struct parser *p, struct flow *f, const struct line *l, str body, const struct known_split *split)
{
	struct head h = {.shape = p->hot, .zoned = true, .timed = true};
	struct text_line t = {.text = l->text, .raw = l->text, .line = l->number, .offset = l->offset, .lines = 1, .at = INSTANT_NONE,
		.cut = l->length > l->text.n};
	size_t from = p->hot->masks[0].n, to = from;
	if (!hot_instant(p, l->text.p, &h.at))
		return false;
	while (to < l->text.n && l->text.p[to] != p->hot->format->after.p[0])
		to++;
	h.level = hot_level(p, (str){l->text.p + from, to - from});
	h.part[PART_BODY] = peel_ansi(body, &p->clean);
	p->clock.context = p->clock.same = h.at;
	flow_open(f, &t, p->hot, &h, true);
	/* A body that is changed before it is split again may be split otherwise. */
	if (h.part[PART_BODY].p == body.p && str_trim_end(body).n == body.n && body.n <= LIMIT_MATCH)
		f->split = *split;
	remember_time(p, l->text.p, true);
	return true;
}

static inline uint64_t body_bit(const char *body)
{
	return UINT64_C(1) << (((unsigned char)body[0] + (unsigned char)body[3] * 7u) & 63);
}

static void drop_record(struct flow *f, uint64_t line, uint64_t offset, uint32_t lines)
{
	f->open = f->dropped = f->fold_any = true;
	f->shape = f->p->hot;
	f->r.line = line;
	f->r.offset = offset;
	f->r.lines = lines;
}

bool hot_line(struct parser *p, const struct line *l)
{
	struct flow *f = &p->flows[0];
	str text = l->text;
	if (text.n < MASK_BYTES || !mask_words(&p->hot->masks[0], text.p)) {
		bool quiet = f->open && f->dropped && f->shape == p->hot && (text.n == 0 || !(p->shapes.first[(unsigned char)text.p[0]] & FIRST_HEAD));
		f->r.lines += quiet;
		return quiet;
	}
	str body = hot_body(p->hot, text);
	if (body.n < KEY || body.p[0] == '"')
		return false;
	if (p->hot_timed && earlier(text.p, p->hot_last)) {
		if (!p->hot_settled)
			return false;
		hot_settle(p); /* so that the times are compared */
	}
	uint64_t mcp = p->tally.mcp;
	struct known_split split = {0};
	bool wanted = hot_wanted(p, body, &split);
	if (!f->open || !f->dropped)
		flow_finish(f);
	if (wanted) {
		p->tally.mcp = mcp; /* counted when it is handed out */
		return open_hot(p, f, l, body, &split);
	}
	instant at;
	if (!p->hot_timed && instant_iso24(text.p, &at))
		parser_time(p, at, l->number, l->offset);
	remember_time(p, text.p, false);
	p->tally.first_bodies |= body_bit(body.p);
	parser_count(p, p->hot->format->kind);
	drop_record(f, l->number, l->offset, 1);
	return true;
}

/* --- lines taken from the buffer --- */

struct run { /* quiet lines since the last one that was pushed */
	const char *head;      /* the last head among them; NULL: none */
	uint64_t line, offset; /* its */
	uint64_t records, bodies;
	uint32_t lines;        /* behind the last head, or the one that was open before, that one counted if it is here */
};

static void end_run(struct parser *p, struct run *run)
{
	struct flow *f = &p->flows[0];
	enum source_kind kind = p->wrapper_kind != SOURCE_UNKNOWN ? p->wrapper_kind : p->hot->format->kind;
	if (run->head != NULL) {
		remember_time(p, run->head, false);
		p->tally.records += run->records;
		p->tally.kinds[kind] += run->records;
		p->tally.first_bodies |= run->bodies;
		drop_record(f, run->line, run->offset, run->lines);
	} else {
		f->r.lines += run->lines;
	}
	*run = (struct run){0};
}

/* The body of a line whose head fits, when the bracket behind the level is two bytes and stands in the next eight; else NULL. */
static inline const char *near_body(const struct shape *hot, const char *text)
{
	const uint64_t low = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
	const char *from = text + hot->masks[0].n;
	uint64_t x = le64toh(load(from)) ^ (unsigned char)hot->format->after.p[0] * low, zero = (x - low) & ~x & high;
	if (zero == 0)
		return NULL;
	const char *body = from + (__builtin_ctzll(zero) >> 3) + 1;
	if (*body != hot->format->after.p[1])
		return NULL;
	do
		body++;
	while (*body == ' ');
	return body;
}

/* The body of the line text … end when its head fits and its time is not before `last`; else NULL. `same` is the length of a head
 * that fitted and stands at `last`, level and all: most heads are the one before with other seconds. */
static inline const char *body_behind(const struct shape *hot, const char *text, const char *end, const char *last, size_t same)
{
	if (end - text < MASK_BYTES + 2 * KEY)
		return NULL;
	if (same != 0 && load(text) == load(last) && load(text + 8) == load(last + 8) && load(text + 24) == load(last + 24) &&
		mask_word(&hot->masks[0], text, 2) && (same < BODY_NEAR || text[BODY_NEAR - 1] == ' ') && text[same] != ' ')
		return be64toh(load(text + 16)) < be64toh(load(last + 16)) ? NULL : text + same;
	return mask_words(&hot->masks[0], text) && !earlier(text, last) ? near_body(hot, text) : NULL;
}

enum answer { QUIET, WANTED, UNSURE };

/* Does somebody want a body that begins so? */
static inline enum answer ask_body(struct parser *p, const char *body, const char *end)
{
	if (end - body < KEY)
		return UNSURE;
	uint64_t key = load(body);
	const uint64_t *set = p->quiet->key[quiet_set(key)];
	if ((set[0] == key || set[1] == key) && key != 0)
		return QUIET;
	if (*body == '"' || may_split(p->hot, key) || may_be_fact(&p->shapes, key))
		return UNSURE;
	return ask_quiet(p, (str){body, (size_t)(end - body)}, key) ? QUIET : WANTED;
}

/* A line whose head fits and whose body somebody wants, no split and no fact. False: it is for parser_push. */
static bool open_wanted(struct parser *p, const struct line *l, const char *body)
{
	struct flow *f = &p->flows[0];
	const struct known_split none = {.known = true};
	if (!f->open || !f->dropped)
		flow_finish(f);
	return open_hot(p, f, l, str_from(l->text, (size_t)(body - l->text.p)), &none);
}

/* For body_behind: 0 when the body begins too far from the bytes that are compared. */
static inline size_t head_length(const char *line, const char *body) { return body - line <= BODY_NEAR ? (size_t)(body - line) : 0; }

static inline bool continues_quiet(const struct parser *p, const struct run *run, const char *text)
{
	const struct flow *f = &p->flows[0];
	if (run->head == NULL && !(f->open && f->dropped && f->shape == p->hot))
		return false;
	return *text == '\n' || !(p->shapes.first[(unsigned char)*text] & FIRST_HEAD);
}

size_t parser_block(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines)
{
	struct flow *f = &p->flows[0];
	struct run run = {0};
	size_t at = 0, same = 0;
	uint64_t lines = 0, pushed = 0;
	const char *last = p->hot_timed ? p->hot_last : NULL;
	*ret_lines = 0;
	if (p->hot == NULL || p->hot->format->after.n != 2)
		return 0;
	if (p->quiet == NULL)
		p->quiet = mem_new(sizeof *p->quiet);
	while (at < text.n) {
		const char *from = text.p + at, *lf = memchr(from, '\n', text.n - at);
		if (lf == NULL || *from == '\0' || lf - from > (ptrdiff_t)LIMIT_MATCH)
			break;
		const char *end = lf > from && lf[-1] == '\r' ? lf - 1 : lf;
		const char *body = last != NULL ? body_behind(p->hot, from, end, last, same) : NULL;
		enum answer answer = body != NULL ? ask_body(p, body, end) : UNSURE;
		if (answer == QUIET) {
			if (run.head == NULL && (!f->open || !f->dropped))
				flow_finish(f);
			run.head = last = from;
			same = head_length(from, body);
			run.line = line + lines;
			run.offset = offset + at;
			run.lines = 1;
			run.records++;
			run.bodies |= body_bit(body);
		} else if (body == NULL && continues_quiet(p, &run, from)) {
			run.lines++;
		} else {
			struct line l = {.text = {from, (size_t)(end - from)}, .number = line + lines, .offset = offset + at, .length = (size_t)(end - from),
				.newline = true};
			end_run(p, &run);
			if (answer == WANTED && open_wanted(p, &l, body)) {
				last = p->hot_last;
			} else {
				parser_push(p, &l);
				pushed++;
				last = p->hot_timed ? p->hot_last : NULL;
			}
			same = body != NULL && last != NULL ? head_length(from, body) : 0;
		}
		at += (size_t)(lf - from) + 1;
		lines++;
	}
	end_run(p, &run);
	p->tally.lines += lines - pushed;
	*ret_lines = lines;
	return at;
}
