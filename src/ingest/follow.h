/* Says when something below the watched paths may have changed. The only user of inotify. It says what to look at again, never
 * what happened: the caller compares identities. */
#ifndef MCPLOG_INGEST_FOLLOW_H
#define MCPLOG_INGEST_FOLLOW_H
#include "base/arena.h"
#include "base/vec.h"

enum { FOLLOW_POLL_S = 2 }; /* where inotify does not work */

struct follow;
struct follow_changes {
	struct arena arena;
	VEC(str) paths; /* files that may have changed, named as source_list_make names them; also files that are no logs */
	bool list;      /* names came, went or moved, or events were lost: list the paths again */
};

/* Directories with everything below them, files, and paths that do not exist yet. poll_s > 0: no inotify, the paths are to be
 * listed again every poll_s seconds. The paths are copied. Never fails: what inotify cannot do is polled. */
struct follow *follow_new(const str *paths, size_t count, bool follow_symlinks, unsigned poll_s);
void follow_free(struct follow *f);
/* A descriptor for poll(2), readable when follow_take has something; -1: there is none, only polling. */
int follow_fd(const struct follow *f);
/* The paths are to be listed again after this many seconds without events; 0: never. */
unsigned follow_poll_s(const struct follow *f);
/* Why some or all paths are polled although nobody asked for it; "" otherwise. */
const char *follow_why_polling(const struct follow *f);
/* Adds what happened since the last call; never blocks. The same path may come several times. */
void follow_take(struct follow *f, struct follow_changes *ret);
void follow_changes_reset(struct follow_changes *c);
void follow_changes_done(struct follow_changes *c);
#endif
