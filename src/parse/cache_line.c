/* The fixed-key scanner of cache logs (parse/format_json.c asks it before the JSON parser). Nearly every line that a client writes
 * has this form; what differs in any way is left to the parser, so that no meaning depends on this file. Tests compare both. */
#include "parse/cache_line.h"
#include "base/json.h"
#include "base/json_text.h"

/* The string whose first byte stands at *at, up to its quote; *at is moved behind that. *ret_escape: the first backslash, or NULL. */
static bool take_string(str s, size_t *at, const char **ret_escape, str *ret)
{
	const char *from = s.p + *at, *end = s.p + s.n, *p = from;
	*ret_escape = NULL;
	for (;;) {
		p = json_plain_end(s.p, p, end);
		if (p == end)
			return false;
		if (*p == '"')
			break;
		if (*p != '\\' || end - p < 2 || json_escape(p[1]) == '\0')
			return false;
		if (*ret_escape == NULL)
			*ret_escape = p;
		p += 2;
	}
	*ret = (str){from, (size_t)(p - from)};
	*at = (size_t)(p - s.p) + 1;
	return true;
}

static bool take(str s, size_t *at, str literal)
{
	if (!str_starts(str_from(s, *at), literal))
		return false;
	*at += literal.n;
	return true;
}

bool cache_line_text(str s, size_t *at, bool *ret_error, const char **ret_escape, str *ret_text)
{
	*at = 0;
	*ret_error = false;
	if (!take(s, at, S("{\"debug\":\""))) {
		if (!take(s, at, S("{\"error\":\"")))
			return false;
		*ret_error = true;
	}
	return take_string(s, at, ret_escape, ret_text);
}

bool cache_line_decode(str text, struct buf *room, str *ret)
{
	buf_reset(room);
	if (!json_unquote((str){text.p - 1, text.n + 2}, room))
		return false;
	*ret = buf_str(room);
	return true;
}

bool cache_line_read(str s, struct buf *room, struct cache_line *ret)
{
	str names[] = {S(",\"timestamp\":\""), S(",\"sessionId\":\""), S(",\"cwd\":\"")};
	str *const values[] = {&ret->timestamp, &ret->session, &ret->cwd};
	size_t at;
	const char *escape;
	*ret = (struct cache_line){.timestamp = S(""), .session = S(""), .cwd = S("")};
	if (!cache_line_text(s, &at, &ret->is_error, &escape, &ret->text) || (escape != NULL && !cache_line_decode(ret->text, room, &ret->text)))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (take(s, &at, names[i]) && (!take_string(s, &at, &escape, values[i]) || escape != NULL))
			return false;
	return at + 1 == s.n && s.p[at] == '}';
}
