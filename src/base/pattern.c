/* Reads PCRE2 patterns as text, without compiling them. Only a part of the syntax is understood, and whatever is not makes the
 * answer weaker, never wrong: a head or literal may be missing, a byte set may be too large.
 *
 *   pattern  = branch ('|' branch)*
 *   branch   = (atom quantifier?)*
 *   atom     = byte | set | group | assertion; a pattern with anything else is "complex"
 *
 * The tokenizer (next_atom) is shared by two readers. The literal reader keeps a run of bytes that must follow each other; a run
 * ends where anything variable begins. The prefix reader is a small automaton: a bit set of offsets (0…PATTERN_PREFIX) at which
 * the reading point can be; a byte set at the point is added to the set of each of these places and moves them by one. */
#include "base/pattern.h"

enum atom_type { ATOM_BYTE, ATOM_SET, ATOM_GROUP, ATOM_ASSERT, ATOM_START, ATOM_END, ATOM_COMPLEX };
struct atom {
	enum atom_type type;
	struct byte_set set;   /* of ATOM_BYTE and ATOM_SET */
	char byte;
	str inner;             /* of ATOM_GROUP */
	unsigned min, max;     /* quantifier; max UINT32_MAX: no end */
};
static const struct byte_set all_bytes = {{~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0), ~UINT64_C(0)}};
enum { DEPTH_MAX = 6 }; /* nested loops multiply the work of the prefix reader */

static void set_add(struct byte_set *s, unsigned char c)
{
	s->bits[c >> 6] |= UINT64_C(1) << (c & 63);
}

static void set_range(struct byte_set *s, unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to && c < 256; c++)
		set_add(s, (unsigned char)c);
}

static void set_union(struct byte_set *s, const struct byte_set *other)
{
	for (unsigned i = 0; i < 4; i++)
		s->bits[i] |= other->bits[i];
}

static void set_invert(struct byte_set *s)
{
	for (unsigned i = 0; i < 4; i++)
		s->bits[i] = ~s->bits[i];
}

/* \d \w \s \h and their opposites. False for other letters. */
static bool escape_set(char c, struct byte_set *ret)
{
	*ret = (struct byte_set){{0}};
	switch (c | 0x20) {
	case 'd':
		set_range(ret, '0', '9');
		break;
	case 'w':
		set_range(ret, '0', '9');
		set_range(ret, 'a', 'z');
		set_range(ret, 'A', 'Z');
		set_add(ret, '_');
		break;
	case 's':
		set_range(ret, 9, 13);
		set_add(ret, ' ');
		break;
	case 'h':
		set_add(ret, '\t');
		set_add(ret, ' ');
		set_add(ret, 0xa0);
		break;
	default:
		return false;
	}
	if (!(c & 0x20))
		set_invert(ret);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Escape whose backslash stands at s[*at]. Fills byte or set; moves *at behind it. */
static enum atom_type read_escape(str s, size_t *at, struct atom *ret)
{
	static const char controls[] = "n\nr\rt\tf\fe\033a\a";
	char c = *at + 1 < s.n ? s.p[*at + 1] : '\0';
	*at += 2;
	if (escape_set(c, &ret->set))
		return ATOM_SET;
	for (size_t i = 0; i + 1 < sizeof controls - 1; i += 2)
		if (controls[i] == c) {
			ret->byte = controls[i + 1];
			return ATOM_BYTE;
		}
	if (c == 'x' && *at + 1 < s.n && hex_digit(s.p[*at]) >= 0 && hex_digit(s.p[*at + 1]) >= 0) {
		ret->byte = (char)(hex_digit(s.p[*at]) * 16 + hex_digit(s.p[*at + 1]));
		*at += 2;
		return ATOM_BYTE;
	}
	if (c == 'b' || c == 'B' || c == 'K' || c == 'z' || c == 'Z' || c == 'G')
		return ATOM_ASSERT;
	if (c == 'A')
		return ATOM_START;
	bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\0';
	if (alphanumeric)
		return ATOM_COMPLEX;
	ret->byte = c;
	return ATOM_BYTE;
}

/* One member of a class: a byte in *ret_byte, or (false) a set that was added. */
static bool class_member(str s, size_t *at, struct byte_set *set, unsigned char *ret_byte)
{
	if (s.p[*at] != '\\') {
		*ret_byte = (unsigned char)s.p[(*at)++];
		return true;
	}
	struct atom a = {0};
	bool backspace = *at + 1 < s.n && s.p[*at + 1] == 'b';
	enum atom_type type = read_escape(s, at, &a);
	if (backspace)
		a.byte = '\b';
	if (type == ATOM_BYTE || backspace) {
		*ret_byte = (unsigned char)a.byte;
		return true;
	}
	set_union(set, type == ATOM_SET ? &a.set : &all_bytes);
	return false;
}

static enum atom_type read_class(str s, size_t *at, struct atom *ret)
{
	size_t i = *at + 1;
	bool negated = i < s.n && s.p[i] == '^', unsure = false;
	i += negated;
	ret->set = (struct byte_set){{0}};
	for (bool first = true; i < s.n && (first || s.p[i] != ']'); first = false) {
		unsigned char from, to;
		if (s.p[i] == '[' && i + 1 < s.n && (s.p[i + 1] == ':' || s.p[i + 1] == '.' || s.p[i + 1] == '=')) {
			ptrdiff_t end = str_find(str_from(s, i + 2), S(":]"));
			unsure = true;
			i = end < 0 ? s.n : i + 4 + (size_t)end;
			continue;
		}
		if (!class_member(s, &i, &ret->set, &from))
			continue;
		to = from;
		if (i + 1 < s.n && s.p[i] == '-' && s.p[i + 1] != ']') {
			i++;
			if (!class_member(s, &i, &ret->set, &to))
				to = from;
		}
		set_range(&ret->set, from, to);
	}
	if (negated)
		set_invert(&ret->set);
	if (unsure)
		ret->set = all_bytes;
	*at = i + 1;
	return ATOM_SET;
}

/* Index of the ')' that closes the group which begins at s[at], or s.n. */
static size_t group_end(str s, size_t at)
{
	unsigned depth = 0;
	for (size_t i = at; i < s.n; i++) {
		if (s.p[i] == '\\') {
			i++;
		} else if (s.p[i] == '[') {
			struct atom ignored = {0};
			(void)read_class(s, &i, &ignored);
			i--;
		} else if (s.p[i] == '(') {
			depth++;
		} else if (s.p[i] == ')' && --depth == 0) {
			return i;
		}
	}
	return s.n;
}

/* (?<name>…) (?P<name>…) (?'name'…): length of the part before the content, or 0. */
static size_t named_group(str s)
{
	bool named = str_starts(s, S("?P<")) || str_starts(s, S("?'")) || (str_starts(s, S("?<")) && s.n > 2 && s.p[2] != '=' && s.p[2] != '!');
	if (!named)
		return 0;
	char close = s.p[1] == '\'' ? '\'' : '>';
	ptrdiff_t end = str_chr(str_from(s, 2), close);
	return end < 0 ? 0 : (size_t)end + 3;
}

static enum atom_type read_group(str s, size_t *at, struct atom *ret)
{
	size_t end = group_end(s, *at);
	if (end == s.n)
		return ATOM_COMPLEX;
	str inner = {s.p + *at + 1, end - *at - 1};
	*at = end + 1;
	size_t name = named_group(inner);
	if (str_starts(inner, S("?:")) || str_starts(inner, S("?>")) || str_starts(inner, S("?|")))
		name = 2;
	if (str_starts(inner, S("?s:")))
		name = 3;
	ret->inner = str_from(inner, name);
	if (name > 0 || inner.n == 0 || (inner.p[0] != '?' && inner.p[0] != '*'))
		return ATOM_GROUP;
	if (str_starts(inner, S("?=")) || str_starts(inner, S("?!")) || str_starts(inner, S("?<=")) || str_starts(inner, S("?<!")) ||
		str_starts(inner, S("?#")) || str_eq(inner, S("?s")))
		return ATOM_ASSERT;
	return ATOM_COMPLEX;
}

static bool read_number(str s, size_t *at, unsigned *ret)
{
	size_t start = *at;
	*ret = 0;
	while (*at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9' && *at - start < 6)
		*ret = *ret * 10 + (unsigned)(s.p[(*at)++] - '0');
	return *at > start;
}

/* {n} {n,} {n,m}; anything else is literal text. */
static bool read_braces(str s, size_t *at, struct atom *a)
{
	size_t i = *at + 1;
	if (!read_number(s, &i, &a->min))
		return false;
	a->max = a->min;
	if (i < s.n && s.p[i] == ',') {
		i++;
		if (!read_number(s, &i, &a->max))
			a->max = UINT32_MAX;
	}
	if (i >= s.n || s.p[i] != '}')
		return false;
	*at = i + 1;
	return true;
}

static void read_quantifier(str s, size_t *at, struct atom *a)
{
	a->min = a->max = 1;
	if (*at >= s.n)
		return;
	switch (s.p[*at]) {
	case '?': a->min = 0; break;
	case '*': a->min = 0; a->max = UINT32_MAX; break;
	case '+': a->max = UINT32_MAX; break;
	case '{': {
		struct atom braces = *a;
		if (!read_braces(s, at, &braces))
			return;
		*a = braces;
		(*at)--;
		break;
	}
	default: return;
	}
	(*at)++;
	if (*at < s.n && (s.p[*at] == '?' || s.p[*at] == '+'))
		(*at)++;
}

/* The atom at s[*at] with its quantifier; *at < s.n. */
static void next_atom(str s, size_t *at, struct atom *ret)
{
	char c = s.p[*at];
	*ret = (struct atom){.byte = c};
	switch (c) {
	case '\\': ret->type = read_escape(s, at, ret); break;
	case '[': ret->type = read_class(s, at, ret); break;
	case '(': ret->type = read_group(s, at, ret); break;
	case '.': ret->type = ATOM_SET; ret->set = all_bytes; ++*at; break;
	case '^': ret->type = ATOM_START; ++*at; break;
	case '$': ret->type = ATOM_END; ++*at; break;
	default: ret->type = ATOM_BYTE; ++*at; break;
	}
	if (ret->type == ATOM_BYTE)
		set_add(&ret->set, (unsigned char)ret->byte);
	read_quantifier(s, at, ret);
}

/* Cuts the first branch off *rest; false when there is none left. An empty branch counts. */
static bool next_branch(str *rest, str *ret_branch)
{
	if (rest->p == NULL)
		return false;
	for (size_t i = 0; i < rest->n;) {
		struct atom ignored;
		if (rest->p[i] == '|') {
			*ret_branch = str_head(*rest, i);
			*rest = str_from(*rest, i + 1);
			return true;
		}
		next_atom(*rest, &i, &ignored);
		if (i > rest->n)
			break;
	}
	*ret_branch = *rest;
	*rest = STR_NONE;
	return true;
}

static bool is_complex(str pattern, unsigned depth)
{
	for (size_t i = 0; i < pattern.n;) {
		struct atom a;
		next_atom(pattern, &i, &a);
		if (a.type == ATOM_COMPLEX || depth > DEPTH_MAX || (a.type == ATOM_GROUP && is_complex(a.inner, depth + 1)))
			return true;
	}
	return false;
}

/* Does the branch begin with ^? *ret_rest is what follows. */
static bool branch_anchored(str branch, str *ret_rest)
{
	*ret_rest = branch;
	for (size_t i = 0; i < branch.n;) {
		struct atom a;
		next_atom(branch, &i, &a);
		if (a.type == ATOM_START) {
			*ret_rest = str_from(branch, i);
			return true;
		}
		if (a.type != ATOM_ASSERT)
			return false;
	}
	return false;
}

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
	if (next_branch(&rest, &branch) && rest.p != NULL) {
		end_run(l);
		return;
	}
	for (size_t i = 0; i < pattern.n;) {
		struct atom a;
		next_atom(pattern, &i, &a);
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
	while (next_branch(&rest, &branch))
		if (!branch_anchored(branch, &ignored))
			return false;
	return true;
}

void pattern_read(str pattern, struct arena *a, struct pattern_facts *ret)
{
	*ret = (struct pattern_facts){.head = arena_str(a, S("")), .literal = arena_str(a, S(""))};
	if (pattern.n == 0 || is_complex(pattern, 0))
		return;
	ret->anchored = all_anchored(pattern);
	struct literals l = {.at_head = ret->anchored};
	str rest = pattern;
	if (ret->anchored)
		(void)branch_anchored(pattern, &rest);
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
				set_union(&sets[o], &a->set);
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
		next_atom(branch, &i, &a);
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
	while (next_branch(&rest, &branch))
		reached |= prefix_branch(sets, branch, state);
	return reached;
}

void pattern_prefix(str pattern, struct byte_set ret_sets[PATTERN_PREFIX])
{
	memset(ret_sets, 0, PATTERN_PREFIX * sizeof *ret_sets);
	unsigned state = 1;
	if (pattern.n > 0 && !is_complex(pattern, 0) && all_anchored(pattern))
		state = prefix_of(ret_sets, pattern, 1);
	(void)anything(ret_sets, state & ~(unsigned)END_BIT);
}

bool pattern_prefix_split(str pattern, struct byte_set ret_sets[2][PATTERN_PREFIX])
{
	str rest = pattern, branch = STR_NONE;
	struct atom a = {0};
	size_t i = 0;
	memset(ret_sets, 0, 2 * sizeof *ret_sets);
	if (is_complex(pattern, 0) || !next_branch(&rest, &branch) || rest.p != NULL || !branch_anchored(branch, &rest) || rest.n == 0)
		return false;
	next_atom(rest, &i, &a);
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
	if (is_complex(pattern, 0) || !next_branch(&rest, &branch) || rest.p != NULL)
		return false;
	size_t end = branch.n;
	for (size_t i = 0, start = 0; i < branch.n; start = i) {
		struct atom a;
		next_atom(branch, &i, &a);
		if (a.type == ATOM_END && i == branch.n)
			end = start;
	}
	for (size_t i = 0, start = 0; i < end; start = i) {
		struct atom a;
		next_atom(branch, &i, &a);
		if (a.type != ATOM_START)
			buf_add(out, (str){branch.p + start, i - start});
	}
	return true;
}
