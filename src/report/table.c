/* Tables (report/table.h). Text is escaped when it comes in and measured in terminal columns, so that wide characters and
 * escapes do not shift what stands behind them.
 *
 * What is too wide: the widest columns of text are cut first, never below LEAST and never a column of numbers; when that is not
 * enough, records are written instead of lines. Nothing is cut when there is no width to keep (a pipe, a file).
 *
 * Refuses to break lines inside a cell: a line of the table is a row. */
#include "report/table.h"

#include "base/utf8.h"

enum { GAP = 2, LEAST = 12 };

static struct table_cell cell_of(struct table *t, str s, bool number)
{
	struct buf safe = {0};
	utf8_terminal(&safe, s, false);
	for (size_t i = 0; i < safe.n; i++)
		if (safe.p[i] == '\t')
			safe.p[i] = ' ';
	const struct table_cell c = {.text = arena_str(&t->arena, buf_str(&safe)), .width = utf8_width(buf_str(&safe)), .number = number};
	t->bytes += safe.n;
	buf_done(&safe);
	return c;
}

void table_column(struct table *t, str name)
{
	*vec_push(&t->head) = cell_of(t, name, false);
}

void table_text(struct table *t, str s)
{
	*vec_push(&t->cells) = cell_of(t, s, false);
}

void table_number(struct table *t, str digits)
{
	*vec_push(&t->cells) = cell_of(t, digits, true);
}

struct layout {
	size_t columns, rows;
	size_t *width;
	bool *number;  /* right-aligned: every cell that is not empty is a number */
	bool ascii;
};

static void measure(const struct table *t, struct layout *l)
{
	for (size_t c = 0; c < l->columns; c++) {
		l->width[c] = t->bare ? 0 : t->head.v[c].width;
		l->number[c] = l->rows > 0;
		for (size_t r = 0; r < l->rows; r++) {
			const struct table_cell *cell = &t->cells.v[r * l->columns + c];
			l->width[c] = cell->width > l->width[c] ? cell->width : l->width[c];
			l->number[c] = l->number[c] && (cell->number || cell->text.n == 0);
		}
	}
}

static size_t total(const struct layout *l)
{
	size_t n = l->columns ? GAP * (l->columns - 1) : 0;
	for (size_t c = 0; c < l->columns; c++)
		n += l->width[c];
	return n;
}

/* Takes from the widest column of text as long as there is one. */
static bool fit(struct layout *l, size_t room)
{
	for (size_t n = total(l); n > room; n--) {
		size_t widest = l->columns;
		for (size_t c = 0; c < l->columns; c++)
			if (!l->number[c] && l->width[c] > LEAST && (widest == l->columns || l->width[c] > l->width[widest]))
				widest = c;
		if (widest == l->columns)
			return false;
		l->width[widest]--;
	}
	return true;
}

static void put_cut(const struct table_cell *cell, size_t width, bool ascii, struct buf *out)
{
	if (cell->width <= width) {
		buf_add(out, cell->text);
		return;
	}
	const size_t dots = ascii ? 3 : 1;
	const str head = utf8_cut(cell->text, width > dots ? width - dots : 0);
	buf_add(out, head);
	buf_addz(out, ascii ? "..." : "…");
	buf_repeat(out, ' ', width - utf8_width(head) - dots);
}

static void put_row(const struct layout *l, const struct table_cell *row, size_t indent, struct buf *out)
{
	buf_repeat(out, ' ', indent);
	for (size_t c = 0; c < l->columns; c++) {
		const size_t pad = l->width[c] > row[c].width ? l->width[c] - row[c].width : 0;
		if (c)
			buf_repeat(out, ' ', GAP);
		if (l->number[c])
			buf_repeat(out, ' ', pad);
		put_cut(&row[c], l->width[c], l->ascii, out);
		if (!l->number[c])
			buf_repeat(out, ' ', pad);
	}
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
	buf_byte(out, '\n');
}

static void put_rule(const struct layout *l, size_t indent, struct buf *out)
{
	buf_repeat(out, ' ', indent);
	for (size_t c = 0; c < l->columns; c++) {
		if (c)
			buf_repeat(out, ' ', GAP);
		for (size_t i = 0; i < l->width[c]; i++)
			buf_addz(out, l->ascii ? "-" : "─");
	}
	buf_byte(out, '\n');
}

static void put_records(const struct table *t, const struct layout *l, size_t indent, struct buf *out)
{
	size_t widest = 0;
	for (size_t c = 0; c < l->columns; c++)
		widest = t->head.v[c].width > widest ? t->head.v[c].width : widest;
	for (size_t r = 0; r < l->rows; r++) {
		if (r)
			buf_byte(out, '\n');
		for (size_t c = 0; c < l->columns; c++) {
			const struct table_cell *cell = &t->cells.v[r * l->columns + c];
			if (cell->text.n == 0)
				continue;
			buf_repeat(out, ' ', indent + widest - t->head.v[c].width);
			buf_add(out, t->head.v[c].text);
			buf_repeat(out, ' ', GAP);
			buf_add(out, cell->text);
			buf_byte(out, '\n');
		}
	}
}

void table_write(struct table *t, size_t width, size_t indent, bool ascii, struct buf *out)
{
	const size_t columns = t->head.n;
	struct layout l = {.columns = columns, .rows = columns ? t->cells.n / columns : 0, .ascii = ascii,
		.width = arena_alloc(&t->arena, (columns + 1) * sizeof *l.width), .number = arena_alloc(&t->arena, (columns + 1) * sizeof *l.number)};
	measure(t, &l);
	const size_t room = width > indent ? width - indent : 1;
	if (columns == 0 || (width && !fit(&l, room))) {
		put_records(t, &l, indent, out);
		return;
	}
	if (!t->bare) {
		put_row(&l, t->head.v, indent, out);
		put_rule(&l, indent, out);
	}
	for (size_t r = 0; r < l.rows; r++)
		put_row(&l, &t->cells.v[r * columns], indent, out);
}

void table_done(struct table *t)
{
	vec_free(&t->head);
	vec_free(&t->cells);
	arena_done(&t->arena);
}
