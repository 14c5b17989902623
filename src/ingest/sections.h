/* Several logs in one stream, told apart as `head` and `tail` do it for several files: "==> NAME <==" begins each. What
 * `mcplog report` puts into an issue is such a stream, and `tail -n 500 *.txt | mcplog analyze -` is another. */
#ifndef MCPLOG_INGEST_SECTIONS_H
#define MCPLOG_INGEST_SECTIONS_H
#include "base/buf.h"

struct section {
	str name, text;
};
/* The line that begins a section; its name has no line breaks. */
void section_head(struct buf *out, str name);
/* Is this line one? */
bool section_is_head(str line);
/* Takes the next section off *rest, which must begin with a head. False at the end. Views into *rest. */
bool section_next(str *rest, struct section *ret);
/* May the descriptor hold sections: does it begin with a head or like an issue, or is it a terminal, which does not tell? Nothing is
 * consumed; false when it cannot be seen (a socket). */
bool section_begins(int fd);
/* What of the text is sections: all when it begins with a head, the block of log lines of an issue that `mcplog report` wrote; p NULL:
 * nothing. A view. */
str section_stream(str text);
/* All that the descriptor holds, up to LIMIT_SECTIONS bytes; false when there is more, or on a read error. */
bool section_read(int fd, struct buf *ret_text);
/* A descriptor that holds the text, at its beginning; negative errno. */
int section_open(str text);
#endif
