/* Open calls of a log that has very many of them, in a few bytes each. What their lines said was handed out before. */
#ifndef MCPLOG_TRACK_PARKED_H
#define MCPLOG_TRACK_PARKED_H
#include "base/buf.h"
#include "base/intern.h"
#include "track/open_calls.h"

struct parked_slot {
	char *bytes;          /* NULL: unused. Their number stands in the first */
	uint32_t next, prev;  /* chain */
};
struct parked { /* zero-initialise; parked_done frees. Slots are numbered from 1 */
	VEC(struct parked_slot) v;
	uint32_t unused;      /* slots to be used again, chained; 0 none */
	size_t live;
	int64_t key;          /* of the tracker: ids of calls are measured from it */
	struct map by_id, by_name;
	struct intern names;
	struct buf bytes;     /* scratch */
};

void parked_done(struct parked *p);
/* Copies the call and its names; false, and nothing was done, when it has more to tell than fits. */
bool parked_add(struct parked *p, const struct open_call *c);
/* Into *ret, whose strings are views until the next call of these functions. False when the slot is empty. */
bool parked_read(struct parked *p, uint32_t slot, struct open_call *ret);
void parked_drop(struct parked *p, uint32_t slot);
uint32_t parked_by_id(const struct parked *p, str id); /* 0: none */
/* Of (server, tool), sent or only dispatched: the newest and the one before it, the oldest; 0 when there is none. */
uint32_t parked_newest(const struct parked *p, str server, str tool, bool sent);
uint32_t parked_before(const struct parked *p, uint32_t slot);
uint32_t parked_oldest(const struct parked *p, str server, str tool, bool sent);
#endif
