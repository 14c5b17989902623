/* Text for people: wrapping, indentation, colours, and the one place where text from logs becomes safe for terminals. */
#ifndef MCPLOG_REPORT_PAGE_H
#define MCPLOG_REPORT_PAGE_H
#include "base/buf.h"
#include "report/report.h"

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_RED, INK_YELLOW, INK_GREEN, INK_CYAN };

struct page {
	struct buf *out;
	const struct report_options *options;
	const struct facts *facts;
	size_t column;       /* of the next character in the present line */
	struct buf scratch;
	size_t common;       /* bytes that the paths of all sources share, up to a '/' */
};

void page_init(struct page *ret, const struct facts *f, const struct report_options *o, struct buf *out);
/* With --ascii, turns everything written into ASCII; frees the scratch. */
void page_done(struct page *p);

/* Everything below escapes its text. Nothing breaks a line but page_wrap and page_end. */
void page_text(struct page *p, enum ink ink, str s);
void page_literal(struct page *p, enum ink ink, const char *z);
void page_printf(struct page *p, enum ink ink, const char *format, ...) __attribute__((format(printf, 3, 4)));
void page_to(struct page *p, size_t column); /* blanks up to the column; one at least unless it is there already */
void page_end(struct page *p);               /* ends the line, without blanks at its end */
/* Words wrapped to the page, further lines behind `indent` blanks; after max_lines (0: no limit) the rest is "…". Ends the
 * line. */
void page_wrap(struct page *p, enum ink ink, str s, size_t indent, unsigned max_lines);
/* The text as it will be written, to be measured and cut: escaped, and ASCII with --ascii. Appends. */
void page_plain(const struct page *p, str s, struct buf *out);
/* "debug.txt:5", the path without what all sources share; empty for no place. */
str page_place(const struct page *p, const struct line_ref *at, struct buf *ret_text);
/* The end of a long place says more than its beginning: how many bytes of it to leave out, for a "…". */
enum { PAGE_PLACE_COLUMNS = 24 };
size_t page_place_cut(str place, size_t columns);
/* "2026-05-17 20:23:00" of at. */
void page_clock(instant at, char ret_text[32]);
const char *page_plural(uint64_t n); /* "s" or "" */
void page_count(uint64_t n, const char *what, const char *end, struct buf *out); /* "3 calls", and `end`. Appends. */
/* Behind "N calls ": of facts.calls_counted. */
#define REPORT_ONLY_COUNTED "only began, so many that they were counted, not judged one by one."
#endif
