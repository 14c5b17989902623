/* Tables for people: columns aligned by what a terminal shows, fitted to its width, or one record after the other. */
#ifndef MCPLOG_REPORT_TABLE_H
#define MCPLOG_REPORT_TABLE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

struct table_cell {
	str text;      /* safe for terminals, in the table's arena */
	size_t width;
	bool number;
};
struct table {
	struct arena arena;
	VEC(struct table_cell) head, cells; /* cells by rows */
	size_t bytes;  /* of all texts */
	bool bare;     /* no heading */
};

void table_column(struct table *t, str name);
/* The next cell; rows are filled from left to right. p NULL: empty. Texts are escaped here. */
void table_text(struct table *t, str s);
void table_number(struct table *t, str digits);
/* width: columns of the page, 0 = as wide as it gets. `indent` blanks before each line. A table that cannot be fitted is written
 * as one record after the other, a line per column. */
void table_write(struct table *t, size_t width, size_t indent, bool ascii, struct buf *out);
void table_done(struct table *t);
#endif
