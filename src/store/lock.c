/* The writer's lock (store/). SQLite before 3.51.3 may damage a database in WAL mode when two connections write and
 * checkpoint at the same moment, and a transaction that began with a read fails at once instead of waiting; so no second
 * writer ever comes near. The pid in the file is for the message only: the lock itself is the kernel's, and the file stays.
 *
 * Refuses to follow a symbolic link, and to take a lock away from anybody. */
#include "store/lock.h"
#include "base/arena.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STEP_MS = 25 };

static int open_lock(const char *path, int *ret_fd, struct err *reterr)
{
	*ret_fd = open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (*ret_fd >= 0)
		return 0;
	int e = errno;
	(void)err_set(reterr, ERR_DB, "%s: cannot open the lock file: %s", path, e == ELOOP ? "it is a symbolic link" : strerror(e));
	err_hint(reterr, e == ENOENT ? "create the directory first, or name another file with --db"
								 : "the database's directory must be writable; name another file with --db, or --db :memory: to keep nothing");
	return ERR_DB;
}

/* A run that was turned away cannot write to the database: it leaves a byte beside it. */
static void count_skip(const char *db_path)
{
	struct arena a = {0};
	int fd = open(arena_printf(&a, "%s.skipped", db_path).p, O_CREAT | O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd >= 0) {
		(void)!write(fd, ".", 1);
		(void)close(fd);
	}
	arena_done(&a);
}

uint64_t lock_skipped(const char *db_path)
{
	struct arena a = {0};
	struct stat st;
	int r = lstat(arena_printf(&a, "%s.skipped", db_path).p, &st);
	arena_done(&a);
	return r == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
}

static int refuse(int fd, const char *db_path, struct err *reterr)
{
	char text[32] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	uint64_t pid = 0;
	if (n > 0 && str_u64(str_trim((str){text, (size_t)n}), &pid))
		(void)err_set(reterr, ERR_LOCKED, "another mcplog (pid %llu) is writing %s", (unsigned long long)pid, db_path);
	else
		(void)err_set(reterr, ERR_LOCKED, "another mcplog is writing %s", db_path);
	count_skip(db_path);
	err_hint(reterr, "wait until it has finished, wait longer with --lock-wait SECONDS, or use another file with --db");
	return ERR_LOCKED;
}

int lock_take(const char *db_path, unsigned wait_s, struct lock *ret, struct err *reterr)
{
	struct arena a = {0};
	str path = arena_printf(&a, "%s.lock", db_path);
	int fd = -1;
	int r = open_lock(path.p, &fd, reterr);
	arena_done(&a);
	if (r < 0)
		return r;
	/* Counted in steps, not by a clock: a clock may jump. */
	uint64_t steps = (uint64_t)wait_s * 1000 / STEP_MS;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int e = errno;
		if (e != EWOULDBLOCK && e != EINTR)
			r = err_set(reterr, ERR_DB, "%s.lock: this file system cannot lock files: %s", db_path, strerror(e));
		else if (steps-- == 0)
			r = refuse(fd, db_path, reterr);
		if (r < 0) {
			(void)close(fd);
			return r;
		}
		(void)nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
	}
	char text[32];
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text, (size_t)n, 0);
	ret->fd = fd;
	return 0;
}

void lock_release(struct lock *l)
{
	if (l->fd < 0)
		return;
	(void)!ftruncate(l->fd, 0);
	(void)close(l->fd);
	l->fd = -1;
}
