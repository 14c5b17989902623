/* Logs of clients by the time they cover: which of them overlap another one? Asked for each log of a run, of which there may be
 * thousands, so none of them is looked at that neither overlaps nor stands beside one that does. */
#ifndef MCPLOG_JOIN_PERIODS_H
#define MCPLOG_JOIN_PERIODS_H
#include "base/arena.h"
#include "model/source.h"

struct period {
	instant first, last;      /* a log without times: all that can be */
	instant latest;           /* `last` of those in the halves whose middle this is */
	uint32_t source;
};
struct periods {
	struct period *v;         /* by `first` */
	size_t n;
};

/* Those of these sources that are clients' logs. Memory is the arena's. */
void periods_init(struct periods *p, const struct source *sources, size_t n, struct arena *a);

/* Hands out the numbers of those that overlap s, give or take a minute, by time, until `hand` has enough and says false: then this is
 * false too. A log without times overlaps all. */
bool periods_overlapping(const struct periods *p, const struct source *s, bool (*hand)(void *context, uint32_t source), void *context);
#endif
