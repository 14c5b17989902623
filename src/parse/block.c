/* Lines of a log whose lines all have the same head, straight from the reader's buffer (parse/): the inner loop of the program.
 *
 * Bodies are told apart by their first bytes. What the gate said of a beginning is remembered, and costs a look-up from then on;
 * runs of lines that no signature wants are counted together. A body that another format splits (one server's line in a
 * client's log) is looked up behind the split, whose text is remembered too: servers are few. A record that somebody wants is
 * handed out without a copy when the next line's head is in the buffer already, so that it is known to end; else it is opened
 * like any other. Everything that is not certain here goes to parser_push, with the same result (tests cut the input anywhere).
 *
 * Refuses to know any format, and to keep anything that a resumed parser would need: all memory here is of answers. */
#include "base/mem.h"
#include "base/newline.h"
#include "base/plain.h"
#include "parse/told.h"
#include <stdlib.h>

enum { BODY_NEAR = 33, SEEN_SETS = 32, SEEN_ROOM = 88, SEEN_NAME = 8, HEAD_ROOM = MASK_BYTES + 2 * KEY };

/* A beginning that was split: any body that begins so is split at the same place. `open`: unless a blank follows. */
struct seen {
	char text[SEEN_ROOM];
	size_t n;
	bool open;
	struct known_split split;
};

/* Most heads have one of two levels: the body stands `same` bytes behind the head's beginning when this is its fourth word. The
 * byte before it is a blank, which the word holds unless `same` is BODY_NEAR. */
struct level_head {
	uint64_t word;
	size_t same;              /* 0: not known */
};

struct answers {
	const struct shape *hot;  /* all are for files of this format */
	struct level_head level[2];
	struct gate_memory own, behind; /* bodies of the format's class; those behind the split */
	struct seen seen[SEEN_SETS][2]; /* by the word at SEEN_NAME, where names differ */
};

static bool may_split(const struct shape *hot, uint64_t key)
{
	for (unsigned i = 0; i < hot->split_count; i++)
		if (told_may_be(hot->split[i], key))
			return true;
	return false;
}

/* What is searched for by its text does not stand in the lines that come here (searched.c). */
static inline gate_fn *gate_of(const struct parser *p) { return p->o.needles != NULL ? p->o.rest_gate : p->gate; }

/* --- one line --- */

/* The body of a line whose head fits, when the bracket behind the level is two bytes and stands in the next eight; else NULL. Blanks are
 * passed up to `end`, which stands behind these. */
static inline const char *near_body(const struct shape *hot, const char *text, const char *end)
{
	const char *from = text + hot->masks[0].n;
	const uint64_t found = word_find(le64toh(word_load(from)), hot->format->after.p[0]);
	if (found == 0)
		return NULL;
	const char *body = from + (__builtin_ctzll(found) >> 3) + 1;
	if (*body != hot->format->after.p[1])
		return NULL;
	do
		body++;
	while (body < end && *body == ' ');
	return body;
}

/* Length of a head that ends as this one does, as far as it is remembered; 0. */
static inline size_t known_length(const struct answers *a, const char *text)
{
	const uint64_t word = word_load(text + 24);
	const size_t same = a->level[0].word == word ? a->level[0].same : a->level[1].word == word ? a->level[1].same : 0;
	return same < BODY_NEAR || text[BODY_NEAR - 1] == ' ' ? same : 0;
}

static void remember_length(struct answers *a, const char *text, const char *body)
{
	const uint64_t word = word_load(text + 24);
	if (body - text > BODY_NEAR)
		return;
	if (a->level[0].word != word)
		a->level[1] = a->level[0];
	a->level[0] = (struct level_head){word, (size_t)(body - text)};
}

/* The body of the line text … end when its head fits and its time is not before `last`; else NULL. Most heads are the one before with
 * other seconds. */
static inline const char *body_behind(const struct answers *a, const char *text, const char *end, const char *last)
{
	const struct mask *mask = &a->hot->masks[0];
	if (end - text < HEAD_ROOM)
		return NULL;
	const size_t same = known_length(a, text);
	if (same != 0 && text[same] != ' ' && word_load(text) == word_load(last) && word_load(text + 8) == word_load(last + 8) && mask_word(mask, text, 2))
		return be64toh(word_load(text + 16)) < be64toh(word_load(last + 16)) ? NULL : text + same;
	return mask_words(mask, text) && !hot_earlier(text, last) ? near_body(a->hot, text, end) : NULL;
}

enum answer { QUIET, WANTED, UNSURE };

/* Is the body split at n whatever stands behind its first *ret_bytes? Of several blanks before n there may be fewer the next time. */
static bool decides(const struct shape *shape, str body, size_t n, size_t *ret_bytes)
{
	const struct plain *p = shape->format->plain;
	return p != NULL && body.p[n - 2] != ' ' && body.p[n - 2] != '\t' && plain_begins(p, str_head(body, SEEN_ROOM), ret_bytes) == PLAIN_SURE;
}

/* The split of this body, remembered or new; NULL: it is for parser_push. */
static const struct known_split *split_of(struct parser *p, str body)
{
	if (body.n < SEEN_NAME + KEY)
		return NULL;
	struct seen *s = p->answers->seen[word_load(body.p + SEEN_NAME) * UINT64_C(0x9e3779b97f4a7c15) >> 59];
	_Static_assert(SEEN_SETS == 1 << (64 - 59), "a set for every hash");
	for (unsigned i = 0; i < 2; i++)
		if (s[i].n > 0 && body.n >= s[i].n + KEY && hot_same(body.p, s[i].text, s[i].n))
			return s[i].open && (body.p[s[i].n] == ' ' || body.p[s[i].n] == '\t') ? NULL : &s[i].split;
	struct shape *shape = p->hot->split[0];
	const str after = shape->format->after;
	struct head h;
	if (after.n == 0 || !shape_may(shape, body) || !shape_fits(shape, body, NULL, &h))
		return NULL;
	const str server = h.part[PART_SERVER], rest = h.part[PART_BODY];
	const size_t n = (size_t)(rest.p - body.p);
	size_t decide = n;
	const bool open = str_ends(str_head(body, n), after);
	if (n > SEEN_ROOM || n < KEY || rest.n < KEY || rest.p[0] == ' ' || rest.p[0] == '\t' || (!open && !decides(shape, body, n, &decide)))
		return NULL;
	s[1] = s[0];
	memcpy(s->text, body.p, decide);
	s->n = decide;
	s->open = open;
	s->split = (struct known_split){true, server.p != NULL, shape, (uint32_t)n, server.p != NULL ? (uint32_t)(server.p - body.p) : 0, (uint32_t)server.n, 0, false};
	return &s->split;
}

/* What the gate said of a body, asked now (from) or before (told): QUIET or WANTED, and what the record is told. */
static inline enum answer answered(const struct told *told, uint16_t from, struct known_split *split)
{
	split->from = told != NULL ? told->from : from;
	split->sure = told != NULL && told->sure;
	return split->from == 0 ? QUIET : WANTED;
}

static enum answer ask_split(struct parser *p, str body, const char *limit, struct known_split *ret_split)
{
	const struct known_split *s = split_of(p, body);
	if (s == NULL)
		return UNSURE;
	const str rest = str_from(body, s->body);
	const uint64_t key = word_load(rest.p);
	struct gate_memory *q = &p->answers->behind;
	*ret_split = *s;
	if (limit - rest.p >= 2 * KEY && is_quiet(q, rest.p))
		return QUIET;
	const struct told *told = told_of(q, rest.p, limit);
	if (told != NULL)
		return answered(told, 0, ret_split);
	const enum body_class class = s->shape->format->class;
	const bool fact = told_may_be_fact(p->shapes, rest.p, key);
	if (p->version.n == 0 && fact)
		return UNSURE;
	if (told_may_have_role(p->shapes, SHAPE_EMBED, key)) /* always: lines of the server may stand in it */
		return WANTED;
	if (fact) /* not to be remembered: the next file's version is not known */
		return answered(NULL, gate_of(p)(p->gate_context, class, str_head(rest, HEAD_GATE)).from, ret_split);
	return answered(NULL, told_ask(p, gate_of(p), q, class, rest, &(struct told_place){rest.p, limit, SIZE_MAX}), ret_split);
}

/* What is known of a body that nobody has told of. *ret_split is set for those that are split. */
static enum answer ask_anew(struct parser *p, str body, const char *limit, struct known_split *ret_split)
{
	const uint64_t key = word_load(body.p);
	if (*body.p == '"' || told_may_be_fact(p->shapes, body.p, key))
		return UNSURE;
	if (may_split(p->hot, key))
		return ask_split(p, body, limit, ret_split);
	return answered(NULL, told_ask(p, gate_of(p), &p->answers->own, p->hot->format->class, body, &(struct told_place){body.p, limit, SIZE_MAX}), ret_split);
}

/* Does a record begin at `next`, for certain? Then the one before it, whose head stands at `head`, is one line. */
static bool begins_record(const struct answers *a, const char *next, const char *limit, const char *head)
{
	const char *body = body_behind(a, next, limit, head);
	if (body == NULL || limit - body < KEY || *body == '"' || word_find(word_load(body), '\n') != 0)
		return false;
	const char *bare = next + a->hot->masks[0].n; /* the mask has no newline, and what stands behind the bracket are blanks */
	const uint64_t found = word_find(le64toh(word_load(bare)), '\n');
	return found == 0 || bare + (__builtin_ctzll(found) >> 3) >= body;
}

/* A line whose head fits and whose body somebody wants. False: it is for parser_push. */
static bool take_wanted(struct parser *p, const struct line *l, const char *body, const struct known_split *split, const char *limit)
{
	struct flow *f = &p->flows[0];
	const str text = str_from(l->text, (size_t)(body - l->text.p));
	instant at;
	if (!f->open || !f->dropped)
		flow_finish(f);
	if (!begins_record(p->answers, body + text.n + 1, limit, l->text.p) || memchr(text.p, 0x1b, text.n) != NULL)
		return hot_open(p, f, l, text, split);
	if (!hot_instant(p, l->text.p, &at))
		return false;
	p->clock.context = p->clock.same = at;
	flow_single(f, l, p->hot, at, hot_level(p, l->text), text, split);
	hot_remember(p, l->text.p, true);
	return true;
}

/* --- the buffer --- */

/* Quiet lines since the last one that was pushed. */
struct run {
	const char *head;      /* the last head among them; NULL: none */
	uint64_t line;         /* its */
	uint64_t records, bodies;
	uint64_t split;        /* those that the split took */
	uint32_t lines;        /* behind the last head, or the one that was open before, that one counted if it is here */
};

/* The walk through the buffer. */
struct walk {
	struct parser *p;
	const char *text, *limit;
	uint64_t offset;       /* of the text */
	const char *at;        /* the next line, and its number */
	uint64_t number;
	const char *last;      /* the head before it; NULL: not known, or no hot one */
	const char *asked;     /* the last body of which more than two words were asked, and what was told */
	const struct told *told;
	struct run run;
	uint64_t pushed;
};

static uint64_t offset_of(const struct walk *w, const char *at) { return w->offset + (uint64_t)(at - w->text); }

static void end_run(struct walk *w)
{
	struct parser *p = w->p;
	struct run *run = &w->run;
	struct flow *f = &p->flows[0];
	enum source_kind kind = p->wrapper_kind != SOURCE_UNKNOWN ? p->wrapper_kind : p->hot->format->kind;
	if (run->head != NULL) {
		hot_remember(p, run->head, false);
		p->tally.records += run->records;
		p->tally.kinds[kind] += run->records;
		tally_bodies(&p->tally, run->bodies);
		if (p->hot->split_count > 0 && p->hot->split[0]->format->class == CLASS_MCP)
			p->tally.mcp += run->split;
		hot_drop(f, run->line, offset_of(w, run->head), run->lines);
	} else {
		f->r.lines += run->lines;
	}
	*run = (struct run){0};
}

/* A quiet record's head is here: the record before it ends. */
static inline void begin_run(struct walk *w)
{
	struct flow *f = &w->p->flows[0];
	if (w->run.head == NULL && (!f->open || !f->dropped))
		flow_finish(f);
}

static __attribute__((noinline)) bool is_told_quiet(struct walk *w, const char *body)
{
	w->asked = body;
	w->told = told_of(&w->p->answers->own, body, w->limit);
	return w->told != NULL && w->told->from == 0;
}

/* Goes over heads that differ from the one before in seconds, and in one of two levels, whose body is known to
 * be quiet, and over what stands behind these heads. Most lines of most logs end here; what is not like that the caller looks at. */
static inline __attribute__((always_inline)) void pass_quiet(struct walk *w, newline_fn *find_newline)
{
	const struct answers *const a = w->p->answers;
	const struct mask *const mask = &a->hot->masks[0];
	const uint8_t *const begins = w->p->shapes->first;
	const bool heads_interrupt = begins[(unsigned char)*w->last] & FIRST_HEAD, count_bodies = w->p->tally.first_bodies != UINT64_MAX;
	const char *last = w->last, *at = w->at, *head = w->run.head, *const limit = w->limit;
	const uint64_t first = word_load(last), second = word_load(last + 8);
	uint64_t third = be64toh(word_load(last + 16)), bodies = 0, records = 0, number = w->number, line = w->run.line;
	uint32_t lines = w->run.lines;
	while (limit - at >= BODY_NEAR + 2 * KEY) {
		const bool alike = word_load(at) == first && word_load(at + 8) == second;
		const size_t same = alike ? known_length(a, at) : 0;
		const uint64_t now = be64toh(word_load(at + 16));
		if (alike) {
			if (same == 0 || now < third || !mask_word(mask, at, 2) || !(is_quiet(&a->own, at + same) || is_told_quiet(w, at + same)))
				break;
		} else if (head == NULL || !heads_interrupt || *at == '\0' || (begins[(unsigned char)*at] & FIRST_HEAD)) {
			break;
		}
		const char *lf = find_newline(alike ? at + same + KEY : at, limit);
		if (lf == NULL || lf - at > (ptrdiff_t)LIMIT_MATCH)
			break;
		if (alike) {
			if (count_bodies)
				bodies |= body_bit(at + same);
			third = now;
			head = at;
			line = number;
			lines = 0;
			records++;
		}
		lines++;
		number++;
		at = lf + 1;
	}
	if (records > 0) {
		begin_run(w);
		w->run.records += records;
		w->run.bodies |= bodies;
		w->last = head;
	}
	w->run.head = head;
	w->run.line = line;
	w->run.lines = lines;
	w->at = at;
	w->number = number;
}

/* Does somebody want a body that begins so? *ret_split is set for those that are split. */
static inline enum answer ask_body(struct walk *w, str body, struct known_split *ret_split)
{
	if (body.n < KEY)
		return UNSURE;
	if (w->asked != body.p) {
		if (w->limit - body.p >= 2 * KEY && is_quiet(&w->p->answers->own, body.p))
			return QUIET;
		is_told_quiet(w, body.p);
	}
	return w->told != NULL ? answered(w->told, 0, ret_split) : ask_anew(w->p, body, w->limit, ret_split);
}

/* The line that pass_quiet left, which ends at `lf`. */
static void take_line(struct walk *w, const char *lf)
{
	struct parser *p = w->p;
	struct flow *f = &p->flows[0];
	const char *at = w->at, *end = lf - (lf > at && lf[-1] == '\r');
	const bool known = w->asked > at && *w->asked != ' ' && end - at >= HEAD_ROOM; /* pass_quiet came as far as the body */
	const char *body = known ? w->asked : w->last != NULL ? body_behind(p->answers, at, end, w->last) : NULL;
	struct known_split split = {.known = true};
	const enum answer answer = body != NULL ? ask_body(w, (str){body, (size_t)(end - body)}, &split) : UNSURE;
	const struct line l = {.text = {at, (size_t)(end - at)}, .number = w->number++, .offset = offset_of(w, at), .length = (size_t)(end - at), .newline = true};
	w->at = lf + 1;
	if (body != NULL && !known)
		remember_length(p->answers, at, body);
	if (answer == QUIET) {
		begin_run(w);
		w->run.head = w->last = at;
		w->run.line = l.number;
		w->run.lines = 1;
		w->run.records++;
		w->run.bodies |= body_bit(body);
		w->run.split += split.shape != NULL;
		return;
	}
	const bool behind_quiet = w->run.head != NULL || (f->open && f->dropped && f->shape == p->hot);
	if (body == NULL && behind_quiet && (end == at || !(p->shapes->first[(unsigned char)*at] & FIRST_HEAD))) {
		w->run.lines++;
		return;
	}
	end_run(w);
	if (answer != WANTED || !take_wanted(p, &l, body, &split, w->limit)) {
		parser_push(p, &l);
		w->pushed++;
	}
	w->last = p->hot_timed ? p->hot_last : NULL;
}

static inline __attribute__((always_inline)) void pass(struct walk *w, newline_fn *find_newline)
{
	while (w->at < w->limit) {
		if (w->last != NULL)
			pass_quiet(w, find_newline);
		const char *lf = find_newline(w->at, w->limit);
		if (lf == NULL || *w->at == '\0' || lf - w->at > (ptrdiff_t)LIMIT_MATCH)
			break;
		take_line(w, lf);
	}
}

#if defined(__x86_64__)
__attribute__((target("avx2,bmi")))
#endif
static void pass_avx2(struct walk *w)
{
	pass(w, newline_avx2);
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

size_t block_pass(struct parser *p, str text, uint64_t line, uint64_t offset, uint64_t *ret_lines)
{
	struct walk w = {.p = p, .text = text.p, .limit = text.p + text.n, .offset = offset, .at = text.p, .number = line};
	*ret_lines = 0;
	if (p->json && p->hot == NULL)
		return json_block(p, text, line, offset, ret_lines);
	if (p->hot == NULL || p->hot->format->after.n != 2)
		return 0;
	p->answers = answers_for(p->memory, p->hot);
	w.last = p->hot_timed ? p->hot_last : NULL;
	if (NEWLINE_AVX2())
		pass_avx2(&w);
	else
		pass(&w, newline_find);
	end_run(&w);
	*ret_lines = w.number - line;
	p->tally.lines += *ret_lines - w.pushed;
	return (size_t)(w.at - text.p);
}
