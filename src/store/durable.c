/* Commits that outlive a loss of power, with as few waits for the disk as that takes (store/).
 *
 * SQLite waits five times in a run that writes: for the header of its new write-ahead log, for the directory that names it, for the frames
 * of the commit, for the whole log before its pages go to the database, and for the database. The first wait keeps an old log, of which
 * parts are overwritten, from being taken for the new one. A log that held nothing when the transaction began has no old parts: what
 * arrived of it is a beginning with the right check sums, or is ignored. So such a commit does not wait, and the checkpoint follows at
 * once: it waits for log and directory before the first page of the database is touched, and for the database in the end.
 * A reader may keep the checkpoint from doing all: then the log is waited for by itself.
 *
 * No checkpoint happens but here and when the last handle is closed: one within COMMIT would not wait either.
 *
 * Refuses to change how a log that is not empty is written: a run was killed, or a reader kept it. */
#include "store/durable.h"
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* Also the sign of the journal mode: with another one there is no such file, and it never is there without a handle but after a kill. */
static bool log_is_empty(const char *path)
{
	char name[PATH_MAX + 8];
	struct stat st;
	(void)snprintf(name, sizeof name, "%s-wal", path);
	return stat(name, &st) == 0 && st.st_size == 0;
}

int durable_begin(struct sql *q, struct err *reterr)
{
	durable_end(q);
	if (q->hasty)
		return sql_fail(q, reterr);
	(void)sqlite3_wal_autocheckpoint(q->db, 0);
	q->hasty = log_is_empty(q->path);
	return q->hasty ? sql_exec(q, "PRAGMA synchronous = OFF", reterr) : 0;
}

void durable_end(struct sql *q)
{
	if (q->hasty && sqlite3_exec(q->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL) == SQLITE_OK)
		q->hasty = false;
}

static int wait_for_log(struct sql *q, struct err *reterr)
{
	sqlite3_file *log = NULL;
	const int rc = sqlite3_file_control(q->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	const bool there = rc == SQLITE_OK && log && log->pMethods;
	if (there && log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK)
		return 0;
	return sql_fail_code(SQLITE_IOERR_FSYNC, 0, "what was committed may not be on the disk", q->path, reterr);
}

int durable_commit(struct sql *q, struct err *reterr)
{
	int in_log = 0, in_database = 0;
	const bool hasty = q->hasty;
	durable_end(q);
	if (q->hasty) /* a checkpoint would not wait; the next run makes up for it */
		(void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	else if (sqlite3_wal_checkpoint_v2(q->db, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &in_database) == SQLITE_OK && in_log == in_database)
		return 0;
	return hasty ? wait_for_log(q, reterr) : 0;
}
