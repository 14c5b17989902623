/* Counters and gauges for monitoring, from the facts of a run. */
#ifndef MCPLOG_ALERT_COUNT_H
#define MCPLOG_ALERT_COUNT_H
#include "alert/observe.h"

struct alert_count_options {
	const struct alert_observations *seen;
	str (*label)(void *context, str name); /* makes a name fit to be a label; lives as long as the book */
	void *context;
	uint64_t pattern_problems;  /* of this run */
	uint64_t unread;            /* files that this run could not read */
	uint64_t skipped;           /* runs that another writer's lock turned away, ever */
};
/* Adds to the counters of the book what is new since the last run: they never go down, whatever the timeline forgets. */
void alert_count(struct alert_book *book, const struct facts *f, const struct alert_count_options *o, struct arena *a);
/* The same for facts that are those of the last run, when nothing is stuck or unread. */
void alert_count_same(struct alert_book *book, uint64_t skipped);
#endif
