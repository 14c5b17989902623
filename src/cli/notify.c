/* See notify.h. One command runs at a time, in the order of the events, so that a begin never overtakes its end. When the queue
 * is full the oldest waiting text is dropped and counted: a receiver that hangs costs no memory without end. */
#include "cli/notify.h"

#include "base/diag.h"

#include <string.h>

void notify_init(struct notify *ret, const char *command, int64_t limit)
{
	*ret = (struct notify){.command = command, .limit = limit};
}

static void drop_first(struct notify *n)
{
	free(n->queue.v[0]);
	memmove(n->queue.v, n->queue.v + 1, --n->queue.n * sizeof *n->queue.v);
}

void notify_done(struct notify *n)
{
	child_kill(&n->child);
	while (n->queue.n > 0)
		drop_first(n);
	vec_free(&n->queue);
}

void notify_put(struct notify *n, str text)
{
	if (!n->command)
		return;
	if (n->queue.n == NOTIFY_QUEUE) {
		drop_first(n);
		if (n->dropped++ == 0)
			diag_error("--exec: the command is too slow; events are dropped, the oldest first");
	}
	*vec_push(&n->queue) = str_dupz(text);
}

static void look_at_child(struct notify *n, instant now)
{
	char how[32];
	const int64_t took = now - n->started;
	if (child_look(&n->child) == CHILD_RUNNING && (took > n->limit || took < -SECOND)) {
		child_kill(&n->child);
		duration_format(n->limit, how);
		diag_error("--exec: the command did not end within %s and was stopped", how);
	} else if (n->child.state == CHILD_DONE) {
		child_failure(&n->child, how);
		if (*how)
			diag_error("--exec: the command failed: %s", how);
	}
	if (n->child.state == CHILD_DONE)
		n->child = (struct child){0};
}

static void start_next(struct notify *n, instant now)
{
	struct err e = {0};
	if (child_start(n->command, str_z(n->queue.v[0]), &n->child, &e))
		diag_err(&e);
	n->started = now;
	drop_first(n);
}

bool notify_look(struct notify *n, instant now)
{
	if (n->child.state != CHILD_NONE)
		look_at_child(n, now);
	while (n->child.state == CHILD_NONE && n->queue.n > 0)
		start_next(n, now);
	return n->child.state == CHILD_RUNNING;
}
