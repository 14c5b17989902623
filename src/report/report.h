/* Facts to text. Knows nothing of the store or the classifier; one struct report_ops per format, in reports[]. */
#ifndef MCPLOG_REPORT_REPORT_H
#define MCPLOG_REPORT_REPORT_H
#include "base/buf.h"
#include "model/facts.h"
#include "model/rules.h"

/* Parts of a text that an earlier run wrote: an incident is shown by the same bytes as long as it is the same. */
struct report_memo {
	str (*find)(void *context, uint64_t key);      /* p NULL: it must be written */
	void (*made)(void *context, uint64_t key, size_t at, size_t n); /* these bytes of the finished text are that part */
	void *context;
};
struct report_options {
	bool color, ascii, verbose;
	unsigned columns;             /* 80 by default */
	enum severity min_severity;
	str cause, server, tool, session; /* filters; empty = all */
	instant since, until;         /* NONE = no limit; by incident start */
	void (*hide)(void *context, struct buf *text); /* --privacy: hides people and places in a finished text; NULL: not asked for */
	void *hide_context;
	const struct report_memo *memo; /* NULL: everything is written */
	const struct incident *incident; /* pictures: only this one; NULL: sessions */
};
struct report_ops {
	const char *name;             /* of --format */
	void (*write)(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
	bool picture;                 /* it shows facts.picture: the run must keep calls */
};
const struct report_ops *report_find(str name); /* NULL when unknown */
const struct report_ops *picture_find(str name); /* the same for mcplog timeline */
/* The filters of the options; the time limits hold for what has a time. report/filter.c */
bool report_wants(const struct report_options *o, const struct incident *i);
/* A call of the picture: by its own server, tool, session and start; with a cause or severity, by its incident. */
bool report_wants_call(const struct report_options *o, const struct facts *f, const struct picture_call *p);
bool report_wants_note(const struct report_options *o, const struct note *n);
/* explain: one incident in full; or a cause or note page from the knowledge. */
void report_explain_incident(const struct facts *f, const struct incident *i, const struct report_options *o, struct buf *out);
bool report_explain_cause(const struct rules *rules, str id, const struct report_options *o, struct buf *out);
#endif
