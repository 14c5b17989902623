/* What alerting remembers between runs (store/): alerts, the incidents they spoke of, counters, marks. Written in the transaction
 * of the run that saw it, so that a kill leaves both or none.
 *
 * Only rows that changed are written. Times are milliseconds of the wall clock: these tables and `run` are the only ones that have
 * such. Refuses to hold what redaction would hide: texts come from reports. */
#include "model/alert.h"
#include "store/timeline_p.h"

static const struct mark_row {
	const char *name;
	size_t at;
} marks[] = {
#define MARK(field) {#field, offsetof(struct alert_marks, field)}
	MARK(next_id), MARK(first_run), MARK(last_run), MARK(last_success), MARK(interval), MARK(duration), MARK(cron_key), MARK(cron_at),
	MARK(status), MARK(records), MARK(unrecognized),
#undef MARK
};
enum { MARKS = sizeof marks / sizeof *marks };
_Static_assert(sizeof(struct alert_marks) == MARKS * sizeof(int64_t), "every mark has a row");

static int64_t *mark_of(struct alert_marks *m, size_t i)
{
	return (int64_t *)(void *)((char *)m + marks[i].at);
}

static instant column_ms(sqlite3_stmt *st, int at)
{
	return column_null(st, at) ? INSTANT_NONE : instant_of(column_int(st, at), 0, 0);
}

/* --- back --- */

static void read_alert(sqlite3_stmt *st, struct arena *a, struct alert *al)
{
	*al = (struct alert){.id = column_int(st, 0), .server = column_text(st, 2, a), .cause = column_text(st, 3, a),
		.level = (enum alert_level)(column_u32(st, 6) % 3), .runs = column_u32(st, 7), .since = column_ms(st, 8), .fired_at = column_ms(st, 9),
		.active_at = column_ms(st, 10), .resolved_at = column_ms(st, 11), .calls = column_u32(st, 12), .oldest = instant_of(0, column_int(st, 13), 0),
		.summary = column_text(st, 14, a), .detail = column_text(st, 15, a), .examples = column_text(st, 16, a), .last_sent = column_ms(st, 18),
		.acked_at = column_ms(st, 19)};
	(void)alert_kind_find(column_view(st, 1), &al->kind);
	(void)severity_find(column_view(st, 4), &al->severity);
	(void)alert_phase_find(column_view(st, 5), &al->phase);
	(void)alert_phase_find(column_view(st, 17), &al->told);
}

static int load_alerts(struct timeline *t, struct arena *a, struct alert_book *b, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_ALERT_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		read_alert(st, a, vec_push(&b->alerts));
	return r;
}

static int load_members(struct timeline *t, struct arena *a, struct alert_book *b, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_ALERT_INCIDENT_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		*vec_push(&b->members) = (struct alert_member){.incident = column_text(st, 0, a), .alert = column_int(st, 1), .flags = column_u32(st, 2)};
	return r;
}

static int load_sent(struct timeline *t, struct arena *a, struct alert_book *b, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_ALERT_SENT_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		struct alert_sent *s = vec_push(&b->sent);
		*s = (struct alert_sent){.alert = column_int(st, 0), .receiver = column_text(st, 1, a), .attempts = column_u32(st, 3), .refused = column_int(st, 4) != 0};
		(void)alert_phase_find(column_view(st, 2), &s->phase);
	}
	return r;
}

static int load_counters(struct timeline *t, struct arena *a, struct alert_book *b, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_COUNTER_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		*vec_push(&b->counters) = (struct alert_counter){.name = column_text(st, 0, a), .a = column_text(st, 1, a), .b = column_text(st, 2, a),
			.value = column_int(st, 3), .raw = column_int(st, 4)};
	return r;
}

static int load_marks(struct timeline *t, struct alert_book *b, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_MARK_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		for (size_t i = 0; i < MARKS; i++)
			if (str_eq(column_view(st, 0), str_z(marks[i].name)))
				*mark_of(&b->marks, i) = column_int(st, 1);
	return r;
}

int timeline_load_alerts(struct timeline *t, struct arena *a, struct alert_book *ret, struct err *reterr)
{
	*ret = (struct alert_book){0};
	int r = load_marks(t, ret, reterr);
	if (r == 0)
		r = load_alerts(t, a, ret, reterr);
	if (r == 0)
		r = load_members(t, a, ret, reterr);
	if (r == 0)
		r = load_sent(t, a, ret, reterr);
	return r == 0 ? load_counters(t, a, ret, reterr) : r;
}

/* --- forth --- */

static void bind_alert(sqlite3_stmt *st, const struct alert *al)
{
	const str texts[] = {str_z(alert_kind_name(al->kind)), al->server, al->cause, str_z(severity_name(al->severity)), str_z(alert_phase_name(al->phase))};
	bind_int(st, 1, al->id);
	for (int i = 0; i < 5; i++)
		bind_text(st, i + 2, texts[i].p ? texts[i] : S(""));
	bind_int(st, 7, (int64_t)al->level);
	bind_int(st, 8, al->runs);
	bind_ms(st, 9, al->since);
	bind_ms(st, 10, al->fired_at);
	bind_ms(st, 11, al->active_at);
	bind_ms(st, 12, al->resolved_at);
	bind_int(st, 13, al->calls);
	bind_int(st, 14, al->oldest / MILLISECOND);
	bind_text(st, 15, al->summary.p ? al->summary : S(""));
	bind_text(st, 16, al->detail.p ? al->detail : S(""));
	bind_text(st, 17, al->examples.p ? al->examples : S(""));
	bind_text(st, 18, str_z(alert_phase_name(al->told)));
	bind_ms(st, 19, al->last_sent);
	bind_ms(st, 20, al->acked_at);
}

static int save_alerts(struct timeline *t, const struct alert_book *b, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < b->alerts.n && r == 0; i++) {
		if (!b->alerts.v[i].changed)
			continue;
		sqlite3_stmt *st = sql_get(&t->sql, SQL_ALERT_PUT);
		if (st)
			bind_alert(st, &b->alerts.v[i]);
		r = sql_run(&t->sql, st, reterr);
	}
	static const enum statement remove[] = {SQL_ALERT_REMOVE, SQL_ALERT_SENT_REMOVE};
	for (size_t i = 0; i < 2 * b->gone.n && r == 0; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, remove[i % 2]);
		if (st)
			bind_int(st, 1, b->gone.v[i / 2]);
		r = sql_run(&t->sql, st, reterr);
	}
	return r;
}

static int save_sent(struct timeline *t, const struct alert_book *b, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < b->sent.n && r == 0; i++) {
		const struct alert_sent *s = &b->sent.v[i];
		if (!s->changed)
			continue;
		sqlite3_stmt *st = sql_get(&t->sql, SQL_ALERT_SENT_PUT);
		if (st) {
			bind_int(st, 1, s->alert);
			bind_text(st, 2, s->receiver);
			bind_text(st, 3, str_z(alert_phase_name(s->phase)));
			bind_int(st, 4, s->attempts);
			bind_int(st, 5, s->refused);
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r;
}

static int save_members(struct timeline *t, const struct alert_book *b, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < b->members.n && r == 0; i++) {
		const struct alert_member *m = &b->members.v[i];
		if (!m->changed)
			continue;
		sqlite3_stmt *st = sql_get(&t->sql, SQL_ALERT_INCIDENT_PUT);
		if (st) {
			bind_text(st, 1, m->incident);
			bind_int(st, 2, m->alert);
			bind_int(st, 3, m->flags);
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r;
}

static int save_counters(struct timeline *t, const struct alert_book *b, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < b->counters.n && r == 0; i++) {
		const struct alert_counter *c = &b->counters.v[i];
		if (!c->changed)
			continue;
		sqlite3_stmt *st = sql_get(&t->sql, SQL_COUNTER_PUT);
		if (st) {
			bind_text(st, 1, c->name);
			bind_text(st, 2, c->a.p ? c->a : S(""));
			bind_text(st, 3, c->b.p ? c->b : S(""));
			bind_int(st, 4, c->value);
			bind_int(st, 5, c->raw);
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r;
}

static int save_marks(struct timeline *t, struct alert_marks m, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < MARKS && r == 0; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, SQL_MARK_PUT);
		if (st) {
			bind_text(st, 1, str_z(marks[i].name));
			bind_int(st, 2, *mark_of(&m, i));
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r;
}

static int save_all(struct timeline *t, const struct alert_book *b, struct err *reterr)
{
	int r = save_alerts(t, b, reterr);
	if (r == 0)
		r = save_members(t, b, reterr);
	if (r == 0)
		r = save_sent(t, b, reterr);
	if (r == 0)
		r = save_counters(t, b, reterr);
	return r == 0 ? save_marks(t, b->marks, reterr) : r;
}

int timeline_save_alerts(struct timeline *t, const struct alert_book *b, struct err *reterr)
{
	if (t->writing)
		return save_all(t, b, reterr);
	int r = timeline_begin_aside(t, reterr);
	if (r == 0)
		r = save_all(t, b, reterr);
	if (r == 0)
		r = timeline_commit(t, reterr);
	if (r < 0)
		timeline_rollback(t);
	return r;
}

uint64_t timeline_skipped(const struct timeline *t)
{
	return t->memory ? 0 : lock_skipped(t->path);
}
