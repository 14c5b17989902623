/* JSON in (base/json.h). The only file that knows jansson; a `struct json` is a json_t by another name.
 *
 * Logs hold JSON that strict parsers refuse: strings cut in the middle of a surrogate pair, bytes that are no UTF-8, integers
 * beyond 64 bits. Such a text is parsed a second time after a repair that touches nothing but the offending bytes. Nesting
 * deeper than jansson's limit (2,048) stays an error: the line counts as unparsed. */
#include <jansson.h>
/* Macros of jansson whose names are functions here. */
#undef json_is_string
#undef json_is_object
#undef json_is_array
#include "base/diag.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/utf8.h"

static const json_t *in(const struct json *v) { return (const json_t *)(const void *)v; }
static const struct json *out(const json_t *v) { return (const struct json *)(const void *)v; }

static bool hex4(str s, uint32_t *ret)
{
	uint32_t v = 0;
	if (s.n < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		const int digit = str_hex_digit(s.p[i]);
		if (digit < 0)
			return false;
		v = v << 4 | (unsigned)digit;
	}
	*ret = v;
	return true;
}

/* Decodes the hexadecimal part of \uXXXX at s, with its second half if it is a surrogate pair. A lone surrogate becomes
 * U+FFFD. *ret_n: bytes taken. */
static bool unescape_u(str s, uint32_t *ret_code, size_t *ret_n)
{
	uint32_t high, low;
	if (!hex4(s, &high))
		return false;
	*ret_n = 4;
	*ret_code = high;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	*ret_code = 0xfffd;
	str next = str_from(s, 4);
	if (high < 0xdc00 && str_starts(next, S("\\u")) && hex4(str_from(next, 2), &low) && low >= 0xdc00 && low <= 0xdfff) {
		*ret_code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
		*ret_n = 10;
	}
	return true;
}

/* Copies s with invalid UTF-8 and lone surrogate escapes replaced by U+FFFD. */
static void repair(str s, struct buf *ret)
{
	while (s.n > 0) {
		uint32_t code;
		size_t n = utf8_next(s, &code), taken;
		if (n == 0) {
			buf_add(ret, S("\xef\xbf\xbd"));
			n = 1;
		} else if (code == '\\' && s.n > 1 && s.p[1] == 'u' && unescape_u(str_from(s, 2), &code, &taken) && code == 0xfffd) {
			buf_add(ret, S("\\ufffd"));
			n = 2 + taken;
		} else if (code == '\\' && s.n > 1) {
			n = (unsigned char)s.p[1] < 0x80 ? 2 : 1; /* an escaped backslash must not begin the next escape */
			buf_add(ret, str_head(s, n));
		} else {
			buf_add(ret, str_head(s, n));
		}
		s = str_from(s, n);
	}
}

struct json *json_parse(str s, struct err *reterr)
{
	const size_t flags = JSON_ALLOW_NUL | JSON_DECODE_ANY;
	json_error_t e;
	json_t *v = json_loadb(s.n > 0 ? s.p : "", s.n, flags, &e);
	enum json_error_code code = v == NULL ? json_error_code(&e) : json_error_unknown;
	if (v == NULL && (code == json_error_invalid_utf8 || code == json_error_invalid_syntax || code == json_error_numeric_overflow)) {
		struct buf fixed = {0};
		json_error_t second;
		repair(s, &fixed);
		v = json_loadb(fixed.n > 0 ? fixed.p : "", fixed.n, code == json_error_numeric_overflow ? flags | JSON_DECODE_INT_AS_REAL : flags, &second);
		buf_done(&fixed);
	}
	if (v == NULL && code == json_error_out_of_memory)
		diag_out_of_memory();
	if (v == NULL)
		err_at(reterr, ERR_SYNTAX, NULL, (unsigned)(e.line > 0 ? e.line : 0), (unsigned)(e.column > 0 ? e.column : 0), "not valid JSON: %s", e.text);
	return (struct json *)(void *)v;
}

void json_free(struct json *doc) { json_decref((json_t *)(void *)doc); }

const struct json *json_get(const struct json *object, const char *key)
{
	return object == NULL ? NULL : out(json_object_get(in(object), key));
}

const struct json *json_at(const struct json *array, size_t i)
{
	return array == NULL ? NULL : out(json_array_get(in(array), i));
}

size_t json_size(const struct json *v)
{
	return v == NULL ? 0 : json_is_array(v) ? json_array_size(in(v)) : json_object_size(in(v));
}

str json_text(const struct json *v)
{
	return json_is_string(v) ? (str){json_string_value(in(v)), json_string_length(in(v))} : S("");
}

bool json_is_string(const struct json *v) { return v != NULL && json_typeof(in(v)) == JSON_STRING; }
bool json_is_object(const struct json *v) { return v != NULL && json_typeof(in(v)) == JSON_OBJECT; }
bool json_is_array(const struct json *v) { return v != NULL && json_typeof(in(v)) == JSON_ARRAY; }

bool json_int(const struct json *v, int64_t *ret_value)
{
	if (v == NULL || json_typeof(in(v)) != JSON_INTEGER)
		return false;
	*ret_value = json_integer_value(in(v));
	return true;
}

bool json_fraction(const struct json *v, double *ret_value)
{
	if (v == NULL || json_typeof(in(v)) != JSON_REAL)
		return false;
	*ret_value = json_real_value(in(v));
	return true;
}

bool json_true(const struct json *v) { return v != NULL && json_typeof(in(v)) == JSON_TRUE; }

/* Decodes one escape at s (which begins behind the backslash); bytes taken, 0 when it is none. */
static size_t unescape(str s, struct buf *ret)
{
	if (s.n == 0)
		return 0;
	const char plain = json_escape(s.p[0]);
	if (plain != '\0') {
		buf_byte(ret, plain);
		return 1;
	}
	uint32_t code;
	size_t n;
	if (s.p[0] != 'u' || !unescape_u(str_from(s, 1), &code, &n))
		return 0;
	if (code < 0x80) {
		buf_byte(ret, (char)code);
	} else if (code < 0x800) {
		buf_byte(ret, (char)(0xc0 | code >> 6));
	} else if (code < 0x10000) {
		buf_byte(ret, (char)(0xe0 | code >> 12));
		buf_byte(ret, (char)(0x80 | (code >> 6 & 0x3f)));
	} else {
		buf_byte(ret, (char)(0xf0 | code >> 18));
		buf_byte(ret, (char)(0x80 | (code >> 12 & 0x3f)));
		buf_byte(ret, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	if (code >= 0x80)
		buf_byte(ret, (char)(0x80 | (code & 0x3f)));
	return 1 + n;
}

bool json_unquote(str literal, struct buf *ret)
{
	if (literal.n < 2 || literal.p[0] != '"' || literal.p[literal.n - 1] != '"')
		return false;
	const size_t before = ret->n;
	const char *at = literal.p + 1, *const end = literal.p + literal.n - 1;
	buf_reserve(ret, literal.n); /* no escape is shorter than what it stands for */
	for (;;) {
		const char *p = json_plain_end(literal.p, at, end);
		while (p < end && *p != '"' && *p != '\\')
			p = json_plain_end(literal.p, p + 1, end);
		memcpy(ret->p + ret->n, at, (size_t)(p - at));
		ret->n += (size_t)(p - at);
		if (p == end)
			return true;
		const size_t taken = *p == '\\' ? unescape((str){p + 1, (size_t)(end - p - 1)}, ret) : 0;
		if (taken == 0) {
			ret->n = before;
			return false;
		}
		at = p + 1 + taken;
	}
}
