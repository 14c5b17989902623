/* Opening database files (store/). What stands under the name may be anything: another program's database, a newer one, a
 * trap. So the first look is taken by read(2) alone, before any handle exists (closing a second descriptor would drop
 * SQLite's locks), and what is not ours is never handed to SQLite, which might "recover" it.
 *
 * A new database is built under another name and moved into place: a kill leaves none or a whole one. Its header carries
 * application_id and user_version from then on, also while newer pages wait in the -wal file.
 *
 * Journal mode WAL: a run that outgrows its page cache would otherwise lock readers out until its end. The known fault of
 * WAL (two writers that checkpoint at once) cannot happen under the lock; readers never checkpoint.
 *
 * Refuses symbolic links, hostile settings stored in the file, and to repair. */
#include "store/open.h"
#include "base/mem.h"
#include "store/gather.h"
#include "store/image.h"
#include "store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { HEADER = 100, BUSY_MS = 5000 };

/* --- the name --- */

int open_resolve(const char *path, struct arena *a, const char **ret_path, struct err *reterr)
{
	str whole = str_z(path);
	size_t cut = whole.n;
	while (cut > 0 && path[cut - 1] != '/')
		cut--;
	str dir = cut == 0 ? S(".") : arena_str(a, str_head(whole, cut)), base = str_from(whole, cut);
	if (base.n == 0)
		return err_set(reterr, ERR_DB, "%s: a directory cannot be the database; name a file with --db", path);
	char real[PATH_MAX];
	if (!realpath(dir.p, real)) {
		const bool shut = errno == EACCES;
		(void)err_set(reterr, ERR_DB, "%s: cannot reach the directory %s: %s", path, dir.p, strerror(errno));
		err_hint(reterr, "%s, or name another file with --db", shut ? "run as the user to whom it belongs" : "create the directory");
		return ERR_DB;
	}
	*ret_path = arena_printf(a, "%s/%.*s", strcmp(real, "/") == 0 ? "" : real, STR_ARG(base)).p;
	return 0;
}

/* --- the first look --- */

static uint32_t big32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool has_wal(const char *path)
{
	char wal[PATH_MAX + 8];
	struct stat st;
	(void)snprintf(wal, sizeof wal, "%s-wal", path);
	return stat(wal, &st) == 0 && st.st_size > 0;
}

static int look_at_header(const char *path, const unsigned char *h, size_t n, int64_t size, struct err *reterr)
{
	int r = 0;
	if (n < HEADER || memcmp(h, "SQLite format 3", 16) != 0)
		r = err_set(reterr, ERR_DB, "%s: this is not a database", path);
	else if (big32(h + 68) != SCHEMA_APPLICATION)
		r = err_set(reterr, ERR_DB, "%s: this is a database of another program (application id 0x%08x)", path, (unsigned)big32(h + 68));
	if (r < 0) {
		err_hint(reterr, "it was not changed; name another file with --db");
		return r;
	}
	uint32_t version = big32(h + 60), page = (uint32_t)h[16] << 8 | h[17], pages = big32(h + 28);
	if (version > SCHEMA_VERSION) {
		(void)err_set(reterr, ERR_DB, "%s: written by a newer mcplog (schema %u, this one knows %d)", path, (unsigned)version, SCHEMA_VERSION);
		err_hint(reterr, "it was not changed; use the newer mcplog, or another file with --db");
		return ERR_DB;
	}
	if (version == 0) {
		(void)err_set(reterr, ERR_DB, "%s: a schema version of 0 was never released", path);
		err_hint(reterr, "it was not changed; move it away and run again: it is built anew from the logs");
		return ERR_DB;
	}
	page = page == 1 ? 65536 : page;
	if (big32(h + 24) == big32(h + 92) && (int64_t)page * pages > size && !has_wal(path)) {
		(void)err_set(reterr, ERR_DB, "%s: the database is cut off: %lld of %lld bytes are there", path, (long long)size, (long long)page * pages);
		err_hint(reterr, "it was not changed; restore a copy, or move it away and run again: it is built anew from the logs");
		return ERR_DB;
	}
	return 0;
}

int open_look(const char *path, bool *ret_new, struct err *reterr)
{
	*ret_new = false;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		int e = errno;
		*ret_new = e == ENOENT;
		if (*ret_new)
			return 0;
		(void)err_set(reterr, ERR_DB, "%s: %s", path, e == ELOOP ? "a symbolic link is not accepted as database" : strerror(e));
		err_hint(reterr, e == ELOOP ? "name the file itself with --db" : "check its permissions, or name another file with --db");
		return ERR_DB;
	}
	struct stat st;
	unsigned char header[HEADER];
	ssize_t n = 0;
	int r = 0;
	if (fstat(fd, &st) < 0)
		r = err_set(reterr, ERR_DB, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		r = err_set(reterr, ERR_DB, "%s: not a regular file; name a file with --db", path);
	else if ((n = pread(fd, header, sizeof header, 0)) < 0)
		r = err_set(reterr, ERR_DB, "%s: cannot read the database: %s", path, strerror(errno));
	(void)close(fd);
	if (r == 0 && n == 0)
		*ret_new = true;
	else if (r == 0)
		r = look_at_header(path, header, (size_t)n, st.st_size, reterr);
	return r;
}

/* --- a handle --- */

static const struct {
	int what, on;
} switches[] = {
	{SQLITE_DBCONFIG_DEFENSIVE, 1},
	{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
	{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
	{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
	{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	{SQLITE_DBCONFIG_DQS_DML, 0},
	{SQLITE_DBCONFIG_DQS_DDL, 0},
};
static const struct {
	int what, most;
} limits[] = {
	{SQLITE_LIMIT_LENGTH, 16 << 20}, {SQLITE_LIMIT_SQL_LENGTH, 64 << 10}, {SQLITE_LIMIT_COLUMN, 256},
	{SQLITE_LIMIT_EXPR_DEPTH, 200}, {SQLITE_LIMIT_COMPOUND_SELECT, 50}, {SQLITE_LIMIT_FUNCTION_ARG, 64},
	{SQLITE_LIMIT_ATTACHED, 0}, {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000}, {SQLITE_LIMIT_VARIABLE_NUMBER, 64},
	{SQLITE_LIMIT_TRIGGER_DEPTH, 1}, {SQLITE_LIMIT_WORKER_THREADS, 0},
};

int open_handle(const char *path, int flags, struct sql *q, struct err *reterr)
{
	q->path = path;
	int rc = sqlite3_open_v2(path, &q->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW, gather_vfs());
	if (rc != SQLITE_OK) {
		int r = sql_fail_code(rc, q->db ? sqlite3_system_errno(q->db) : 0, sqlite3_errstr(rc), path, reterr);
		sql_done(q);
		return r;
	}
	for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
		(void)sqlite3_db_config(q->db, switches[i].what, switches[i].on, NULL);
	/* A reader that closes last must not checkpoint: it holds no lock. */
	if (flags & SQLITE_OPEN_READONLY)
		(void)sqlite3_db_config(q->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		(void)sqlite3_limit(q->db, limits[i].what, limits[i].most);
	(void)sqlite3_busy_timeout(q->db, BUSY_MS);
	/* Some builds write zeros over every page that comes free, which most runs use again at once. Redacted text stands in them, and
	 * prune leaves none: it builds the file anew. */
	int r = sql_exec(q, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA secure_delete = FAST; PRAGMA cache_size = -250; PRAGMA temp_store = MEMORY;"
						" PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304", reterr);
	if (r < 0)
		sql_done(q);
	return r;
}

/* --- a new file --- */

static int sync_directory(const char *path)
{
	char dir[PATH_MAX];
	(void)snprintf(dir, sizeof dir, "%s", path);
	char *slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -1 : fsync(fd);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* 0, or errno. */
static int write_all(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno != EINTR)
			return errno;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return 0;
}

/* The image with all its bytes, into zeroed room. */
static void expand_image(unsigned char *to)
{
	const unsigned char *from = store_image.bytes;
	for (size_t i = 0; i < store_image.run_count; i++) {
		memcpy(to + store_image.runs[i].at, from, store_image.runs[i].length);
		from += store_image.runs[i].length;
	}
}

int open_memory(struct sql *q, struct err *reterr)
{
	enum { WRITE_VERSION = 18, READ_VERSION = 19, ROLLBACK_JOURNAL = 1 }; /* of the file header: memory has no write-ahead log */
	int r = open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, q, reterr);
	unsigned char *image = r == 0 ? sqlite3_malloc64(store_image.size) : NULL;
	if (r == 0 && !image)
		r = sql_fail_code(SQLITE_NOMEM, 0, NULL, q->path, reterr);
	if (r < 0)
		return r;
	memset(image, 0, store_image.size);
	expand_image(image);
	image[WRITE_VERSION] = image[READ_VERSION] = ROLLBACK_JOURNAL;
	/* SQLite owns the image from here on, also when it fails. */
	if (sqlite3_deserialize(q->db, "main", image, (sqlite3_int64)store_image.size, (sqlite3_int64)store_image.size,
		SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK)
		return sql_fail(q, reterr);
	return sql_exec(q, "PRAGMA cache_size = -250; PRAGMA journal_mode = MEMORY", reterr);
}

/* A new database under this name: the image, on the disk. */
static int build(const char *name, struct err *reterr)
{
	(void)unlink(name);
	int fd = open(name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_RDWR, 0600);
	if (fd < 0) {
		(void)err_set(reterr, ERR_DB, "%s: cannot create the database: %s", name, strerror(errno));
		err_hint(reterr, "its directory must be writable; name another file with --db, or --db :memory: to keep nothing");
		return ERR_DB;
	}
	unsigned char *image = mem_new(store_image.size);
	expand_image(image);
	int failed = write_all(fd, image, store_image.size);
	if (!failed && fsync(fd) < 0)
		failed = errno;
	if (close(fd) < 0 && !failed)
		failed = errno;
	free(image);
	bool full = failed == ENOSPC || failed == EDQUOT || failed == EFBIG;
	return failed ? sql_fail_code(full ? SQLITE_FULL : SQLITE_IOERR_WRITE, failed, strerror(failed), name, reterr) : 0;
}

static void remove_journals(const char *path, struct arena *a)
{
	static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		(void)unlink(arena_printf(a, "%s%s", path, suffixes[i]).p);
}

int open_create(const char *path, struct err *reterr)
{
	struct arena a = {0};
	const char *name = arena_printf(&a, "%s.new", path).p;
	/* Journals of a build that was killed, or of a database that somebody removed, would be replayed into the new one. */
	remove_journals(name, &a);
	int r = build(name, reterr);
	if (r == 0)
		remove_journals(path, &a);
	if (r == 0 && rename(name, path) < 0)
		r = err_set(reterr, ERR_DB, "%s: cannot create the database: %s", path, strerror(errno));
	if (r == 0 && sync_directory(path) < 0)
		r = err_set(reterr, ERR_DB, "%s: cannot create the database: its directory could not be synchronised: %s", path, strerror(errno));
	if (r < 0)
		(void)unlink(name);
	arena_done(&a);
	return r;
}

/* --- bad places --- */

static const struct {
	long magic;
	const char *text;
} places[] = {
	{NFS_SUPER_MAGIC, "on a network file system (NFS), where locks may fail"},
	{SMB_SUPER_MAGIC, "on a network file system (SMB), where locks may fail"},
	{0xff534d42, "on a network file system (CIFS), where locks may fail"},
	{0xfe534d42, "on a network file system (SMB2), where locks may fail"},
	{0x65735546, "on a FUSE file system, where locks may fail"},
	{V9FS_MAGIC, "on a 9p file system, where locks may fail"},
	{TMPFS_MAGIC, "in memory (tmpfs) and gone after a restart"},
	{RAMFS_MAGIC, "in memory (ramfs) and gone after a restart"},
	{OVERLAYFS_SUPER_MAGIC, "on an overlay file system and gone with its container"},
};

void open_warning(const char *path, char ret_text[256])
{
	struct statfs fs;
	struct stat st;
	ret_text[0] = '\0';
	if (stat(path, &st) == 0 && st.st_nlink > 1) {
		(void)snprintf(ret_text, 256, "%.120s: the database has %lu hard links; opened under two names it would be damaged",
			path, (unsigned long)st.st_nlink);
		return;
	}
	if (statfs(path, &fs) < 0)
		return;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if ((long)fs.f_type == places[i].magic)
			(void)snprintf(ret_text, 256, "%.150s: the database is %s", path, places[i].text);
}
