/* The places of an array, handed round between a thread that fills them and one that empties them: bounded, in order, no copy. The
 * array is the caller's; a place belongs to one of the two at a time. */
#ifndef MCPLOG_BASE_RING_H
#define MCPLOG_BASE_RING_H
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	size_t size, filled, emptied; /* places ever handed over, and given back */
	bool closed;
};

void ring_init(struct ring *r, size_t size);
void ring_done(struct ring *r); /* when only one thread is left */
/* The filling thread: waits for an empty place. False when the ring was closed. It has one place at a time, up to ring_fill. */
bool ring_room(struct ring *r, size_t *ret_place);
void ring_fill(struct ring *r);
/* The emptying thread: waits for the oldest full place, which is its own up to ring_empty. False: closed, and none is left. */
bool ring_take(struct ring *r, size_t *ret_place);
void ring_empty(struct ring *r);
/* Either thread goes: nobody waits for it from now on. */
void ring_close(struct ring *r);
#endif
