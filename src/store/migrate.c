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

/* Bits of a call were outcome (3), link (3), link_sure (1), flags with that of a dispatch as the 13th (16), and the rest. */
#define NEW_BITS "(1 - (e.bits >> 19 & 1) + 2 * ((e.bits & 7) + 1 - 2 * (e.bits & 1)) + 16 * (e.bits >> 3 & 7) + 128 * (1 - (e.bits >> 6 & 1))" \
	" + 2 * (e.bits & ~524415))"
/* Calls and events had a row each: some hundred become a pack (packs.c). Which rows are the tail was not known: grown files are read anew. */
#define USED "(SELECT n FROM old_used u WHERE u.source = s.id AND u.id = "
#define NAMES "(SELECT json_group_array(text) FROM (SELECT NULL AS text, 0 AS n UNION ALL SELECT name.text, u.n FROM old_used u" \
	" JOIN name ON name.id = u.id WHERE u.source = o.source ORDER BY n))"
#define PACKED_FROM \
	"SELECT row_number() OVER (PARTITION BY s.id ORDER BY e.id) / 200 AS chunk, s.id AS source, e.id, json_array(e.id - s.id, e.line, e.at_ms, "
#define ROWS_OF(table, more) ") AS j FROM source s JOIN " table " e ON e.id BETWEEN s.id AND s.last_id LEFT JOIN " more " m ON m.id = e.id ORDER BY e.id"
#define NAMED_BY(column, table) "SELECT s.id AS source, e." column " AS id FROM source s JOIN " table " e ON e.id BETWEEN s.id AND s.last_id WHERE e." column " <> 0"
/* What was measured from nothing is measured from the row before, times from the last one that was known. */
#define BEFORE(at) "lag(value ->> " at ") OVER (ORDER BY key)"
#define DISTANCES(pack) \
	"UPDATE " pack " AS p SET rows = (SELECT json_group_array(json(json_set(value, '$[0]', value ->> 0 - coalesce(a, 0), '$[1]', value ->> 1 - coalesce(b, 0)," \
	" '$[2]', value ->> 2 - coalesce(c, (SELECT x.value ->> 2 FROM json_each(p.rows) x WHERE x.key < r.key AND x.value ->> 2 IS NOT NULL ORDER BY x.key DESC" \
	" LIMIT 1), 0)))) FROM (SELECT key, value, " BEFORE("0") " AS a, " BEFORE("1") " AS b, " BEFORE("2") " AS c FROM json_each(p.rows)) r);"
static const char old_rows[] =
	"CREATE TABLE IF NOT EXISTS event(id INTEGER PRIMARY KEY, bits, form, line, at_ms, duration_ms, server, session, detail);"
	"CREATE TABLE IF NOT EXISTS event_more(id INTEGER PRIMARY KEY, tool, tool_use_id, call_back, err, text);"
	"CREATE TABLE IF NOT EXISTS call(id INTEGER PRIMARY KEY, bits, line, server, tool, session, tool_use_id, at_ms, started, ended, permission_ms,"
	" duration_ms, packed);"
	"CREATE TABLE IF NOT EXISTS call_more(id INTEGER PRIMARY KEY, beats, first_beat, last_beat, last_elapsed_us, class, err, beat_line, beat_offset,"
	" last_beat_line, last_beat_offset);";
static const char rows_to_packs[] =
	"CREATE TABLE old_used(source INTEGER, id INTEGER, n INTEGER, PRIMARY KEY(source, id)) WITHOUT ROWID;"
	"INSERT INTO old_used SELECT source, id, row_number() OVER (PARTITION BY source ORDER BY id) FROM ("
	NAMED_BY("server", "event") " UNION " NAMED_BY("session", "event") " UNION " NAMED_BY("tool", "event_more") " UNION "
	NAMED_BY("server", "call") " UNION " NAMED_BY("tool", "call") " UNION " NAMED_BY("session", "call") ");"
	"CREATE TABLE old_forms(id INTEGER PRIMARY KEY, n INTEGER);"
	"INSERT INTO old_forms SELECT id, row_number() OVER (ORDER BY id) - 1 FROM form;"
	"INSERT INTO event_pack(id, last, tail, offset, line, at_ms, names, rows, forms)"
	" SELECT min(id), max(id), 0, 0, 0, 0, " NAMES ", json_group_array(json(j)), (SELECT json_group_array(id) FROM (SELECT id FROM old_forms ORDER BY n)) FROM ("
	PACKED_FROM "(SELECT n FROM old_forms f WHERE f.id = e.form), coalesce(" USED "e.server), 0), e.duration_ms, json(e.detail), e.bits,"
	" iif(e.session IS NULL, 0, 1 + coalesce(" USED "e.session), 0)), coalesce(" USED "m.tool), 0), m.tool_use_id, m.call_back, m.err"
	ROWS_OF("event", "event_more") ") o GROUP BY source, chunk;"
	"INSERT INTO call_pack(id, last, tail, offset, line, at_ms, names, rows)"
	" SELECT min(id), max(id), 0, 0, 0, 0, " NAMES ", json_group_array(json(j)) FROM ("
	PACKED_FROM "e.tool_use_id, coalesce(" USED "e.server), 0), coalesce(" USED "e.tool), 0), e.ended, e.permission_ms, '#' || hex(e.packed),"
	" " NEW_BITS ", iif(e.session IS NULL, 0, 1 + coalesce(" USED "e.session), 0)), iif(m.id IS NULL, 0, json(json_array(m.beats, m.first_beat,"
	" m.last_beat, m.last_elapsed_us, m.class, m.err, m.beat_line, m.beat_offset, m.last_beat_line, m.last_beat_offset))),"
	" coalesce(e.duration_ms, 0) - coalesce(e.ended - e.started, 0), (e.started IS NULL) + 2 * (e.duration_ms IS NULL)"
	ROWS_OF("call", "call_more") ") o GROUP BY source, chunk;"
	"INSERT INTO event_text SELECT id, text FROM event_more WHERE text IS NOT NULL;"
	"DROP TABLE old_used; DROP TABLE old_forms; DROP TABLE event; DROP TABLE event_more; DROP TABLE call; DROP TABLE call_more; DELETE FROM resume";

/* So had connections. */
static const char connections_to_packs[] =
	"CREATE TABLE IF NOT EXISTS connection(id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, server, session, opened_ms, closed_ms, uptime_s, how);"
	"INSERT INTO connection_pack(scope, at_ms, names, rows) SELECT scope, 0, json_array(NULL, server, session, how), json_group_array(json_array("
	"opened_ms, 1, 2, 3, closed_ms - coalesce(opened_ms, 0), coalesce(uptime_s + 2, 1), nth)) FROM (SELECT *,"
	" row_number() OVER (PARTITION BY scope, server, opened_ms) - 1 AS nth FROM connection) GROUP BY scope, server, session, how;"
	"DROP TABLE connection";

/* What a version means for rows that an older one wrote; ascending. */
static const struct migration fixes[] = {
	/* A copy had no rows and pointed to one that had; now it keeps what goes beyond the original: it is read once more. */
	{2, "DELETE FROM problem WHERE source IN (SELECT id FROM source WHERE copy_of IS NOT NULL); DELETE FROM source WHERE copy_of IS NOT NULL;"
	    " UPDATE scope SET key = 0; DELETE FROM digest; DELETE FROM output; DELETE FROM output_part"},
	{2, old_rows},
	{2, rows_to_packs},
	{2, DISTANCES("event_pack") DISTANCES("call_pack")},
	{2, connections_to_packs},
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

/* What is not as it should be: the first name of each kind, and how many are as they should. */
struct comparison {
	size_t same;
	char changed[65], foreign[65];
};

static int compare(struct sql *q, struct comparison *ret, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(q->db, "SELECT name, sql FROM sqlite_schema WHERE NOT (type = 'table' AND name GLOB 'sqlite_stat[0-9]')", -1, &st, NULL);
	int r;
	while ((r = sql_row(q, st, reterr)) > 0) {
		const str name = column_view(st, 0);
		const char *sql = expected(name);
		const bool same = sql && str_eq(column_view(st, 1), str_z(sql));
		char *other = sql ? ret->changed : ret->foreign;
		ret->same += same;
		if (!same && !*other)
			(void)snprintf(other, sizeof ret->changed, "%.*s", STR_ARG(str_head(name, 64)));
	}
	sqlite3_finalize(st);
	return r;
}

int migrate_check(struct sql *q, struct err *reterr)
{
	struct comparison c = {0};
	int r = compare(q, &c, reterr);
	if (r < 0)
		return r;
	const bool missing = c.same != schema_object_count;
	if (*c.changed) /* its mark and version are ours */
		r = err_set(reterr, ERR_DB, "%s: written by a version of mcplog that was never released, or changed since: `%s` is not as this version makes it", q->path, c.changed);
	else if (*c.foreign)
		r = err_set(reterr, ERR_DB, "%s: `%s` in this database was not made by mcplog", q->path, c.foreign);
	else if (missing)
		r = err_set(reterr, ERR_DB, "%s: %zu of %zu tables and views are missing in this database", q->path, schema_object_count - c.same,
			schema_object_count);
	if (r < 0 && *c.foreign && !missing)
		err_hint(reterr, "it is not used and not changed; move it away, or name another file with --db");
	else if (r < 0)
		err_hint(reterr, "it is not used and not changed; move it away and run again: it is built anew from the logs that still exist");
	return r;
}
