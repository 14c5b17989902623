/* Lines of a log whose lines all have the same head, straight from the reader's buffer (parse/): the inner loop of the program.
 *
 * Bodies are told apart by their first eight bytes. What begins in a way that no signature wants is remembered, and costs a
 * look-up from then on; runs of such lines are counted together. A body that another format splits (one server's line in a
 * client's log) is looked up behind the split, whose text is remembered too: servers are few. A record that somebody wants is
 * handed out without a copy when the next line's head is in the buffer already, so that it is known to end; else it is opened
 * like any other. Everything that is not certain here goes to parser_push, with the same result (tests cut the input anywhere).
 *
 * Refuses to know any format, and to keep anything that a resumed parser would need: all memory here is of answers. */
#include "base/mem.h"
#include "base/newline.h"
#include "parse/hot.h"
#include <stdlib.h>

enum { QUIET_SETS = 1024, KEY = 8, BODY_NEAR = 33, SEEN = 16, SEEN_ROOM = 88 };

/* Bodies by their first eight bytes, two places a set; where these decide nothing, by sixteen. The answer depends on the rules
 * only, so an entry never gets old. */
struct quiet {
	uint64_t key[QUIET_SETS][2];
	uint64_t loud[QUIET_SETS]; /* eight bytes that decide nothing */
	uint64_t far[QUIET_SETS][2]; /* first and second eight bytes */
};

/* A beginning that was split: any body behind it is split at the same place, unless it begins with a blank. */
struct seen {
	char text[SEEN_ROOM];
	size_t n;
	struct known_split split;
};

struct answers {
	const struct shape *hot;  /* all are for files of this format */
	struct quiet own, behind; /* bodies of the format's class; those behind the split */
	struct seen seen[SEEN];
	unsigned last, next;      /* found last; to be replaced next */
};

static inline size_t quiet_set(uint64_t key) { return key * UINT64_C(0x9e3779b97f4a7c15) >> 54; }

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

static bool may_have_role(const struct shapes *s, enum role_of_shape role, uint64_t key)
{
	for (unsigned i = 0; i < s->role_count[role]; i++)
		if (may_be(s->by_role[role][i], key))
			return true;
	return false;
}

static inline size_t far_set(uint64_t key, uint64_t then) { return quiet_set(key ^ then * UINT64_C(0xff51afd7ed558ccd)); }

static inline bool is_quiet(const struct quiet *q, const char *body, const char *end)
{
	const uint64_t key = hot_load(body), *set = q->key[quiet_set(key)];
	if ((set[0] == key || set[1] == key) && key != 0)
		return true;
	if (end - body < 2 * KEY)
		return false;
	const uint64_t then = hot_load(body + KEY), *far = q->far[far_set(key, then)];
	return far[0] == key && far[1] == then && key != 0;
}

/* Does no signature want a body of this class that begins so? When the first bytes alone say so, the next one is known. */
static bool ask_quiet(struct parser *p, struct quiet *q, enum body_class class, str body, uint64_t key)
{
	if (p->gate(p->gate_context, class, str_head(body, HEAD_GATE)))
		return false;
	size_t at = quiet_set(key);
	if (key == 0)
		return true;
	if (q->loud[at] == key) {
		if (body.n >= 2 * KEY && !p->gate(p->gate_context, class, str_head(body, 2 * KEY))) {
			const uint64_t then = hot_load(body.p + KEY);
			memcpy(q->far[far_set(key, then)], (uint64_t[2]){key, then}, 2 * sizeof key);
		}
	} else if (p->gate(p->gate_context, class, str_head(body, KEY))) {
		q->loud[at] = key;
	} else {
		q->key[at][1] = q->key[at][0];
		q->key[at][0] = key;
	}
	return true;
}

/* --- one line --- */

/* The body of a line whose head fits, when the bracket behind the level is two bytes and stands in the next eight; else NULL. */
static inline const char *near_body(const struct shape *hot, const char *text)
{
	const uint64_t low = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
	const char *from = text + hot->masks[0].n;
	uint64_t x = le64toh(hot_load(from)) ^ (unsigned char)hot->format->after.p[0] * low, zero = (x - low) & ~x & high;
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
	if (same != 0 && hot_load(text) == hot_load(last) && hot_load(text + 8) == hot_load(last + 8) && hot_load(text + 24) == hot_load(last + 24) &&
		mask_word(&hot->masks[0], text, 2) && (same < BODY_NEAR || text[BODY_NEAR - 1] == ' ') && text[same] != ' ')
		return be64toh(hot_load(text + 16)) < be64toh(hot_load(last + 16)) ? NULL : text + same;
	return mask_words(&hot->masks[0], text) && !hot_earlier(text, last) ? near_body(hot, text) : NULL;
}

enum answer { QUIET, WANTED, UNSURE };

/* The split of this body, remembered or new; NULL: it is for parser_push. */
static const struct known_split *split_of(struct parser *p, str body)
{
	struct answers *a = p->answers;
	for (unsigned i = 0; i < SEEN; i++) {
		const struct seen *s = &a->seen[(a->last + i) % SEEN];
		if (s->n > 0 && body.n >= s->n + KEY && memcmp(body.p, s->text, s->n) == 0) {
			a->last = (a->last + i) % SEEN;
			return body.p[s->n] == ' ' || body.p[s->n] == '\t' ? NULL : &s->split;
		}
	}
	struct shape *shape = p->hot->split[0];
	const str after = shape->format->after;
	struct head h;
	if (after.n == 0 || !shape_may(shape, body) || !shape_fits(shape, body, NULL, &h))
		return NULL;
	const str server = h.part[PART_SERVER], rest = h.part[PART_BODY];
	const size_t n = (size_t)(rest.p - body.p);
	if (n > SEEN_ROOM || rest.n < KEY || rest.p[0] == ' ' || rest.p[0] == '\t' || !str_ends(str_head(body, n), after))
		return NULL;
	struct seen *s = &a->seen[a->next];
	a->last = a->next;
	a->next = (a->next + 1) % SEEN;
	memcpy(s->text, body.p, n);
	s->n = n;
	s->split = (struct known_split){true, server.p != NULL, shape, (uint32_t)n, server.p != NULL ? (uint32_t)(server.p - body.p) : 0, (uint32_t)server.n};
	return &s->split;
}

static enum answer ask_split(struct parser *p, str body, struct known_split *ret_split)
{
	const struct known_split *s = split_of(p, body);
	if (s == NULL)
		return UNSURE;
	const str rest = str_from(body, s->body);
	const uint64_t key = hot_load(rest.p);
	*ret_split = *s;
	if (is_quiet(&p->answers->behind, rest.p, rest.p + rest.n))
		return QUIET;
	const bool fact = may_have_role(p->shapes, SHAPE_FACT, key);
	if (may_have_role(p->shapes, SHAPE_EMBED, key) || (p->version.n == 0 && fact))
		return UNSURE;
	if (fact) /* not to be remembered: the next file's version is not known */
		return p->gate(p->gate_context, s->shape->format->class, str_head(rest, HEAD_GATE)) ? WANTED : QUIET;
	return ask_quiet(p, &p->answers->behind, s->shape->format->class, rest, key) ? QUIET : WANTED;
}

/* Does somebody want a body that begins so? *ret_split is set for those that are split. */
static inline enum answer ask_body(struct parser *p, const char *body, const char *end, struct known_split *ret_split)
{
	if (end - body < KEY)
		return UNSURE;
	const uint64_t key = hot_load(body);
	if (is_quiet(&p->answers->own, body, end))
		return QUIET;
	if (*body == '"' || may_have_role(p->shapes, SHAPE_FACT, key))
		return UNSURE;
	const str text = {body, (size_t)(end - body)};
	if (may_split(p->hot, key))
		return ask_split(p, text, ret_split);
	return ask_quiet(p, &p->answers->own, p->hot->format->class, text, key) ? QUIET : WANTED;
}

/* Does a record begin at `next`, for certain? Then the one before it, whose head stands at `head`, is one line. */
static bool begins_record(const struct shape *hot, const char *next, const char *limit, const char *head)
{
	const char *body = body_behind(hot, next, limit, head, 0);
	return body != NULL && limit - body >= KEY && *body != '"' && memchr(next, '\n', (size_t)(body - next) + KEY) == NULL;
}

/* A line whose head fits and whose body somebody wants. False: it is for parser_push. */
static bool take_wanted(struct parser *p, const struct line *l, const char *body, const struct known_split *split, const char *limit)
{
	struct flow *f = &p->flows[0];
	const str text = str_from(l->text, (size_t)(body - l->text.p));
	instant at;
	if (!f->open || !f->dropped)
		flow_finish(f);
	if (!begins_record(p->hot, body + text.n + 1, limit, l->text.p) || memchr(text.p, 0x1b, text.n) != NULL)
		return hot_open(p, f, l, text, split);
	if (!hot_instant(p, l->text.p, &at))
		return false;
	p->clock.context = p->clock.same = at;
	flow_single(f, l, p->hot, at, hot_level(p, l->text), text, split);
	hot_remember(p, l->text.p, true);
	return true;
}

/* --- the buffer --- */

struct run { /* quiet lines since the last one that was pushed */
	const char *head;      /* the last head among them; NULL: none */
	uint64_t line, offset; /* its */
	size_t same;           /* length of the last head for body_behind, in the run or before it; 0: not to be compared with */
	uint64_t records, bodies;
	uint64_t split;        /* those that the split took */
	uint32_t lines;        /* behind the last head, or the one that was open before, that one counted if it is here */
};

static void end_run(struct parser *p, struct run *run)
{
	struct flow *f = &p->flows[0];
	enum source_kind kind = p->wrapper_kind != SOURCE_UNKNOWN ? p->wrapper_kind : p->hot->format->kind;
	if (run->head != NULL) {
		hot_remember(p, run->head, false);
		p->tally.records += run->records;
		p->tally.kinds[kind] += run->records;
		p->tally.first_bodies |= run->bodies;
		if (p->hot->split_count > 0 && p->hot->split[0]->format->class == CLASS_MCP)
			p->tally.mcp += run->split;
		hot_drop(f, run->line, run->offset, run->lines);
	} else {
		f->r.lines += run->lines;
	}
	*run = (struct run){.same = run->same};
}

/* For body_behind: 0 when the body begins too far from the bytes that are compared. */
static inline size_t head_length(const char *line, const char *body) { return body - line <= BODY_NEAR ? (size_t)(body - line) : 0; }

static inline bool continues_quiet(const struct parser *p, const struct run *run, const char *text)
{
	const struct flow *f = &p->flows[0];
	if (run->head == NULL && !(f->open && f->dropped && f->shape == p->hot))
		return false;
	return *text == '\n' || !(p->shapes->first[(unsigned char)*text] & FIRST_HEAD);
}

/* Lines like the run's last one: head and level of that length are the same but for a time that is not before, and eight bytes of
 * the body are known to be quiet. Most lines of most logs end here. Returns the first line that is not like that. */
static const char *take_alike(const struct parser *p, struct run *run, const char *at, const char *limit)
{
	const struct quiet *const own = &p->answers->own;
	const struct mask *const mask = &p->hot->masks[0];
	const size_t same = run->same;
	const char *last = run->head;
	const uint64_t first = hot_load(last), second = hot_load(last + 8), fourth = hot_load(last + 24);
	uint64_t third = be64toh(hot_load(last + 16)), bodies = 0, n = 0;
	while (limit - at >= MASK_BYTES + 2 * KEY && hot_load(at) == first && hot_load(at + 8) == second && hot_load(at + 24) == fourth) {
		const uint64_t now = be64toh(hot_load(at + 16)), key = hot_load(at + same), *set = own->key[quiet_set(key)];
		if (now < third || !mask_word(mask, at, 2) || (same == BODY_NEAR && at[BODY_NEAR - 1] != ' ') || (set[0] != key && set[1] != key) || key == 0)
			break;
		const char *lf = newline_find(at + same + KEY, limit);
		if (lf == NULL || lf - at > (ptrdiff_t)LIMIT_MATCH)
			break;
		bodies |= hot_body_bit(at + same);
		third = now;
		last = at;
		at = lf + 1;
		n++;
	}
	if (n > 0) {
		run->offset += (uint64_t)(last - run->head);
		run->line += n;
		run->head = last;
		run->records += n;
		run->bodies |= bodies;
	}
	return at;
}

/* A quiet line and those behind it that are alike; returns the next one. */
static const char *take_quiet(struct parser *p, struct run *run, const struct line *l, const char *body, const struct known_split *split, const char *next,
	const char *limit)
{
	struct flow *f = &p->flows[0];
	if (run->head == NULL && (!f->open || !f->dropped))
		flow_finish(f);
	run->head = l->text.p;
	run->line = l->number;
	run->offset = l->offset;
	run->same = head_length(l->text.p, body);
	run->lines = 1;
	run->records++;
	run->bodies |= hot_body_bit(body);
	run->split += split->shape != NULL;
	return run->same != 0 ? take_alike(p, run, next, limit) : next;
}

static struct answers *answers_for(struct parse_memory *m, const struct shape *hot)
{
	if (m->answers == NULL)
		m->answers = mem_new(sizeof *m->answers);
	else if (m->answers->hot != hot)
		*m->answers = (struct answers){0};
	m->answers->hot = hot;
	return m->answers;
}

size_t parser_block(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines)
{
	struct run run = {0};
	uint64_t number = line, pushed = 0;
	const char *const limit = text.p + text.n, *at = text.p, *next;
	const char *last = p->hot_timed ? p->hot_last : NULL;
	*ret_lines = 0;
	if (p->hot == NULL || p->hot->format->after.n != 2)
		return 0;
	p->answers = answers_for(p->memory, p->hot);
	for (; at < limit; at = next) {
		const char *lf = newline_find(at, limit);
		if (lf == NULL || *at == '\0' || lf - at > (ptrdiff_t)LIMIT_MATCH)
			break;
		const size_t n = (size_t)(lf - at) - (lf > at && lf[-1] == '\r');
		const struct line l = {.text = {at, n}, .number = number, .offset = offset + (uint64_t)(at - text.p), .length = n, .newline = true};
		const char *body = last != NULL ? body_behind(p->hot, at, at + n, last, run.same) : NULL;
		struct known_split split = {.known = true};
		enum answer answer = body != NULL ? ask_body(p, body, at + n, &split) : UNSURE;
		next = lf + 1;
		if (answer == QUIET) {
			next = take_quiet(p, &run, &l, body, &split, next, limit);
			last = run.head;
			number = run.line + 1;
			continue;
		}
		number++;
		if (body == NULL && continues_quiet(p, &run, at)) {
			run.lines++;
			continue;
		}
		end_run(p, &run);
		if (answer == WANTED && take_wanted(p, &l, body, &split, limit)) {
			last = p->hot_last;
		} else {
			parser_push(p, &l);
			pushed++;
			last = p->hot_timed ? p->hot_last : NULL;
		}
		run.same = body != NULL && last != NULL ? head_length(at, body) : 0;
	}
	end_run(p, &run);
	*ret_lines = number - line;
	p->tally.lines += *ret_lines - pushed;
	return (size_t)(at - text.p);
}
