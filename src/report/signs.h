/* Signs and words of pictures: one table for terminals, legends and SVG. */
#ifndef MCPLOG_REPORT_SIGNS_H
#define MCPLOG_REPORT_SIGNS_H
#include "report/lanes.h"
#include "report/page.h"

struct sign {
	const char *sign, *ascii; /* one column each */
	const char *word;         /* for people: "dropped" */
	enum ink ink;
};
const struct sign *sign_of_mark(enum mark_kind k);
const struct sign *sign_of_bar(enum bar_style s); /* word: what the bar stands for */
/* How a call ended: answered, failed, still open. */
const struct sign *sign_of_end(const struct picture_call *c);
/* "dropped, 17 h 12 min old", "connected"; "(no clock)" where the place in a picture with times is only an order. */
void sign_words(const struct drawing *d, const struct picture_mark *m, unsigned times, struct buf *out);
/* For lists, with what it means: "dropped, 2 s old: the client saw an error on its connection". */
void sign_sentence(const struct picture_mark *m, struct buf *out);
#endif
