/* Rows of events and calls, written (store/).
 *
 * A row keeps what pass 2 needs and no more: times as milliseconds (what a finer clock adds stands beside), names as numbers,
 * the place in the file in the row id (model/ids.h). What most rows leave empty has a second row in call_more
 * and event_more.
 *
 * timeline_add_* cannot fail on their own: the first error of a source is kept and comes out at its end, and nothing is
 * committed then. Refuses rows of a source that was not begun. */
#include "base/json.h"
#include "model/ids.h"
#include "store/pack.h"
#include "store/schema.h"
#include "store/timeline_p.h"
#include <stdio.h>

/* Is the field's text just what the duration says ("915ms", "915")? Then it is not stored, a flag of the form tells. */
static unsigned said_by_duration(const struct event *e, const struct field *f)
{
	char text[32];
	if ((f->name != FIELD_MS && f->name != FIELD_DUR) || e->duration < 0 || e->duration % MILLISECOND)
		return 0;
	int n = snprintf(text, sizeof text, "%lld%s", (long long)(e->duration / MILLISECOND), f->name == FIELD_DUR ? "ms" : "");
	if (!str_eq(f->value, (str){text, (size_t)n}))
		return 0;
	return f->name == FIELD_DUR ? FORM_DUR : FORM_MS;
}

static void detail_of(struct buf *out, const struct event *e, const struct rules *rules, unsigned *ret_flags)
{
	struct json_out w = {.out = out};
	buf_reset(out);
	*ret_flags = 0;
	for (unsigned i = 0; i < e->field_count; i++) {
		str name = intern_get(&rules->fields, e->fields[i].name);
		unsigned flag = said_by_duration(e, &e->fields[i]);
		*ret_flags |= flag;
		if (name.n == 0 || flag)
			continue;
		if (out->n == 0)
			json_open(&w, '{');
		char key[64];
		memcpy(key, name.p, name.n < sizeof key ? name.n : sizeof key - 1);
		key[name.n < sizeof key ? name.n : sizeof key - 1] = '\0';
		json_key(&w, key);
		json_str(&w, e->fields[i].value);
	}
	if (out->n)
		json_close(&w, '}');
}

struct row_names {
	int64_t server, tool, session;
	bool other_session; /* than its source's rows: written */
};

static int put_names(struct timeline *t, struct open_source *o, str server, str tool, str session, struct row_names *ret)
{
	int r = names_put(&t->names, &t->sql, server, &ret->server, &o->failed);
	if (r == 0)
		r = names_put(&t->names, &t->sql, tool, &ret->tool, &o->failed);
	if (r == 0)
		r = names_put(&t->names, &t->sql, session, &ret->session, &o->failed);
	if (r == 0 && !o->has_session) {
		o->session = ret->session;
		o->has_session = true;
	}
	ret->other_session = ret->session != o->session;
	return r;
}

static void bind_name(sqlite3_stmt *st, int at, int64_t id)
{
	if (id)
		bind_int(st, at, id);
}

static void bind_session(sqlite3_stmt *st, int at, const struct row_names *n)
{
	if (n->other_session)
		bind_int(st, at, n->session);
}

static void bind_id(struct timeline *t, sqlite3_stmt *st, int at, str id)
{
	if (str_starts(id, S(SCHEMA_ID_PREFIX))) {
		bind_text(st, at, str_from(id, sizeof SCHEMA_ID_PREFIX - 1));
	} else if (id.p) {
		buf_reset(&t->scratch_id);
		buf_byte(&t->scratch_id, '=');
		buf_add(&t->scratch_id, id);
		bind_text(st, at, buf_str(&t->scratch_id));
	}
}

static uint64_t at_most(uint64_t v, unsigned width)
{
	return v < BITS_MASK(width) ? v : BITS_MASK(width);
}

/* Runs an INSERT whose parameter 1 is the id and 2 the bits; a taken id moves on by one, as another part. */
static int insert_row(struct timeline *t, struct open_source *o, sqlite3_stmt *st, int64_t id, uint64_t bits, unsigned part_at, int64_t *ret_id)
{
	uint64_t part = bits >> part_at & BITS_MASK(BITS_PART);
	for (; st && part <= BITS_MASK(BITS_PART) && id < o->limit && id >= o->id; part++, id++, bits += UINT64_C(1) << part_at) {
		bind_int(st, 1, id);
		bind_u64(st, 2, bits);
		int rc = sqlite3_step(st);
		(void)sqlite3_reset(st);
		if (rc == SQLITE_DONE) {
			*ret_id = id;
			o->last = id > o->last ? id : o->last;
			return 0;
		}
		if (rc != SQLITE_CONSTRAINT_PRIMARYKEY && rc != SQLITE_CONSTRAINT_ROWID)
			return sql_fail(&t->sql, &o->failed);
	}
	if (!st)
		return sql_fail(&t->sql, &o->failed);
	return err_set(&o->failed, ERR_DB, "%s: no room for the row of byte %lld of a source", t->path, (long long)(id - o->id));
}

/* --- events --- */

static uint64_t event_bits(const struct event *e)
{
	uint64_t lines = at_most(e->lines ? e->lines - 1 : 0, BITS_LINES), us = e->at == INSTANT_NONE ? 0 : (uint64_t)ms_rest(e->at);
	uint64_t rest = e->duration < 0 ? 0 : (uint64_t)(e->duration % MILLISECOND);
	return e->part | lines << BITS_PART | us << (BITS_PART + BITS_LINES) | rest << (BITS_PART + BITS_LINES + BITS_US);
}

static int add_event_more(struct timeline *t, const struct event *e, int64_t id, const struct row_names *n, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_EVENT_MORE_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_name(st, 2, n->tool);
		bind_id(t, st, 3, e->tool_use_id);
		if (e->call)
			bind_int(st, 4, id - e->call);
		bind_text(st, 5, e->err);
		bind_text(st, 6, e->text.n ? e->text : STR_NONE);
	}
	return sql_run(&t->sql, st, reterr);
}

void timeline_add_event(struct timeline *t, int64_t source_id, const struct event *e, const struct rules *rules)
{
	struct open_source *o = timeline_writable(t, source_id);
	struct row_names n;
	int64_t form;
	if (!o || put_names(t, o, e->server, e->tool, e->session, &n) < 0)
		return;
	unsigned flags;
	detail_of(&t->scratch, e, rules, &flags);
	if (names_put_form(&t->names, &t->sql, rules, e, flags, &form, &o->failed) < 0)
		return;
	str detail = buf_str(&t->scratch);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_EVENT_ADD);
	if (st) {
		bind_int(st, 3, form);
		bind_u64(st, 4, e->line);
		bind_ms(st, 5, e->at);
		bind_duration_ms(st, 6, e->duration);
		bind_name(st, 7, n.server);
		bind_session(st, 8, &n);
		bind_text(st, 9, detail.n ? detail : STR_NONE);
	}
	int64_t id = row_id((uint64_t)source_id, e->offset, e->part);
	if (insert_row(t, o, st, id, event_bits(e), 0, &id) == 0 && (n.tool || e->tool_use_id.p || e->call || e->err.p || e->text.n))
		(void)!add_event_more(t, e, id, &n, &o->failed);
}

/* --- calls --- */

enum { CALL_PART_AT = BITS_OUTCOME + BITS_LINK + BITS_SURE + BITS_FLAGS + BITS_ATTEMPTS };
_Static_assert(CALL_PART_AT == 31, "the view `calls` takes the part from bit 31");

static uint64_t call_bits(const struct call *c, uint64_t part)
{
	uint64_t bits = part;
	bits = bits << BITS_ATTEMPTS | (at_most(c->attempts, BITS_ATTEMPTS) ^ 1);
	bits = bits << BITS_FLAGS | (c->flags & BITS_MASK(BITS_FLAGS));
	bits = bits << BITS_SURE | (c->link_sure ? 1 : 0);
	bits = bits << BITS_LINK | (uint64_t)c->link;
	return bits << BITS_OUTCOME | (uint64_t)c->outcome;
}
_Static_assert(OUTCOME_COUNT <= 1 << BITS_OUTCOME && LINK_COUNT <= 1 << BITS_LINK, "call.bits has room for every outcome and link");
_Static_assert(CALL_REJECTED < 1 << BITS_FLAGS, "call.bits has room for every flag");

static void bind_distance(sqlite3_stmt *st, int at, instant v, instant base)
{
	if (v != INSTANT_NONE)
		bind_int(st, at, ms_floor(v) - ms_floor(base));
}

static void bind_place(sqlite3_stmt *st, int at, const struct place *p, const struct place *from)
{
	if (!p->line)
		return;
	bind_int(st, at, (int64_t)(p->line - from->line));
	bind_int(st, at + 1, (int64_t)(p->offset - from->offset));
}

static void bind_call(struct timeline *t, sqlite3_stmt *st, const struct call *c, const struct row_names *n, unsigned char packed[PACK_MOST])
{
	const instant base = pack_base(c);
	bind_u64(st, 3, pack_first_place(c)->line);
	bind_name(st, 4, n->server);
	bind_name(st, 5, n->tool);
	bind_session(st, 6, n);
	bind_id(t, st, 7, c->tool_use_id);
	bind_ms(st, 8, base);
	bind_distance(st, 9, c->started_at, base);
	bind_distance(st, 10, c->ended_at, base);
	bind_duration_ms(st, 11, c->permission);
	bind_duration_ms(st, 12, c->duration);
	bind_blob(st, 13, packed, pack_call(c, packed));
}

static int add_call_more(struct timeline *t, const struct call *c, int64_t id, struct err *reterr)
{
	const struct place *first = pack_first_place(c);
	const instant base = pack_base(c);
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

static bool is_plain(const struct call *c)
{
	return !c->beats && !c->err.p && !c->class && c->last_elapsed < 0 && c->first_beat_at == INSTANT_NONE && c->last_beat_at == INSTANT_NONE
		&& !c->beat.line && !c->last_beat.line;
}

void timeline_add_call(struct timeline *t, int64_t source_id, const struct call *c)
{
	struct open_source *o = timeline_writable(t, source_id);
	struct row_names n;
	unsigned char packed[PACK_MOST];
	if (!o || put_names(t, o, c->server, c->tool, c->session, &n) < 0)
		return;
	int64_t part = c->id - row_id((uint64_t)source_id, pack_first_place(c)->offset, 0), id;
	if (part < 0 || (uint64_t)part > BITS_MASK(BITS_PART)) {
		(void)err_set(&o->failed, ERR_DB, "%s: the call at byte %llu has an id that is not of its place", t->path,
			(unsigned long long)pack_first_place(c)->offset);
		return;
	}
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CALL_ADD);
	if (st)
		bind_call(t, st, c, &n, packed);
	if (insert_row(t, o, st, c->id, call_bits(c, (uint64_t)part), CALL_PART_AT, &id) == 0 && !is_plain(c))
		(void)!add_call_more(t, c, id, &o->failed);
}
