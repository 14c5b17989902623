/* One MCP tool call, as one file tells it (pass 1) or as all files of the session tell it together (pass 2). */
#ifndef MCPLOG_MODEL_CALL_H
#define MCPLOG_MODEL_CALL_H
#include "model/event.h"

#define OUTCOME_LIST(X) X(UNENDED, "unended") X(OK, "ok") X(ERROR, "error") X(CANCELLED, "cancelled") X(ABORTED, "aborted") X(BACKGROUNDED, "backgrounded")
#define LINK_LIST(X) X(TOOL_USE_ID, "tool-use-id") X(TRANSCRIPT, "transcript") X(ADJACENCY, "adjacency") X(ELAPSED, "elapsed") X(ORDER, "order")
#define ENDING_LIST(X)                                                                                            \
	X(STILL_OPEN, "still-open") X(COMPLETED, "completed") X(ERROR, "error") X(USER_CANCEL, "user-cancel")         \
	X(CLIENT_TIMEOUT, "client-timeout") X(CLIENT_ABORT, "client-abort") X(CONNECTION_CLOSED, "connection-closed") \
	X(UNREACHABLE, "unreachable") X(PROCESS_EXIT, "process-exit") X(BACKGROUNDED, "backgrounded")
enum outcome {
#define X(id, name) OUTCOME_##id,
	OUTCOME_LIST(X)
#undef X
	OUTCOME_COUNT
};
enum link {
#define X(id, name) LINK_##id,
	LINK_LIST(X)
#undef X
	LINK_COUNT
};
enum ending {
#define X(id, name) ENDING_##id,
	ENDING_LIST(X)
#undef X
	ENDING_COUNT
};
const char *outcome_name(enum outcome o); /* model/names.c */
const char *link_name(enum link l);
const char *ending_name(enum ending e);
bool ending_find(str name, enum ending *ret);

/* How a server is reached; UNKNOWN only when nothing tells. */
enum transport_bits { TRANSPORT_REMOTE = 1, TRANSPORT_STDIO = 2, TRANSPORT_UNKNOWN = 4, TRANSPORT_SSE = 8, TRANSPORT_HTTP = 16 };

/* Clients write a heartbeat for each call in flight every 30 s of wall time; an Esc ends the calls in flight at once, and the
 * lines that say so follow within two seconds. */
#define BEAT_INTERVAL (30 * SECOND)
#define ESC_REACH (2 * SECOND)

struct place { /* of a line in the call's own source */
	uint64_t line, offset; /* line 0: none */
};

enum call_flags {
	CALL_NEVER_SENT = 1,    /* no `Calling` line, or the tool was unknown */
	CALL_UNKNOWN = 2,       /* "Unknown tool", "No such tool" */
	CALL_RETRIED = 4,       /* repeated inside one dispatch after session recovery */
	CALL_START_UNKNOWN = 8, /* its start lies before the log; started_at is computed from elapsed time or unknown */
	CALL_BACKGROUND = 16,
	CALL_IMPLIED = 32,      /* only an error text speaks of it (excerpts) */
	CALL_ESC = 64,          /* an Esc ended it */
	CALL_RESULT_SEEN = 512, /* transcript holds a result */
	CALL_RESULT_EMPTY = 1024, /* … without content: Esc in old clients */
	CALL_REJECTED = 2048,   /* … "user doesn't want to proceed" */
	CALL_DISPATCHED = 4096, /* a dispatch line was seen */
};

/* A row of the timeline that tells what another row tells too, as another log of the session has it. */
struct twin {
	int64_t row, of;        /* of a call or an event, and of the one that stays */
};

struct call {
	int64_t id;             /* natural key of (source generation, offset of its first line) */
	uint32_t source;        /* source.index of its first line */
	str server, tool, tool_use_id, session;
	instant dispatched_at, sent_at, started_at, ended_at; /* INSTANT_NONE when unknown */
	instant first_beat_at, last_beat_at;
	int64_t permission, duration; /* µs; -1 unknown */
	int64_t last_elapsed;         /* µs that the last heartbeat spoke of; -1 */
	uint32_t beats, attempts;     /* attempts: `Calling` lines in one dispatch */
	uint32_t number;              /* of the calls of this tool on this server in its session, from 1; set by join/ */
	uint32_t flags;
	enum outcome outcome;
	enum ending ending;           /* set by join/ */
	enum link link;
	bool link_sure;
	uint16_t class;               /* error class of err */
	str err;                      /* redacted, at most LIMIT_EXCERPT bytes */
	struct place start, sent, beat, last_beat, end;
};

/* When its server was to begin with it: sent, else as early as is known. */
static inline instant call_began(const struct call *c) { return c->sent_at != INSTANT_NONE ? c->sent_at : c->started_at; }

/* Did it end otherwise than with an answer? Open calls and those in the background did not end yet. */
static inline bool call_failed(const struct call *c)
{
	return c->outcome == OUTCOME_ERROR || c->outcome == OUTCOME_CANCELLED || c->outcome == OUTCOME_ABORTED;
}
#endif
