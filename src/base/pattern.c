/* Reads PCRE2 patterns as text (base/pattern.h), without compiling them. Only a part of the syntax is understood, and whatever is not makes
 * the answer weaker, never wrong: a head or literal may be missing, a byte set may be too large.
 *
 * Two readers go over a pattern's atoms (pattern_atoms.c). The literal reader keeps a run of bytes that must follow each other; a run
 * ends where anything variable begins. The prefix reader is a small automaton: a bit set of offsets (0…PATTERN_PREFIX) at which
 * the reading point can be; a byte set at the point is added to the set of each of these places and moves them by one. */
#include "base/pattern_parts.h"

struct literals {
	struct buf run, best, head;
	bool at_head;
};

static void end_run(struct literals *l)
{
	if (l->at_head)
		buf_add(&l->head, buf_str(&l->run));
	if (l->run.n > l->best.n) {
		buf_reset(&l->best);
		buf_add(&l->best, buf_str(&l->run));
	}
	buf_reset(&l->run);
	l->at_head = false;
}

static void read_literals(struct literals *l, str pattern)
{
	str rest = pattern, branch = STR_NONE;
	if (pattern_next_branch(&rest, &branch) && rest.p != NULL) {
		end_run(l);
		return;
	}
	for (size_t i = 0; i < pattern.n;) {
		struct atom a;
		pattern_next_atom(pattern, &i, &a);
		if (a.type == ATOM_BYTE && a.min >= 1) {
			buf_byte(&l->run, a.byte);
			if (a.min != 1 || a.max != 1)
				end_run(l);
		} else if (a.type == ATOM_GROUP && a.min >= 1) {
			read_literals(l, a.inner);
			if (a.max != 1)
				end_run(l);
		} else {
			end_run(l);
		}
	}
}

static bool all_anchored(str pattern)
{
	str rest = pattern, branch, ignored;
	while (pattern_next_branch(&rest, &branch))
		if (!pattern_branch_anchored(branch, &ignored))
			return false;
	return true;
}

void pattern_read(str pattern, struct arena *a, struct pattern_facts *ret)
{
	*ret = (struct pattern_facts){.head = arena_str(a, S("")), .literal = arena_str(a, S(""))};
	if (pattern.n == 0 || pattern_is_complex(pattern))
		return;
	ret->anchored = all_anchored(pattern);
	struct literals l = {.at_head = ret->anchored};
	str rest = pattern;
	if (ret->anchored)
		(void)pattern_branch_anchored(pattern, &rest);
	read_literals(&l, rest);
	end_run(&l);
	ret->head = arena_str(a, buf_str(&l.head));
	ret->literal = arena_str(a, buf_str(&l.best));
	buf_done(&l.run);
	buf_done(&l.best);
	buf_done(&l.head);
}

enum { END_BIT = 1 << PATTERN_PREFIX };

/* Anything may stand from the given offsets on. */
static unsigned anything(struct byte_set *sets, unsigned state)
{
	for (unsigned o = 0; o < PATTERN_PREFIX; o++)
		if (state & ((2u << o) - 1))
			sets[o] = all_bytes;
	unsigned low = state & (~state + 1);
	return low == 0 ? 0 : (2u * END_BIT - 1) & ~(low - 1);
}

static unsigned prefix_of(struct byte_set *sets, str pattern, unsigned state);

static unsigned prefix_atom(struct byte_set *sets, const struct atom *a, unsigned state)
{
	unsigned next = 0;
	switch (a->type) {
	case ATOM_BYTE:
	case ATOM_SET:
		for (unsigned o = 0; o < PATTERN_PREFIX; o++)
			if (state >> o & 1) {
				byte_set_unite(&sets[o], &a->set);
				next |= 2u << o;
			}
		return next | (state & END_BIT);
	case ATOM_GROUP: return prefix_of(sets, a->inner, state);
	case ATOM_ASSERT:
	case ATOM_START:
	case ATOM_END: return state;
	default: return anything(sets, state);
	}
}

static unsigned prefix_repeat(struct byte_set *sets, const struct atom *a, unsigned state)
{
	unsigned reached = a->min == 0 ? state : 0, now = state;
	for (unsigned turn = 1; turn <= a->max && turn <= PATTERN_PREFIX + 1 && now != 0; turn++) {
		now = prefix_atom(sets, a, now);
		if (turn >= a->min)
			reached |= now;
	}
	if (a->min > PATTERN_PREFIX + 1)
		reached |= END_BIT;
	return reached;
}

static unsigned prefix_branch(struct byte_set *sets, str branch, unsigned state)
{
	for (size_t i = 0; i < branch.n && state != END_BIT;) {
		struct atom a;
		pattern_next_atom(branch, &i, &a);
		state = prefix_repeat(sets, &a, state);
	}
	return state;
}

static unsigned prefix_of(struct byte_set *sets, str pattern, unsigned state)
{
	str rest = pattern, branch;
	unsigned reached = 0;
	if (pattern.p == NULL)
		return state;
	while (pattern_next_branch(&rest, &branch))
		reached |= prefix_branch(sets, branch, state);
	return reached;
}

void pattern_prefix(str pattern, struct byte_set ret_sets[PATTERN_PREFIX])
{
	memset(ret_sets, 0, PATTERN_PREFIX * sizeof *ret_sets);
	unsigned state = 1;
	if (pattern.n > 0 && !pattern_is_complex(pattern) && all_anchored(pattern))
		state = prefix_of(ret_sets, pattern, 1);
	(void)anything(ret_sets, state & ~(unsigned)END_BIT);
}

bool pattern_prefix_split(str pattern, struct byte_set ret_sets[2][PATTERN_PREFIX])
{
	str rest = pattern, branch = STR_NONE;
	struct atom a = {0};
	size_t i = 0;
	memset(ret_sets, 0, 2 * sizeof *ret_sets);
	if (pattern_is_complex(pattern) || !pattern_next_branch(&rest, &branch) || rest.p != NULL || !pattern_branch_anchored(branch, &rest) || rest.n == 0)
		return false;
	pattern_next_atom(rest, &i, &a);
	if (a.min > 0)
		return false;
	a.min = 1;
	rest = str_from(rest, i);
	unsigned without = prefix_branch(ret_sets[0], rest, 1), with = prefix_branch(ret_sets[1], rest, prefix_repeat(ret_sets[1], &a, 1));
	(void)anything(ret_sets[0], without & ~(unsigned)END_BIT);
	(void)anything(ret_sets[1], with & ~(unsigned)END_BIT);
	return true;
}

bool pattern_unanchored(str pattern, struct buf *out)
{
	str rest = pattern, branch = STR_NONE;
	if (pattern_is_complex(pattern) || !pattern_next_branch(&rest, &branch) || rest.p != NULL)
		return false;
	size_t end = branch.n;
	for (size_t i = 0, start = 0; i < branch.n; start = i) {
		struct atom a;
		pattern_next_atom(branch, &i, &a);
		if (a.type == ATOM_END && i == branch.n)
			end = start;
	}
	for (size_t i = 0, start = 0; i < end; start = i) {
		struct atom a;
		pattern_next_atom(branch, &i, &a);
		if (a.type != ATOM_START)
			buf_add(out, (str){branch.p + start, i - start});
	}
	return true;
}
