/* The one writer of CSV (base/csv.h), below all: exports, reports and answers of queries.
 *
 * Invariants: a reader of RFC 4180 gets back as many cells as were written, whatever stood in them; no text cell begins with a
 * character that makes spreadsheets evaluate it; no control byte gets through but TAB and LF.
 *
 * Refuses to decide what is a number: callers say so, because a text that looks like one is still a text. */
#include "base/csv.h"
#include "base/utf8.h"

static void next_cell(struct csv *w)
{
	if (w->begun)
		buf_byte(w->out, ',');
	w->begun = true;
}

static bool is_formula(str s)
{
	return s.n > 0 && memchr("=+-@\t\r\0", s.p[0], 7) != NULL;
}

static bool needs_quotes(str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (memchr("\",;\n\t", s.p[i], 5) != NULL)
			return true;
	return s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
}

void csv_text(struct csv *w, str s)
{
	struct buf safe = {0};
	next_cell(w);
	if (is_formula(s))
		buf_byte(&safe, '\'');
	utf8_terminal(&safe, s, true);
	str cell = buf_str(&safe);
	if (!needs_quotes(cell)) {
		buf_add(w->out, cell);
	} else {
		buf_byte(w->out, '"');
		for (size_t i = 0; i < cell.n; i++) {
			if (cell.p[i] == '"')
				buf_byte(w->out, '"');
			buf_byte(w->out, cell.p[i]);
		}
		buf_byte(w->out, '"');
	}
	buf_done(&safe);
}

void csv_number(struct csv *w, str digits)
{
	next_cell(w);
	buf_add(w->out, digits);
}

void csv_int(struct csv *w, int64_t v)
{
	next_cell(w);
	buf_printf(w->out, "%lld", (long long)v);
}

void csv_empty(struct csv *w) { next_cell(w); }

void csv_end(struct csv *w)
{
	buf_addz(w->out, "\r\n");
	w->begun = false;
}
