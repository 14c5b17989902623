/* Runs a plain pattern's program (base/plain.h): backtracking with an explicit stack, in the order that PCRE2 would try.
 *
 * Steps are counted; a pattern that wants more than its share for this subject is given up. So a hostile line costs time and memory
 * in proportion to its length, whatever the pattern: at most ten steps a byte where it is as long as a subject can be.
 *
 * Invariant: below `sp` stand the ways not tried yet, newest last, between them the bounds to restore on the way back. */
#include "base/mem.h"
#include "base/plain_parts.h"
#include "base/word.h"
#include <endian.h>
#include <stdlib.h>

enum { STACK = 256, STACK_MAX = 64 * 1024, STEPS_MIN = 64 * 1024, STEPS_PER_BYTE = 9 };
enum way { WAY_AT, WAY_GIVE_BACK, WAY_TAKE_MORE, WAY_BOUND };

struct way_back {
	enum way way;
	uint32_t pc;        /* WAY_AT: there; else the op */
	const char *at;     /* place; WAY_BOUND: the old bound */
	const char *limit;  /* WAY_GIVE_BACK: not before; WAY_TAKE_MORE: not behind */
};

struct vm {
	const struct plain *p;
	const char *from, *to;
	long steps;
	unsigned sp, room;
	const char *bound[2 * PLAIN_GROUPS];
	struct way_back *stack, *grown; /* `own`, or the grown one */
	struct way_back own[STACK];
};

static inline bool has(const struct plain *p, unsigned set, char c) { return span_has(&p->sets[set], (unsigned char)c); }

/* Hostile lines only. */
static __attribute__((noinline, cold)) bool grow(struct vm *m)
{
	if (m->room >= STACK_MAX)
		return false;
	struct way_back *more = mem_new(4 * (size_t)m->room * sizeof *more);
	memcpy(more, m->stack, m->sp * sizeof *more);
	free(m->grown);
	m->stack = m->grown = more;
	m->room *= 4;
	return true;
}

static inline bool push(struct vm *m, enum way way, const struct plain_op *op, const char *at, const char *limit)
{
	if (m->sp == m->room && !grow(m))
		return false;
	m->stack[m->sp++] = (struct way_back){way, (uint32_t)(op - m->p->ops), at, limit};
	return true;
}

/* Can the byte at `at` begin this way? */
static inline bool may(const struct vm *m, unsigned set, const char *at) { return set == NO_SET || (at < m->to && has(m->p, set, *at)); }

/* One byte more for a lazy run, and on to a byte that can follow it. */
static bool take_more(struct vm *m, const struct plain_op *op, struct way_back *w)
{
	const char *at = w->at;
	if (at >= w->limit || !has(m->p, op->a, *at))
		return false;
	at++;
	if (op->c != NO_SET) {
		at = span_end(&m->p->sets[op->b], m->from, at, w->limit);
		if (at >= m->to || !has(m->p, op->c, *at))
			return false; /* what stands here is in neither set, or more than the run may take */
	}
	m->steps -= (at - w->at) / PLAIN_RUN_PER_STEP;
	w->at = at;
	return true;
}

/* The next way back above `base`: its op, and *at; NULL: there is none. */
static const struct plain_op *go_back(struct vm *m, unsigned base, const char **at)
{
	while (m->sp > base) {
		struct way_back *w = &m->stack[m->sp - 1];
		const struct plain_op *op = &m->p->ops[w->pc];
		switch (w->way) {
		case WAY_BOUND:
			m->bound[w->pc] = w->at;
			m->sp--;
			continue;
		case WAY_AT:
			*at = w->at;
			m->sp--;
			return op;
		case WAY_GIVE_BACK:
			do
				w->at--;
			while (op->next >= 0 && w->at > w->limit && *w->at != (char)op->next);
			*at = w->at;
			m->sp -= w->at == w->limit;
			return op + 1;
		case WAY_TAKE_MORE:
			if (!take_more(m, op, w)) {
				m->sp--;
				continue;
			}
			*at = w->at;
			return op + 1;
		}
	}
	return NULL;
}

static int run(struct vm *m, const struct plain_op *op, const char *at, unsigned base, const char **ret_end);

/* 1: the assertion holds here, 0: it does not, -1: gave up. */
static int holds(struct vm *m, const struct plain_op *op, const char *at)
{
	const char *end;
	unsigned base = m->sp;
	int r;
	switch (op->code) {
	case PLAIN_START: return at == m->from;
	case PLAIN_END: return at == m->to || (at + 1 == m->to && *at == '\n');
	case PLAIN_WORD: return plain_word_edge(m->from, m->to, at);
	case PLAIN_NO_WORD: return !plain_word_edge(m->from, m->to, at);
	default:
		r = run(m, op + 1, at, base, &end);
		m->sp = base;
		return r < 0 ? r : r == (op->code == PLAIN_LOOK);
	}
}

/* Where the run of op's set from `at` on ends; NULL: it is too short. */
static inline const char *run_end(struct vm *m, const struct plain_op *op, const char *at)
{
	const char *end = (size_t)(m->to - at) > op->max ? at + op->max : m->to;
	const char *q = span_end(&m->p->sets[op->a], m->from, at, end);
	m->steps -= (q - at) / PLAIN_RUN_PER_STEP;
	return (size_t)(q - at) < op->min ? NULL : q;
}

/* Do the n bytes of the program's text stand here? Eight at once where eight may be read. */
static inline bool same_bytes(const struct vm *m, const char *at, const char *text, size_t n)
{
	const size_t room = (size_t)(m->to - at);
	if (room < n || *at != *text)
		return false;
	if (room < sizeof(uint64_t))
		return memcmp(at, text, n) == 0;
	const uint64_t x = word_load(at), y = word_load(text);
	if (n >= sizeof x)
		return x == y && (n == sizeof x || memcmp(at + sizeof x, text + sizeof x, n - sizeof x) == 0);
	return (le64toh(x ^ y) & ((UINT64_C(1) << 8 * n) - 1)) == 0;
}

/* Do n bytes stand here as the mask says? */
static inline bool fits_mask(const struct vm *m, const char *at, const struct plain_mask *mask, size_t n)
{
	const size_t room = (size_t)(m->to - at);
	char copy[8 * PLAIN_FIXED_WORDS] = "";
	if (room < n)
		return false;
	if (room < sizeof copy)
		at = memcpy(copy, at, room);
	for (size_t i = 0; 8 * i < n; i++)
		if (!word_fits(word_load(at + 8 * i), mask->equal[i], mask->value[i], mask->six[i]))
			return false;
	return true;
}

/* A group from `at` to `q`. False: too many ways back. */
static inline bool take_field(struct vm *m, const struct plain_op *op, const char *at, const char *q, unsigned base)
{
	const struct plain_op *const ops = m->p->ops;
	if (m->sp > base && !push(m, WAY_BOUND, ops + op->b, m->bound[op->b], NULL))
		return false;
	m->bound[op->b] = at;
	if (op->next != KEEP_ALL && (size_t)(q - at) > op->min && !push(m, WAY_GIVE_BACK, op + 1, q, at + op->min))
		return false;
	if (m->sp > base && !push(m, WAY_BOUND, ops + op->b + 1, m->bound[op->b + 1], NULL))
		return false;
	m->bound[op->b + 1] = q;
	return true;
}

/* Behind the bytes that a lazy run must have; NULL: they are not there. */
static const char *lazy_least(const struct vm *m, const struct plain_op *op, const char *at)
{
	for (uint32_t i = 0; i < op->min; i++, at++)
		if (at >= m->to || !has(m->p, op->a, *at))
			return NULL;
	return at;
}

/* 1: matched up to *ret_end; 0; -1: gave up. A step that fails goes on with the newest way back. */
static int run(struct vm *m, const struct plain_op *op, const char *at, unsigned base, const char **ret_end)
{
	const struct plain_op *const ops = m->p->ops;
	const char *q;
	bool first, second;
	int r;
	for (;;) {
		if (--m->steps < 0)
			return -1;
		switch (op->code) {
		case PLAIN_BYTES:
			if (!same_bytes(m, at, m->p->text + op->b, op->a))
				goto back;
			at += op->a;
			break;
		case PLAIN_SET:
			if (at >= m->to || !has(m->p, op->a, *at))
				goto back;
			at++;
			break;
		case PLAIN_FIXED:
			if (!fits_mask(m, at, &m->p->masks[op->b], op->a))
				goto back;
			at += op->a;
			op = ops + op->min;
			continue;
		case PLAIN_RUN:
			if ((q = run_end(m, op, at)) == NULL)
				goto back;
			if (op->next != KEEP_ALL && (size_t)(q - at) > op->min && !push(m, WAY_GIVE_BACK, op, q, at + op->min))
				return -1;
			at = q;
			break;
		case PLAIN_FIELD:
			if ((q = run_end(m, op, at)) == NULL)
				goto back;
			if (!take_field(m, op, at, q, base))
				return -1;
			at = q;
			op += 3;
			continue;
		case PLAIN_LAZY:
			if ((q = lazy_least(m, op, at)) == NULL)
				goto back;
			if (!push(m, WAY_TAKE_MORE, op, q, (size_t)(m->to - at) > op->max ? at + op->max : m->to))
				return -1;
			at = q;
			break;
		case PLAIN_SAVE:
			if (m->sp > base && !push(m, WAY_BOUND, ops + op->a, m->bound[op->a], NULL))
				return -1;
			m->bound[op->a] = at;
			break;
		case PLAIN_SPLIT:
			first = may(m, op->a, at);
			second = may(m, op->c, at);
			if (!first && !second)
				goto back;
			if (first && second && !push(m, WAY_AT, ops + op->b, at, NULL))
				return -1;
			op = first ? op + 1 : ops + op->b;
			continue;
		case PLAIN_JUMP: op = ops + op->b; continue;
		case PLAIN_MATCH: *ret_end = at; return 1;
		default:
			if ((r = holds(m, op, at)) < 0)
				return r;
			if (r == 0)
				goto back;
			if (op->code >= PLAIN_LOOK) {
				op = ops + op->b;
				continue;
			}
		}
		op++;
		continue;
	back:
		if ((op = go_back(m, base, &at)) == NULL)
			return 0;
	}
}

static void fill(const struct vm *m, const char *begin, const char *end, str *ret_groups)
{
	ret_groups[0] = (str){begin, (size_t)(end - begin)};
	for (unsigned i = 1; i <= m->p->groups; i++) {
		const char *from = m->bound[2 * i], *to = m->bound[2 * i + 1];
		ret_groups[i] = to != NULL ? (str){from, (size_t)(to - from)} : STR_NONE;
	}
}

/* No match begins at `at`, and none before the place that is returned: where a pattern begins with an endless run, what follows it was
 * tried at every place where the run can end. */
static const char *behind_lead(const struct vm *m, const char *at)
{
	const struct plain_op *op = m->p->ops;
	while (op->code == PLAIN_SAVE || op->code == PLAIN_FIELD)
		op++;
	const bool endless = (op->code == PLAIN_RUN || op->code == PLAIN_LAZY) && op->max == UINT32_MAX;
	return endless ? span_end(&m->p->sets[op->a], m->from, at, m->to) : at;
}

static inline int search(struct vm *m, const char *at, str ret_groups[PLAIN_GROUPS])
{
	const struct plain *const p = m->p;
	for (; at <= m->to; at++) {
		const char *end;
		if (p->first != NO_SET) {
			const struct span_set *first = &p->sets[p->first];
			while (!p->anchored && at < m->to && !span_has(first, (unsigned char)*at))
				at++;
			if (at == m->to || !span_has(first, (unsigned char)*at))
				return 0;
		}
		m->sp = 0;
		for (unsigned i = 0; i < 2 * p->groups + 2; i++)
			m->bound[i] = NULL;
		int r = run(m, p->ops, at, 0, &end);
		if (r > 0)
			fill(m, at, end, ret_groups);
		if (r != 0 || p->anchored)
			return r;
		at = behind_lead(m, at);
	}
	return 0;
}

int plain_match(const struct plain *p, str subject, size_t start, str ret_groups[PLAIN_GROUPS], uint64_t *ret_steps)
{
	const long share = STEPS_MIN + STEPS_PER_BYTE * (long)subject.n;
	struct vm m;
	if (p->at_start && start > 0)
		return 0;
	m.p = p;
	m.from = subject.p != NULL ? subject.p : "";
	m.to = m.from + subject.n;
	m.steps = share;
	m.stack = m.own;
	m.room = STACK;
	m.grown = NULL;
	int r = search(&m, m.from + start, ret_groups);
	if (m.grown != NULL)
		free(m.grown);
	if (ret_steps != NULL)
		*ret_steps += (uint64_t)(share - m.steps);
	return r;
}
