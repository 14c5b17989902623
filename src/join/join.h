/* Rows of a scope → incident views. In this order, each a small file: session (which sources are one session) · load (rows
 * into one time line) · twin (one sentence in several sources is one event) · ids (calls of several sources are one) · implied (an
 * error that stands for a call) · exit (the client's own end) · server_side (server logs placed beside the client) · ending (how each
 * call ended) · servers (what belongs to which). Writes nothing. */
#ifndef MCPLOG_JOIN_JOIN_H
#define MCPLOG_JOIN_JOIN_H
#include "base/err.h"
#include "model/facts.h"
#include "model/view.h"

/* A sentence by which sources know each other: what, and when in steps of the twin window; JOIN_ID: an id, whenever. */
struct join_key {
	uint64_t what;
	int64_t step;
};
#define JOIN_ID INT64_MIN
/* How join/ asks for rows: filled in by pass2.c with the store behind it. `events` and `calls` call back in order of offset. Names of a
 * row live in a; its other texts too, or, when they are `passing`, during the callback only. */
struct join_rows {
	void *context;
	int (*events)(void *context, const struct source *s, struct arena *a, bool passing, void (*fn)(void *, const struct event *), void *fn_context, struct err *reterr);
	int (*calls)(void *context, const struct source *s, struct arena *a, bool passing, void (*fn)(void *, const struct call *), void *fn_context, struct err *reterr);
	/* A source's keys, which depend on its rows only: kept from an earlier run, and to be kept. NULL: never. keys is false when there are
	 * none; memory in a. */
	bool (*keys)(void *context, const struct source *s, struct arena *a, const struct join_key **ret, size_t *ret_count);
	int (*keep_keys)(void *context, const struct source *s, const struct join_key *v, size_t n, struct err *reterr);
	bool whole; /* healthy calls of large sessions in full too, and all marks, up to LIMIT_PICTURE_CALLS */
};
/* A set of sources that tell one story: one client session with its server logs, or server logs alone. */
struct join_group {
	const struct source **sources; /* client sources first */
	size_t source_count, client_count;
	bool beside_client;            /* a text, or servers' logs, in the directory of a client's log: errors that name no server are of something else */
};
struct join_groups {
	struct join_group *v;
	size_t n;
};
/* Groups the sources of a scope. Memory in a. */
int join_group_sources(const struct source *sources, size_t n, const struct join_rows *rows, struct arena *a, struct join_groups *ret, struct err *reterr) MUST_USE;
void join_groups_mark(struct join_groups *groups); /* beside_client of all, when they come from elsewhere */
/* Builds the view of one group; its memory lives in a. clock receives at most one entry per server-side source. */
int join_view(const struct join_group *g, uint32_t index, const struct rules *rules, const struct join_rows *rows, struct arena *a,
	struct session_view *ret, struct clock_offset *clocks, size_t *clock_count, struct err *reterr) MUST_USE;
void join_view_done(struct session_view *v);
#endif
