/* A line of the MCP cache log as the client writes it, read without a JSON parser. */
#ifndef MCPLOG_PARSE_CACHE_LINE_H
#define MCPLOG_PARSE_CACHE_LINE_H
#include "base/buf.h"

struct cache_line {
	bool is_error;                        /* the text stands under "error" */
	str text, timestamp, session, cwd;    /* empty when absent; views into the line, or into room */
};
/* True when `s` is an object of nothing but "debug" or "error", then "timestamp", "sessionId", "cwd" at most once each, all of them
 * strings of printable ASCII with escapes of one letter: then the fields are what a JSON parser gives. False tells nothing. The
 * text is decoded into *room when it holds escapes. */
bool cache_line_read(str s, struct buf *room, struct cache_line *ret);
/* Its first half, for lines whose rest is known already: the text as it stands between its quotes; *at is behind the second one.
 * *ret_escape: the first backslash in it, NULL: none. `s` may go on behind the line. */
bool cache_line_text(str s, size_t *at, bool *ret_error, const char **ret_escape, str *ret_text);
/* A text that has escapes, into *room; the quotes around it are read too. False: an escape is wrong. */
bool cache_line_decode(str text, struct buf *room, str *ret);
#endif
