/* call_rows bare|timeline DATABASE N: stores N calls, as a loop around one prepared INSERT or as the timeline does. test_call_rows.py counts
 * the instructions of both. */
#include "store/timeline.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static struct call nth_call(uint64_t key, uint64_t n, char room[40])
{
	static const str servers[] = {S_INIT("github"), S_INIT("memory"), S_INIT("postgres")}, tools[] = {S_INIT("read_graph"), S_INIT("search"), S_INIT("list_schemas")};
	const instant at = INT64_C(1779000000) * SECOND + (instant)n * 17 * SECOND;
	const uint64_t offset = n * 16000, line = n * 110 + 1;
	const int written = snprintf(room, 40, "toolu_01%016llxabcdef", (unsigned long long)(n * UINT64_C(0x9e3779b97f4a7c15)));
	return (struct call){.id = (int64_t)(key + offset), .server = servers[n % 3], .tool = tools[n % 3], .session = S("5eed"), .tool_use_id = {room, (size_t)written},
		.dispatched_at = at, .started_at = at, .sent_at = at + MILLISECOND, .ended_at = at + 1825 * MILLISECOND, .first_beat_at = INSTANT_NONE,
		.last_beat_at = INSTANT_NONE, .permission = 3 * MILLISECOND, .duration = 1825 * MILLISECOND, .last_elapsed = -1, .attempts = 1,
		.flags = CALL_DISPATCHED, .outcome = OUTCOME_OK, .link = LINK_TOOL_USE_ID, .link_sure = true, .start = {line, offset},
		.sent = {line + 1, offset + 160}, .end = {line + 3, offset + 359}};
}

static int bare(const char *path, uint64_t count)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	char room[40];
	if (sqlite3_open(path, &db) != SQLITE_OK ||
		sqlite3_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE call(id INTEGER PRIMARY KEY, line INTEGER, server INTEGER, tool INTEGER, tool_use_id TEXT,"
						 " started INTEGER, ended INTEGER, permission INTEGER, duration INTEGER, flags INTEGER, sent INTEGER); BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(db, "INSERT INTO call VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", -1, &st, NULL) != SQLITE_OK)
		return 1;
	for (uint64_t n = 0; n < count; n++) {
		const struct call c = nth_call(1, n, room);
		const int64_t values[] = {c.id, (int64_t)c.start.line, (int64_t)(n % 3), (int64_t)(n % 3), 0, c.started_at / MILLISECOND, c.ended_at / MILLISECOND,
			c.permission / MILLISECOND, c.duration / MILLISECOND, c.flags, c.sent_at / MILLISECOND};
		for (int i = 0; i < 11; i++)
			if (i == 4)
				(void)sqlite3_bind_text(st, 5, c.tool_use_id.p, (int)c.tool_use_id.n, SQLITE_STATIC);
			else
				(void)sqlite3_bind_int64(st, i + 1, values[i]);
		if (sqlite3_step(st) != SQLITE_DONE)
			return 1;
		(void)sqlite3_reset(st);
	}
	sqlite3_finalize(st);
	return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK || sqlite3_close(db) != SQLITE_OK;
}

static int timeline(const char *path, uint64_t count)
{
	struct timeline *t;
	struct arena a = {0};
	struct source_start start;
	struct err e = {0};
	char room[40];
	const struct source s = {.path = S("-"), .complete = true, .bytes = count * 16000, .identity = {.size = count * 16000}};
	int r = timeline_open(&(struct timeline_options){.path = path}, &t, &e);
	if (r == 0)
		r = timeline_begin(t, &e);
	if (r == 0)
		r = timeline_source_begin(t, &s, NULL, &a, &start, &e);
	for (uint64_t n = 0; n < count && r == 0; n++) {
		const struct call c = nth_call(start.key, n, room);
		timeline_add_call(t, start.id, &c);
	}
	if (r == 0)
		r = timeline_source_end(t, start.id, &s, &e);
	if (r == 0)
		r = timeline_commit(t, &e);
	if (r == 0)
		timeline_close(t);
	arena_done(&a);
	if (r)
		(void)fprintf(stderr, "%s\n", e.text);
	return r != 0;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	const uint64_t count = strtoull(argv[3], NULL, 10);
	return strcmp(argv[1], "bare") == 0 ? bare(argv[2], count) : timeline(argv[2], count);
}
