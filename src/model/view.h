/* The incident view: what all sources tell together of one client session (or of a server log that belongs to none). Made by
 * join/, all that classify/ sees.
 *
 * Every event has a virtual time `vt`: its own time where it has one, else a time that keeps the order of its source. vt
 * orders and measures windows; it is never shown. Events of an untimed server log have bounds instead (after, before). */
#ifndef MCPLOG_MODEL_VIEW_H
#define MCPLOG_MODEL_VIEW_H
#include "base/arena.h"
#include "model/call.h"
#include "model/rules.h"
#include "model/source.h"

enum seen_flags {
	SEEN_DETAIL = 1,      /* the detail line of a drop that stands before it */
	SEEN_EXIT = 2,        /* part of the client's own exit: proves nothing */
	SEEN_SERVER_SIDE = 4, /* from a server's or proxy's log */
	SEEN_PLACED = 8,      /* untimed, but its order fits only one place */
	SEEN_UNTIMED = 16,
};
struct seen_twin {
	struct place at;
	uint32_t source;          /* source.index */
};
enum { SEEN_TWINS = 3 };      /* kept of one event */
struct seen {                 /* an event in its place */
	struct event e;
	instant vt, after, before; /* bounds for SEEN_UNTIMED server events */
	uint32_t flags;
	uint32_t order;           /* within the session: ties */
	uint32_t twin_count;
	struct seen_twin *twins;  /* the same sentence in other sources */
	struct call *call;        /* it belongs to, or NULL */
};
#define SPAN_LONGEST UINT32_MAX
struct span {                 /* a healthy call, compact: there may be hundreds of thousands */
	instant started;
	uint32_t lasted;          /* µs, at most SPAN_LONGEST */
} __attribute__((packed, aligned(4)));
static inline instant span_ended(const struct span *s) { return s->started + s->lasted; }
struct view_server {
	str name;                 /* as configured, or as far as known */
	uint32_t transports;      /* enum transport_bits; UNKNOWN when nothing tells; of both kinds when its configuration changed */
	uint32_t said;            /* those that the log names, not only lets guess */
	str transport;            /* the word: sse, http, stdio, … p NULL unknown */
	struct seen **events;     /* of this server, and the session's own (no server), by vt */
	size_t event_count;
	struct call **calls;      /* all calls that are not healthy spans, and their neighbours; by start */
	size_t call_count;
	struct span *spans;       /* healthy calls of a large session; sorted by start; else they are full calls */
	size_t span_count;
	uint32_t span_longest;    /* no span lasted longer */
	uint64_t began;           /* calls of a large single log that began and nothing more, beyond those in `calls`: open until the exit */
	instant began_first;      /* start of the earliest */
	instant *successes;       /* answers that are no spans, and new connections before the client's exit, sorted */
	size_t success_count;
};
/* How many of the server's spans, which stand by their starts, began before `at`, or, with and_at, at it. */
static inline size_t spans_begun(const struct view_server *s, instant at, bool and_at)
{
	size_t lo = 0, hi = s->span_count;
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (s->spans[mid].started < at || (and_at && s->spans[mid].started == at))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
struct session_view {
	uint32_t index;
	str session;              /* id; p NULL unknown */
	str client_version, cwd;
	instant begin, finish;    /* vt of the first and last thing */
	instant exit_at;          /* vt of the client's own exit; INSTANT_NONE when not seen */
	bool timed;
	bool excerpt;
	uint32_t source_kinds;    /* bit set of enum source_kind present */
	bool filtered;            /* its debug log lacks categories: it cannot prove an absence */
	bool server_side;         /* a server's own log is part of it */
	uint64_t kinds[64];       /* bit set of the kinds that occur, by kind modulo 4096 */
	struct seen *events;      /* all, by vt */
	size_t event_count;
	struct view_server *servers;
	size_t server_count;
	struct call *calls;
	size_t call_count;
	const struct source *const *sources;
	size_t source_count;
	const struct twin *call_twins, *event_twins;
	size_t call_twin_count, event_twin_count;
	uint64_t calls_total, calls_failed, calls_open;
	uint64_t calls_counted;   /* of calls_total those in no list of calls: view_server.began */
	struct arena texts;       /* of calls: join's own */
};
#endif
