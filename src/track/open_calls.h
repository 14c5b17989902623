/* The calls that are not handed out yet: found by toolUseId in O(1), by (server, tool) through a chain. */
#ifndef MCPLOG_TRACK_OPEN_CALLS_H
#define MCPLOG_TRACK_OPEN_CALLS_H
#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/call.h"
#include "track/held.h"

/* Lines of a call that are kept until it is handed out, in this order. */
enum call_line { LINE_DISPATCH, LINE_SENT, LINE_BEAT, LINE_LAST_BEAT, LINE_ABORTING, LINE_FAILED, LINE_RETRY, LINE_COMPLETED, LINE_END, LINE_TWIN, LINE_COUNT };

struct open_call {
	struct call call;            /* str members point into `names` */
	uint32_t kept;               /* bit set of enum call_line: which of `lines` are this call's */
	struct held *lines[LINE_COUNT]; /* the others wait to be used again; NULL: never used */
	char *names;                 /* owns the strings of `call`; used again by the next call */
	size_t names_n, names_cap;
	uint64_t chain_key, id_key;  /* 0: not in that table */
	uint32_t next, prev;         /* chain of the same (server, tool); index + 1 */
	uint32_t self;
	bool used, dispatched, sent, ended, closed; /* ended: an outcome line was seen; closed: waits only for stragglers */
	bool again, vain; /* it failed, and is to be sent again; but there is no connection for it */
	bool lingers;                /* stands in the tracker's queue of those that wait to be handed out */
	uint64_t touched;            /* event number of the last change */
};
struct open_calls {
	struct open_call **v;        /* by index; entries are stable in memory */
	size_t n, cap, live;
	uint32_t *free_list;
	size_t free_n, free_cap;
	struct map by_id, by_name;
};

void open_calls_done(struct open_calls *o);
struct open_call *open_calls_add(struct open_calls *o);
void open_call_reset(struct open_call *c); /* in use, and nothing known of it; its memory stays */
void open_calls_remove(struct open_calls *o, struct open_call *c); /* its memory waits for the next call */
uint64_t open_calls_id_key(str id);                                /* never 0 */
struct open_call *open_calls_by_id(struct open_calls *o, str id);
void open_calls_set_id(struct open_calls *o, struct open_call *c, str id);
/* Files the call under (server, tool); moves it when it stood under other names. */
void open_calls_set_name(struct open_calls *o, struct open_call *c, str server, str tool);
/* The newest of its chain is an old call: it goes behind those that began later. */
void open_calls_sink(struct open_calls *o, struct open_call *c);
struct open_call *open_calls_first(struct open_calls *o, str server, str tool); /* newest first */
struct open_call *open_calls_next(struct open_calls *o, const struct open_call *c);
void open_call_keep(struct open_call *c, enum call_line which, const struct event *e); /* copied; the last one counts */
static inline bool open_call_has(const struct open_call *c, enum call_line which) { return c->kept >> which & 1; }
/* Sets one of the call's strings (copied). */
void open_call_set(struct open_call *c, str *member, str value);
#endif
