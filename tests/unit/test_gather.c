/* The write-ahead log in large pieces: another handle, which writes and reads as SQLite does by itself, sees what it would without. */
#include "store/gather.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 3000, KIB = 1024 };

struct pair {
	char dir[32], path[48];
	sqlite3 *own, *other; /* through gather, and without */
};

static void do_sql(sqlite3 *db, const char *text, int want)
{
	char *error = NULL;
	const int rc = sqlite3_exec(db, text, NULL, NULL, &error);
	if (rc != want)
		print_error("%s: %d, %s\n", text, rc, error ? error : "");
	sqlite3_free(error);
	assert_int_equal(rc, want);
}

static int64_t number(sqlite3 *db, const char *text)
{
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	const int64_t v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static void begin(struct pair *p)
{
	(void)snprintf(p->dir, sizeof p->dir, "/tmp/mcplog-gather-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->path, sizeof p->path, "%s/t.db", p->dir);
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	assert_string_equal(gather_vfs(), gather_vfs());
	assert_int_equal(sqlite3_open_v2(p->path, &p->own, flags, gather_vfs()), SQLITE_OK);
	do_sql(p->own, "PRAGMA page_size = 2048; PRAGMA journal_mode = WAL; PRAGMA cache_size = 10; PRAGMA synchronous = OFF;"
		" PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(id INTEGER PRIMARY KEY, text)", SQLITE_OK);
	assert_int_equal(sqlite3_open_v2(p->path, &p->other, flags, "unix"), SQLITE_OK);
}

static void end(struct pair *p)
{
	assert_int_equal(sqlite3_close(p->own), SQLITE_OK);
	assert_int_equal(sqlite3_close(p->other), SQLITE_OK);
	(void)unlink(p->path);
	assert_int_equal(rmdir(p->dir), 0); /* and no log was left behind */
}

/* More than the cache holds, so that frames are written, read back and written again before the transaction ends. */
static void fill(sqlite3 *db, int from, int want)
{
	char text[400];
	(void)snprintf(text, sizeof text, "WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d)"
		" INSERT INTO t SELECT i, hex(randomblob(100 + i %% 900)) FROM n", from, from + ROWS);
	do_sql(db, text, want);
}

static void others_see_a_transaction_when_it_ended(void **state)
{
	(void)state;
	struct pair p;
	begin(&p);
	do_sql(p.own, "BEGIN", SQLITE_OK);
	fill(p.own, 0, SQLITE_OK);
	do_sql(p.own, "UPDATE t SET text = text || 'x'", SQLITE_OK);
	assert_int_equal(number(p.own, "SELECT count(*) FROM t WHERE text LIKE '%x'"), ROWS);
	assert_int_equal(number(p.other, "SELECT count(*) FROM t"), 0);
	do_sql(p.own, "COMMIT", SQLITE_OK);
	assert_int_equal(number(p.other, "SELECT count(*) FROM t WHERE text LIKE '%x'"), ROWS);
	do_sql(p.own, "BEGIN", SQLITE_OK);
	fill(p.own, ROWS, SQLITE_OK);
	do_sql(p.own, "ROLLBACK", SQLITE_OK);
	fill(p.other, ROWS, SQLITE_OK); /* over what was left of it */
	assert_int_equal(number(p.own, "SELECT count(*) FROM t"), 2 * ROWS);
	do_sql(p.own, "DELETE FROM t WHERE id % 3 = 0; PRAGMA wal_checkpoint", SQLITE_OK);
	fill(p.own, 2 * ROWS, SQLITE_OK);
	assert_int_equal(number(p.other, "SELECT count(*) FROM t"), 3 * ROWS - 2 * ROWS / 3);
	assert_int_equal(number(p.other, "SELECT quick_check = 'ok' FROM pragma_quick_check"), 1);
	end(&p);
}

/* A copy of the files in the midst of it: what a kill or a loss of power leaves. */
static void what_is_not_ended_is_not_there(void **state)
{
	(void)state;
	struct pair p;
	char text[300];
	sqlite3 *copy;
	begin(&p);
	fill(p.own, 0, SQLITE_OK);
	do_sql(p.own, "BEGIN", SQLITE_OK);
	fill(p.own, ROWS, SQLITE_OK);
	(void)snprintf(text, sizeof text, "cp %s %s.2 && cp %s-wal %s.2-wal", p.path, p.path, p.path, p.path);
	assert_int_equal(system(text), 0);
	(void)snprintf(text, sizeof text, "%s.2", p.path);
	assert_int_equal(sqlite3_open_v2(text, &copy, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
	assert_int_equal(number(copy, "SELECT count(*) FROM t"), ROWS);
	assert_int_equal(number(copy, "SELECT quick_check = 'ok' FROM pragma_quick_check"), 1);
	assert_int_equal(sqlite3_close(copy), SQLITE_OK);
	(void)unlink(text);
	do_sql(p.own, "COMMIT", SQLITE_OK);
	end(&p);
}

/* The disk is full wherever it may be: the transaction fails, as a whole, and nothing else is lost. */
static void a_full_disk_is_told_before_the_end(void **state)
{
	(void)state;
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	unsigned whole = 0, failed = 0;
	(void)signal(SIGXFSZ, SIG_IGN);
	for (rlim_t room = 2; room < 6 * KIB; room += room < 100 ? 7 : 997) {
		struct pair p;
		const struct rlimit little = {room * KIB, RLIM_INFINITY};
		begin(&p);
		do_sql(p.own, "INSERT INTO t VALUES(-1, 'before')", SQLITE_OK);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
		const int began = sqlite3_exec(p.own, "BEGIN", NULL, NULL, NULL);
		int rc = sqlite3_exec(p.own, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)"
			" INSERT INTO t SELECT i, hex(randomblob(100 + i % 900)) FROM n", NULL, NULL, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_exec(p.own, "COMMIT", NULL, NULL, NULL);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
		assert_int_equal(began, SQLITE_OK);
		*(rc == SQLITE_OK ? &whole : &failed) += 1;
		(void)sqlite3_exec(p.own, "ROLLBACK", NULL, NULL, NULL);
		assert_int_equal(number(p.other, "SELECT count(*) FROM t"), rc == SQLITE_OK ? ROWS + 1 : 1);
		assert_int_equal(number(p.other, "SELECT quick_check = 'ok' FROM pragma_quick_check"), 1);
		end(&p);
	}
	assert_true(whole > 0 && failed > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_see_a_transaction_when_it_ended),
		cmocka_unit_test(what_is_not_ended_is_not_there),
		cmocka_unit_test(a_full_disk_is_told_before_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
