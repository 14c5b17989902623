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
	struct call call;            /* str members point into the held lines or `names` */
	struct held *lines[LINE_COUNT];
	char *names;                 /* owns server, tool, id, err of `call` */
	uint64_t chain_key, id_key;  /* 0: not in that table */
	uint32_t next, prev;         /* chain of the same (server, tool); index + 1 */
	uint32_t self;
	bool used, dispatched, sent, ended, closed; /* ended: an outcome line was seen; closed: waits only for stragglers */
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
void open_calls_remove(struct open_calls *o, struct open_call *c); /* frees its lines */
struct open_call *open_calls_by_id(struct open_calls *o, str id);
void open_calls_set_id(struct open_calls *o, struct open_call *c, str id);
/* Files the call under (server, tool); moves it when it stood under other names. */
void open_calls_set_name(struct open_calls *o, struct open_call *c, str server, str tool);
struct open_call *open_calls_first(struct open_calls *o, str server, str tool); /* newest first */
struct open_call *open_calls_next(struct open_calls *o, const struct open_call *c);
/* Sets one of the call's strings (copied). */
void open_call_set(struct open_call *c, str *member, str value);
#endif
