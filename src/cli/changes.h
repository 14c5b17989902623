/* Which incidents began, changed and ended between two looks at the same logs. Pure: facts and a clock in, events out. */
#ifndef MCPLOG_CLI_CHANGES_H
#define MCPLOG_CLI_CHANGES_H
#include "base/map.h"
#include "base/vec.h"
#include "report/live.h"

struct changes_options { /* all in µs */
	int64_t settle;  /* a call in flight whose stream dropped may still be answered: so long it is waited for */
	int64_t silence; /* a call about which nothing but silence speaks is told when it is so old */
	int64_t history; /* what was over for longer when it was first seen is not told */
};

struct known_incident;
struct changes {
	struct changes_options options;
	bool started;
	const char *gone_why;   /* said at the end of an incident that the facts no longer hold */
	uint32_t look;          /* number of the present look */
	VEC(struct known_incident) known;
	struct map by_id;       /* hash of the id -> index + 1 */
	struct arena arena;     /* texts of `events` */
	/* An incident that is no longer there is told from the facts that had it last: those of the last look and of a glance behind it
	 * must live until the next look is over. */
	const struct facts *facts[2];
	/* Results of the last look or glance. */
	VEC(struct live_event) events; /* incidents point into facts; valid until the next one */
	size_t history;         /* incidents that are not told, because they were over */
	instant next;           /* look again at this time even if nothing was written; INSTANT_NONE: no need */
};

void changes_init(struct changes *ret, const struct changes_options *options);
void changes_done(struct changes *c);
/* At the first look what is over already is history. Each begin is followed by one end, unless the caller stops looking. An incident that a filter of
 * `o` hides is never told. */
void changes_look(struct changes *c, const struct facts *f, const struct report_options *o, instant now);
/* The same for facts of a part of the logs: what they do not hold is left as it is. A whole look must follow soon; `next` says so. */
void changes_glance(struct changes *c, const struct facts *f, const struct report_options *o, instant now);
#endif
