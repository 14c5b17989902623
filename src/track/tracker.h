/* Events of one file to calls: states of a call, pairing by toolUseId, else server + tool + adjacency, elapsed time or order.
 * Heartbeats fold into their call. Hands out closed calls and the events worth a row; keeps only open calls in memory. */
#ifndef MCPLOG_TRACK_TRACKER_H
#define MCPLOG_TRACK_TRACKER_H
#include "base/wire.h"
#include "model/call.h"
#include "model/rules.h"

struct tracker_sink {
	void *context;
	/* Valid during the call only. Events of a call carry call->id and come before it. */
	void (*event)(void *context, const struct event *e);
	void (*call)(void *context, const struct call *c);
};
struct tracker *tracker_new(const struct rules *rules, const struct tracker_sink *sink, uint64_t generation_key);
void tracker_push(struct tracker *t, const struct event *e); /* copies what it keeps; text is redacted by the sink */
void tracker_finish(struct tracker *t);                      /* open calls are handed out as they stand */
void tracker_free(struct tracker *t);

/* --- between two runs (checkpoints); tracker_state.c --- */
typedef str tracker_clean_fn(void *context, str text); /* redacted; valid until the next call */
/* Appends the state. False, and nothing worth keeping was appended, when too many calls are open. */
bool tracker_save(const struct tracker *t, struct buf *b, tracker_clean_fn *clean, void *context);
/* Into a new tracker of the same rules. False when the state is damaged: use a new tracker. */
bool tracker_restore(struct tracker *t, struct wire *w);
#endif
