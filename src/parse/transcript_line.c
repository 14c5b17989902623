/* The fixed-key scanner of transcripts (parse/format_json.c asks it before the JSON parser): one pass over the line, no tree, no copy.
 *
 * It walks the whole value, as a JSON parser does, and notes where the few fields stand that format_transcript.c wants. What is not
 * plainly valid or not of the usual form (a field twice, escaped keys, halves of surrogates, large numbers, deep nesting, other kinds
 * of records) is left to the parser, so that no meaning depends on this file. Tests compare both. */
#include "parse/transcript_line.h"
#include "base/json_text.h"
#include "base/utf8.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { DEPTH = 48, DIGITS = 15 };

struct scan {
	const char *from, *p, *end;
};

static void blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

/* Blanks, then this byte. */
static bool byte(struct scan *s, char c)
{
	blanks(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool escape(struct scan *s)
{
	if (s->end - s->p < 2)
		return false;
	if (s->p[1] != 'u') {
		if (json_escape(s->p[1]) == '\0')
			return false;
		s->p += 2;
		return true;
	}
	if (s->end - s->p < 6)
		return false;
	for (int i = 2; i < 6; i++)
		if (memchr("0123456789abcdefABCDEF", s->p[i], 22) == NULL)
			return false;
	if ((s->p[2] | 0x20) == 'd' && s->p[3] > '7') /* a half of a pair */
		return false;
	s->p += 6;
	return true;
}

/* The string at s, with its quotes. */
static bool string(struct scan *s, str *ret, bool *ret_escaped)
{
	const char *start = s->p;
	*ret_escaped = false;
	if (!byte(s, '"'))
		return false;
	for (start = s->p - 1;;) {
		s->p = json_plain_end(s->from, s->p, s->end);
		if (s->p == s->end)
			return false;
		if (*s->p == '"')
			break;
		if (*s->p == '\\') {
			*ret_escaped = true;
			if (!escape(s))
				return false;
		} else {
			uint32_t code;
			size_t n = (unsigned char)*s->p < 0x80 ? 0 : utf8_next((str){s->p, (size_t)(s->end - s->p)}, &code);
			if (n == 0)
				return false;
			s->p += n;
		}
	}
	s->p++;
	*ret = (str){start, (size_t)(s->p - start)};
	return true;
}

static bool key(struct scan *s, str *ret)
{
	bool escaped;
	if (!string(s, ret, &escaped) || escaped || !byte(s, ':'))
		return false;
	*ret = (str){ret->p + 1, ret->n - 2};
	blanks(s);
	return true;
}

static size_t digits(struct scan *s)
{
	const char *start = s->p;
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - start);
}

static bool number(struct scan *s)
{
	s->p += *s->p == '-';
	const char *first = s->p;
	size_t n = digits(s);
	if (n == 0 || n > DIGITS || (n > 1 && *first == '0'))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		n = digits(s);
		if (n == 0 || n > DIGITS)
			return false;
	}
	return s->p == s->end || (*s->p != 'e' && *s->p != 'E');
}

static bool word(struct scan *s, str w)
{
	if ((size_t)(s->end - s->p) < w.n || memcmp(s->p, w.p, w.n) != 0)
		return false;
	s->p += w.n;
	return true;
}

/* Behind a member or element: is there another one? *ret_ok: one of both follows. */
static bool another(struct scan *s, char bracket, bool *ret_ok)
{
	*ret_ok = true;
	if (byte(s, ','))
		return true;
	*ret_ok = byte(s, bracket);
	return false;
}

static bool value(struct scan *s, unsigned depth);

static bool container(struct scan *s, unsigned depth)
{
	const char close = *s->p++ == '{' ? '}' : ']';
	bool ok;
	str name;
	if (depth == DEPTH)
		return false;
	if (byte(s, close))
		return true;
	do {
		if ((close == '}' && !key(s, &name)) || !value(s, depth + 1))
			return false;
	} while (another(s, close, &ok));
	return ok;
}

static bool value(struct scan *s, unsigned depth)
{
	str ignored;
	bool escaped;
	blanks(s);
	switch (s->p < s->end ? *s->p : '\0') {
	case '"': return string(s, &ignored, &escaped);
	case '{':
	case '[': return container(s, depth);
	case 't': return word(s, S("true"));
	case 'f': return word(s, S("false"));
	case 'n': return word(s, S("null"));
	case '-': return s->end - s->p > 1 && number(s);
	default: return s->p < s->end && *s->p >= '0' && *s->p <= '9' && number(s);
	}
}

/* A field's string, once. */
static bool field(struct scan *s, str *ret)
{
	bool escaped;
	return ret->p == NULL && string(s, ret, &escaped);
}

struct name {
	const char *name;
	size_t at; /* of its str in the struct */
};

static str *field_of(const struct name *names, size_t n, void *fields, str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_z(names[i].name)))
			return (str *)(void *)((char *)fields + names[i].at);
	return NULL;
}

/* An object of a result's content. */
static bool element(struct scan *s, str *ret_text)
{
	bool ok;
	str name;
	*ret_text = STR_NONE;
	if (!byte(s, '{'))
		return false;
	do {
		if (!key(s, &name) || !(str_eq(name, S("text")) ? field(s, ret_text) : value(s, 5)))
			return false;
	} while (another(s, '}', &ok));
	return ok;
}

static bool elements(struct scan *s, str *ret)
{
	const char *start = s->p;
	bool ok;
	str text;
	if (ret->p != NULL || !byte(s, '['))
		return false;
	if (!byte(s, ']')) {
		do {
			if (!element(s, &text))
				return false;
		} while (another(s, ']', &ok));
		if (!ok)
			return false;
	}
	*ret = (str){start, (size_t)(s->p - start)};
	return true;
}

static bool block(struct scan *s, struct transcript_block *b)
{
	static const struct name names[] = {{"type", offsetof(struct transcript_block, type)}, {"text", offsetof(struct transcript_block, text)},
		{"id", offsetof(struct transcript_block, id)}, {"name", offsetof(struct transcript_block, name)},
		{"tool_use_id", offsetof(struct transcript_block, tool_use_id)}};
	bool ok, error_seen = false;
	str name, *to;
	*b = (struct transcript_block){.is_error = false};
	if (!byte(s, '{'))
		return false;
	do {
		if (!key(s, &name))
			return false;
		if ((to = field_of(names, sizeof names / sizeof *names, b, name)) != NULL) {
			ok = field(s, to);
		} else if (str_eq(name, S("content"))) {
			ok = s->p < s->end && (*s->p == '[' ? elements(s, &b->content) : field(s, &b->content));
		} else if (str_eq(name, S("is_error"))) {
			b->is_error = s->p < s->end && *s->p == 't';
			ok = !error_seen && value(s, 4);
			error_seen = true;
		} else {
			ok = value(s, 4);
		}
		if (!ok)
			return false;
	} while (another(s, '}', &ok));
	return ok && b->type.p != NULL && memchr(b->type.p, '\\', b->type.n) == NULL;
}

static bool content(struct scan *s, struct transcript_line *l)
{
	bool ok;
	if (s->p < s->end && *s->p == '"')
		return field(s, &l->text);
	if (!byte(s, '['))
		return false;
	if (byte(s, ']'))
		return true;
	do {
		if (l->block_count == TRANSCRIPT_BLOCKS || !block(s, &l->block[l->block_count]))
			return false;
		l->block_count++;
	} while (another(s, ']', &ok));
	return ok;
}

static bool message(struct scan *s, struct transcript_line *l)
{
	bool ok, seen = false;
	str name;
	if (l->message || l->text.p != NULL || !byte(s, '{')) /* the line's own content came before it: rare */
		return false;
	l->message = true;
	do {
		if (!key(s, &name))
			return false;
		const bool wanted = str_eq(name, S("content"));
		if ((wanted && seen) || !(wanted ? content(s, l) : value(s, 2)))
			return false;
		seen |= wanted;
	} while (another(s, '}', &ok));
	return ok;
}

static bool is_one(str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_z(names[i])))
			return true;
	return false;
}

bool transcript_line_read(str line, struct transcript_line *ret)
{
	static const struct name names[] = {{"type", offsetof(struct transcript_line, type)}, {"timestamp", offsetof(struct transcript_line, timestamp)},
		{"sessionId", offsetof(struct transcript_line, session)}, {"cwd", offsetof(struct transcript_line, cwd)},
		{"version", offsetof(struct transcript_line, version)}};
	static const char *const others[] = {"debug", "error", "jsonrpc", "session_id", "claude_code_version", "mcp_servers", "content", "MESSAGE",
		"log"}, *const ids[] =
		{"uuid", "messageId", "leafUuid"};
	struct scan s = {line.p, line.p, line.p + line.n};
	bool ok;
	str name, *to;
	*ret = (struct transcript_line){.known = false};
	if (!byte(&s, '{'))
		return false;
	do {
		if (!key(&s, &name) || is_one(name, others, sizeof others / sizeof *others))
			return false;
		if ((to = field_of(names, sizeof names / sizeof *names, ret, name)) != NULL) {
			ok = field(&s, to);
		} else if (str_eq(name, S("message"))) {
			ok = message(&s, ret);
		} else {
			ret->known |= is_one(name, ids, sizeof ids / sizeof *ids);
			ret->denied |= str_eq(name, S("toolDenialKind"));
			ok = value(&s, 1);
		}
		if (!ok)
			return false;
	} while (another(&s, '}', &ok));
	ret->known |= ret->message || ret->session.p != NULL;
	return ok && s.p == s.end && ret->known && ret->type.p != NULL;
}

bool transcript_line_text(str array, size_t *at, str *ret)
{
	struct scan s = {array.p, array.p + *at, array.p + array.n};
	while (byte(&s, *at == 0 ? '[' : ',') && element(&s, ret)) {
		*at = (size_t)(s.p - array.p);
		if (ret->p != NULL)
			return true;
	}
	return false;
}
