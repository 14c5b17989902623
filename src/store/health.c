/* The state of a timeline (store/health.h). Looks at the file as timeline_open does, but goes on where that gives up, and takes
 * no lock: whether somebody holds it is asked without waiting and given back at once.
 *
 * quick_check reads the whole file; a step counter ends it on files so large that nobody wants to wait.
 *
 * Never writes: the handle is read-only and does not checkpoint. */
#include "store/health.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS = 1000000, MOST_TICKS = 2000 };

static uint64_t size_of(const char *path, const char *suffix)
{
	char name[PATH_MAX + 8];
	struct stat st;
	(void)snprintf(name, sizeof name, "%s%s", path, suffix);
	return stat(name, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

static void ask_lock(struct store_health *h)
{
	char name[PATH_MAX + 8], text[32] = "";
	(void)snprintf(name, sizeof name, "%.*s.lock", STR_ARG(h->path));
	const int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	h->locked = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	const ssize_t n = h->locked ? pread(fd, text, sizeof text - 1, 0) : 0;
	if (n > 0)
		(void)str_u64(str_trim((str){text, (size_t)n}), &h->lock_pid);
	(void)close(fd);
}

static int tick(void *left)
{
	return --*(int *)left <= 0;
}

static str one_text(struct sql *q, const char *sql, struct arena *a)
{
	sqlite3_stmt *st = NULL;
	str text = STR_NONE;
	if (sqlite3_prepare_v2(q->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		text = column_text(st, 0, a);
	sqlite3_finalize(st);
	return text;
}

static int64_t one_number(struct sql *q, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *st = NULL;
	int64_t n = otherwise;
	if (sqlite3_prepare_v2(q->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW && !column_null(st, 0))
		n = column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

static void look_inside(struct sql *q, struct arena *a, struct store_health *h, struct err *e)
{
	int left = MOST_TICKS;
	h->version = (int)one_number(q, "PRAGMA user_version", 0);
	h->journal_mode = one_text(q, "PRAGMA journal_mode", a);
	sqlite3_progress_handler(q->db, STEPS, tick, &left);
	h->integrity = one_text(q, "PRAGMA quick_check(1)", a);
	sqlite3_progress_handler(q->db, 0, NULL, NULL);
	if (!h->integrity.n)
		h->integrity = left <= 0 ? S("not checked to the end: the file is very large") : arena_str(a, str_z(sqlite3_errmsg(q->db)));
	if (h->version < SCHEMA_VERSION) {
		h->readable = true;
		return;
	}
	h->readable = migrate_check(q, e) == 0;
	h->sources = (uint64_t)one_number(q, "SELECT count(*) FROM source", 0);
	h->calls = (uint64_t)one_number(q, "SELECT total(json_array_length(rows)) FROM call_pack", 0) - (uint64_t)one_number(q, "SELECT count(*) FROM call_twin", 0);
	h->incidents = (uint64_t)one_number(q, "SELECT count(*) FROM incident", 0);
	const int64_t run = one_number(q, "SELECT max(finished_ms) FROM run", INT64_MIN);
	h->last_run = run == INT64_MIN ? INSTANT_NONE : instant_of(run, 0, 0);
}

void store_health(const char *path, struct arena *a, struct store_health *ret)
{
	struct err e = {0};
	struct sql q = {0};
	const char *real = path;
	bool is_new = false;
	*ret = (struct store_health){.path = arena_str(a, str_z(path)), .newest_version = SCHEMA_VERSION, .last_run = INSTANT_NONE,
		.sqlite_version = sqlite3_libversion()};
	struct stat st;
	if (stat(path, &st) != 0 && errno == ENOENT)
		return;
	ret->exists = true;
	int r = open_resolve(path, a, &real, &e);
	if (r == 0)
		r = open_look(real, &is_new, &e);
	ret->path = arena_str(a, str_z(real));
	ret->bytes = size_of(real, "");
	ret->wal_bytes = size_of(real, "-wal");
	if (r == 0 && !is_new)
		r = open_handle(real, SQLITE_OPEN_READONLY, &q, &e);
	if (r == 0 && !is_new)
		look_inside(&q, a, ret, &e);
	sql_done(&q);
	ret->readable = ret->readable || (r == 0 && is_new);
	char warning[256];
	open_warning(real, warning);
	ret->warning = arena_str(a, str_z(warning));
	ret->fault = ret->readable ? STR_NONE : arena_str(a, str_z(e.text));
	ret->hint = ret->readable ? STR_NONE : arena_str(a, str_z(e.hint));
	ask_lock(ret);
}
