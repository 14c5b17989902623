/* Statements, prepared once and kept; values in and out; SQLite's results as errors for people. */
#ifndef MCPLOG_STORE_SQL_H
#define MCPLOG_STORE_SQL_H
#include "base/arena.h"
#include "base/err.h"
#include "base/instant.h"
#include "base/squeeze.h"
#include <sqlite3.h>

/* What stands at `at` of the rows of a pack p is a distance: the sum of those up to this row, with RUNNING_ROWS behind FROM and WHERE. Packs come
 * first in FROM (CROSS JOIN), so that they are walked through in order, and rows as they stand in them. */
#define RUNNING(at) "sum(value ->> " at ") OVER w"
#define RUNNING_ROWS " WINDOW w AS (PARTITION BY p.id ROWS UNBOUNDED PRECEDING)"

enum statement {
	SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK,
	SQL_NAME_GET, SQL_NAME_ADD,
	SQL_FORM_ADD, SQL_FORM_ALL,
	SQL_SOURCE_BELOW, SQL_SOURCE_ABOVE, SQL_SOURCE_ADD, SQL_SOURCE_PATH, SQL_SOURCE_PLACE, SQL_SOURCE_CLOSE,
	SQL_SOURCE_DONE, SQL_SOURCE_GET, SQL_SOURCE_RANGE, SQL_SOURCE_KNOWN, SQL_SOURCE_KNOWN_ALL,
	SQL_RESUME_GET, SQL_RESUME_PUT, SQL_RESUME_REMOVE,
	SQL_SOURCE_GET_ALL, SQL_PROBLEM_GET_ALL, SQL_KNOWN_ALL, SQL_KNOWN_PUT, SQL_KNOWN_END, SQL_SOURCE_KNOWN_ONE, SQL_DIGEST_GET, SQL_DIGEST_ALL, SQL_DIGEST_PUT, SQL_OUTPUT_GET, SQL_OUTPUT_PUT, SQL_OUTPUT_FORGET, SQL_OUTPUT_PARTS, SQL_OUTPUT_PART_ADD, SQL_OUTPUT_PART_REMOVE,
	SQL_PROBLEM_ADD, SQL_PROBLEM_ALL, SQL_PROBLEM_REMOVE,
	SQL_EVENT_PACK_ADD, SQL_EVENT_PACK_ALL, SQL_EVENT_PACK_REMOVE, SQL_EVENT_PACK_REMOVE_TAIL, SQL_EVENT_PACK_SETTLE,
	SQL_CALL_PACK_ADD, SQL_CALL_PACK_ALL, SQL_CALL_PACK_REMOVE, SQL_CALL_PACK_REMOVE_TAIL, SQL_CALL_PACK_SETTLE,
	SQL_EVENT_TEXT_ADD, SQL_EVENT_TEXT, SQL_EVENT_TEXT_REMOVE, SQL_EVENT_TEXT_REMOVE_TAIL,
	SQL_SCOPE_ANY, SQL_SCOPE_KEY, SQL_SCOPE_ADD, SQL_SCOPE_SOURCE_ADD, SQL_SCOPE_INSIDE, SQL_SCOPE_STALE,
	SQL_SERVER_ADD, SQL_CONNECTION_PACK_ADD, SQL_CONNECTION_PACK_ALL, SQL_CONNECTION_PACK_REMOVE, SQL_INCIDENT_ADD, SQL_INCIDENT_CALL_ADD, SQL_EVIDENCE_ADD, SQL_BOUND_ADD, SQL_NOTE_ADD,
	SQL_CALL_TWIN_ADD, SQL_EVENT_TWIN_ADD,
	SQL_INCIDENT_CALL_REMOVE, SQL_EVIDENCE_REMOVE, SQL_INCIDENT_REMOVE, SQL_NOTE_REMOVE,
	SQL_RUN_ADD,
	SQL_ALERT_ALL, SQL_ALERT_PUT, SQL_ALERT_REMOVE, SQL_ALERT_INCIDENT_ALL, SQL_ALERT_INCIDENT_PUT,
	SQL_ALERT_SENT_ALL, SQL_ALERT_SENT_PUT, SQL_ALERT_SENT_REMOVE, SQL_CALL_LONGEST,
	SQL_COUNTER_ALL, SQL_COUNTER_PUT, SQL_MARK_ALL, SQL_MARK_PUT,
	SQL_STATEMENT_COUNT
};
struct sql {
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_STATEMENT_COUNT];
	const char *path; /* for messages; borrowed */
	struct squeezer squeezer;
	bool hasty;       /* durable.c: commits do not wait for the disk */
	bool within;      /* a transaction was begun. SQLite ends one by itself on some errors: no statement runs after that */
	bool failed;      /* something failed since then, also where nobody asked: what was read may be incomplete */
};

void sql_done(struct sql *q); /* finalizes and closes */
/* The statement, reset and with all parameters NULL; NULL on failure, then sql_fail tells why. Stays owned by q. */
sqlite3_stmt *sql_get(struct sql *q, enum statement which);
/* Runs a statement without rows. 0 or an error. st NULL is an error. */
int sql_run(struct sql *q, sqlite3_stmt *st, struct err *reterr) MUST_USE;
/* 1 a row, 0 no more (and the statement is reset), < 0 error. */
int sql_row(struct sql *q, sqlite3_stmt *st, struct err *reterr) MUST_USE;
int sql_exec(struct sql *q, const char *text, struct err *reterr) MUST_USE;
/* Says what SQLite's last error means. ERR_LOCKED for a busy database, else ERR_DB. */
int sql_fail(struct sql *q, struct err *reterr);
int sql_fail_code(int sqlite_code, int system_errno, const char *detail, const char *path, struct err *reterr);

/* Binding: parameters count from 1. A str with p NULL, INSTANT_NONE and a negative `opt` bind NULL. */
void bind_int(sqlite3_stmt *st, int at, int64_t v);
void bind_u64(sqlite3_stmt *st, int at, uint64_t v); /* as the same 64 bits */
void bind_opt(sqlite3_stmt *st, int at, int64_t v);
void bind_text(sqlite3_stmt *st, int at, str s);     /* borrowed until the statement is reset */
void bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n);
void bind_squeezed(struct sql *q, sqlite3_stmt *st, int at, str bytes); /* as a BLOB; of one statement at a time */
void bind_instant(sqlite3_stmt *st, int at, instant v); /* two columns: milliseconds and the rest, NULL when 0 */
void bind_ms(sqlite3_stmt *st, int at, instant v);   /* whole milliseconds, rounded down */

bool column_null(sqlite3_stmt *st, int at);
int64_t column_int(sqlite3_stmt *st, int at);
int64_t column_opt(sqlite3_stmt *st, int at);        /* -1 for NULL */
uint64_t column_u64(sqlite3_stmt *st, int at);
uint32_t column_u32(sqlite3_stmt *st, int at);
str column_view(sqlite3_stmt *st, int at);           /* valid until the next step; p NULL for NULL */
str column_bytes(sqlite3_stmt *st, int at);          /* of a BLOB; as column_view */
str column_squeezed(struct sql *q, sqlite3_stmt *st, int at, struct arena *a); /* what bind_squeezed was given; p NULL: damaged */
str column_text(sqlite3_stmt *st, int at, struct arena *a);

instant column_instant(sqlite3_stmt *st, int at);    /* two columns */

/* base + ms, both in milliseconds, and us; INSTANT_NONE when it does not fit (a damaged row). */
instant instant_of(int64_t base, int64_t ms, int64_t us);
/* Milliseconds, rounded down. Not inline: a call asks for twenty, many twice. */
__attribute__((const, noinline)) int64_t ms_floor(instant v);
int64_t ms_rest(instant v);    /* the microseconds left over, 0 to 999 */
#endif
