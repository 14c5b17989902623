/* The schema's life: made whole, brought up step by step, compared with what it should be (store/).
 *
 * Steps are an ordered list {version, sql}; all that are newer than the database run in one transaction, user_version last,
 * so a kill leaves the old schema or the new one. After the last step every object's text equals schema.c. Older versions are
 * copied first; newer ones are refused by open.c and never touched.
 *
 * Refuses to repair a schema that somebody else changed. */
#include "store/migrate.h"
#include "store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Version 1 is the first: nothing to do yet. A step's text must leave behind exactly what schema.c says. */
static const struct migration migrations[] = {
	{SCHEMA_VERSION, ""},
};

static int set_version(struct sql *q, int version, struct err *reterr)
{
	char text[64];
	(void)snprintf(text, sizeof text, "PRAGMA user_version = %d", version);
	return sql_exec(q, text, reterr);
}

static int finish(struct sql *q, int r, struct err *reterr)
{
	if (r == 0)
		r = sql_exec(q, "COMMIT", reterr);
	if (r < 0 && !sqlite3_get_autocommit(q->db))
		(void)sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

int migrate_create(struct sql *q, struct err *reterr)
{
	char mark[64];
	(void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d", SCHEMA_APPLICATION);
	int r = sql_exec(q, "BEGIN IMMEDIATE", reterr);
	for (size_t i = 0; i < schema_object_count && r == 0; i++)
		r = sql_exec(q, schema_objects[i].sql, reterr);
	if (r == 0)
		r = sql_exec(q, mark, reterr);
	if (r == 0)
		r = set_version(q, SCHEMA_VERSION, reterr);
	return finish(q, r, reterr);
}

int migrate_steps(struct sql *q, const struct migration *steps, size_t count, int from, struct err *reterr)
{
	int now = from;
	int r = sql_exec(q, "BEGIN IMMEDIATE", reterr);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (steps[i].version <= now)
			continue;
		r = sql_exec(q, steps[i].sql, reterr);
		now = steps[i].version;
	}
	if (r == 0)
		r = set_version(q, now, reterr);
	return finish(q, r, reterr);
}

static int backup(struct sql *q, const char *path, int from, struct err *reterr)
{
	struct arena a = {0};
	str copy = arena_printf(&a, "%s.v%d.bak", path, from);
	/* VACUUM INTO takes an empty file; made here, because SQLite would give it the mode of the umask. */
	(void)unlink(copy.p);
	int fd = open(copy.p, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY, 0600);
	int r = 0;
	if (fd < 0) {
		r = err_set(reterr, ERR_DB, "%s: cannot write the copy that is kept before the database is brought up to date: %s", copy.p, strerror(errno));
		err_hint(reterr, "the database was not changed; make its directory writable");
	} else {
		(void)close(fd);
		sqlite3_stmt *st = NULL;
		int limit = sqlite3_limit(q->db, SQLITE_LIMIT_ATTACHED, 2);
		if (sqlite3_prepare_v2(q->db, "VACUUM INTO ?1", -1, &st, NULL) == SQLITE_OK)
			bind_text(st, 1, copy);
		r = sql_run(q, st, reterr);
		sqlite3_finalize(st);
		(void)sqlite3_limit(q->db, SQLITE_LIMIT_ATTACHED, limit);
	}
	arena_done(&a);
	return r;
}

int migrate_upgrade(struct sql *q, const char *path, int from, struct err *reterr)
{
	int r = backup(q, path, from, reterr);
	return r < 0 ? r : migrate_steps(q, migrations, sizeof migrations / sizeof *migrations, from, reterr);
}

static const char *expected(str name)
{
	for (size_t i = 0; i < schema_object_count; i++)
		if (str_eq(str_z(schema_objects[i].name), name))
			return schema_objects[i].sql;
	return NULL;
}

int migrate_check(struct sql *q, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(q->db, "SELECT name, sql FROM sqlite_schema WHERE NOT (type = 'table' AND name GLOB 'sqlite_stat[0-9]')", -1, &st, NULL);
	size_t seen = 0;
	bool foreign = false;
	int r = 0;
	while (!foreign && (r = sql_row(q, st, reterr)) > 0) {
		str name = column_view(st, 0);
		const char *sql = expected(name);
		foreign = !sql || !str_eq(column_view(st, 1), str_z(sql));
		seen += !foreign;
		if (foreign)
			r = err_set(reterr, ERR_DB, "%s: `%.*s` in this database was not made by mcplog", q->path, STR_ARG(str_head(name, 64)));
	}
	bool missing = !foreign && r == 0 && seen != schema_object_count;
	if (missing)
		r = err_set(reterr, ERR_DB, "%s: %zu of %zu tables and views are missing in this database", q->path, schema_object_count - seen,
			schema_object_count);
	if (foreign || missing)
		err_hint(reterr, "it is not used and not changed; move it away, or name another file with --db");
	sqlite3_finalize(st);
	return r;
}
