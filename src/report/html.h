/* The HTML report: the writer that escapes (html.c), and the pieces of the page. */
#ifndef MCPLOG_REPORT_HTML_H
#define MCPLOG_REPORT_HTML_H
#include "report/lanes.h"
#include "report/page.h"

struct html {
	struct buf *out;
	const struct facts *facts;
	const struct report_options *options;
	struct page page;    /* for the names of places */
	struct buf scratch;
	unsigned regions;    /* so that each has a name of its own */
};

/* Trusted markup: literals only. */
void html_raw(struct html *h, const char *literal);
/* Everything else: safe inside elements and inside quoted attributes. Bytes and characters that a terminal would not get are
 * shown as there (\x1b, \u202e). */
void html_text(struct html *h, str s);
/* At most `bytes` bytes of s, then "…". */
void html_cut(struct html *h, str s, size_t bytes);
/* As html_cut; a narrow page breaks the name behind "_" and its like, not in mid-word. */
void html_name(struct html *h, str s, size_t bytes);
/* The finished text is escaped. */
void html_printf(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* <tag>text</tag>; open and tag are literals: html_tag(h, "b class=x", "b", s). */
void html_tag(struct html *h, const char *open, const char *tag, str s);
/* A number for an attribute such as x="12.34%". */
void html_percent(struct html *h, const char *name, double x);
/* <div class=scroll>: what is wider than the page scrolls, with the keyboard too. Closed by the caller. */
void html_region(struct html *h, const char *name);
/* <code> with the place of a line. */
void html_place(struct html *h, const struct line_ref *at);
void html_clock(struct html *h, instant at); /* "2026-05-17 20:23:00" */
void html_duration(struct html *h, int64_t micros); /* "–" when negative */

/* --- pieces --- */
/* The lanes of a drawing as a figure; caption p NULL: none. tools: with controls for zoom and choice. */
void html_lanes(struct html *h, const struct drawing *d, str caption, bool tools);
/* The marks of a drawing as a table. */
void html_marks(struct html *h, const struct drawing *d, size_t most);
void html_incident(struct html *h, const struct incident *i);
void html_servers(struct html *h);  /* health of servers */
void html_waiting(struct html *h);  /* where the waiting time went */
#endif
