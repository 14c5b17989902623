/* What a run's facts mean for alerts: one observation per incident. */
#ifndef MCPLOG_ALERT_OBSERVE_H
#define MCPLOG_ALERT_OBSERVE_H
#include "alert/range.h"
#include "base/arena.h"
#include "model/alert.h"
#include "model/facts.h"

struct alert_unread { /* an input that could not be read in this run: a file, or a directory with all below it */
	str path;
};
struct alert_observe_options {
	instant now;
	struct alert_range warn, crit;     /* of the age of open calls, in seconds */
	enum severity severity;            /* incidents at least this severe are told … */
	const str *causes;                 /* … and those of these causes */
	size_t cause_count;
	bool by_cause_only;                /* only `causes` count */
	/* µs of the longest call of this tool that was answered; negative: none was. May be NULL. */
	int64_t (*longest)(void *context, str server, str tool);
	void *context;
	const struct alert_unread *unread;
	size_t unread_count;
};
struct alert_observations {
	struct alert_observation *v;
	size_t n;
	uint32_t unwanted;                 /* warnings and worse that `severity` and `causes` leave out */
	uint32_t stuck;                    /* calls that are beyond a threshold now */
	int64_t oldest;                    /* µs: age of the oldest open call that something is wrong with; 0 none */
};
/* Texts are the facts' or in `a`. */
void alert_observe(const struct facts *f, const struct alert_observe_options *o, struct arena *a, struct alert_observations *ret);
#endif
