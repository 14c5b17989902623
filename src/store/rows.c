/* Rows of events and calls, written (store/).
 *
 * A row keeps what pass 2 needs and no more: times as milliseconds (what a finer clock adds stands beside), names as numbers,
 * the place in the file in the row id (model/ids.h). Only calls that are not plain have a second row in call_more.
 *
 * timeline_add_* cannot fail on their own: the first error of a source is kept and comes out at its end, and nothing is
 * committed then. Refuses rows of a source that was not begun. */
#include "base/json.h"
#include "model/ids.h"
#include "store/timeline_p.h"

enum { PART_TRIES = 256 };

static void detail_of(struct buf *out, const struct event *e, const struct rules *rules)
{
	buf_reset(out);
	if (e->field_count == 0)
		return;
	struct json_out w = {.out = out};
	json_open(&w, '{');
	for (unsigned i = 0; i < e->field_count; i++) {
		str name = intern_get(&rules->fields, e->fields[i].name);
		if (name.n == 0)
			continue;
		char key[64];
		memcpy(key, name.p, name.n < sizeof key ? name.n : sizeof key - 1);
		key[name.n < sizeof key ? name.n : sizeof key - 1] = '\0';
		json_key(&w, key);
		json_str(&w, e->fields[i].value);
	}
	json_close(&w, '}');
}

struct row_names {
	int64_t server, tool, session;
};

static int put_names(struct timeline *t, str server, str tool, str session, struct row_names *ret, struct err *reterr)
{
	int r = names_put(&t->names, &t->sql, server, &ret->server, reterr);
	if (r == 0)
		r = names_put(&t->names, &t->sql, tool, &ret->tool, reterr);
	return r == 0 ? names_put(&t->names, &t->sql, session, &ret->session, reterr) : r;
}

static void bind_name(sqlite3_stmt *st, int at, int64_t id)
{
	if (id)
		bind_int(st, at, id);
}

/* Runs an INSERT whose parameter 1 is the id and 2 the part; a taken id moves on by one, as another part. */
static int insert_row(struct timeline *t, struct open_source *o, sqlite3_stmt *st, int64_t id, int64_t part, int64_t *ret_id, struct err *reterr)
{
	for (int i = 0; st && i < PART_TRIES && id + i < o->limit && id + i >= o->id; i++) {
		bind_int(st, 1, id + i);
		bind_int(st, 2, part + i);
		int rc = sqlite3_step(st);
		(void)sqlite3_reset(st);
		if (rc == SQLITE_DONE) {
			*ret_id = id + i;
			o->last = id + i > o->last ? id + i : o->last;
			return 0;
		}
		if (rc != SQLITE_CONSTRAINT_PRIMARYKEY && rc != SQLITE_CONSTRAINT_ROWID)
			return sql_fail(&t->sql, reterr);
	}
	if (!st)
		return sql_fail(&t->sql, reterr);
	return err_set(reterr, ERR_DB, "%s: no room for the row of byte %lld of a source", t->path, (long long)(id - part - o->id));
}

static void bind_event(sqlite3_stmt *st, const struct event *e, int64_t id, int64_t form, const struct row_names *n, str detail)
{
	bind_int(st, 3, form);
	bind_int(st, 4, (e->local_time ? 1 : 0) | (e->excerpt ? 2 : 0));
	bind_u64(st, 5, e->line);
	bind_int(st, 6, e->lines);
	bind_instant(st, 7, e->at);
	bind_opt(st, 9, e->duration);
	bind_name(st, 10, n->server);
	bind_name(st, 11, n->tool);
	bind_name(st, 12, n->session);
	bind_text(st, 13, e->tool_use_id);
	if (e->call)
		bind_int(st, 14, id - e->call);
	bind_text(st, 15, e->err);
	bind_text(st, 16, detail.n ? detail : STR_NONE);
	bind_text(st, 17, e->text.n ? e->text : STR_NONE);
}

void timeline_add_event(struct timeline *t, int64_t source_id, const struct event *e, const struct rules *rules)
{
	struct open_source *o = timeline_writable(t, source_id);
	if (!o)
		return;
	struct row_names n;
	int64_t form;
	int r = put_names(t, e->server, e->tool, e->session, &n, &o->failed);
	if (r == 0)
		r = names_put_form(&t->names, &t->sql, rules, e, &form, &o->failed);
	if (r < 0)
		return;
	detail_of(&t->scratch, e, rules);
	int64_t id = row_id((uint64_t)source_id, e->offset, e->part);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_EVENT_ADD);
	if (st)
		bind_event(st, e, id, form, &n, buf_str(&t->scratch));
	(void)!insert_row(t, o, st, id, e->part, &id, &o->failed);
}

static void bind_place(sqlite3_stmt *st, int at, const struct place *p, const struct place *from)
{
	if (!p->line)
		return;
	bind_int(st, at, (int64_t)(p->line - from->line));
	bind_int(st, at + 1, (int64_t)(p->offset - from->offset));
}

/* In the order in which their sub-millisecond rests are packed (base 1000); load.c unpacks them. */
static void call_times(const struct call *c, instant ret[CALL_TIMES])
{
	const instant all[CALL_TIMES] = {c->started_at, c->dispatched_at, c->sent_at, c->ended_at, c->first_beat_at, c->last_beat_at};
	memcpy(ret, all, sizeof all);
}

/* What the other times are measured from; INSTANT_NONE when the call has none. */
static instant call_base(const instant times[CALL_TIMES])
{
	for (int i = 0; i < CALL_TIMES; i++)
		if (times[i] != INSTANT_NONE)
			return times[i];
	return INSTANT_NONE;
}

static void bind_distance(sqlite3_stmt *st, int at, instant v, instant base)
{
	if (v != INSTANT_NONE)
		bind_int(st, at, ms_floor(v) - ms_floor(base));
}

static int64_t pack_rests(const instant times[CALL_TIMES])
{
	int64_t packed = 0;
	for (int i = CALL_TIMES; i-- > 0;)
		packed = packed * MILLISECOND + (times[i] == INSTANT_NONE ? 0 : ms_rest(times[i]));
	return packed;
}

static const struct place *first_place(const struct call *c)
{
	const struct place *all[] = {&c->start, &c->sent, &c->beat, &c->last_beat, &c->end};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i]->line)
			return all[i];
	return &c->start;
}

static void bind_call(sqlite3_stmt *st, const struct call *c, const struct row_names *n, const instant times[CALL_TIMES])
{
	const struct place *first = first_place(c);
	const instant base = call_base(times);
	bind_u64(st, 3, first->line);
	bind_name(st, 4, n->server);
	bind_name(st, 5, n->tool);
	bind_name(st, 6, n->session);
	bind_text(st, 7, c->tool_use_id);
	bind_ms(st, 8, base);
	for (int i = 0; i < 4; i++)
		bind_distance(st, 9 + i, times[i], base);
	bind_int(st, 13, pack_rests(times));
	bind_opt(st, 14, c->permission);
	bind_opt(st, 15, c->duration);
	bind_int(st, 16, c->flags);
	bind_int(st, 17, (int64_t)c->outcome);
	bind_int(st, 18, (int64_t)c->link);
	bind_int(st, 19, c->link_sure);
	bind_int(st, 20, c->attempts);
	bind_place(st, 21, &c->start, first);
	bind_place(st, 23, &c->sent, first);
	bind_place(st, 25, &c->end, first);
}

static int add_call_more(struct timeline *t, const struct call *c, int64_t id, const instant times[CALL_TIMES], struct err *reterr)
{
	const struct place *first = first_place(c);
	const instant base = call_base(times);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CALL_MORE_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_int(st, 2, c->beats);
		bind_distance(st, 3, c->first_beat_at, base);
		bind_distance(st, 4, c->last_beat_at, base);
		bind_opt(st, 5, c->last_elapsed);
		if (c->class)
			bind_int(st, 6, c->class);
		bind_text(st, 7, c->err);
		bind_place(st, 8, &c->beat, first);
		bind_place(st, 10, &c->last_beat, first);
	}
	return sql_run(&t->sql, st, reterr);
}

void timeline_add_call(struct timeline *t, int64_t source_id, const struct call *c)
{
	struct open_source *o = timeline_writable(t, source_id);
	if (!o)
		return;
	struct row_names n;
	if (put_names(t, c->server, c->tool, c->session, &n, &o->failed) < 0)
		return;
	instant times[CALL_TIMES];
	call_times(c, times);
	int64_t place = row_id((uint64_t)source_id, first_place(c)->offset, 0);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CALL_ADD);
	if (st)
		bind_call(st, c, &n, times);
	int64_t id;
	if (insert_row(t, o, st, c->id, c->id - place, &id, &o->failed) < 0)
		return;
	if (c->beats || c->err.p || c->class || c->last_elapsed >= 0)
		(void)!add_call_more(t, c, id, times, &o->failed);
}
