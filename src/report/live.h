/* What watch says of an incident: a few lines for people, one object for programs. */
#ifndef MCPLOG_REPORT_LIVE_H
#define MCPLOG_REPORT_LIVE_H
#include "report/report.h"

enum live_kind { LIVE_BEGIN, LIVE_CHANGE, LIVE_END };
const char *live_kind_name(enum live_kind k); /* begin, change, end */

struct live_event {
	enum live_kind kind;
	const struct incident *incident;
	str why;   /* what changed, or how it ended, as a few plain words; empty at a beginning */
	bool echo; /* an end that says no more than its begin did: only for programs */
};
/* At most four lines; the time of `now` stands in front. */
void report_live_text(const struct facts *f, const struct live_event *e, instant now, const struct report_options *o, struct buf *out);
/* {"type":"begin","at":…,"why":…,"incident":{…}} and LF; incident as in the report, with its advice. */
void report_live_json(const struct live_event *e, instant now, struct buf *out);
#endif
