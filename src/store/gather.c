/* The write-ahead log in large pieces (store/): SQLite writes each page of it with two calls of the system, 24 bytes and 2,048, and a run
 * that reads logs writes thousands. Here they are gathered as long as one follows the other.
 *
 * Nobody sees the difference. A frame that ends a transaction is written at once, with all before it, so that errors come out where
 * SQLite expects them, and what other processes are told to be in the log is there. Before that, a frame is nobody's but this
 * handle's: whatever else is done with the file, what was gathered is written first.
 *
 * All other files, and all other calls, are those of SQLite's own VFS. Refuses to gather what is not the log. */
#include "store/gather.h"
#include "base/mem.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { GATHERED = 64 * 1024, FRAME_HEADER = 24, PAGES_AT = 4 };

struct log_file {
	sqlite3_file base;
	sqlite3_file *real;   /* stands behind this struct */
	char *bytes;          /* NULL: nothing was written yet */
	size_t n;
	sqlite3_int64 at;     /* where they belong */
	bool ends;            /* the frame that is written ends a transaction */
};

static struct log_file *log_of(sqlite3_file *f) { return (struct log_file *)(void *)f; }

/* What cannot be written is given up: SQLite takes the transaction back. */
static int flush(struct log_file *g)
{
	const int n = (int)g->n;
	g->n = 0;
	return n > 0 ? g->real->pMethods->xWrite(g->real, g->bytes, n, g->at) : SQLITE_OK;
}

/* Where a frame's header tells the size of the database behind it, a transaction ends. */
static bool ends_transaction(const void *header)
{
	static const char none[4];
	return memcmp((const char *)header + PAGES_AT, none, sizeof none) != 0;
}

static int log_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct log_file *g = log_of(f);
	int rc = SQLITE_OK;
	if (n == FRAME_HEADER)
		g->ends = ends_transaction(p);
	if (at != g->at + (sqlite3_int64)g->n || g->n + (size_t)n > GATHERED)
		rc = flush(g);
	if (rc != SQLITE_OK || n > GATHERED)
		return rc != SQLITE_OK ? rc : g->real->pMethods->xWrite(g->real, p, n, at);
	if (g->bytes == NULL)
		g->bytes = mem_grow(NULL, GATHERED, 1);
	if (g->n == 0)
		g->at = at;
	memcpy(g->bytes + g->n, p, (size_t)n);
	g->n += (size_t)n;
	return g->ends ? flush(g) : SQLITE_OK;
}

static int log_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	struct log_file *g = log_of(f);
	const int rc = flush(g);
	return rc != SQLITE_OK ? rc : g->real->pMethods->xRead(g->real, p, n, at);
}

static int log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct log_file *g = log_of(f);
	const int rc = flush(g);
	return rc != SQLITE_OK ? rc : g->real->pMethods->xTruncate(g->real, size);
}

static int log_sync(sqlite3_file *f, int flags)
{
	struct log_file *g = log_of(f);
	const int rc = flush(g);
	return rc != SQLITE_OK ? rc : g->real->pMethods->xSync(g->real, flags);
}

static int log_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	struct log_file *g = log_of(f);
	const int rc = flush(g);
	return rc != SQLITE_OK ? rc : g->real->pMethods->xFileSize(g->real, ret);
}

static int log_control(sqlite3_file *f, int what, void *value)
{
	struct log_file *g = log_of(f);
	const int rc = flush(g);
	return rc != SQLITE_OK ? rc : g->real->pMethods->xFileControl(g->real, what, value);
}

static int log_sector(sqlite3_file *f) { return log_of(f)->real->pMethods->xSectorSize(log_of(f)->real); }

static int log_device(sqlite3_file *f) { return log_of(f)->real->pMethods->xDeviceCharacteristics(log_of(f)->real); }

/* Frames that are left are of no transaction. */
static int log_close(sqlite3_file *f)
{
	struct log_file *g = log_of(f);
	(void)flush(g);
	free(g->bytes);
	return g->real->pMethods->xClose(g->real);
}

/* A log is locked through the database. */
static const sqlite3_io_methods methods = {.iVersion = 1, .xClose = log_close, .xRead = log_read, .xWrite = log_write, .xTruncate = log_truncate,
	.xSync = log_sync, .xFileSize = log_size, .xFileControl = log_control, .xSectorSize = log_sector, .xDeviceCharacteristics = log_device};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	const sqlite3_vfs *own = sqlite3_vfs_find("unix");
	if (!(flags & SQLITE_OPEN_WAL))
		return own->xOpen(vfs, name, f, flags, ret_flags);
	struct log_file *g = log_of(f);
	*g = (struct log_file){.real = (sqlite3_file *)(void *)(g + 1)};
	const int rc = own->xOpen(vfs, name, g->real, flags, ret_flags);
	g->base.pMethods = rc == SQLITE_OK ? &methods : NULL;
	return rc;
}

const char *gather_vfs(void)
{
	static const char name[] = "gather";
	const sqlite3_vfs *own = sqlite3_vfs_find("unix");
	if (own == NULL || sqlite3_vfs_find(name) != NULL)
		return own != NULL ? name : NULL;
	sqlite3_vfs *vfs = mem_new(sizeof *vfs);
	*vfs = *own;
	vfs->zName = name;
	vfs->szOsFile += (int)sizeof(struct log_file);
	vfs->xOpen = open_file;
	return sqlite3_vfs_register(vfs, 0) == SQLITE_OK ? name : NULL;
}
