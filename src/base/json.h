/* JSON in (jansson) and out (a small streaming writer). The only file that knows jansson. */
#ifndef MCPLOG_BASE_JSON_H
#define MCPLOG_BASE_JSON_H
#include "base/buf.h"
#include "base/instant.h"
#include "base/err.h"

/* jansson exports functions of these names; ours are called otherwise for the linker. */
#define json_true mcplog_json_true
#define json_real mcplog_json_real
#define json_null mcplog_json_null

struct json; /* a parsed value: json_t */

/* Parses the whole of s (NUL escapes and duplicate keys accepted). NULL on error with *reterr set; free with json_free. */
struct json *json_parse(str s, struct err *reterr);
void json_free(struct json *doc); /* the root only; NULL is fine */
/* All of the following take NULL and give NULL / empty, so that look-ups chain. Views live as long as the root. */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_at(const struct json *array, size_t i);
size_t json_size(const struct json *array_or_object);
str json_text(const struct json *v);   /* a string's bytes; empty for others */
bool json_is_string(const struct json *v);
bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_int(const struct json *v, int64_t *ret_value);
bool json_fraction(const struct json *v, double *ret_value); /* a number with a fraction */
bool json_true(const struct json *v);

/* Decodes a JSON string literal including its quotes (`"a\nb"`) into *out; false (and nothing added) when it is none. */
bool json_unquote(str literal, struct buf *out);

/* Writer: commas and indentation are its business. Output is ASCII, keys are trusted literals. */
struct json_out {
	struct buf *out;
	int depth;        /* zero-initialise the rest */
	bool pretty;      /* one key a line, two blanks */
	bool comma, after_key;
};
void json_open(struct json_out *w, char bracket);  /* '{' or '[' */
void json_close(struct json_out *w, char bracket); /* '}' or ']' */
void json_key(struct json_out *w, const char *key);
void json_str(struct json_out *w, str s);
void json_num(struct json_out *w, int64_t v);
void json_real(struct json_out *w, double v, int decimals);
void json_bool(struct json_out *w, bool v);
void json_null(struct json_out *w);
void json_raw(struct json_out *w, str json); /* already valid JSON */
void json_member_time(struct json_out *w, const char *key, instant at); /* ISO 8601; null when there is none */
#endif
