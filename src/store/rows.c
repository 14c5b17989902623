/* Rows of events and calls, written (store/).
 *
 * A row keeps what pass 2 needs and no more: times as milliseconds (what a finer clock adds stands beside), names as numbers,
 * the place in the file in the row id (model/ids.h). Its values stand in the order of schema.c, what most rows leave empty at the
 * end; packs.c brings them into the database. Only the text of events, which few ask for, is a row of its own.
 *
 * timeline_add_* cannot fail on their own: the first error of a source is kept and comes out at its end, and nothing is
 * committed then. Refuses rows of a source that was not begun. */
#include "model/ids.h"
#include "store/detail.h"
#include "store/pack.h"
#include "store/schema.h"
#include "store/timeline_p.h"

/* The session as a row says it: 0 is that of its source's first row, else 1 more than its name. */
static int put_session(struct timeline *t, struct open_source *o, struct pack *p, str session, int64_t *ret)
{
	int64_t id;
	int r = names_put(&t->names, &t->sql, session, &id, &o->failed);
	if (r == 0 && !o->has_session) {
		o->session = id;
		o->has_session = true;
	}
	*ret = r == 0 && id != o->session ? (int64_t)pack_name(p, session) + 1 : 0;
	return r;
}

/* Without the prefix that nearly all have. */
static str short_id(struct timeline *t, str id)
{
	if (!id.p)
		return STR_NONE;
	if (str_starts(id, S(SCHEMA_ID_PREFIX)))
		return str_from(id, sizeof SCHEMA_ID_PREFIX - 1);
	buf_reset(&t->scratch_id);
	buf_byte(&t->scratch_id, '=');
	buf_add(&t->scratch_id, id);
	return buf_str(&t->scratch_id);
}

static void put_duration(struct row_out *row, int64_t us)
{
	if (us < 0)
		row_null(row);
	else
		row_int(row, us / MILLISECOND);
}

static int64_t ms_or_none(instant v)
{
	return v == INSTANT_NONE ? INT64_MIN : ms_floor(v);
}

static uint64_t at_most(uint64_t v, unsigned width)
{
	return v < BITS_MASK(width) ? v : BITS_MASK(width);
}

/* Room for one row more in a pack, and an id for it; a taken id moves on by one, as another part. */
static int make_room(struct timeline *t, struct open_source *o, struct pack *p, int64_t *id, uint64_t *part)
{
	*id = pack_free_id(p, *id, part);
	if (*id >= o->limit || *id < o->id || *part > BITS_MASK(BITS_PART))
		return err_set(&o->failed, ERR_DB, "%s: no room for the row of byte %lld of a source", t->path, (long long)(*id - o->id));
	o->last = *id > o->last ? *id : o->last;
	return pack_is_full(p) ? pack_write(t, o, p, timeline_is_tail(o), &o->failed) : 0;
}

/* --- events --- */

enum { DETAIL_SHARED = 48 }; /* bytes; longer ones are seldom told twice */

static int64_t event_bits(const struct event *e, uint64_t part)
{
	uint64_t lines = at_most(e->lines ? e->lines - 1 : 0, BITS_LINES), us = e->at == INSTANT_NONE ? 0 : (uint64_t)ms_rest(e->at);
	uint64_t rest = e->duration < 0 ? 0 : (uint64_t)(e->duration % MILLISECOND);
	return (int64_t)(part | lines << BITS_PART | us << (BITS_PART + BITS_LINES) | rest << (BITS_PART + BITS_LINES + BITS_US));
}

static int add_event_text(struct timeline *t, int64_t id, str text, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_EVENT_TEXT_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_text(st, 2, text);
	}
	return sql_run(&t->sql, st, reterr);
}

/* Most events of a kind say the same: a short detail is one of the pack's names. */
static void put_detail(struct row_out *row, struct pack *p, str detail)
{
	if (detail.n > DETAIL_SHARED)
		row_json(row, detail);
	else
		row_count(row, pack_name(p, detail));
}

void timeline_add_event(struct timeline *t, int64_t source_id, const struct event *e, const struct rules *rules)
{
	struct open_source *o = timeline_writable(t, source_id);
	int64_t form, session, id = row_id((uint64_t)source_id, e->offset, e->part);
	uint64_t part = e->part;
	unsigned flags;
	if (!o || make_room(t, o, &o->events, &id, &part) < 0 || put_session(t, o, &o->events, e->session, &session) < 0)
		return;
	detail_write(&t->scratch, e, rules, &flags);
	if (names_put_form(&t->names, &t->forms, t->fresh, &t->sql, rules, e, flags, &form, &o->failed) < 0)
		return;
	struct pack *p = &o->events;
	struct row_out row = pack_row(p, id, e->line, ms_or_none(e->at));
	row_int(&row, pack_form(p, form));
	row_count(&row, pack_name(p, e->server));
	put_duration(&row, e->duration);
	put_detail(&row, p, buf_str(&t->scratch));
	row_count(&row, event_bits(e, part));
	row_count(&row, session);
	row_count(&row, pack_name(p, e->tool));
	row_text(&row, short_id(t, e->tool_use_id));
	if (e->call)
		row_int(&row, id - e->call);
	else
		row_null(&row);
	row_text(&row, e->err);
	pack_row_end(p, &row);
	if (e->text.n)
		(void)!add_event_text(t, id, e->text, &o->failed);
}

/* --- calls --- */

enum { CALL_PART_AT = BITS_DISPATCHED + BITS_OUTCOME + BITS_LINK + BITS_SURE + BITS_FLAGS + BITS_ATTEMPTS };
_Static_assert(CALL_PART_AT == 32, "the view `calls` takes the part from bit 32");

/* Nothing for an answered call that was dispatched and sent once, its lines linked by the toolUseId; little for most others. */
static int64_t call_bits(const struct call *c, uint64_t part)
{
	uint64_t bits = part;
	bits = bits << BITS_ATTEMPTS | (at_most(c->attempts, BITS_ATTEMPTS) ^ 1);
	bits = bits << BITS_FLAGS | (c->flags & BITS_MASK(BITS_FLAGS) & ~(uint64_t)CALL_DISPATCHED);
	bits = bits << BITS_SURE | (c->link_sure ? 0 : 1);
	bits = bits << BITS_LINK | (uint64_t)c->link;
	bits = bits << BITS_OUTCOME | ((uint64_t)c->outcome ^ OUTCOME_OK);
	return (int64_t)(bits << BITS_DISPATCHED | (c->flags & CALL_DISPATCHED ? 0 : 1));
}
_Static_assert(LINK_TOOL_USE_ID == 0, "the usual link has no bits");
_Static_assert(OUTCOME_COUNT <= 1 << BITS_OUTCOME && LINK_COUNT <= 1 << BITS_LINK, "call.bits has room for every outcome and link");
_Static_assert(CALL_REJECTED < 1 << BITS_FLAGS, "call.bits has room for every flag");

static void put_distance(struct row_out *row, instant v, instant base)
{
	if (v == INSTANT_NONE)
		row_null(row);
	else
		row_int(row, ms_floor(v) - ms_floor(base));
}

static void put_place(struct row_out *row, const struct place *p, const struct place *from)
{
	if (!p->line) {
		row_null(row);
		row_null(row);
		return;
	}
	row_int(row, (int64_t)(p->line - from->line));
	row_int(row, (int64_t)(p->offset - from->offset));
}

static bool is_plain(const struct call *c)
{
	return !c->beats && !c->err.p && !c->class && c->last_elapsed < 0 && c->first_beat_at == INSTANT_NONE && c->last_beat_at == INSTANT_NONE
		&& !c->beat.line && !c->last_beat.line;
}

/* What the duration adds to the time between start and end: mostly nothing. */
static int64_t more_duration(const struct call *c)
{
	const bool spans = c->started_at != INSTANT_NONE && c->ended_at != INSTANT_NONE;
	return c->duration < 0 ? 0 : c->duration / MILLISECOND - (spans ? ms_floor(c->ended_at) - ms_floor(c->started_at) : 0);
}

/* What only calls with heartbeats or an error have: an array in the row. */
static __attribute__((noinline)) void put_more(struct timeline *t, struct row_out *row, const struct call *c, const struct place *first, instant base)
{
	buf_reset(&t->scratch);
	struct row_out more = row_begin(&t->scratch);
	row_int(&more, c->beats);
	put_distance(&more, c->first_beat_at, base);
	put_distance(&more, c->last_beat_at, base);
	if (c->last_elapsed >= 0)
		row_int(&more, c->last_elapsed);
	else
		row_null(&more);
	row_count(&more, c->class);
	row_text(&more, c->err);
	put_place(&more, &c->beat, first);
	put_place(&more, &c->last_beat, first);
	row_end(&more);
	row_json(row, buf_str(&t->scratch));
}

static void put_call(struct timeline *t, struct pack *p, const struct call *c, int64_t id, uint64_t part, int64_t session)
{
	unsigned char packed[PACK_MOST];
	const struct place *first = pack_first_place(c);
	const instant base = pack_base(c);
	struct row_out row = pack_row(p, id, first->line, ms_or_none(base));
	row_text(&row, short_id(t, c->tool_use_id));
	row_int(&row, pack_name(p, c->server));
	row_int(&row, pack_name(p, c->tool));
	put_distance(&row, c->ended_at, base);
	put_duration(&row, c->permission);
	row_bytes(&row, packed, pack_call(c, packed));
	row_count(&row, call_bits(c, part));
	row_count(&row, session);
	if (is_plain(c))
		row_count(&row, 0);
	else
		put_more(t, &row, c, first, base);
	row_count(&row, more_duration(c));
	row_count(&row, (c->started_at == INSTANT_NONE ? NO_START : 0) | (c->duration < 0 ? NO_DURATION : 0));
	pack_row_end(p, &row);
}

void timeline_add_call(struct timeline *t, int64_t source_id, const struct call *c)
{
	struct open_source *o = timeline_writable(t, source_id);
	int64_t session, id = c->id;
	if (!o)
		return;
	const int64_t distance = id - row_id((uint64_t)source_id, pack_first_place(c)->offset, 0);
	if (distance < 0 || (uint64_t)distance > BITS_MASK(BITS_PART)) {
		(void)err_set(&o->failed, ERR_DB, "%s: the call at byte %llu has an id that is not of its place", t->path,
			(unsigned long long)pack_first_place(c)->offset);
		return;
	}
	uint64_t part = (uint64_t)distance;
	if (make_room(t, o, &o->calls, &id, &part) == 0 && put_session(t, o, &o->calls, c->session, &session) == 0)
		put_call(t, &o->calls, c, id, part, session);
}
