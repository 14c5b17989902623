/* Every statement of the timeline in one table, prepared when first used and kept (store/).
 *
 * Column lists of SELECTs are read by position in load.c and checkpoint.c; the order here is the order there. Statements that
 * remove take the first and last row id of a source: a source is one range of rows.
 *
 * Refuses to know what the values mean. */
#include "store/sql.h"
#include <limits.h>

#define RANGE "id BETWEEN ?1 AND ?2"
#define PACKS RANGE " AND last >= ?3 ORDER BY id"
#define SOURCE_FACTS                                                                                              \
	"path, kind, excerpt, filtered, complete, has_times, bytes, offset, pending_bytes, lines, records," \
	" unrecognized, client_version, session, cwd, server, first_ms, first_us, last_ms, last_us, dev, ino, inode_gen, btime_ns," \
	" mtime_ns, ctime_ns, size, head_hash, head_len, marker_hash, marker_len, rules_hash," \
	" copy_of, shared_bytes, shared_lines, shared_records, shared_unrecognized, id"
#define SOURCE_COLUMNS                                                                                            \
	"id, last_id, path, real_path, generation, copy_of, dev, ino, inode_gen, btime_ns, mtime_ns, ctime_ns, size,"  \
	" head_hash, head_len, marker_hash, marker_len, offset, rules_hash, complete, pending_bytes, row_session, closed, moved, shared_bytes"
#define SOURCE_REST                                                                                               \
	"kind, excerpt, filtered, has_times, bytes, lines, records, unrecognized, client_version, session, cwd, server," \
	" first_ms, first_us, last_ms, last_us, shared_lines, shared_records, shared_unrecognized"
/* How many runs changed something, which forgets all reports: a large one is overwritten by the next, cheaper than removed. */
#define CHANGES "coalesce((SELECT inputs FROM output WHERE key = 0), 0)"
#define ALERT_COLUMNS                                                                                             \
	"id, alertname, server, cause, severity, state, level, runs, since_ms, fired_ms, active_ms, resolved_ms, calls," \
	" oldest_ms, summary, detail, examples, told, last_sent_ms, acked_ms"

static const char *const texts[SQL_STATEMENT_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_NAME_GET] = "SELECT text FROM name WHERE id = ?1",
	[SQL_NAME_ADD] = "INSERT INTO name(id, text) VALUES(?1, ?2)",
	[SQL_FORM_ADD] = "INSERT OR IGNORE INTO form(id, kind, signature, class, level, flags) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_FORM_ALL] = "SELECT id, kind, signature, class, level, flags FROM form",
	[SQL_SOURCE_BELOW] = "SELECT id, last_id FROM source WHERE id <= ?1 ORDER BY id DESC LIMIT 1",
	[SQL_SOURCE_ABOVE] = "SELECT min(id) FROM source WHERE id > ?1",
	/* The first 35 as in SQL_SOURCE_DONE. */
	[SQL_SOURCE_ADD] = "INSERT INTO source(id, last_id, state, inode_gen, head_hash, head_len, marker_hash, marker_len, offset, complete, kind,"
		" excerpt, filtered, has_times, bytes, pending_bytes, lines, records, unrecognized, client_version, session, cwd, server, first_ms,"
		" first_us, last_ms, last_us, mtime_ns, ctime_ns, size, rules_hash, row_session, shared_lines, shared_records, shared_unrecognized,"
		" path, real_path, generation, dev, ino, btime_ns, copy_of, shared_bytes, closed, moved) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
		" ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37,"
		" ?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45)",
	[SQL_SOURCE_PATH] = "UPDATE source SET path = ?2 WHERE id = ?1",
	[SQL_SOURCE_PLACE] = "UPDATE source SET path = ?2, real_path = ?3, dev = ?4, ino = ?5, inode_gen = ?6, btime_ns = ?7, mtime_ns = ?8,"
		" ctime_ns = ?9, size = ?10, moved = ?11, closed = 0, state = CASE WHEN state IN ('gone', 'replaced') THEN 'read' ELSE state END WHERE id = ?1",
	[SQL_SOURCE_CLOSE] = "UPDATE source SET closed = 1, state = ?2 WHERE id = ?1",
	[SQL_SOURCE_DONE] = "UPDATE source SET last_id = ?2, state = ?3, inode_gen = ?4, head_hash = ?5, head_len = ?6, marker_hash = ?7,"
		" marker_len = ?8, offset = ?9, complete = ?10, kind = ?11, excerpt = ?12, filtered = ?13, has_times = ?14, bytes = ?15,"
		" pending_bytes = ?16, lines = ?17, records = ?18, unrecognized = ?19, client_version = ?20, session = ?21, cwd = ?22,"
		" server = ?23, first_ms = ?24, first_us = ?25, last_ms = ?26, last_us = ?27, mtime_ns = ?28, ctime_ns = ?29, size = ?30,"
		" rules_hash = ?31, row_session = ?32, shared_lines = ?33, shared_records = ?34, shared_unrecognized = ?35 WHERE id = ?1",
	[SQL_SOURCE_GET] = "SELECT " SOURCE_FACTS " FROM source WHERE id = ?1",
	[SQL_SOURCE_GET_ALL] = "SELECT " SOURCE_FACTS " FROM source ORDER BY id",
	[SQL_PROBLEM_GET_ALL] = "SELECT code, text, line, offset, class, times, source FROM problem ORDER BY source, n",
	[SQL_SOURCE_KNOWN_ONE] = "SELECT " SOURCE_COLUMNS ", " SOURCE_REST " FROM source WHERE id = ?1",
	[SQL_KNOWN_ALL] = "SELECT facts FROM digest WHERE members <= 0 ORDER BY members DESC",
	[SQL_KNOWN_PUT] = "INSERT OR REPLACE INTO digest(members, state, facts) VALUES(-?1, 0, ?2)",
	[SQL_KNOWN_END] = "DELETE FROM digest WHERE members <= -?1",
	[SQL_DIGEST_GET] = "SELECT facts FROM digest WHERE members = ?1 AND state = ?2",
	[SQL_DIGEST_ALL] = "SELECT members, state, facts FROM digest WHERE members > 0",
	[SQL_DIGEST_PUT] = "INSERT OR REPLACE INTO digest(members, state, facts) VALUES(?1, ?2, ?3)",
	[SQL_OUTPUT_GET] = "SELECT report FROM output WHERE key = ?1 AND inputs = ?2 + " CHANGES,
	[SQL_OUTPUT_PUT] = "INSERT OR REPLACE INTO output(key, inputs, report) VALUES(?1, ?2 + " CHANGES ", ?3)",
	[SQL_OUTPUT_PARTS] = "SELECT id, texts FROM output_part WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
	[SQL_OUTPUT_PART_ADD] = "INSERT INTO output_part(id, texts) VALUES(?1, ?2)",
	[SQL_OUTPUT_PART_REMOVE] = "DELETE FROM output_part WHERE id = ?1",
	[SQL_OUTPUT_FORGET] = "INSERT OR REPLACE INTO output(key, inputs, report) VALUES(0, " CHANGES " + 1, x'')",
	[SQL_SOURCE_RANGE] = "SELECT last_id, rules_hash, row_session FROM source WHERE id = ?1",
	[SQL_SOURCE_KNOWN] = "SELECT " SOURCE_COLUMNS " FROM source WHERE id = ?1",
	[SQL_SOURCE_KNOWN_ALL] = "SELECT " SOURCE_COLUMNS ", " SOURCE_REST " FROM source ORDER BY id",
	[SQL_RESUME_GET] = "SELECT offset, last_id, row_session, state FROM resume WHERE source = ?1",
	[SQL_RESUME_PUT] = "INSERT OR REPLACE INTO resume(source, offset, last_id, row_session, state) VALUES(?1, ?2, ?3, ?4, ?5)",
	[SQL_RESUME_REMOVE] = "DELETE FROM resume WHERE source = ?1",
	[SQL_PROBLEM_ADD] = "INSERT INTO problem(source, n, code, text, line, offset, class, times) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_PROBLEM_ALL] = "SELECT code, text, line, offset, class, times FROM problem WHERE source = ?1 ORDER BY n",
	[SQL_PROBLEM_REMOVE] = "DELETE FROM problem WHERE source = ?1",
	[SQL_EVENT_PACK_ADD] = "INSERT INTO event_pack(id, last, tail, offset, line, at_ms, names, rows, forms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_EVENT_PACK_ALL] = "SELECT id, offset, line, at_ms, names, rows, forms FROM event_pack WHERE " PACKS,
	[SQL_EVENT_PACK_REMOVE] = "DELETE FROM event_pack WHERE " RANGE,
	[SQL_EVENT_PACK_REMOVE_TAIL] = "DELETE FROM event_pack WHERE " RANGE " AND tail",
	[SQL_EVENT_PACK_SETTLE] = "UPDATE event_pack SET tail = 0 WHERE " RANGE " AND tail",
	[SQL_CALL_PACK_ADD] = "INSERT INTO call_pack(id, last, tail, offset, line, at_ms, names, rows) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SQL_CALL_PACK_ALL] = "SELECT id, offset, line, at_ms, names, rows FROM call_pack WHERE " PACKS,
	[SQL_CALL_PACK_REMOVE] = "DELETE FROM call_pack WHERE " RANGE,
	[SQL_CALL_PACK_REMOVE_TAIL] = "DELETE FROM call_pack WHERE " RANGE " AND tail",
	[SQL_CALL_PACK_SETTLE] = "UPDATE call_pack SET tail = 0 WHERE " RANGE " AND tail",
	[SQL_EVENT_TEXT_ADD] = "INSERT OR REPLACE INTO event_text(id, text) VALUES(?1, ?2)",
	[SQL_EVENT_TEXT] = "SELECT text FROM event_text WHERE id = ?1",
	[SQL_EVENT_TEXT_REMOVE] = "DELETE FROM event_text WHERE " RANGE,
	[SQL_EVENT_TEXT_REMOVE_TAIL] = "DELETE FROM event_text WHERE id IN (SELECT ?1 + p.offset + " RUNNING("0")
		" FROM event_pack p CROSS JOIN json_each(rows) WHERE p.id BETWEEN ?1 AND ?2 AND p.tail" RUNNING_ROWS ")",
	[SQL_SCOPE_ANY] = "SELECT EXISTS (SELECT 1 FROM scope), EXISTS (SELECT 1 FROM scope WHERE id <> ?1)",
	[SQL_SCOPE_KEY] = "SELECT key, verdicts, connections FROM scope WHERE id = ?1",
	[SQL_SCOPE_ADD] = "INSERT OR REPLACE INTO scope(id, key, as_of_ms, verdicts, connections) VALUES(?1, ?2, ?3, ?4, ?5)",
	[SQL_SCOPE_SOURCE_ADD] = "INSERT OR IGNORE INTO scope_source(scope, source) VALUES(?1, ?2)",
	[SQL_SCOPE_INSIDE] = "SELECT id FROM scope WHERE id <> ?1 AND NOT EXISTS (SELECT 1 FROM scope_source a WHERE a.scope = scope.id"
		" AND a.source NOT IN (SELECT b.source FROM scope_source b WHERE b.scope = ?1))",
	[SQL_SCOPE_STALE] = "UPDATE scope SET key = 0 WHERE id <> ?1 AND id IN (SELECT a.scope FROM scope_source a WHERE a.source IN"
		" (SELECT b.source FROM scope_source b WHERE b.scope = ?1))",
	[SQL_SERVER_ADD] = "INSERT OR REPLACE INTO server(id, scope, name, transport) VALUES(?1, ?2, ?3, ?4)",
	[SQL_CONNECTION_PACK_ADD] = "INSERT INTO connection_pack(scope, at_ms, names, rows) VALUES(?1, ?2, ?3, ?4)",
	[SQL_CONNECTION_PACK_ALL] = "SELECT id, at_ms, names, rows FROM connection_pack WHERE scope = ?1",
	[SQL_CONNECTION_PACK_REMOVE] = "DELETE FROM connection_pack WHERE id = ?1",
	[SQL_INCIDENT_ADD] = "INSERT OR REPLACE INTO incident(id, scope, fingerprint, cause, trigger_word, ending, state, severity, confidence,"
		" server, transport, session, client_version, started_ms, ended_ms, duration_ms, title, summary)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
	[SQL_INCIDENT_CALL_ADD] = "INSERT OR REPLACE INTO incident_call(call, incident, scope, ending) VALUES(?1, ?2, ?3, ?4)",
	[SQL_EVIDENCE_ADD] = "INSERT OR REPLACE INTO evidence_line(owner, n, scope, event, source, line, offset, role, at_ms, after_ms,"
		" before_ms, until_ms, times, awaited) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	[SQL_BOUND_ADD] = "INSERT OR REPLACE INTO bound(event, scope, after_ms, before_ms) VALUES(?1, ?2, ?3, ?4)",
	[SQL_CALL_TWIN_ADD] = "INSERT OR REPLACE INTO call_twin(call, same, scope) VALUES(?1, ?2, ?3)",
	[SQL_EVENT_TWIN_ADD] = "INSERT OR REPLACE INTO event_twin(event, same, scope) VALUES(?1, ?2, ?3)",
	[SQL_NOTE_ADD] = "INSERT OR REPLACE INTO note(id, scope, kind, server, started_ms, ended_ms, title) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_INCIDENT_CALL_REMOVE] = "DELETE FROM incident_call WHERE incident = ?1",
	[SQL_INCIDENT_REMOVE] = "DELETE FROM incident WHERE id = ?1",
	[SQL_NOTE_REMOVE] = "DELETE FROM note WHERE id = ?1",
	[SQL_EVIDENCE_REMOVE] = "DELETE FROM evidence_line WHERE owner = ?1",
	[SQL_RUN_ADD] = "INSERT INTO run(started_ms, finished_ms, command, exit) VALUES(?1, ?2, ?3, ?4)",
	[SQL_ALERT_ALL] = "SELECT " ALERT_COLUMNS " FROM alert_state ORDER BY id",
	[SQL_ALERT_PUT] = "INSERT OR REPLACE INTO alert_state(" ALERT_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
	[SQL_ALERT_REMOVE] = "DELETE FROM alert_state WHERE id = ?1",
	[SQL_ALERT_INCIDENT_ALL] = "SELECT incident, alert, flags FROM alert_incident",
	[SQL_ALERT_INCIDENT_PUT] = "INSERT OR REPLACE INTO alert_incident(incident, alert, flags) VALUES(?1, ?2, ?3)",
	[SQL_ALERT_SENT_ALL] = "SELECT alert, receiver, phase, attempts, refused FROM alert_sent",
	[SQL_ALERT_SENT_PUT] = "INSERT OR REPLACE INTO alert_sent(alert, receiver, phase, attempts, refused) VALUES(?1, ?2, ?3, ?4, ?5)",
	[SQL_ALERT_SENT_REMOVE] = "DELETE FROM alert_sent WHERE alert = ?1",
	[SQL_CALL_LONGEST] = "SELECT max(iif(value ->> 13 & 1, 0, coalesce(value ->> 6, 0)) + coalesce(value ->> 12, 0)) FROM call_pack, json_each(rows)"
		" WHERE NOT coalesce(value ->> 9, 0) >> 1 & 7 AND NOT coalesce(value ->> 13, 0) & 2"
		" AND names ->> (value ->> 4) = ?1 AND names ->> (value ->> 5) = ?2 AND call_pack.id BETWEEN ?3 AND ?4",
	[SQL_COUNTER_ALL] = "SELECT name, a, b, value, raw FROM counter ORDER BY name, a, b",
	[SQL_COUNTER_PUT] = "INSERT OR REPLACE INTO counter(name, a, b, value, raw) VALUES(?1, ?2, ?3, ?4, ?5)",
	[SQL_MARK_ALL] = "SELECT name, value FROM mark",
	[SQL_MARK_PUT] = "INSERT OR REPLACE INTO mark(name, value) VALUES(?1, ?2)",
};

/* --- errors --- */

struct meaning {
	int code;
	int err;
	const char *text, *hint;
};
static const struct meaning meanings[] = {
	{SQLITE_BUSY, ERR_LOCKED, "another program is using the database", "wait until it has finished, or use another file with --db"},
	{SQLITE_LOCKED, ERR_LOCKED, "another program is using the database", "wait until it has finished, or use another file with --db"},
	{SQLITE_FULL, ERR_DB, "the disk is full", "make room; nothing was lost, the next run goes on from the last complete one"},
	{SQLITE_CORRUPT, ERR_DB, "the database is damaged", "move it away and run again: it is built anew from the logs that still exist"},
	{SQLITE_NOTADB, ERR_DB, "the file is not a database", "name another file with --db"},
	{SQLITE_READONLY, ERR_DB, "the database cannot be written", "check the permissions of the file and of its directory, or use --db"},
	{SQLITE_PERM, ERR_DB, "the database cannot be opened", "check the permissions of the file and of its directory, or use --db"},
	{SQLITE_CANTOPEN, ERR_DB, "the database cannot be opened", "check that the directory exists and can be written, or use --db"},
	{SQLITE_IOERR, ERR_DB, "the database could not be read or written", "check the disk; the next run goes on from the last complete one"},
	{SQLITE_NOMEM, ERR_DB, "not enough memory for the database", NULL},
	{SQLITE_TOOBIG, ERR_DB, "a value is too large for the database", NULL},
	{SQLITE_AUTH, ERR_USAGE, "only SELECT is allowed here", "the tables can be read, but only mcplog writes them"},
	{SQLITE_INTERRUPT, ERR_LIMIT, "the query took too many steps", "narrow it with WHERE, or copy the database with VACUUM INTO and use sqlite3"},
};

int sql_fail_code(int sqlite_code, int system_errno, const char *detail, const char *path, struct err *reterr)
{
	const struct meaning *m = NULL;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings && !m; i++)
		if (meanings[i].code == (sqlite_code & 0xff))
			m = &meanings[i];
	const char *why = system_errno ? strerror(system_errno) : detail;
	if (sqlite_code == SQLITE_CANTOPEN_SYMLINK)
		why = "it is a symbolic link";
	int code = m ? m->err : ERR_DB;
	(void)err_set(reterr, code, "%s: %s%s%s%s", path ? path : "database", m ? m->text : "the database refused a statement",
		why ? " (" : "", why ? why : "", why ? ")" : "");
	if (m && m->hint)
		err_hint(reterr, "%s", m->hint);
	return code;
}

int sql_fail(struct sql *q, struct err *reterr)
{
	int code = sqlite3_extended_errcode(q->db);
	q->failed = true;
	int primary = code & 0xff;
	bool system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL || primary == SQLITE_READONLY;
	return sql_fail_code(code, system ? sqlite3_system_errno(q->db) : 0, sqlite3_errmsg(q->db), q->path, reterr);
}

/* --- running --- */

void sql_done(struct sql *q)
{
	for (int i = 0; i < SQL_STATEMENT_COUNT; i++)
		sqlite3_finalize(q->statements[i]);
	(void)sqlite3_close(q->db);
	squeezer_done(&q->squeezer);
	*q = (struct sql){0};
}

sqlite3_stmt *sql_get(struct sql *q, enum statement which)
{
	sqlite3_stmt **st = &q->statements[which];
	if (q->within && sqlite3_get_autocommit(q->db)) {
		q->failed = true;
		return NULL;
	}
	if (!*st) {
		if (sqlite3_prepare_v3(q->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK)
			return NULL;
		return *st;
	}
	(void)sqlite3_reset(*st);
	(void)sqlite3_clear_bindings(*st);
	return *st;
}

int sql_run(struct sql *q, sqlite3_stmt *st, struct err *reterr)
{
	int rc;
	do
		rc = st ? sqlite3_step(st) : SQLITE_ERROR;
	while (rc == SQLITE_ROW);
	int r = rc == SQLITE_DONE ? 0 : sql_fail(q, reterr);
	if (st)
		(void)sqlite3_reset(st);
	return r;
}

int sql_row(struct sql *q, sqlite3_stmt *st, struct err *reterr)
{
	int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
	if (rc == SQLITE_ROW)
		return 1;
	int r = rc == SQLITE_DONE ? 0 : sql_fail(q, reterr);
	if (st)
		(void)sqlite3_reset(st);
	return r;
}

int sql_exec(struct sql *q, const char *text, struct err *reterr)
{
	return sqlite3_exec(q->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_fail(q, reterr);
}

/* --- values --- */

int64_t ms_floor(instant v)
{
	if (v >= 0)
		return (int64_t)((uint64_t)v / (uint64_t)MILLISECOND);
	return v / MILLISECOND - (v % MILLISECOND < 0);
}

instant instant_of(int64_t base, int64_t ms, int64_t us)
{
	int64_t v;
	bool lost = __builtin_add_overflow(base, ms, &v) || __builtin_mul_overflow(v, MILLISECOND, &v) || __builtin_add_overflow(v, us, &v);
	return lost ? INSTANT_NONE : v;
}

int64_t ms_rest(instant v)
{
	return v - ms_floor(v) * MILLISECOND;
}

void bind_int(sqlite3_stmt *st, int at, int64_t v)
{
	(void)sqlite3_bind_int64(st, at, v);
}

void bind_u64(sqlite3_stmt *st, int at, uint64_t v)
{
	int64_t same;
	memcpy(&same, &v, sizeof same);
	(void)sqlite3_bind_int64(st, at, same);
}

void bind_opt(sqlite3_stmt *st, int at, int64_t v)
{
	if (v >= 0)
		(void)sqlite3_bind_int64(st, at, v);
}

void bind_text(sqlite3_stmt *st, int at, str s)
{
	if (s.p)
		(void)sqlite3_bind_text64(st, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
}

void bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n)
{
	(void)sqlite3_bind_blob64(st, at, p, n, SQLITE_STATIC);
}

void bind_squeezed(struct sql *q, sqlite3_stmt *st, int at, str bytes)
{
	const str squeezed = squeeze(&q->squeezer, bytes);
	bind_blob(st, at, squeezed.p, squeezed.n);
}

void bind_ms(sqlite3_stmt *st, int at, instant v)
{
	if (v != INSTANT_NONE)
		(void)sqlite3_bind_int64(st, at, ms_floor(v));
}

void bind_instant(sqlite3_stmt *st, int at, instant v)
{
	if (v == INSTANT_NONE)
		return;
	bind_int(st, at, ms_floor(v));
	if (ms_rest(v))
		bind_int(st, at + 1, ms_rest(v));
}

instant column_instant(sqlite3_stmt *st, int at)
{
	return column_null(st, at) ? INSTANT_NONE : instant_of(column_int(st, at), 0, column_int(st, at + 1));
}

bool column_null(sqlite3_stmt *st, int at)
{
	return sqlite3_column_type(st, at) == SQLITE_NULL;
}

int64_t column_int(sqlite3_stmt *st, int at)
{
	return sqlite3_column_int64(st, at);
}

int64_t column_opt(sqlite3_stmt *st, int at)
{
	return column_null(st, at) ? -1 : sqlite3_column_int64(st, at);
}

uint64_t column_u64(sqlite3_stmt *st, int at)
{
	int64_t v = sqlite3_column_int64(st, at);
	uint64_t same;
	memcpy(&same, &v, sizeof same);
	return same;
}

uint32_t column_u32(sqlite3_stmt *st, int at)
{
	int64_t v = sqlite3_column_int64(st, at);
	return v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

str column_view(sqlite3_stmt *st, int at)
{
	if (column_null(st, at))
		return STR_NONE;
	/* As bytes: a text would be copied to end it with a NUL, and that can fail without a word. */
	const char *p = sqlite3_column_blob(st, at);
	return p ? (str){p, (size_t)sqlite3_column_bytes(st, at)} : S("");
}

str column_bytes(sqlite3_stmt *st, int at)
{
	const char *p = sqlite3_column_blob(st, at);
	return (str){p, p ? (size_t)sqlite3_column_bytes(st, at) : 0};
}

str column_squeezed(struct sql *q, sqlite3_stmt *st, int at, struct arena *a)
{
	enum { BYTES_MOST = 16 << 20 }; /* as of any value (open.c) */
	return unsqueeze(&q->squeezer, column_bytes(st, at), BYTES_MOST, a);
}

str column_text(sqlite3_stmt *st, int at, struct arena *a)
{
	str s = column_view(st, at);
	return s.p ? arena_str(a, s) : STR_NONE;
}
