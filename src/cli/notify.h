/* Hands events to a command, one after the other, beside everything else. */
#ifndef MCPLOG_CLI_NOTIFY_H
#define MCPLOG_CLI_NOTIFY_H
#include "base/child.h"
#include "base/instant.h"
#include "base/vec.h"

enum { NOTIFY_QUEUE = 256 };

struct notify {
	const char *command; /* NULL: nothing is run */
	int64_t limit;       /* µs that one run may take */
	struct child child;
	instant started;
	VEC(char *) queue;   /* texts that wait, owned */
	size_t dropped;
};

void notify_init(struct notify *ret, const char *command, int64_t limit);
/* Ends what still runs. */
void notify_done(struct notify *n);
/* Runs the command with this text on standard input when its turn comes. */
void notify_put(struct notify *n, str text);
/* Looks after the running command: tells of failures on stderr, ends it at its limit, starts the next. Never waits. True while
 * there is something to look after: come again within 50 ms. */
bool notify_look(struct notify *n, instant now);
#endif
