/* Reads a plain pattern's text as a tree (base/plain.h, for plain.c).
 *
 *   group   = branch ('|' branch)*
 *   branch  = (atom quantifier?)*
 *   atom    = byte | set | '(' group ')' | '(?:' | '(?s:' | '(?<name>' | '(?=' | '(?!' … ')' | ^ | $ | \b | \B
 *
 * Whatever is not surely understood, or not surely valid, is refused: PCRE2 then says what it means. */
#include "base/plain_parts.h"

enum { SETS_MAX = 500, DEPTH_MAX = 12, NAME_MAX_BYTES = 32 };

void *plain_refuse(struct compiler *c)
{
	c->refused = true;
	return NULL;
}

static bool at_end(const struct compiler *c) { return c->at >= c->text.n; }
static char peek(const struct compiler *c, size_t ahead) { return c->at + ahead < c->text.n ? c->text.p[c->at + ahead] : '\0'; }

static void invert(struct span_set *s)
{
	for (unsigned i = 0; i < sizeof s->row; i++)
		s->row[i] = (uint8_t)~s->row[i];
}

uint16_t plain_add_set(struct compiler *c, const struct span_set *s)
{
	for (size_t i = 0; i < c->sets.n; i++)
		if (memcmp(&c->sets.v[i], s, sizeof *s) == 0)
			return (uint16_t)i;
	if (c->sets.n == SETS_MAX) {
		(void)plain_refuse(c);
		return 0;
	}
	*vec_push(&c->sets) = *s;
	return (uint16_t)(c->sets.n - 1);
}

static bool escaped_set(char letter, struct span_set *ret)
{
	*ret = (struct span_set){{0}};
	switch (letter | 0x20) {
	case 'd': span_add_range(ret, '0', '9'); break;
	case 'w':
		span_add_range(ret, '0', '9');
		span_add_range(ret, 'a', 'z');
		span_add_range(ret, 'A', 'Z');
		span_add_range(ret, '_', '_');
		break;
	case 's':
		span_add_range(ret, 9, 13);
		span_add_range(ret, ' ', ' ');
		break;
	default: return false;
	}
	if (!(letter & 0x20))
		invert(ret);
	return true;
}

/* The escape at c->at, behind its backslash: a byte (true), or a set. Others are refused. */
static bool read_escape(struct compiler *c, char *ret_byte, struct span_set *ret_set)
{
	static const char controls[] = "n\nr\rt\tf\fe\033a\a";
	char letter = peek(c, 0);
	c->at++;
	for (size_t i = 0; i + 1 < sizeof controls; i += 2)
		if (letter == controls[i]) {
			*ret_byte = controls[i + 1];
			return true;
		}
	if (letter == 'x' && str_hex_digit(peek(c, 0)) >= 0 && str_hex_digit(peek(c, 1)) >= 0) {
		*ret_byte = (char)(str_hex_digit(peek(c, 0)) * 16 + str_hex_digit(peek(c, 1)));
		c->at += 2;
		return true;
	}
	if (escaped_set(letter, ret_set))
		return false;
	bool punctuation = letter > ' ' && (unsigned char)letter < 0x7f && !str_is_digit(letter) && !((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z');
	if (!punctuation && letter != ' ')
		(void)plain_refuse(c);
	*ret_byte = letter;
	return true;
}

/* One member of a class: a byte (true), or a set that was added to *s. */
static bool read_member(struct compiler *c, struct span_set *s, unsigned char *ret_byte)
{
	struct span_set set;
	char byte = peek(c, 0);
	if (byte == '[' && (peek(c, 1) == ':' || peek(c, 1) == '.' || peek(c, 1) == '='))
		(void)plain_refuse(c);
	c->at++;
	if (byte == '\\' && !read_escape(c, &byte, &set)) {
		span_unite(s, &set);
		return false;
	}
	*ret_byte = (unsigned char)byte;
	return true;
}

/* The class at c->at, behind its '['. */
static struct span_set read_class(struct compiler *c)
{
	struct span_set s = {{0}};
	bool negated = peek(c, 0) == '^';
	c->at += negated;
	for (bool first = true; !at_end(c) && (first || peek(c, 0) != ']') && !c->refused; first = false) {
		unsigned char from, to;
		bool byte = read_member(c, &s, &from);
		if (peek(c, 0) == '-' && peek(c, 1) != ']') {
			c->at++;
			if (!byte || !read_member(c, &s, &to) || to < from) {
				(void)plain_refuse(c);
				break;
			}
			span_add_range(&s, from, to);
		} else if (byte) {
			span_add_range(&s, from, from);
		}
	}
	if (at_end(c))
		(void)plain_refuse(c);
	c->at++;
	if (negated)
		invert(&s);
	return s;
}

static bool read_number(const struct compiler *c, size_t *at, uint32_t *ret)
{
	size_t from = *at;
	*ret = 0;
	for (; *at < c->text.n && str_is_digit(c->text.p[*at]) && *at - from < 4; ++*at)
		*ret = *ret * 10 + (uint32_t)(c->text.p[*at] - '0');
	return *at > from;
}

/* {n} {n,} {n,m} at c->at; other braces are bytes. */
static bool read_braces(struct compiler *c, struct node *n)
{
	size_t at = c->at + 1;
	uint32_t min, max;
	if (!read_number(c, &at, &min))
		return false;
	max = min;
	if (at < c->text.n && c->text.p[at] == ',') {
		at++;
		if (!read_number(c, &at, &max))
			max = UINT32_MAX;
	}
	if (at >= c->text.n || c->text.p[at] != '}')
		return false;
	c->at = at + 1;
	n->min = min;
	n->max = max;
	if (max < min)
		(void)plain_refuse(c);
	return true;
}

static void read_quantifier(struct compiler *c, struct node *n)
{
	n->min = n->max = 1;
	bool there = true;
	switch (peek(c, 0)) {
	case '?': n->min = 0; break;
	case '*': n->min = 0; n->max = UINT32_MAX; break;
	case '+': n->max = UINT32_MAX; break;
	case '{':
		if (!read_braces(c, n))
			return;
		c->at--;
		break;
	default: there = false;
	}
	if (!there)
		return;
	c->at++;
	n->lazy = peek(c, 0) == '?';
	c->at += n->lazy;
	/* Possessive and doubled quantifiers, and quantified assertions, are PCRE2's. */
	char next = peek(c, 0);
	if (next == '+' || next == '*' || next == '?' || next == '{' || n->type == NODE_ASSERT || n->type == NODE_LOOK)
		(void)plain_refuse(c);
}

static struct branch *read_group(struct compiler *c, unsigned depth);

static void read_name(struct compiler *c, char close)
{
	size_t from = c->at;
	while (!at_end(c) && peek(c, 0) != close)
		c->at++;
	str name = {c->text.p + from, c->at - from};
	bool good = !at_end(c) && name.n > 0 && name.n <= NAME_MAX_BYTES && !str_is_digit(name.p[0]) && c->p->groups < PLAIN_GROUPS;
	for (size_t i = 0; i < name.n && good; i++)
		good = str_is_word(name.p[i]);
	for (size_t g = 0; g < c->names.n && good; g++)
		good = !str_eq((str){c->bytes.p + c->names.v[g].at, c->names.v[g].n}, name);
	if (!good) {
		(void)plain_refuse(c);
		return;
	}
	c->at++;
	c->names.v[c->names.n - 1] = (struct plain_text){(uint32_t)c->bytes.n, (uint32_t)name.n};
	buf_add(&c->bytes, name);
}

static void new_capture(struct compiler *c, struct node *n)
{
	n->capture = ++c->p->groups;
	*vec_push(&c->names) = (struct plain_text){0};
	if (c->p->groups >= PLAIN_GROUPS || c->looking)
		(void)plain_refuse(c);
}

/* What stands behind a '(' and says what kind of group it is. */
static void read_group_kind(struct compiler *c, struct node *n, bool *ret_dotall)
{
	n->type = NODE_GROUP;
	if (peek(c, 0) == '*') {
		(void)plain_refuse(c);
	} else if (peek(c, 0) != '?') {
		new_capture(c, n);
	} else if (peek(c, 1) == ':') {
		c->at += 2;
	} else if (peek(c, 1) == 's' && peek(c, 2) == ':') {
		c->at += 3;
		*ret_dotall = true;
	} else if (peek(c, 1) == '=' || peek(c, 1) == '!') {
		n->type = NODE_LOOK;
		n->assert_code = peek(c, 1) == '=' ? PLAIN_LOOK : PLAIN_LOOK_NOT;
		c->at += 2;
	} else if (peek(c, 1) == '<' && peek(c, 2) != '=' && peek(c, 2) != '!') {
		c->at += 2;
		new_capture(c, n);
		if (!c->refused)
			read_name(c, '>');
	} else {
		(void)plain_refuse(c);
	}
}

static void read_parenthesis(struct compiler *c, struct node *n, unsigned depth)
{
	bool dotall = c->dotall, looking = c->looking;
	read_group_kind(c, n, &c->dotall);
	c->looking |= n->type == NODE_LOOK;
	if (!c->refused)
		n->branches = read_group(c, depth + 1);
	c->dotall = dotall;
	c->looking = looking;
	if (peek(c, 0) != ')')
		(void)plain_refuse(c);
	c->at++;
}

static void read_backslash(struct compiler *c, struct node *n)
{
	struct span_set set;
	c->at++;
	if (peek(c, 0) == 'b' || peek(c, 0) == 'B') {
		n->type = NODE_ASSERT;
		n->assert_code = peek(c, 0) == 'b' ? PLAIN_WORD : PLAIN_NO_WORD;
		c->at++;
	} else if (read_escape(c, &n->byte, &set)) {
		n->type = NODE_BYTE;
	} else {
		n->type = NODE_SET;
		n->set = plain_add_set(c, &set);
	}
}

static void read_atom(struct compiler *c, struct node *n, unsigned depth)
{
	struct span_set set = {{0}};
	switch (peek(c, 0)) {
	case '\\': read_backslash(c, n); break;
	case '[':
		c->at++;
		set = read_class(c);
		n->type = NODE_SET;
		n->set = plain_add_set(c, &set);
		break;
	case '(':
		c->at++;
		read_parenthesis(c, n, depth);
		break;
	case '.':
		c->at++;
		if (!c->dotall)
			span_add_range(&set, '\n', '\n');
		invert(&set);
		n->type = NODE_SET;
		n->set = plain_add_set(c, &set);
		break;
	case '^':
	case '$':
		n->type = NODE_ASSERT;
		n->assert_code = peek(c, 0) == '^' ? PLAIN_START : PLAIN_END;
		c->at++;
		break;
	case '*':
	case '+':
	case '?':
	case '\0': (void)plain_refuse(c); break;
	case '{':
		if (peek(c, 1) == ',' || peek(c, 1) == ' ' || read_braces(c, &(struct node){0}))
			(void)plain_refuse(c);
		/* fall through */
	default:
		n->type = NODE_BYTE;
		n->byte = peek(c, 0);
		c->at++;
	}
}

static struct branch *read_group(struct compiler *c, unsigned depth)
{
	struct branch *first = NULL, **to = &first;
	if (depth > DEPTH_MAX)
		return plain_refuse(c);
	for (;;) {
		struct branch *b = *to = arena_alloc(&c->nodes, sizeof *b);
		struct node **tail = &b->first;
		*b = (struct branch){0};
		while (!at_end(c) && !c->refused && peek(c, 0) != '|' && peek(c, 0) != ')') {
			struct node *n = *tail = arena_alloc(&c->nodes, sizeof *n);
			*n = (struct node){0};
			read_atom(c, n, depth);
			if (!c->refused)
				read_quantifier(c, n);
			tail = &n->next;
		}
		to = &b->next;
		if (c->refused || peek(c, 0) != '|')
			return first;
		c->at++;
	}
}

struct branch *plain_read(struct compiler *c)
{
	struct branch *whole = c->text.n > 0 ? read_group(c, 0) : plain_refuse(c);
	if (c->at != c->text.n)
		(void)plain_refuse(c);
	return whole;
}
