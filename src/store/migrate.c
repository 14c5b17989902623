/* The schema's life: made whole, brought up to date, compared with what it should be (store/).
 *
 * An older database is reshaped: views and indices are made anew, a table whose text differs from schema.c is rebuilt with the
 * columns that both know, new ones are created, others dropped. Then the fixes of all newer versions run: what the shape alone
 * does not tell. All in one transaction, user_version last, so a kill leaves the old schema or the new one. The old database is
 * copied first; newer ones are refused by open.c and never touched.
 *
 * Refuses to repair a schema that somebody else changed. */
#include "base/buf.h"
#include "store/migrate.h"
#include "store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* What a version means for rows that an older one wrote; ascending. */
static const struct migration fixes[] = {
	/* A copy had no rows and pointed to one that had; now it keeps what goes beyond the original: it is read once more. */
	{2, "DELETE FROM problem WHERE source IN (SELECT id FROM source WHERE copy_of IS NOT NULL); DELETE FROM source WHERE copy_of IS NOT NULL;"
	    " UPDATE scope SET key = 0"},
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

/* --- reshaping --- */

static bool is_kind(const char *sql, const char *kind)
{
	return str_starts(str_z(sql), str_z(kind));
}

/* The text of an object in the database; p NULL when there is none. */
static int text_of(struct sql *q, const char *name, struct arena *a, str *ret, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(q->db, "SELECT sql FROM sqlite_schema WHERE name = ?1", -1, &st, NULL) == SQLITE_OK)
		bind_text(st, 1, str_z(name));
	int r = sql_row(q, st, reterr);
	*ret = r > 0 ? column_text(st, 0, a) : STR_NONE;
	sqlite3_finalize(st);
	return r < 0 ? r : 0;
}

/* Runs `format` for every name that `select` gives. */
static int for_each(struct sql *q, const char *select, const char *format, struct arena *a, struct err *reterr)
{
	struct buf all = {0};
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(q->db, select, -1, &st, NULL);
	int r;
	while ((r = sql_row(q, st, reterr)) > 0)
		buf_add(&all, arena_printf(a, format, column_text(st, 0, a).p));
	sqlite3_finalize(st);
	if (r == 0 && all.n) {
		buf_byte(&all, '\0');
		r = sql_exec(q, all.p, reterr);
	}
	buf_done(&all);
	return r;
}

/* The columns that the table has under both names, separated by commas. */
static int common_columns(struct sql *q, const char *name, struct arena *a, str *ret, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(q->db, "SELECT group_concat(n.name, ', ') FROM pragma_table_info(?1) n JOIN pragma_table_info('old_' || ?1) o ON o.name = n.name",
		-1, &st, NULL) == SQLITE_OK)
		bind_text(st, 1, str_z(name));
	int r = sql_row(q, st, reterr);
	*ret = r > 0 ? column_text(st, 0, a) : STR_NONE;
	sqlite3_finalize(st);
	return r < 0 ? r : 0;
}

static int rebuild(struct sql *q, const struct schema_object *o, struct arena *a, struct err *reterr)
{
	str columns;
	int r = sql_exec(q, arena_printf(a, "ALTER TABLE %s RENAME TO old_%s", o->name, o->name).p, reterr);
	if (r == 0)
		r = sql_exec(q, o->sql, reterr);
	if (r == 0)
		r = common_columns(q, o->name, a, &columns, reterr);
	if (r == 0 && columns.n)
		r = sql_exec(q, arena_printf(a, "INSERT INTO %s(%s) SELECT %s FROM old_%s", o->name, columns.p, columns.p, o->name).p, reterr);
	if (r == 0)
		r = sql_exec(q, arena_printf(a, "DROP TABLE old_%s", o->name).p, reterr);
	return r;
}

static int reshape(struct sql *q, struct arena *a, struct err *reterr)
{
	int r = for_each(q, "SELECT name FROM sqlite_schema WHERE type = 'view'", "DROP VIEW %s;", a, reterr);
	if (r == 0)
		r = for_each(q, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL", "DROP INDEX %s;", a, reterr);
	for (size_t i = 0; i < schema_object_count && r == 0; i++) {
		const struct schema_object *o = &schema_objects[i];
		str have = STR_NONE;
		r = text_of(q, o->name, a, &have, reterr);
		if (r == 0 && !have.p)
			r = sql_exec(q, o->sql, reterr);
		else if (r == 0 && is_kind(o->sql, "CREATE TABLE") && !str_eq(have, str_z(o->sql)))
			r = rebuild(q, o, a, reterr);
	}
	return r;
}

int migrate_steps(struct sql *q, const struct migration *steps, size_t count, int from, struct err *reterr)
{
	struct arena a = {0};
	int now = SCHEMA_VERSION;
	int r = sql_exec(q, "BEGIN IMMEDIATE", reterr);
	if (r == 0)
		r = reshape(q, &a, reterr);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (steps[i].version <= from)
			continue;
		r = sql_exec(q, steps[i].sql, reterr);
		now = steps[i].version > now ? steps[i].version : now;
	}
	if (r == 0)
		r = migrate_check(q, reterr); /* what was not ours is refused before anything is changed for good */
	if (r == 0)
		r = set_version(q, now, reterr);
	arena_done(&a);
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
	return r < 0 ? r : migrate_steps(q, fixes, sizeof fixes / sizeof *fixes, from, reterr);
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
