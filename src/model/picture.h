/* What pictures, traces and tables need beyond verdicts: every call of the scope once, sessions, connections, marks, and the
 * health of servers. Filled by assemble_picture.c when pipeline_options.keep_calls asks for it; all zero otherwise.
 *
 * Sessions stand in report order, calls and marks by session and time; `session`, `server` and `incident` are indexes into
 * picture.sessions, facts.servers and facts.incidents, PICTURE_NONE where there is none. Everything lives in the arena of
 * the facts. What did not fit into the limits of model/limits.h is counted in calls_left_out and marks_left_out. */
#ifndef MCPLOG_MODEL_PICTURE_H
#define MCPLOG_MODEL_PICTURE_H
#include "model/verdict.h"

#define PICTURE_NONE UINT32_MAX

/* What a notable line is in a picture; patterns/kinds.yaml says which kinds are (keys `mark` and `side`). RESTART is made
 * here: a start that is not the first of its server in its session. */
#define MARK_LIST(X)                                                                                               \
	X(NONE, "none") X(CONNECT, "connect") X(RECONNECT, "reconnect") X(CONNECT_FAILED, "connect-failed") X(DROP, "drop")  \
	X(CLOSE, "close") X(SESSION_LOST, "session-lost") X(CANCEL, "cancel") X(TIMEOUT, "timeout") X(START, "start")   \
	X(RESTART, "restart") X(STOP, "stop") X(EXCEPTION, "exception") X(ERROR, "error") X(PERMISSION, "permission")    \
	X(HANDLED, "handled") X(RETRY, "retry") X(BACKGROUND, "background") X(EXIT, "exit")
enum mark_kind {
#define X(id, name) MARK_##id,
	MARK_LIST(X)
#undef X
	MARK_COUNT
};
/* On which of the three lanes it stands: what the client did, what happened to a connection, what the server did. */
#define SIDE_LIST(X) X(CLIENT, "client") X(TRANSPORT, "transport") X(SERVER, "server")
enum side {
#define X(id, name) SIDE_##id,
	SIDE_LIST(X)
#undef X
	SIDE_COUNT
};
/* Where a call's time went, in this order. WIRE and SERVER are told apart only where a server log shows the arrival at the
 * handler; else WIRE is unknown and SERVER is everything from the request to the answer. TURN is what follows: from the end of
 * the call until the client asks the model again; other calls of the same turn hold it back. */
#define STAGE_LIST(X) X(PERMISSION, "permission") X(DISPATCH, "dispatch") X(WIRE, "wire") X(SERVER, "server") X(TURN, "next model turn")
enum stage {
#define X(id, name) STAGE_##id,
	STAGE_LIST(X)
#undef X
	STAGE_COUNT
};
const char *mark_name(enum mark_kind m); /* model/names.c */
const char *side_name(enum side s);
const char *stage_name(enum stage s);

struct picture_call {
	struct call call;            /* joined from all sources of its session; strings in the facts' arena */
	uint32_t session, server, incident; /* incident: the first that counts it among its calls */
	instant from, to;            /* what to draw. to: the end; of an open call the as-of time. from NONE: not timed at all */
	bool open;                   /* still running at the as-of time */
	instant handled_at;          /* a server log shows it at its handler; NONE unknown */
	int64_t stages[STAGE_COUNT]; /* µs; -1 unknown */
	struct line_ref start, end;  /* its first and last line; source NULL: none */
	str transport;               /* of its server in its session; p NULL unknown */
};
struct picture_mark {
	enum mark_kind kind;
	enum side side;
	uint32_t session, server, call; /* call: index in picture.calls */
	instant at;                  /* where to draw it: its time, or for lines without one the time of its place in the order */
	instant time, after, before; /* as in evidence: time NONE when it is not known, then it lies between after and before */
	bool exiting;                /* part of the client's own exit: proves nothing about the server */
	struct line_ref where;
	str name;                    /* kind of the event: "transport.dropped" */
	str what;                    /* the same for people: "the client saw an error on its connection" */
	str text;                    /* redacted excerpt of its line; empty for frequent healthy lines */
	str transport;               /* of its server in this session; p NULL unknown */
	int64_t uptime_s;            /* of the connection that dropped or closed, as the line says; -1 unknown */
};
struct picture_session {
	str id, client_version, cwd; /* id p NULL: unknown */
	instant begin, end;          /* first and last time; of an untimed session virtual */
	instant exit_at;             /* NONE: not seen */
	bool timed;                  /* false: times of its calls and marks only keep their order; never show them as dates */
	size_t first_call, call_count, first_mark, mark_count; /* its part of picture.calls and picture.marks */
};
/* Latencies of the calls of one tool that were answered. */
struct tool_health {
	str tool;
	uint32_t server;
	uint64_t calls, ok, failed, open;
	int64_t p50, p90, p99, max, total; /* µs; -1 when no call was answered with a known duration. total: of all durations */
};
struct uptime_bin {
	int64_t from_s, to_s;        /* from ≤ uptime < to; to -1: no end */
	uint64_t connections;        /* that ended in it by a drop or an unclean close */
};
/* Many connections of a server end at the same age: the limit that is known to have it. */
struct uptime_limit {
	int64_t seconds;
	uint64_t connections;        /* that ended at this age */
	str what;                    /* whose limit: "nginx proxy_read_timeout, AWS ALB" … from patterns/; empty = none known */
};
enum { UPTIME_BINS = 12 };
struct server_health {           /* one per facts.servers, same index */
	uint64_t calls, failed, open, drops, reconnects, connects_failed, restarts, exceptions;
	struct uptime_bin uptimes[UPTIME_BINS];
	uint64_t uptime_count;
	const struct uptime_limit *limits;
	size_t limit_count;
	const struct tool_health *tools; /* most total time first */
	size_t tool_count;
	int64_t stages[STAGE_COUNT]; /* sums over its calls, µs */
	uint64_t stage_calls[STAGE_COUNT]; /* calls that they are known of */
};
struct picture {
	bool kept;                   /* false: keep_calls was not asked for */
	const struct picture_session *sessions;
	size_t session_count;
	const struct picture_call *calls;
	size_t call_count;
	const struct picture_mark *marks;
	size_t mark_count;
	const struct server_health *health; /* facts.server_count of them */
	const uint32_t *incident_sessions;  /* facts.incident_count of them: indexes into sessions, PICTURE_NONE for nothing to draw */
	uint64_t calls_left_out, marks_left_out;
};
#endif
