/* SELECT by users (store/). The handle is theirs as far as reading goes: an authorizer refuses everything but SELECT and
 * plain functions, and a step counter ends what would not end by itself. Views are on only here: they are our own texts,
 * compared when the database was opened.
 *
 * Refuses PRAGMA, ATTACH, several statements in one text, and to write. */
#include "store/timeline_p.h"
#include <stdlib.h>

enum { STEPS_PER_TICK = 10000 };

static int allow(void *context, int action, const char *first, const char *second, const char *schema, const char *trigger)
{
	(void)context, (void)first, (void)schema, (void)trigger;
	if (action == SQLITE_FUNCTION)
		return second && (sqlite3_stricmp(second, "load_extension") == 0 || sqlite3_stricmp(second, "fts3_tokenizer") == 0) ? SQLITE_DENY : SQLITE_OK;
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE ? SQLITE_OK : SQLITE_DENY;
}

static int tick(void *context)
{
	uint64_t *left = context;
	return *left == 0 || --*left == 0;
}

/* A text that SQLite cannot compile is the user's: say what it says. */
static int not_understood(struct timeline *t, struct err *reterr)
{
	if ((sqlite3_errcode(t->sql.db) & 0xff) == SQLITE_AUTH)
		return sql_fail(&t->sql, reterr);
	if ((sqlite3_errcode(t->sql.db) & 0xff) != SQLITE_ERROR)
		return sql_fail(&t->sql, reterr);
	(void)err_set(reterr, ERR_USAGE, "SQL: %s", sqlite3_errmsg(t->sql.db));
	err_hint(reterr, "the views are: sources servers connections calls events incidents incident_calls evidence notes sessions alerts runs");
	return ERR_USAGE;
}

static int give_rows(struct timeline *t, sqlite3_stmt *st, query_fn *fn, void *context, struct err *reterr)
{
	int n = sqlite3_column_count(st);
	struct query_value *row = mem_new((size_t)n * sizeof *row);
	for (int i = 0; i < n; i++)
		row[i].name = str_z(sqlite3_column_name(st, i));
	fn(context, row, (size_t)n, true);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		for (int i = 0; i < n; i++) {
			int type = sqlite3_column_type(st, i);
			row[i].number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
			row[i].value = column_view(st, i);
		}
		fn(context, row, (size_t)n, false);
	}
	free(row);
	return r;
}

int timeline_query(struct timeline *t, str sql, uint64_t max_steps, query_fn *fn, void *context, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	const char *rest = NULL;
	uint64_t left = max_steps / STEPS_PER_TICK + 1;
	char *text = str_dupz(sql);
	(void)sqlite3_db_config(t->sql.db, SQLITE_DBCONFIG_ENABLE_VIEW, 1, NULL);
	(void)sqlite3_set_authorizer(t->sql.db, allow, NULL);
	if (max_steps)
		sqlite3_progress_handler(t->sql.db, STEPS_PER_TICK, tick, &left);
	int r = 0;
	if (sqlite3_prepare_v2(t->sql.db, text, -1, &st, &rest) != SQLITE_OK)
		r = not_understood(t, reterr);
	else if (!st || str_trim(str_z(rest)).n)
		r = err_set(reterr, ERR_USAGE, "SQL: exactly one SELECT is expected");
	else
		r = give_rows(t, st, fn, context, reterr);
	sqlite3_finalize(st);
	sqlite3_progress_handler(t->sql.db, 0, NULL, NULL);
	(void)sqlite3_set_authorizer(t->sql.db, NULL, NULL);
	(void)sqlite3_db_config(t->sql.db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	free(text);
	return r;
}
