/* Shared by the files of track/ only. */
#ifndef MCPLOG_TRACK_INTERNAL_H
#define MCPLOG_TRACK_INTERNAL_H
#include "base/buf.h"
#include "track/open_calls.h"
#include "track/parked.h"
#include "track/tracker.h"

#define LINGER_RETRY (60 * SECOND) /* a retry may follow a whole reconnect */

struct tracker {
	const struct rules *rules;
	struct tracker_sink sink;
	uint64_t key, count;     /* count: events so far */
	bool hooked;             /* the client looks hooks up before calls */
	struct buf server;       /* last one that a line of an excerpt named */
	instant now, esc_at;
	uint64_t esc_count;      /* event number of the last Esc, 0 none */
	uint64_t answer_key, answer_count; /* of what may have been the last answer of a tool that failed: its text, event number (0 none) */
	uint16_t tool_error;     /* the error class of such answers, */
	const struct class_group *answers; /* and all classes that an answer can have */
	struct open_calls open;
	struct parked parked;    /* older calls, of a log with very many */
	uint64_t park_at;        /* not before this event */
	VEC(uint32_t) lingering; /* indices, oldest first */
	bool stirred;            /* one of them changed: they are looked at again, else only when the next can be due: */
	instant due, back;       /* after `due`, or when time goes back to before `back`, */
	uint64_t due_count;      /* or after this event */
	struct held *request;    /* the last request to the model, */
	bool requested;          /* when it is not handed out yet */
	struct map hooks;        /* answered calls whose look-up of hooks is due, by (server, tool) */
	struct map proofs;       /* servers that were shown to be remote, to be connected */
};

/* tracker.c */
void track_pass_on(struct tracker *t, const struct event *e);       /* an event that is no line of a call */
void track_linger(struct tracker *t, struct open_call *c);          /* handed out when no further line can change it */
bool track_healthy(const struct open_call *c);                       /* it ended well: nobody wants its lines */
void track_hand_out(struct tracker *t, struct open_call *c);        /* and forgotten */
/* lines.c: what the line does to its call; events of no call are passed on. */
void track_line(struct tracker *t, const struct event *e);
void track_take_back_end(struct tracker *t, struct open_call *c);    /* its failure was not final: it runs again */
/* pairing.c: which call a line belongs to; NULL when there is none. */
struct open_call *pair_begin(struct tracker *t, const struct event *e);         /* a new one */
struct open_call *pair_begin_unknown(struct tracker *t, const struct event *e); /* one whose beginning is not in this log */
struct open_call *pair_running(struct tracker *t, const struct event *e);       /* in flight on (server, tool), the best fit */
struct open_call *pair_unsent(struct tracker *t, const struct event *e);        /* dispatched and not sent: the oldest */
struct open_call *pair_retried(struct tracker *t, const struct event *e);       /* a dispatch that failed and is tried again */
struct open_call *pair_again(struct tracker *t, const struct event *e);         /* one that the client said to send again */
struct open_call *pair_background(struct tracker *t, const struct event *e);    /* dispatch ended "ok" without an answer */
struct open_call *pair_headless(struct tracker *t, const struct event *e);      /* ended, its beginning and id unknown till now */
struct open_call *pair_by_id(struct tracker *t, str id);
struct open_call *pair_unanswered(struct tracker *t, str server, str tool);     /* sent, in a log without dispatch lines: the newest */
#endif
