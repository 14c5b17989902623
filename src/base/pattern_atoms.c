/* A PCRE2 pattern's text cut into branches and atoms, for the readers in pattern.c.
 *
 *   pattern  = branch ('|' branch)*
 *   branch   = (atom quantifier?)*
 *   atom     = byte | set | group | assertion; a pattern with anything else is "complex"
 *
 * Refuses to guess: what is not surely understood is complex, and the readers then know nothing of the pattern. */
#include "base/pattern_parts.h"

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
	if (c == 'x' && *at + 1 < s.n && str_hex_digit(s.p[*at]) >= 0 && str_hex_digit(s.p[*at + 1]) >= 0) {
		ret->byte = (char)(str_hex_digit(s.p[*at]) * 16 + str_hex_digit(s.p[*at + 1]));
		*at += 2;
		return ATOM_BYTE;
	}
	if (c == 'b' || c == 'B' || c == 'K' || c == 'z' || c == 'Z' || c == 'G')
		return ATOM_ASSERT;
	if (c == 'A')
		return ATOM_START;
	bool alphanumeric = str_is_digit(c) || str_is_letter(c) || c == '\0';
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
	byte_set_unite(set, type == ATOM_SET ? &a.set : &all_bytes);
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
	while (*at < s.n && str_is_digit(s.p[*at]) && *at - start < 6)
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

void pattern_next_atom(str s, size_t *at, struct atom *ret)
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

bool pattern_next_branch(str *rest, str *ret_branch)
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
		pattern_next_atom(*rest, &i, &ignored);
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
		pattern_next_atom(pattern, &i, &a);
		if (a.type == ATOM_COMPLEX || depth > DEPTH_MAX || (a.type == ATOM_GROUP && is_complex(a.inner, depth + 1)))
			return true;
	}
	return false;
}

bool pattern_is_complex(str pattern) { return is_complex(pattern, 0); }

bool pattern_branch_anchored(str branch, str *ret_rest)
{
	*ret_rest = branch;
	for (size_t i = 0; i < branch.n;) {
		struct atom a;
		pattern_next_atom(branch, &i, &a);
		if (a.type == ATOM_START) {
			*ret_rest = str_from(branch, i);
			return true;
		}
		if (a.type != ATOM_ASSERT)
			return false;
	}
	return false;
}
