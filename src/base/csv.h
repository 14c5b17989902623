/* CSV out (RFC 4180): quoting, and cells that a spreadsheet would run as a formula made harmless. */
#ifndef MCPLOG_BASE_CSV_H
#define MCPLOG_BASE_CSV_H
#include "base/buf.h"

struct csv {
	struct buf *out;
	bool begun; /* zero-initialise: a cell of this row was written */
};

/* A cell of text. One that begins with = + - @, TAB, CR or NUL gets a ' before it. What a terminal must not see is escaped
 * as by utf8_terminal; line feeds stay, in quotes. */
void csv_text(struct csv *w, str s);
/* A cell of a column of numbers, written as it is; an empty text is an empty cell. `digits` must be a number's text. */
void csv_number(struct csv *w, str digits);
void csv_int(struct csv *w, int64_t v);
void csv_empty(struct csv *w);
void csv_end(struct csv *w); /* CR LF */
#endif
