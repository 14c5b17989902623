/* Tables, indices and views as a table of statements (store/).
 *
 * SQLite keeps these texts verbatim in sqlite_schema, and opening a database compares them: whoever changes one must raise
 * SCHEMA_VERSION; migrate.c rebuilds what differs.
 *
 * Layout. A row costs what its header and its widest integers cost, and an INSERT costs more than a line of a log; so some hundred calls or
 * events (packs.c), or connections (servers.c), are one row, a pack. What many events share stands in `form`, small numbers share `bits`, what no view asks for
 * stands in pack.c's bytes, the text of events in event_text, and nothing has an index but the few tables with one row per file.
 * Ids follow the file (model/ids.h): the rows of a source are id … last_id, and id - source.id - part is the byte offset.
 *
 * Refuses to hold: AUTOINCREMENT, wall-clock times (but in `run`, `alert_state` and `mark`), anything that depends on the order of reading. */
#include "store/schema.h"
#include "model/call.h"
#include "store/sql.h"

#define NAME(of) "(SELECT text FROM name WHERE id = " of ")"
/* Ids are stored without the prefix that nearly all of them have; the others begin with '='. */
#define ID(id) "iif(" id " GLOB '=*', substr(" id ", 2), '" SCHEMA_ID_PREFIX "' || " id ")"
#define ISO(ms) "strftime('%Y-%m-%dT%H:%M:%fZ', " ms " / 1000.0, 'unixepoch')"
#define TIMED(ms, column) ms " AS " column "_ms, " ISO(ms) " AS " column
#define TIME_OF(column) column "_ms, " ISO(column "_ms") " AS " column

/* Rows in packs are arrays (json_row.c); rows.c writes and load_rows.c reads them. What stands at
 *   of an event: 0 id, 1 line, 2 time, 3 form, 4 server, 5 duration, 6 detail or a name, 7 bits, 8 session, 9 tool, 10 toolUseId, 11 distance to its
 *     call, 12 error;
 *   of a call: 0 id, 1 line, 2 base of its times, 3 toolUseId, 4 server, 5 tool, 6 ended, 7 permission, 8 pack.c's bytes, 9 bits, 10 session,
 *     11 [heartbeats, first, last, µs that the last spoke of, class, error, lines and offsets], 12 what the duration is more than the time
 *     between start and end, 13 NO_START, NO_DURATION.
 * 0 to 2 are distances to the row before, of the first one to the pack's offset, line and at_ms; rows without a time are passed over. Times
 * of a call are distances to its base. Names are indices into the pack's
 * `names`, forms into `forms`. A session is 0 for that of its source, else 1 more than its name.
 * Of a connection (servers.c): 0 opening, 1 server, 2 session, 3 how it ended, 4 closing, 5 UPTIME_…, 6 how many of its server opened
 *   at the same time before it. The opening is a distance to at_ms, the closing to the opening; `names` holds ids of `name`.
 * bits of an event: part (10 bits), lines - 1 (30), microseconds of the time (10), of the duration (10).
 * bits of a call: not dispatched (1 bit), outcome xor OUTCOME_OK (3), link (3), not link_sure (1), the other flags (16), attempts xor 1 (8),
 *   part (10). */
_Static_assert(UPTIME_AS_TIMES == 0 && UPTIME_UNKNOWN == 1 && UPTIME_SAID == 2, "the view `connections` knows them");
/* Taken apart first (LIMIT: not together with what is asked), with ids of a type: so that joins by id can make themselves an index. */
#define ROW "s.id AS source, s.path, session, row_session, names, value, line + " RUNNING("1") " AS line, CAST(s.id + p.offset + " RUNNING("0") \
	" AS INTEGER) AS row, at_ms + " RUNNING("2") " + 0 * value ->> 2 AS t" /* NULL where the row has none */
#define ROWS_OF(pack) pack " p CROSS JOIN source s ON s.id = (SELECT max(id) FROM source WHERE id <= p.id) AND p.id <= s.last_id CROSS JOIN json_each(rows)"
#define START "(t + begun)"
#define NAMED(at) "names ->> (value ->> " at ")"
#define SESSION "coalesce(iif(own, names ->> (own - 1), " NAME("row_session") "), session)"
#define OUTCOME_TEXT "'[\"ok\",\"unended\",\"cancelled\",\"error\",\"backgrounded\",\"aborted\"]' ->> (bits >> 1 & 7)"
#define OUTCOME_ENDING "'[\"completed\",\"still-open\",\"user-cancel\",\"error\",\"backgrounded\",\"client-abort\"]' ->> (bits >> 1 & 7)"
#define LINK_TEXT "'[\"tool-use-id\",\"transcript\",\"adjacency\",\"elapsed\",\"order\"]' ->> (bits >> 4 & 7)"
_Static_assert(OUTCOME_OK == 1 && OUTCOME_BACKGROUNDED == 5 && OUTCOME_COUNT == 6, "OUTCOME_TEXT lists the outcomes by number xor 1");
_Static_assert(LINK_ADJACENCY == 2 && LINK_ORDER == 4 && LINK_COUNT == 5, "LINK_TEXT lists the links by number");

const struct schema_object schema_objects[] = {
	/* --- facts per source (pass 1) --- */
	{"name", "CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
	{"form",
		"CREATE TABLE form(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, signature TEXT, class TEXT, level INTEGER NOT NULL,"
		" flags INTEGER NOT NULL) STRICT"},
	{"source",
		"CREATE TABLE source(id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, path TEXT NOT NULL, real_path TEXT NOT NULL,"
		" generation INTEGER NOT NULL, state TEXT NOT NULL, copy_of INTEGER,"
		" dev INTEGER NOT NULL, ino INTEGER NOT NULL, inode_gen INTEGER NOT NULL, btime_ns INTEGER NOT NULL,"
		" mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, size INTEGER NOT NULL,"
		" head_hash INTEGER NOT NULL, head_len INTEGER NOT NULL,"
		" marker_hash INTEGER NOT NULL, marker_len INTEGER NOT NULL, offset INTEGER NOT NULL,"
		" rules_hash INTEGER NOT NULL, complete INTEGER NOT NULL, kind TEXT NOT NULL,"
		" excerpt INTEGER NOT NULL, filtered INTEGER NOT NULL, has_times INTEGER NOT NULL,"
		" bytes INTEGER NOT NULL, pending_bytes INTEGER NOT NULL, lines INTEGER NOT NULL,"
		" records INTEGER NOT NULL, unrecognized INTEGER NOT NULL,"
		" client_version TEXT, session TEXT, cwd TEXT, server TEXT,"
		" first_ms INTEGER, first_us INTEGER, last_ms INTEGER, last_us INTEGER, row_session INTEGER,"
		" closed INTEGER NOT NULL DEFAULT 0, moved INTEGER NOT NULL DEFAULT 0, shared_bytes INTEGER NOT NULL DEFAULT 0,"
		" shared_records INTEGER NOT NULL DEFAULT 0, shared_lines INTEGER NOT NULL DEFAULT 0, shared_unrecognized INTEGER NOT NULL DEFAULT 0) STRICT"},
	{"resume",
		"CREATE TABLE resume(source INTEGER PRIMARY KEY, offset INTEGER NOT NULL, last_id INTEGER NOT NULL, row_session INTEGER,"
		" state BLOB NOT NULL) STRICT"},
	{"problem",
		"CREATE TABLE problem(source INTEGER NOT NULL, n INTEGER NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,"
		" line INTEGER NOT NULL, offset INTEGER NOT NULL, class INTEGER NOT NULL, times INTEGER NOT NULL,"
		" PRIMARY KEY(source, n)) STRICT, WITHOUT ROWID"},
	{"event_pack",
		"CREATE TABLE event_pack(id INTEGER PRIMARY KEY, last INTEGER NOT NULL, tail INTEGER NOT NULL, offset INTEGER NOT NULL,"
		" line INTEGER NOT NULL, at_ms INTEGER NOT NULL, names TEXT NOT NULL, rows TEXT NOT NULL, forms TEXT NOT NULL) STRICT"},
	{"call_pack",
		"CREATE TABLE call_pack(id INTEGER PRIMARY KEY, last INTEGER NOT NULL, tail INTEGER NOT NULL, offset INTEGER NOT NULL,"
		" line INTEGER NOT NULL, at_ms INTEGER NOT NULL, names TEXT NOT NULL, rows TEXT NOT NULL) STRICT"},
	{"event_text", "CREATE TABLE event_text(id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"},
	/* --- verdicts per scope (pass 2) --- */
	{"scope", "CREATE TABLE scope(id INTEGER PRIMARY KEY, key INTEGER NOT NULL, as_of_ms INTEGER, verdicts BLOB NOT NULL DEFAULT x'', connections INTEGER NOT NULL DEFAULT 0) STRICT"},
	{"digest", "CREATE TABLE digest(members INTEGER PRIMARY KEY, state INTEGER NOT NULL, facts BLOB NOT NULL) STRICT"},
	{"output", "CREATE TABLE output(key INTEGER PRIMARY KEY, inputs INTEGER NOT NULL, report BLOB NOT NULL) STRICT"},
	{"output_part", "CREATE TABLE output_part(id INTEGER PRIMARY KEY, texts BLOB NOT NULL) STRICT"},
	{"scope_source", "CREATE TABLE scope_source(scope INTEGER NOT NULL, source INTEGER NOT NULL, PRIMARY KEY(scope, source)) STRICT, WITHOUT ROWID"},
	{"server", "CREATE TABLE server(id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, name TEXT, transport TEXT) STRICT"},
	{"connection_pack",
		"CREATE TABLE connection_pack(id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, at_ms INTEGER NOT NULL, names TEXT NOT NULL, rows TEXT NOT NULL) STRICT"},
	{"incident",
		"CREATE TABLE incident(id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, fingerprint TEXT NOT NULL, cause TEXT NOT NULL,"
		" trigger_word TEXT, ending TEXT NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL, confidence TEXT NOT NULL,"
		" server TEXT, transport TEXT, session TEXT, client_version TEXT, started_ms INTEGER, ended_ms INTEGER,"
		" duration_ms INTEGER, title TEXT, summary TEXT) STRICT"},
	{"incident_call",
		"CREATE TABLE incident_call(call INTEGER NOT NULL, incident INTEGER NOT NULL, scope INTEGER NOT NULL, ending TEXT NOT NULL,"
		" PRIMARY KEY(call, incident)) STRICT, WITHOUT ROWID"},
	{"evidence_line",
		"CREATE TABLE evidence_line(owner INTEGER NOT NULL, n INTEGER NOT NULL, scope INTEGER NOT NULL, event INTEGER, source INTEGER,"
		" line INTEGER, offset INTEGER, role TEXT NOT NULL, at_ms INTEGER, after_ms INTEGER, before_ms INTEGER, until_ms INTEGER,"
		" times INTEGER NOT NULL, awaited TEXT, PRIMARY KEY(owner, n)) STRICT, WITHOUT ROWID"},
	{"bound", "CREATE TABLE bound(event INTEGER PRIMARY KEY, scope INTEGER NOT NULL, after_ms INTEGER, before_ms INTEGER) STRICT"},
	{"call_twin", "CREATE TABLE call_twin(call INTEGER PRIMARY KEY, same INTEGER NOT NULL, scope INTEGER NOT NULL) STRICT"},
	{"event_twin", "CREATE TABLE event_twin(event INTEGER PRIMARY KEY, same INTEGER NOT NULL, scope INTEGER NOT NULL) STRICT"},
	{"note",
		"CREATE TABLE note(id INTEGER PRIMARY KEY, scope INTEGER NOT NULL, kind TEXT NOT NULL, server TEXT,"
		" started_ms INTEGER, ended_ms INTEGER, title TEXT) STRICT"},
	/* --- alerts: what was told, and what counters showed (alerts.c) --- */
	{"alert_state",
		"CREATE TABLE alert_state(id INTEGER PRIMARY KEY, alertname TEXT NOT NULL, server TEXT NOT NULL, cause TEXT NOT NULL,"
		" severity TEXT NOT NULL, state TEXT NOT NULL, level INTEGER NOT NULL, runs INTEGER NOT NULL, since_ms INTEGER,"
		" fired_ms INTEGER, active_ms INTEGER, resolved_ms INTEGER, calls INTEGER NOT NULL, oldest_ms INTEGER NOT NULL,"
		" summary TEXT NOT NULL, detail TEXT NOT NULL, examples TEXT NOT NULL, told TEXT NOT NULL, last_sent_ms INTEGER,"
		" acked_ms INTEGER) STRICT"},
	{"alert_sent",
		"CREATE TABLE alert_sent(alert INTEGER NOT NULL, receiver TEXT NOT NULL, phase TEXT NOT NULL, attempts INTEGER NOT NULL,"
		" refused INTEGER NOT NULL, PRIMARY KEY(alert, receiver)) STRICT, WITHOUT ROWID"},
	{"alert_incident",
		"CREATE TABLE alert_incident(incident TEXT PRIMARY KEY, alert INTEGER NOT NULL, flags INTEGER NOT NULL) STRICT, WITHOUT ROWID"},
	{"counter",
		"CREATE TABLE counter(name TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL, value INTEGER NOT NULL, raw INTEGER NOT NULL,"
		" PRIMARY KEY(name, a, b)) STRICT, WITHOUT ROWID"},
	{"mark", "CREATE TABLE mark(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID"},
	/* --- runs; these and the alerts have wall-clock times --- */
	{"run", "CREATE TABLE run(id INTEGER PRIMARY KEY, started_ms INTEGER, finished_ms INTEGER, command TEXT NOT NULL, exit INTEGER NOT NULL) STRICT"},
	/* --- views: the contract --- */
	{"sources",
		"CREATE VIEW sources AS SELECT id AS source_id, path, kind, client_version, session AS session_id, bytes,"
		" offset, pending_bytes, lines, records, unrecognized, state, " TIME_OF("first") ", " TIME_OF("last")
		", generation, copy_of, server, cwd, real_path FROM source"},
	{"servers", "CREATE VIEW servers AS SELECT id AS server_id, name AS server, transport FROM server"},
	/* The long number: ids of names count from -2^31, which takes 2^31 of both. */
	{"connections",
		"CREATE VIEW connections AS SELECT connection_id, " NAME("server") " AS server, " NAME("session") " AS session_id, " TIMED("t", "opened")
		", " TIMED("until", "closed") ", iif(up, nullif(up, 1) - 2, (until - t) / 1000) AS uptime_s, " NAME("how") " AS how"
		" FROM (SELECT coalesce(session * 536870912, 0) + coalesce(server * 2097152, 0) + coalesce(t * 1024, 0) + nth + 1157425104234217472"
		" AS connection_id, max(pack), * FROM (SELECT p.id AS pack, at_ms + value ->> 0 AS t, names ->> (value ->> 1) AS server,"
		" names ->> (value ->> 2) AS session, names ->> (value ->> 3) AS how, at_ms + coalesce(value ->> 0, 0) + value ->> 4 AS until,"
		" value ->> 5 AS up, coalesce(value ->> 6, 0) AS nth FROM connection_pack p JOIN json_each(rows) LIMIT -1) GROUP BY 1)"},
	{"calls",
		"CREATE VIEW calls AS SELECT row AS call_id, " SESSION " AS session_id, " NAMED("4") " AS server, " NAMED("5") " AS tool, "
		ID("said") " AS tool_use_id, " TIMED(START, "started") ", " TIMED("(t + took)", "ended")
		", iif(value ->> 13 & 2, NULL, coalesce(t + took - " START ", 0) + coalesce(value ->> 12, 0)) AS duration_ms, value ->> 7 AS permission_ms, "
		OUTCOME_TEXT " AS outcome, coalesce((SELECT ending FROM incident_call WHERE call = row), " OUTCOME_ENDING ") AS ending,"
		" value ->> '$[11][5]' AS error, coalesce(value ->> '$[11][0]', 0) AS heartbeats, " TIMED("(t + beat)", "last_heartbeat")
		", " LINK_TEXT " AS link, 1 - (bits >> 7 & 1) AS link_sure, source AS source_id, path, line,"
		" row - source - (bits >> 32 & 1023) AS offset, (SELECT same FROM call_twin WHERE call = row) AS twin_of"
		" FROM (SELECT " ROW ", coalesce(value ->> 9, 0) AS bits, iif(value ->> 13 & 1, NULL, 0) AS begun, value ->> 3 AS said, value ->> 10 AS own, value ->> 6 AS took, value ->> '$[11][2]' AS beat FROM " ROWS_OF("call_pack") RUNNING_ROWS " LIMIT -1)"},
	{"events",
		"CREATE VIEW events AS SELECT row AS event_id, source AS source_id, path, line,"
		" row - source - (coalesce(value ->> 7, 0) & 1023) AS offset, " TIMED("t", "at") ", " TIMED("after_ms", "after") ", " TIMED("before_ms", "before")
		", kind, signature, " NAMED("4") " AS server, " NAMED("9") " AS tool, " ID("said") " AS tool_use_id, row - value ->> 11 AS call_id,"
		" iif(typeof(more) = 'integer', names ->> more, more) AS detail, class, value ->> 12 AS error, " SESSION " AS session_id, value ->> 5 AS duration_ms,"
		" (SELECT text FROM event_text WHERE id = row) AS text, (SELECT same FROM event_twin WHERE event = row) AS twin_of"
		" FROM (SELECT " ROW ", f.kind, signature, class, value ->> 10 AS said, value ->> 8 AS own, value ->> 6 AS more FROM " ROWS_OF("event_pack")
		" CROSS JOIN form f ON f.id = forms ->> (value ->> 3)" RUNNING_ROWS " LIMIT -1) LEFT JOIN bound ON event = row"},
	{"distinct_calls", "CREATE VIEW distinct_calls AS SELECT * FROM calls WHERE twin_of IS NULL"},
	{"distinct_events", "CREATE VIEW distinct_events AS SELECT * FROM events WHERE twin_of IS NULL"},
	{"incidents",
		"CREATE VIEW incidents AS SELECT fingerprint AS incident_id, cause, trigger_word AS \"trigger\", ending, state,"
		" severity, confidence, server, session AS session_id, " TIME_OF("started") ", " TIME_OF("ended")
		", duration_ms, summary, title, transport, client_version FROM incident"},
	{"incident_calls",
		"CREATE VIEW incident_calls AS SELECT fingerprint AS incident_id, call AS call_id, c.ending"
		" FROM incident_call c JOIN incident ON id = incident"},
	{"evidence",
		"CREATE VIEW evidence AS SELECT fingerprint AS incident_id, event AS event_id, path, line, v.offset, role, "
		TIME_OF("at") ", " TIME_OF("after") ", " TIME_OF("before") ", " TIME_OF("until")
		", times, coalesce(awaited, (SELECT text FROM event_text WHERE id = event)) AS text"
		" FROM evidence_line v JOIN incident i ON i.id = v.owner LEFT JOIN source s ON s.id = v.source"},
	{"notes",
		"CREATE VIEW notes AS SELECT id AS note_id, kind, server, " TIME_OF("started") ", " TIME_OF("ended")
		", title FROM note"},
	{"sessions",
		"CREATE VIEW sessions AS SELECT session AS session_id, max(client_version) AS client_version, max(cwd) AS cwd, "
		TIMED("min(first_ms)", "started") ", " TIMED("max(last_ms)", "ended") ", count(*) AS sources"
		" FROM source WHERE session IS NOT NULL GROUP BY session"},
	{"alerts",
		"CREATE VIEW alerts AS SELECT id AS alert_id, alertname, server, cause, severity, state, "
		TIME_OF("since") ", " TIME_OF("fired") ", " TIME_OF("active") ", " TIME_OF("resolved")
		", " TIME_OF("last_sent") ", " TIME_OF("acked") ", calls, oldest_ms, summary FROM alert_state"},
	{"runs",
		"CREATE VIEW runs AS SELECT id AS run_id, " TIME_OF("started") ", " TIME_OF("finished")
		", command, exit FROM run"},
};
const size_t schema_object_count = sizeof schema_objects / sizeof *schema_objects;
