/* The life of alerts, as a pure function: what was remembered, what is seen now and the clock give what is remembered next.
 * No files, no database: a simulation can drive it. */
#ifndef MCPLOG_ALERT_STEP_H
#define MCPLOG_ALERT_STEP_H
#include "base/arena.h"
#include "model/alert.h"

struct alert_step_options {
	instant now;
	uint32_t for_runs;    /* a condition must be seen in so many runs in a row before it fires; at least 1 */
	int64_t keep_firing;  /* µs that an alert goes on after its trouble was last seen */
	bool blind;           /* so little could be read that nothing is over because it was not seen */
	bool first;           /* the first run: what is over is history, and told to nobody */
	instant history_before; /* what ended before it is history too; INSTANT_NONE: nothing */
};
struct alert_step_result {
	uint32_t fired, resolved; /* in this run */
	uint32_t history;         /* incidents newly taken as history */
	bool at_rest;             /* all that was seen is told: seen again later, it would change nothing, and neither would it when not seen */
};
/* Changes *book; its new texts live in `a`. Observations of one run, in any order, each incident at most once. */
void alert_step(struct alert_book *book, const struct alert_observation *seen, size_t count, const struct alert_step_options *o, struct arena *a,
	struct alert_step_result *ret);
#endif
