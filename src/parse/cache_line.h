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
#endif
