/* Everything a report is made of: the answer of pass 2. */
#ifndef MCPLOG_MODEL_FACTS_H
#define MCPLOG_MODEL_FACTS_H
#include "model/picture.h"

struct connection {
	str server, session;
	instant opened_at, closed_at; /* NONE: unknown / still open */
	int64_t uptime_s;             /* -1 unknown */
	str how;                      /* open, cleanly, with-errors, client-closed, process-exit, unknown */
};
/* Upper bounds of the call-duration histogram, in milliseconds; the last bucket has none. Monitoring keeps them for months: never
 * change one. */
#define CALL_BUCKET_LIST(X) X(100) X(500) X(1000) X(5000) X(10000) X(30000) X(60000) X(120000) X(300000) X(600000) X(1800000) X(3600000)
enum {
	CALL_BUCKETS = 0
#define X(ms) +1
		CALL_BUCKET_LIST(X)
#undef X
};
struct call_counts {
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t buckets[CALL_BUCKETS + 1]; /* calls of known duration, each in one bucket */
	int64_t duration;             /* µs, of all of these */
	uint64_t drops;               /* of the connection, while a call was in flight */
};
struct server_facts {
	str name, transport;          /* transport p NULL when unknown: sse, http, stdio, claudeai-proxy, ws */
	uint64_t calls, failed, open;
	const struct connection *connections;
	size_t connection_count;
	struct call_counts counts;
};
struct server_session { /* across sessions: which are stale after a server restart */
	str server, session, what;    /* what: stale, recovered, unaffected */
	uint64_t calls_lost;
	int64_t lost;                 /* µs of waiting */
};
struct clock_offset {
	const struct source *source;
	int64_t offset, uncertainty;  /* µs to add to the source's times */
	uint32_t pairs;
};
struct facts {
	instant as_of;                /* NONE: nothing timed */
	bool momentary;               /* something is not over: verdicts would be others at another as-of time */
	const struct source *sources;
	size_t source_count;
	const struct server_facts *servers;
	size_t server_count;
	const struct incident *incidents;
	size_t incident_count;
	const struct note *notes;
	size_t note_count;
	const struct server_session *stale;
	size_t stale_count;
	const struct clock_offset *clocks;
	size_t clock_count;
	uint64_t records, calls, calls_open, calls_failed, unrecognized, sessions;
	uint64_t calls_counted;       /* of calls those that only began, so many that they were not judged one by one */
	instant first, last;
	bool unmeasured;
	const struct twin *call_twins, *event_twins; /* rows of the timeline that count once */
	size_t call_twin_count, event_twin_count;
	struct picture picture;       /* pipeline_options.keep_calls */
};
/* Did prune remove rows of one of the sources? */
static inline bool facts_pruned(const struct facts *f)
{
	for (size_t i = 0; i < f->source_count; i++)
		if (source_pruned(&f->sources[i]))
			return true;
	return false;
}
#endif
