/* One writer at a time: flock on DB.lock, held for the whole run, given back by the kernel at a kill. */
#ifndef MCPLOG_STORE_LOCK_H
#define MCPLOG_STORE_LOCK_H
#include "base/err.h"
#include <stdint.h>

struct lock {
	int fd; /* -1: not held */
};
#define LOCK_NONE ((struct lock){-1})

/* Waits up to wait_s seconds. ERR_LOCKED names the pid of the holder; ERR_DB when the lock file cannot be made. */
int lock_take(const char *db_path, unsigned wait_s, struct lock *ret, struct err *reterr) MUST_USE;
void lock_release(struct lock *l);
/* How many runs found the lock taken and gave up, ever. */
uint64_t lock_skipped(const char *db_path);
#endif
