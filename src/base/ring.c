/* A bounded queue without elements (base/ring.h): it only counts, and makes its two threads wait for each other. What was written to
 * a place before it was handed over is seen by the other side. Closing it wakes whoever waits, so neither side can be left alone. */
#include "base/ring.h"

void ring_init(struct ring *r, size_t size)
{
	*r = (struct ring){.size = size};
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->moved, NULL);
}

void ring_done(struct ring *r)
{
	(void)pthread_cond_destroy(&r->moved);
	(void)pthread_mutex_destroy(&r->lock);
}

bool ring_room(struct ring *r, size_t *ret_place)
{
	(void)pthread_mutex_lock(&r->lock);
	while (!r->closed && r->filled - r->emptied == r->size)
		(void)pthread_cond_wait(&r->moved, &r->lock);
	const bool open = !r->closed;
	*ret_place = r->filled % r->size;
	(void)pthread_mutex_unlock(&r->lock);
	return open;
}

bool ring_take(struct ring *r, size_t *ret_place)
{
	(void)pthread_mutex_lock(&r->lock);
	while (!r->closed && r->filled == r->emptied)
		(void)pthread_cond_wait(&r->moved, &r->lock);
	const bool full = r->filled != r->emptied;
	*ret_place = r->emptied % r->size;
	(void)pthread_mutex_unlock(&r->lock);
	return full;
}

static void move(struct ring *r, size_t *count)
{
	(void)pthread_mutex_lock(&r->lock);
	++*count;
	(void)pthread_cond_signal(&r->moved); /* a ring that is full and empty does not exist: only one of the two can be waiting */
	(void)pthread_mutex_unlock(&r->lock);
}

void ring_fill(struct ring *r) { move(r, &r->filled); }

void ring_empty(struct ring *r) { move(r, &r->emptied); }

void ring_close(struct ring *r)
{
	(void)pthread_mutex_lock(&r->lock);
	r->closed = true;
	(void)pthread_cond_broadcast(&r->moved);
	(void)pthread_mutex_unlock(&r->lock);
}
