/* The database file: private, marked, refused untouched when it is foreign, newer, damaged or changed; one writer at a time;
 * brought up to date in steps after a copy (bad-inputs G1, G2, G3, G6, G7, G9). */
#include "store/migrate.h"
#include "store/open.h"
#include "store/schema.h"
#include "timeline_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>

/* --- the file --- */

static void the_file_is_private_and_marked(void **state)
{
	(void)state;
	struct stat st;
	(void)umask(022);
	write_file("a.db", ""); /* an empty file is a new database */
	assert_int_equal(chmod("a.db", 0644), 0);
	struct timeline *t = must_open("a.db");
	static const char *const files[] = {"a.db", "a.db.lock"};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(stat(files[i], &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	ok(timeline_begin(t, &err));
	ok(timeline_commit(t, &err));
	ok(timeline_add_run(t, S("x"), noon, noon, 0, &err));
	assert_int_equal(stat("a.db-wal", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	timeline_close(t);
	assert_int_equal(access("a.db.new", F_OK), -1);
	assert_int_equal(access("a.db-wal", F_OK), -1);
	unsigned char h[100];
	int fd = open("a.db", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, h, sizeof h, 0), sizeof h);
	(void)close(fd);
	assert_memory_equal(h + 68, "mcpl", 4);
	assert_int_equal(h[63], SCHEMA_VERSION);
}

static void G6_symbolic_links_are_refused_hard_links_warned_about(void **state)
{
	(void)state;
	assert_int_equal(open_code("a.db", false, &err), 0);
	assert_int_equal(symlink("a.db", "link.db"), 0);
	assert_int_equal(open_code("link.db", false, &err), ERR_DB);
	assert_non_null(strstr(err.text, "symbolic link"));
	assert_int_equal(open_code("link.db", true, &err), ERR_DB);
	assert_int_equal(unlink("link.db"), 0);
	assert_int_equal(symlink("a.db", "a.db.lock.x"), 0);
	assert_int_equal(unlink("a.db.lock.x"), 0);
	assert_int_equal(link("a.db", "hard.db"), 0);
	struct timeline *t = must_open("a.db");
	assert_non_null(strstr(timeline_warning(t), "hard link"));
	timeline_close(t);
}

static str bytes_of(const char *path, struct buf *to)
{
	char chunk[4096];
	buf_reset(to);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) > 0;)
		buf_add(to, (str){chunk, (size_t)n});
	(void)close(fd);
	return buf_str(to);
}

static void refused_untouched(const char *path, const char *word)
{
	struct buf before = {0}, after = {0};
	(void)bytes_of(path, &before);
	for (int read_only = 0; read_only < 2; read_only++) {
		assert_int_equal(open_code(path, read_only, &err), ERR_DB);
		if (!strstr(err.text, word))
			fail_msg("`%s` does not say `%s`", err.text, word);
		assert_true(err.hint[0]);
	}
	assert_str(bytes_of(path, &after), buf_str(&before));
	buf_done(&before);
	buf_done(&after);
}

static void raw(const char *path, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void G1_foreign_newer_and_damaged_files_are_refused_untouched(void **state)
{
	(void)state;
	write_file("a.db", "2026-05-17T20:23:00.776Z [DEBUG] this is a log, and it is longer than the hundred bytes that the header of a database takes\n");
	refused_untouched("a.db", "not a database");
	write_file("a.db", "short");
	refused_untouched("a.db", "not a database");
	assert_int_equal(unlink("a.db"), 0);
	raw("a.db", "PRAGMA application_id = 17; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
	refused_untouched("a.db", "another program");
	raw("a.db", "PRAGMA application_id = 1835233388; PRAGMA user_version = 99");
	refused_untouched("a.db", "newer mcplog");
	raw("a.db", "PRAGMA user_version = 0");
	refused_untouched("a.db", "never released");
	raw("a.db", "PRAGMA user_version = 2");
	refused_untouched("a.db", "`t`");
	assert_int_equal(unlink("a.db"), 0);
	assert_int_equal(open_code("a.db", false, &err), 0);
	struct stat st;
	assert_int_equal(stat("a.db", &st), 0);
	assert_int_equal(truncate("a.db", st.st_size - 4096), 0);
	refused_untouched("a.db", "cut off");
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(open_code("sub", false, &err), ERR_DB);
	assert_int_equal(open_code("nowhere/a.db", false, &err), ERR_DB);
	assert_non_null(strstr(err.text, "nowhere"));
	assert_int_equal(open_code("b.db", true, &err), ERR_DB);
	assert_int_equal(access("b.db", F_OK), -1);
}

static void G1_a_damaged_page_is_an_error_that_says_so(void **state)
{
	(void)state;
	bool unchanged;
	struct timeline *t = must_open("a.db");
	struct source s = source_of("a.log", 42, 500000);
	ok(timeline_begin(t, &err));
	int64_t id = put_source(t, &s, 0, 1000, &unchanged);
	ok(timeline_commit(t, &err));
	timeline_close(t);
	struct stat st;
	char junk[4096];
	memset(junk, 0xa5, sizeof junk);
	assert_int_equal(stat("a.db", &st), 0);
	int fd = open("a.db", O_WRONLY | O_CLOEXEC);
	for (off_t at = 40 * 4096; at < st.st_size; at += 4096)
		assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
	(void)close(fd);
	t = must_open("a.db");
	struct seen seen = {0};
	assert_int_equal(timeline_load_events(t, &(struct source_part){id, 0, UINT64_MAX}, 0, &rules, &arena, false, see_event, &seen, &err), ERR_DB);
	assert_non_null(strstr(err.text, "damaged"));
	assert_true(err.hint[0]);
	timeline_close(t);
}

static void G7_a_changed_schema_is_refused(void **state)
{
	(void)state;
	static const char *const changes[][2] = {
		{"CREATE TRIGGER t AFTER INSERT ON event_pack BEGIN DELETE FROM call_pack; END", "`t` in this database was not made by mcplog"},
		{"CREATE VIEW v AS SELECT 1", "`v` in this database was not made by mcplog"},
		/* As a build between two releases would have made it. */
		{"DROP VIEW runs; CREATE VIEW runs AS SELECT load_extension('x'); CREATE VIEW v AS SELECT 1", "never released, or changed since: `runs` is not"},
		{"DROP TABLE bound", "tables and views are missing"},
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		assert_int_equal(open_code("a.db", false, &err), 0);
		raw("a.db", changes[i][0]);
		refused_untouched("a.db", changes[i][1]);
		assert_int_equal(unlink("a.db"), 0);
	}
	/* Statistics of ANALYZE are harmless. */
	assert_int_equal(open_code("a.db", false, &err), 0);
	raw("a.db", "INSERT INTO run(command, exit) VALUES('x', 0); ANALYZE");
	assert_int_equal(open_code("a.db", false, &err), 0);
}

static void handles_are_defensive(void **state)
{
	(void)state;
	assert_int_equal(open_code("a.db", false, &err), 0);
	const char *path;
	ok(open_resolve("a.db", &arena, &path, &err));
	struct sql q = {0};
	ok(open_handle(path, SQLITE_OPEN_READWRITE, &q, &err));
	static const struct {
		int what, on;
	} want[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0}};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		int is = -1;
		assert_int_equal(sqlite3_db_config(q.db, want[i].what, -1, &is), SQLITE_OK);
		assert_int_equal(is, want[i].on);
	}
	assert_int_equal(sqlite3_limit(q.db, SQLITE_LIMIT_ATTACHED, -1), 0);
	assert_int_equal(sql_exec(&q, "SELECT * FROM runs", &err), ERR_DB);
	sql_done(&q);
}

/* --- one writer --- */

static void G2_a_second_writer_is_told_the_pid(void **state)
{
	(void)state;
	struct timeline *t = must_open("a.db");
	char pid[32];
	(void)snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
	assert_int_equal(open_code("a.db", false, &err), ERR_LOCKED);
	assert_non_null(strstr(err.text, pid));
	assert_non_null(strstr(err.hint, "--lock-wait"));
	assert_int_equal(open_code("a.db", true, &err), 0); /* readers work */
	timeline_close(t);
	assert_int_equal(open_code("a.db", false, &err), 0);
}

static void G3_a_killed_writer_leaves_the_last_commit(void **state)
{
	(void)state;
	bool unchanged;
	struct source s = source_of("a.log", 42, 5000), second = source_of("b.log", 43, 5000);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	(void)put_source(t, &s, 0, 3, &unchanged);
	ok(timeline_commit(t, &err));
	timeline_close(t);
	struct hash128 before = dump("a.db");
	pid_t child = fork();
	if (child == 0) {
		t = must_open("a.db");
		if (timeline_begin(t, &err) == 0)
			(void)put_source(t, &second, 0, 500, &unchanged);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(open_code("a.db", false, &err), 0); /* the kernel gave the lock back */
	struct hash128 after = dump("a.db");
	assert_memory_equal(&before, &after, sizeof before);
}

static void a_leftover_wal_of_a_removed_database_is_not_replayed(void **state)
{
	(void)state;
	write_file("a.db-wal", "old pages");
	write_file("a.db.new", "half built");
	assert_int_equal(open_code("a.db", false, &err), 0);
	assert_int_equal(open_code("a.db", false, &err), 0);
	assert_int_equal(access("a.db.new", F_OK), -1);
}

/* --- migration --- */

static void fixes_run_once_in_order_and_together(void **state)
{
	(void)state;
	static const struct migration steps[] = {{1, "INSERT INTO run(command, exit) VALUES('never', 1)"},
		{2, "INSERT INTO run(id, command, exit) VALUES(7, 'two', 2)"}, {9, "UPDATE run SET exit = 9 WHERE id = 7"}};
	static const struct migration broken[] = {{10, "INSERT INTO run(command, exit) VALUES('ten', 10)"}, {11, "nonsense"}};
	struct sql q = {.path = "test"};
	sqlite3_stmt *st;
	ok(open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, &q, &err));
	ok(migrate_create(&q, &err));
	ok(migrate_steps(&q, steps, 3, 1, &err));
	assert_int_equal(migrate_steps(&q, broken, 2, 9, &err), ERR_DB);
	assert_int_equal(sqlite3_prepare_v2(q.db, "SELECT user_version, (SELECT group_concat(command || exit) FROM run) FROM pragma_user_version", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 9);
	assert_string_equal((const char *)sqlite3_column_text(st, 1), "two9");
	sqlite3_finalize(st);
	sql_done(&q);
}

static void an_old_shape_is_rebuilt_with_its_rows(void **state)
{
	(void)state;
	struct sql q = {.path = "test"};
	sqlite3_stmt *st;
	ok(open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, &q, &err));
	ok(migrate_create(&q, &err));
	ok(sql_exec(&q, "DROP VIEW runs; DROP TABLE run; DROP TABLE note;"
			"CREATE TABLE run(id INTEGER PRIMARY KEY, command TEXT NOT NULL, exit INTEGER NOT NULL, was TEXT);"
			"INSERT INTO run VALUES(3, 'kept', 4, 'dropped')", &err));
	ok(migrate_steps(&q, NULL, 0, 1, &err));
	ok(migrate_check(&q, &err));
	assert_int_equal(sqlite3_prepare_v2(q.db, "SELECT group_concat(id || command || exit) FROM run", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "3kept4");
	sqlite3_finalize(st);
	ok(sql_exec(&q, "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END", &err));
	assert_int_equal(migrate_steps(&q, NULL, 0, 1, &err), ERR_DB);
	sql_done(&q);
}

static void an_old_database_is_copied_before_it_is_changed(void **state)
{
	(void)state;
	const char *path;
	struct sql q = {0};
	struct stat st;
	assert_int_equal(open_code("a.db", false, &err), 0);
	raw("a.db", "INSERT INTO run(command, exit) VALUES('old', 0)");
	ok(open_resolve("a.db", &arena, &path, &err));
	ok(open_handle(path, SQLITE_OPEN_READWRITE, &q, &err));
	ok(migrate_upgrade(&q, path, 1, &err));
	ok(migrate_check(&q, &err));
	sql_done(&q);
	assert_int_equal(stat("a.db.v1.bak", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	raw("a.db.v1.bak", "INSERT INTO run(id, command, exit) VALUES(2, 'the copy is a database', 0)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_file_is_private_and_marked),
		IN_FOLDER(G6_symbolic_links_are_refused_hard_links_warned_about),
		IN_FOLDER(G1_foreign_newer_and_damaged_files_are_refused_untouched),
		IN_FOLDER(G1_a_damaged_page_is_an_error_that_says_so),
		IN_FOLDER(G7_a_changed_schema_is_refused),
		IN_FOLDER(handles_are_defensive),
		IN_FOLDER(G2_a_second_writer_is_told_the_pid),
		IN_FOLDER(G3_a_killed_writer_leaves_the_last_commit),
		IN_FOLDER(a_leftover_wal_of_a_removed_database_is_not_replayed),
		IN_FOLDER(fixes_run_once_in_order_and_together),
		IN_FOLDER(an_old_shape_is_rebuilt_with_its_rows),
		IN_FOLDER(an_old_database_is_copied_before_it_is_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
