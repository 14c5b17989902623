/* SELECT by users (store/). The handle is theirs as far as reading goes: an authorizer refuses everything but SELECT and
 * functions of a list, a counter of steps and a clock end what would not end by itself, and the heap has a limit. Views are on
 * only here: they are our own texts, compared when the database was opened.
 *
 * What cannot be compiled is the user's, so the answer says where the fault is and what was meant: the nearest name of a view or
 * column.
 *
 * Refuses PRAGMA, ATTACH, several statements in one text, and to write. */
#include "base/nearest.h"
#include "base/utf8.h"
#include "store/functions.h"
#include "store/schema.h"
#include "store/timeline_p.h"
#include <stdio.h>
#include <stdlib.h>

enum { STEPS_PER_TICK = 10000, QUERY_HEAP = 128 << 20, COLUMNS = 64 };

struct guard { /* what ends a query */
	uint64_t left;        /* ticks; UINT64_MAX: no limit */
	int64_t deadline;     /* of `clock`; 0: none */
	const struct query_limits *limits;
	bool late;
};

static int allow(void *context, int action, const char *first, const char *second, const char *schema, const char *trigger)
{
	(void)context, (void)first, (void)schema, (void)trigger;
	if (action == SQLITE_FUNCTION)
		return second && functions_allowed(second) ? SQLITE_OK : SQLITE_DENY;
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE ? SQLITE_OK : SQLITE_DENY;
}

static int tick(void *context)
{
	struct guard *g = context;
	const struct query_limits *l = g->limits;
	if (l->stop && *l->stop)
		return 1;
	g->late = g->deadline && l->clock() > g->deadline;
	if (g->late)
		return 1;
	if (g->left == UINT64_MAX)
		return 0;
	return g->left == 0 || --g->left == 0;
}

/* --- the views --- */

const char *timeline_view(size_t n)
{
	for (size_t i = 0; i < schema_object_count; i++)
		if (str_starts(str_z(schema_objects[i].sql), S("CREATE VIEW ")) && n-- == 0)
			return schema_objects[i].name;
	return NULL;
}

static void open_views(struct timeline *t, bool on)
{
	(void)sqlite3_db_config(t->sql.db, SQLITE_DBCONFIG_ENABLE_VIEW, on, NULL);
	/* SQLite 3.40 takes the JSON functions in our views for unsafe ones. The views were compared with ours when the file was opened,
	 * and the authorizer lets nothing through that does more than compute. */
	(void)sqlite3_db_config(t->sql.db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, on, NULL);
}

int timeline_view_columns(struct timeline *t, const char *view, struct arena *a, str *ret_names, size_t cap, size_t *ret_count, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	*ret_count = 0;
	open_views(t, true);
	const int rc = sqlite3_prepare_v2(t->sql.db, arena_printf(a, "SELECT * FROM %s", view).p, -1, &st, NULL);
	open_views(t, false);
	if (rc != SQLITE_OK)
		return sql_fail(&t->sql, reterr);
	for (int i = 0; i < sqlite3_column_count(st) && *ret_count < cap; i++)
		ret_names[(*ret_count)++] = arena_str(a, str_z(sqlite3_column_name(st, i)));
	sqlite3_finalize(st);
	return 0;
}

/* --- what was meant --- */

/* The last word of "no such column: c.servr" and its like, without the table before it. */
static str missing_name(str message)
{
	const ptrdiff_t at = str_find(message, S(": "));
	str name = at < 0 ? STR_NONE : str_from(message, (size_t)at + 2);
	for (size_t i = name.n; i-- > 0;)
		if (name.p[i] == '.')
			return str_from(name, i + 1);
	return name;
}

static void offer_columns(struct timeline *t, struct nearest *near, struct arena *a)
{
	for (size_t v = 0; timeline_view(v); v++) {
		str names[COLUMNS];
		size_t n;
		if (timeline_view_columns(t, timeline_view(v), a, names, COLUMNS, &n, NULL) < 0)
			continue;
		for (size_t i = 0; i < n; i++)
			nearest_offer(near, names[i]);
	}
}

static void hint_at_names(struct timeline *t, str message, struct err *reterr)
{
	struct arena a = {0};
	struct nearest near = nearest_start(missing_name(message));
	const bool column = str_starts(message, S("no such column")), table = str_starts(message, S("no such table"));
	if (column)
		offer_columns(t, &near, &a);
	struct buf views = {0};
	for (size_t v = 0; timeline_view(v); v++) {
		buf_printf(&views, " %s", timeline_view(v));
		if (table)
			nearest_offer(&near, str_z(timeline_view(v)));
	}
	const str best = nearest_result(&near);
	if (best.n)
		err_hint(reterr, "did you mean %.*s?", STR_ARG(best));
	else if (column)
		err_hint(reterr, "mcplog query --schema lists the columns of each view; texts are written in '...'");
	else
		err_hint(reterr, "the views are:%.*s", STR_ARG(buf_str(&views)));
	buf_done(&views);
	arena_done(&a);
}

/* The line of the SQL that the fault is in, and a caret under it. */
static void show_place(str sql, int offset, struct err *reterr)
{
	if (!reterr || offset < 0 || (size_t)offset > sql.n)
		return;
	size_t begin = (size_t)offset, end = (size_t)offset;
	while (begin > 0 && sql.p[begin - 1] != '\n')
		begin--;
	while (end < sql.n && sql.p[end] != '\n')
		end++;
	enum { BEFORE = 60 };
	while ((size_t)offset - begin > BEFORE)
		begin += (size_t)offset - begin - BEFORE;
	while (begin < (size_t)offset && ((unsigned char)sql.p[begin] & 0xc0) == 0x80)
		begin++;
	const str line = utf8_limit((str){sql.p + begin, end - begin}, sizeof reterr->snippet - 1);
	(void)snprintf(reterr->snippet, sizeof reterr->snippet, "%.*s", STR_ARG(line));
	unsigned column = 1;
	for (str rest = {sql.p + begin, (size_t)offset - begin}; rest.n; column++) {
		uint32_t code;
		const size_t n = utf8_next(rest, &code);
		rest = str_from(rest, n ? n : 1);
	}
	reterr->column = column;
}

/* A text that SQLite cannot compile is the user's: say what it says. */
static int not_understood(struct timeline *t, str sql, struct err *reterr)
{
	const int code = sqlite3_errcode(t->sql.db) & 0xff;
	struct buf message = {0};
	if (code == SQLITE_AUTH) {
		(void)err_set(reterr, ERR_USAGE, "SQL: this is not allowed here: %s", sqlite3_errmsg(t->sql.db));
		err_hint(reterr, "one SELECT, over views and tables, with functions that only compute");
		return ERR_USAGE;
	}
	if (code != SQLITE_ERROR)
		return sql_fail(&t->sql, reterr);
	const int offset = sqlite3_error_offset(t->sql.db);
	buf_addz(&message, sqlite3_errmsg(t->sql.db)); /* looking for names uses the handle */
	(void)err_set(reterr, ERR_USAGE, "SQL: %.*s", STR_ARG(buf_str(&message)));
	hint_at_names(t, buf_str(&message), reterr);
	show_place(sql, offset, reterr);
	buf_done(&message);
	return ERR_USAGE;
}

/* --- running --- */

static int compile(struct timeline *t, str sql, sqlite3_stmt **ret, struct err *reterr)
{
	const char *rest = NULL;
	if (memchr(sql.p, 0, sql.n))
		return err_set(reterr, ERR_USAGE, "SQL: it holds a NUL byte");
	if (sqlite3_prepare_v2(t->sql.db, sql.p, (int)sql.n, ret, &rest) != SQLITE_OK)
		return not_understood(t, sql, reterr);
	const str left = str_from(sql, (size_t)(rest - sql.p));
	sqlite3_stmt *second = NULL;
	const bool more = left.n && (sqlite3_prepare_v2(t->sql.db, left.p, (int)left.n, &second, NULL) != SQLITE_OK || second);
	sqlite3_finalize(second);
	if (*ret && !more)
		return 0;
	(void)err_set(reterr, ERR_USAGE, "SQL: exactly one SELECT is expected");
	err_hint(reterr, "mcplog query --list shows ready-made questions");
	return ERR_USAGE;
}

static bool bind_parameter(sqlite3_stmt *st, int at, struct query_parameter *p)
{
	int64_t whole;
	double real;
	p->used = true;
	if (p->type == QUERY_NUMBER && str_i64(p->value, &whole))
		return sqlite3_bind_int64(st, at, whole) == SQLITE_OK;
	if (p->type == QUERY_NUMBER && str_double(p->value, &real))
		return sqlite3_bind_double(st, at, real) == SQLITE_OK;
	return sqlite3_bind_text64(st, at, p->value.p, p->value.n, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

static int bind_all(struct timeline *t, sqlite3_stmt *st, struct query_parameter *parameters, size_t count, struct err *reterr)
{
	for (int at = 1; at <= sqlite3_bind_parameter_count(st); at++) {
		const char *name = sqlite3_bind_parameter_name(st, at);
		for (size_t i = 0; name && i < count; i++)
			if (str_eq(parameters[i].name, str_z(name + 1)) && !bind_parameter(st, at, &parameters[i]))
				return sql_fail(&t->sql, reterr);
	}
	return 0;
}

static int give_rows(struct timeline *t, sqlite3_stmt *st, uint64_t max_rows, query_fn *fn, void *context, bool *ret_cut, struct err *reterr)
{
	int n = sqlite3_column_count(st);
	struct query_value *row = mem_new((size_t)n * sizeof *row);
	for (int i = 0; i < n; i++)
		row[i].name = str_z(sqlite3_column_name(st, i));
	fn(context, row, (size_t)n, true);
	int r;
	uint64_t rows = 0;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		if (max_rows && rows++ == max_rows) {
			*ret_cut = true;
			r = 0;
			break;
		}
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

/* What ended it early, in the words of the limit that did. */
static int say_limit(const struct guard *g, int r, struct err *reterr)
{
	const struct query_limits *l = g->limits;
	if (r != ERR_LIMIT && r != ERR_DB && r != ERR_LOCKED)
		return r;
	if (l->stop && *l->stop)
		return err_set(reterr, ERR_STOPPED, "interrupted");
	if (!g->late)
		return r;
	(void)err_set(reterr, ERR_LIMIT, "the query took longer than %lld s", (long long)(l->time / SECOND));
	err_hint(reterr, "narrow it with WHERE, or allow more with --timeout SECONDS");
	return ERR_LIMIT;
}

static int run_failed(struct timeline *t, int r, struct err *reterr)
{
	const int code = sqlite3_errcode(t->sql.db) & 0xff;
	if (r >= 0)
		return r;
	if (code == SQLITE_ERROR || code == SQLITE_MISMATCH || code == SQLITE_RANGE)
		return err_set(reterr, ERR_USAGE, "SQL: %s", sqlite3_errmsg(t->sql.db));
	if (code != SQLITE_NOMEM && code != SQLITE_TOOBIG)
		return r;
	(void)err_set(reterr, ERR_LIMIT, code == SQLITE_NOMEM ? "the query needs more memory than it may use" : "the query makes a text of more than 16 MiB");
	err_hint(reterr, "narrow it with WHERE, or sort and group fewer columns");
	return ERR_LIMIT;
}

/* The handle as a user may have it; and back. */
static int open_for_user(struct timeline *t, struct guard *g, struct err *reterr)
{
	open_views(t, true);
	const int r = functions_add(&t->sql, reterr);
	(void)sqlite3_hard_heap_limit64(sqlite3_memory_used() + QUERY_HEAP);
	(void)sqlite3_set_authorizer(t->sql.db, allow, NULL);
	sqlite3_progress_handler(t->sql.db, STEPS_PER_TICK, tick, g);
	return r;
}

static void close_for_user(struct timeline *t)
{
	sqlite3_progress_handler(t->sql.db, 0, NULL, NULL);
	(void)sqlite3_set_authorizer(t->sql.db, NULL, NULL);
	(void)sqlite3_hard_heap_limit64(t->memory ? 0 : FILE_HEAP);
	open_views(t, false);
}

int timeline_ask(struct timeline *t, str sql, struct query_parameter *parameters, size_t parameter_count, const struct query_limits *limits,
	query_fn *fn, void *context, bool *ret_cut, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	struct guard g = {.left = limits->max_steps ? limits->max_steps / STEPS_PER_TICK + 1 : UINT64_MAX, .limits = limits};
	if (limits->time && limits->clock)
		g.deadline = limits->clock() + limits->time;
	char *text = str_dupz(sql);
	*ret_cut = false;
	int r = open_for_user(t, &g, reterr);
	if (r == 0)
		r = compile(t, (str){text, sql.n}, &st, reterr);
	if (r == 0)
		r = bind_all(t, st, parameters, parameter_count, reterr);
	if (r == 0) {
		r = give_rows(t, st, limits->max_rows, fn, context, ret_cut, reterr);
		r = say_limit(&g, run_failed(t, r, reterr), reterr);
	}
	sqlite3_finalize(st);
	close_for_user(t);
	free(text);
	return r;
}

int timeline_query(struct timeline *t, str sql, uint64_t max_steps, query_fn *fn, void *context, struct err *reterr)
{
	bool cut;
	return timeline_ask(t, sql, NULL, 0, &(struct query_limits){.max_steps = max_steps}, fn, context, &cut, reterr);
}

int timeline_check_query(struct timeline *t, str sql, struct arena *a, str *ret_names, size_t cap, size_t *ret_count, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	const struct query_limits limits = {0};
	struct guard g = {.left = UINT64_MAX, .limits = &limits};
	char *text = str_dupz(sql);
	*ret_count = 0;
	int r = open_for_user(t, &g, reterr);
	if (r == 0)
		r = compile(t, (str){text, sql.n}, &st, reterr);
	for (int at = 1; r == 0 && at <= sqlite3_bind_parameter_count(st) && *ret_count < cap; at++) {
		const char *name = sqlite3_bind_parameter_name(st, at);
		if (name)
			ret_names[(*ret_count)++] = arena_str(a, str_z(name + 1));
	}
	sqlite3_finalize(st);
	close_for_user(t);
	free(text);
	return r;
}
