/* A line of a session transcript as the client writes it, read without a JSON parser. */
#ifndef MCPLOG_PARSE_TRANSCRIPT_LINE_H
#define MCPLOG_PARSE_TRANSCRIPT_LINE_H
#include <stdbool.h>

#include "base/str.h"

enum { TRANSCRIPT_BLOCKS = 16 };

/* Literals are as they stand in the line, with quotes; p NULL: absent. */
struct transcript_block {
	str type;                              /* a literal without escapes */
	str name, id, tool_use_id, text;       /* literals of strings */
	str content;                           /* of a string, or an array of objects */
	bool is_error;
};

struct transcript_line {
	str type, timestamp, session, cwd, version; /* literals of strings */
	bool known;                                 /* says of which session, message or record it is */
	bool message, denied;
	str text;                                   /* the message's content when that is a string, without a message the line's */
	unsigned block_count;
	struct transcript_block block[TRANSCRIPT_BLOCKS];
};

/* True when `s` is valid JSON and an object of which a JSON parser would give these fields, each at most once. False tells
 * nothing: the line may be anything. Views into the line. */
bool transcript_line_read(str s, struct transcript_line *ret);
/* The literals of the strings named "text" in an array of objects that transcript_line_read gave: one after the other from
 * *at = 0 on, false behind the last. */
bool transcript_line_text(str array, size_t *at, str *ret);
#endif
