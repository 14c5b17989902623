/* What a finished report hides: each [REDACTED:kind] in it, counted by kind. Counted in the text itself, so the numbers say what a
 * reader sees, and do not depend on which logs were read in this run. */
#ifndef MCPLOG_REPORT_HIDDEN_H
#define MCPLOG_REPORT_HIDDEN_H
#include "report/report.h"

enum { HIDDEN_KINDS = 64 };
struct hidden {
	struct {
		str kind;
		uint64_t count;
	} kinds[HIDDEN_KINDS]; /* those that occur, by name */
	size_t kind_count;
	uint64_t total;
};
void hidden_count(const struct rules *rules, str text, struct hidden *ret);
/* For writers, at their end: hides people and places in what they wrote, when asked for, and counts. */
void hidden_finish(const struct rules *rules, const struct report_options *o, struct buf *out, struct hidden *ret);
/* "3 secrets hidden: 2 bearer, 1 cookie"; nothing when there is none. */
void hidden_say(const struct hidden *h, struct buf *out);
#endif
