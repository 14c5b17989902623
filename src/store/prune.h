/* Retention: rows of old times go, the positions of their files stay, so that what was removed does not come back. */
#ifndef MCPLOG_STORE_PRUNE_H
#define MCPLOG_STORE_PRUNE_H
#include "store/timeline.h"

struct prune_options {
	instant before;       /* rows of earlier times go; INSTANT_NONE: none because of their age */
	uint64_t most_bytes;  /* the oldest sources lose their rows until the database is no larger; 0: any size */
	bool dry;             /* count only */
};
struct prune_result {
	uint64_t sources, calls, events, incidents;
	uint64_t bytes_before, bytes_after; /* of the database; equal when dry */
};
/* One transaction, then the file is made smaller. Needs the writer's lock. Log files are never touched. */
int timeline_prune(struct timeline *t, const struct prune_options *o, struct prune_result *ret, struct err *reterr) MUST_USE;
#endif
