/*
 * The writer under text.c and explain.c. It counts terminal columns, wraps at blanks and colours whole pieces. All text,
 * also that of the knowledge base, is escaped here by utf8_terminal before it is measured, so no caller can forget it; only
 * this file writes escape sequences.
 */
#include "report/page.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

static const char *const ink_start[] = {
	[INK_PLAIN] = "",        [INK_BOLD] = "\x1b[1m",     [INK_DIM] = "\x1b[2m",   [INK_RED] = "\x1b[1;31m",
	[INK_YELLOW] = "\x1b[1;33m", [INK_GREEN] = "\x1b[32m", [INK_CYAN] = "\x1b[36m",
};

/* Length of the directory that all sources share; 0 when they share none. */
static size_t common_directory(const struct facts *f)
{
	if (f->source_count == 0)
		return 0;
	str same = f->sources[0].path;
	for (size_t i = 1; i < f->source_count; i++) {
		size_t n = 0;
		const str other = f->sources[i].path;
		while (n < same.n && n < other.n && same.p[n] == other.p[n])
			n++;
		same = str_head(same, n);
	}
	while (same.n && same.p[same.n - 1] != '/')
		same.n--;
	return same.n;
}

void page_init(struct page *ret, const struct facts *f, const struct report_options *o, struct buf *out)
{
	*ret = (struct page){.out = out, .options = o, .facts = f, .common = common_directory(f)};
}

/* The signs that the report itself uses; anything else outside ASCII is shown as its code point. */
static const char *ascii_of(uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *text;
	} table[] = {
		{0xb7, "-"},    {0xd7, "x"},    {0xb1, "+-"},   {0x2013, "-"},  {0x2014, "-"},   {0x2018, "'"}, {0x2019, "'"},
		{0x201c, "\""}, {0x201d, "\""}, {0x2026, "..."}, {0x2192, "->"}, {0x2264, "<="}, {0x2265, ">="}, {0x2248, "~"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].code == code)
			return table[i].text;
	return NULL;
}

static void add_ascii(struct buf *out, str s)
{
	while (s.n) {
		uint32_t code = 0;
		const size_t n = utf8_next(s, &code);
		if (n <= 1)
			buf_byte(out, s.p[0]);
		else if (ascii_of(code))
			buf_addz(out, ascii_of(code));
		else
			buf_printf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
		s = str_from(s, n ? n : 1);
	}
}

static void to_ascii(struct buf *out)
{
	struct buf plain = {0};
	add_ascii(&plain, buf_str(out));
	buf_reset(out);
	buf_add(out, buf_str(&plain));
	buf_done(&plain);
}

void page_plain(const struct page *p, str s, struct buf *out)
{
	struct buf safe = {0};
	utf8_terminal(&safe, s, false);
	for (size_t i = 0; i < safe.n; i++) /* a tab has no width of its own */
		safe.p[i] = safe.p[i] == '\t' ? ' ' : safe.p[i];
	if (p->options->ascii)
		add_ascii(out, buf_str(&safe));
	else
		buf_add(out, buf_str(&safe));
	buf_done(&safe);
}

void page_done(struct page *p)
{
	if (p->options->ascii)
		to_ascii(p->out);
	buf_done(&p->scratch);
}

/* `s` is safe already, and so wide. */
static void put_wide(struct page *p, enum ink ink, str s, size_t width)
{
	const bool colored = p->options->color && ink != INK_PLAIN && s.n;
	if (colored)
		buf_addz(p->out, ink_start[ink]);
	buf_add(p->out, s);
	if (colored)
		buf_addz(p->out, "\x1b[0m");
	p->column += width;
}

static void put(struct page *p, enum ink ink, str s)
{
	put_wide(p, ink, s, utf8_width(s));
}

void page_text(struct page *p, enum ink ink, str s)
{
	struct buf safe = {0};
	utf8_terminal(&safe, s, false);
	put(p, ink, buf_str(&safe));
	buf_done(&safe);
}

void page_literal(struct page *p, enum ink ink, const char *z)
{
	page_text(p, ink, str_z(z));
}

void page_printf(struct page *p, enum ink ink, const char *format, ...)
{
	va_list args;
	char small[512];
	va_start(args, format);
	const int n = vsnprintf(small, sizeof small, format, args);
	va_end(args);
	if (n > 0)
		page_text(p, ink, (str){small, (size_t)n < sizeof small ? (size_t)n : sizeof small - 1});
}

void page_to(struct page *p, size_t column)
{
	const size_t blanks = column > p->column ? column - p->column : (p->column && p->column != column);
	buf_repeat(p->out, ' ', blanks);
	p->column += blanks;
}

void page_end(struct page *p)
{
	while (p->out->n && p->out->p[p->out->n - 1] == ' ')
		p->out->n--;
	buf_byte(p->out, '\n');
	p->column = 0;
}

/* One more line, or false when the limit is reached. */
static bool next_line(struct page *p, size_t indent, unsigned *lines, unsigned max_lines)
{
	if (max_lines && *lines == max_lines)
		return false;
	++*lines;
	page_end(p);
	page_to(p, indent);
	return true;
}

/* A word that is longer than a whole line is cut hard. False when the limit of lines was reached. */
static bool put_long_word(struct page *p, enum ink ink, str word, size_t indent, unsigned *lines, unsigned max_lines)
{
	const size_t width = p->options->columns;
	while (word.n) {
		const size_t end = max_lines && *lines == max_lines ? width - 1 : width;
		const size_t room = end > p->column ? end - p->column : 0;
		const str piece = utf8_cut(word, room);
		if (piece.n == 0 && p->column <= indent) { /* narrower than one character: write it all the same */
			put(p, ink, word);
			return true;
		}
		put(p, ink, piece);
		word = str_from(word, piece.n);
		if (word.n && !next_line(p, indent, lines, max_lines))
			return false;
	}
	return true;
}

/* On the last line a word that does not fit is cut, and leaves room for the "…" that follows. */
static bool put_last_word(struct page *p, enum ink ink, str word, bool glue)
{
	enum { LEAST = 8 };
	const size_t width = p->options->columns, used = p->column + (glue ? 1 : 0) + 1;
	if (used + LEAST > width)
		return false;
	if (glue)
		put(p, INK_PLAIN, S(" "));
	put(p, ink, utf8_cut(word, width - used));
	return true;
}

/* False when the limit of lines was reached; *glue then says whether a blank belongs before the "…". */
static bool put_word(struct page *p, enum ink ink, str word, bool *glue, size_t indent, unsigned *lines, unsigned max_lines)
{
	const size_t width = p->options->columns, columns = utf8_width(word), need = columns + (*glue ? 1 : 0);
	const bool last = max_lines && *lines == max_lines;
	if (p->column + need + (last ? 2 : 0) <= width) {
		if (*glue) {
			buf_byte(p->out, ' ');
			p->column++;
		}
		put_wide(p, ink, word, columns);
	} else if (last) {
		*glue = !put_last_word(p, ink, word, *glue);
		return false;
	} else if (need <= width - indent) {
		(void)next_line(p, indent, lines, max_lines);
		if (max_lines && *lines == max_lines && p->column + columns + 2 > width) { /* no room for the "…" of what may follow */
			*glue = !put_last_word(p, ink, word, false);
			return false;
		}
		put_wide(p, ink, word, columns);
	} else {
		if (*glue)
			put(p, INK_PLAIN, S(" "));
		if (!put_long_word(p, ink, word, indent, lines, max_lines)) {
			*glue = false;
			return false;
		}
	}
	*glue = true;
	return true;
}

void page_wrap(struct page *p, enum ink ink, str s, size_t indent, unsigned max_lines)
{
	unsigned lines = 1;
	bool glue = false;
	buf_reset(&p->scratch);
	utf8_terminal(&p->scratch, str_trim(s), true);
	str rest = buf_str(&p->scratch);
	while (rest.n) {
		size_t n = 0;
		while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\n' && rest.p[n] != '\t')
			n++;
		if (n && !put_word(p, ink, str_head(rest, n), &glue, indent, &lines, max_lines)) {
			put(p, INK_DIM, glue ? S(" …") : S("…"));
			break;
		}
		rest = str_from(rest, n + 1);
	}
	page_end(p);
}

str page_place(const struct page *p, const struct line_ref *at, struct buf *ret_text)
{
	buf_reset(ret_text);
	if (!at->source)
		return STR_NONE;
	buf_add(ret_text, str_from(at->source->path, p->common));
	if (at->line)
		buf_printf(ret_text, ":%llu", (unsigned long long)at->line);
	return buf_str(ret_text);
}

size_t page_place_cut(str place, size_t columns)
{
	size_t cut = 0, width = utf8_width(place);
	while (width + (cut ? 1 : 0) > columns && cut < place.n) {
		uint32_t code;
		size_t n = utf8_next(str_from(place, cut), &code);
		n = n ? n : 1;
		width -= utf8_width(str_head(str_from(place, cut), n));
		cut += n;
	}
	return cut;
}

void page_clock(instant at, char ret_text[32])
{
	instant_format(at, ret_text);
	ret_text[10] = ' ';
	ret_text[19] = 0;
}

const char *page_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

void page_count(uint64_t n, const char *what, const char *end, struct buf *out)
{
	buf_printf(out, "%llu %s%s%s", (unsigned long long)n, what, page_plural(n), end);
}
