/* Verdicts, saved (store/). They belong to a scope, the set of sources they were made from: saving a scope removes what was
 * saved for it before and for every scope that lies inside it. Where scopes overlap, the row written last wins, and the
 * others' keys are voided, so that they are written anew when they are asked for again.
 *
 * The key covers the caller's key, the knowledge, and every source with its offset: equal key, nothing to do. Where the same
 * sources were judged before and nothing else voided that, only what differs is written: the scope's row says what stands in the
 * rows of each incident and note, servers.c compares packs of connections.
 *
 * Never touches the tables of pass 1. */
#include "base/hash.h"
#include "store/timeline_p.h"
#include "store/verdict_list.h"
#include <stdlib.h>

int64_t facts_id(str text, uint64_t seed)
{
	return (int64_t)(hash64_seed(text, seed) >> 1) | 1;
}

int64_t facts_mix(uint64_t seed, const int64_t *v, size_t n)
{
	return facts_id((str){(const char *)v, n * sizeof *v}, seed);
}

uint64_t facts_seed(str s)
{
	return hash64(s.p ? s : S(""));
}

/* --- the scope --- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

struct scope {
	int64_t id, key;
	struct verdict_list verdicts;
	int64_t connections; /* hash of what stands in the rows of servers and connections */
	bool alone;          /* there is no other scope */
	bool distinct;       /* no two of its verdicts have one id */
};

static void scope_done(struct scope *s)
{
	verdict_list_done(&s->verdicts);
}

static int64_t connections_of(const struct facts *f)
{
	uint64_t h = 0;
	for (size_t i = 0; i < f->server_count; i++) {
		h = verdict_hash_text(f->servers[i].transport, verdict_hash_text(f->servers[i].name, h));
		for (size_t k = 0; k < f->servers[i].connection_count; k++) {
			const struct connection *c = &f->servers[i].connections[k];
			const int64_t facts[] = {c->opened_at, c->closed_at, c->uptime_s};
			h = hash64_seed((str){(const char *)facts, sizeof facts}, h);
			h = verdict_hash_text(c->how, verdict_hash_text(c->session, h));
		}
	}
	return (int64_t)(h >> 1) | 1;
}

static struct scope scope_of(const struct timeline *t, const struct facts *f, str key)
{
	VEC(int64_t) ids = {0};
	uint64_t state = hash64_seed(key, t->rules_hash);
	for (size_t i = 0; i < f->source_count; i++) {
		const struct source *s = &f->sources[i];
		const int64_t place[4] = {s->id, (int64_t)s->offset, (int64_t)s->bytes, (int64_t)s->complete};
		state = hash64_seed((str){(const char *)place, sizeof place}, state);
		*vec_push(&ids) = s->id;
	}
	if (ids.n)
		qsort(ids.v, ids.n, sizeof *ids.v, by_number);
	const int64_t end[3] = {f->momentary ? f->as_of : 0, (int64_t)f->incident_count, (int64_t)f->calls};
	struct scope s = {.id = facts_mix(0, ids.v, ids.n) & INT32_MAX, .key = facts_mix(state, end, 3)}; /* its id stands in every row: 4 bytes */
	vec_free(&ids);
	return s;
}

static int remove_rows(struct timeline *t, const char *const *tables, size_t n, int64_t id, struct err *reterr)
{
	struct arena a = {0};
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = sql_exec(&t->sql, arena_printf(&a, "DELETE FROM %s WHERE scope = %lld", tables[i], (long long)id).p, reterr);
	arena_done(&a);
	return r;
}

/* Rows that belong to no single incident or note. */
static int remove_shared(struct timeline *t, int64_t id, struct err *reterr)
{
	static const char *const tables[] = {"bound", "call_twin", "event_twin"};
	return remove_rows(t, tables, sizeof tables / sizeof *tables, id, reterr);
}

static int remove_servers(struct timeline *t, int64_t id, struct err *reterr)
{
	static const char *const tables[] = {"server"};
	return remove_rows(t, tables, 1, id, reterr);
}

static int remove_scope(struct timeline *t, int64_t id, struct err *reterr)
{
	static const char *const tables[] = {"connection_pack", "scope_source", "incident", "incident_call", "evidence_line", "note"};
	struct arena a = {0};
	int r = remove_shared(t, id, reterr);
	if (r == 0)
		r = remove_servers(t, id, reterr);
	if (r == 0)
		r = remove_rows(t, tables, sizeof tables / sizeof *tables, id, reterr);
	if (r == 0)
		r = sql_exec(&t->sql, arena_printf(&a, "DELETE FROM scope WHERE id = %lld", (long long)id).p, reterr);
	arena_done(&a);
	return r;
}

static int run_scope(struct timeline *t, enum statement which, int64_t scope, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, which);
	if (st)
		bind_int(st, 1, scope);
	return sql_run(&t->sql, st, reterr);
}

static int remove_inside(struct timeline *t, int64_t scope, struct err *reterr)
{
	VEC(int64_t) inside = {0};
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_INSIDE);
	if (st)
		bind_int(st, 1, scope);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		*vec_push(&inside) = column_int(st, 0);
	for (size_t i = 0; i < inside.n && r == 0; i++)
		r = remove_scope(t, inside.v[i], reterr);
	vec_free(&inside);
	return r;
}

static int look_for_others(struct timeline *t, struct scope *s, bool *ret_any, struct err *reterr)
{
	s->alone = t->fresh;
	if (t->fresh)
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_ANY);
	if (st)
		bind_int(st, 1, s->id);
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r;
	*ret_any = column_int(st, 0) != 0;
	s->alone = column_int(st, 1) == 0;
	(void)sqlite3_reset(st);
	return 0;
}

/* A scope that was not saved before, or voided since. */
static int new_scope(struct timeline *t, const struct facts *f, const struct scope *s, bool any, struct err *reterr)
{
	int r = any ? remove_scope(t, s->id, reterr) : 0; /* the first scope of a database finds nothing to replace */
	for (size_t i = 0; i < f->source_count && r == 0; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_SOURCE_ADD);
		if (st) {
			bind_int(st, 1, s->id);
			bind_int(st, 2, f->sources[i].id);
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r == 0 && !s->alone ? remove_inside(t, s->id, reterr) : r;
}

static int put_scope(struct timeline *t, const struct facts *f, const struct scope *s, struct err *reterr)
{
	struct buf verdicts = {0};
	verdict_list_write(&s->verdicts, &verdicts);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_ADD);
	if (st) {
		bind_int(st, 1, s->id);
		bind_int(st, 2, s->key);
		bind_ms(st, 3, f->as_of);
		bind_blob(st, 4, verdicts.p, verdicts.n);
		bind_int(st, 5, s->connections);
	}
	int r = sql_run(&t->sql, st, reterr);
	buf_done(&verdicts);
	return r;
}

static int save_scope(struct timeline *t, const struct facts *f, struct scope *s, const struct scope *known, struct err *reterr)
{
	bool any = false;
	int r = look_for_others(t, s, &any, reterr);
	if (r == 0 && !known)
		r = new_scope(t, f, s, any, reterr);
	if (r == 0 && !s->alone)
		r = run_scope(t, SQL_SCOPE_STALE, s->id, reterr);
	return r == 0 ? put_scope(t, f, s, reterr) : r;
}

/* --- incidents, notes --- */

static int save_bounds(struct timeline *t, int64_t scope, const struct evidence *v, size_t n, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		if (!verdict_is_bound(&v[i]))
			continue;
		sqlite3_stmt *st = sql_get(&t->sql, SQL_BOUND_ADD);
		if (st) {
			bind_int(st, 1, v[i].event);
			bind_int(st, 2, scope);
			bind_ms(st, 3, v[i].after);
			bind_ms(st, 4, v[i].before);
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r;
}

static int save_evidence(struct timeline *t, int64_t scope, int64_t owner, size_t n, const struct evidence *e, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_EVIDENCE_ADD);
	if (st) {
		bind_int(st, 1, owner);
		bind_int(st, 2, (int64_t)n);
		bind_int(st, 3, scope);
		if (e->event)
			bind_int(st, 4, e->event);
		if (e->at.source) {
			bind_int(st, 5, e->at.source->id);
			bind_u64(st, 6, e->at.line);
			bind_u64(st, 7, e->at.offset);
		}
		bind_text(st, 8, str_z(role_name(e->role)));
		bind_ms(st, 9, e->time);
		bind_ms(st, 10, e->after);
		bind_ms(st, 11, e->before);
		bind_ms(st, 12, e->until);
		bind_int(st, 13, e->times);
		/* What an event says stands in its own row. */
		if (!e->event || e->role == ROLE_ABSENCE)
			bind_text(st, 14, e->text);
	}
	return sql_run(&t->sql, st, reterr);
}

/* Does this incident or note replace one? Of its own scope, of another one, or of this run. */
static bool replaces(const struct scope *s, const struct scope *known, int64_t id)
{
	return !s->alone || !s->distinct || (known && verdict_list_find(&known->verdicts, id));
}

static int save_evidence_list(struct timeline *t, int64_t scope, int64_t owner, bool replaces, const struct evidence *v, size_t n, struct err *reterr)
{
	int r = replaces ? run_scope(t, SQL_EVIDENCE_REMOVE, owner, reterr) : 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = save_evidence(t, scope, owner, i, &v[i], reterr);
	return r;
}

static void bind_incident(sqlite3_stmt *st, int64_t id, int64_t scope, const struct incident *i)
{
	bind_int(st, 1, id);
	bind_int(st, 2, scope);
	bind_text(st, 3, i->id.p ? i->id : S(""));
	bind_text(st, 4, i->cause.p ? i->cause : S(""));
	bind_text(st, 5, i->trigger);
	bind_text(st, 6, str_z(ending_name(i->ending)));
	bind_text(st, 7, str_z(state_name(i->state)));
	bind_text(st, 8, str_z(severity_name(i->severity)));
	bind_text(st, 9, str_z(confidence_name(i->confidence)));
	bind_text(st, 10, i->server);
	bind_text(st, 11, i->transport);
	bind_text(st, 12, i->session);
	bind_text(st, 13, i->client_version);
	bind_ms(st, 14, i->started_at);
	bind_ms(st, 15, i->ended_at);
	bind_opt(st, 16, i->duration < 0 ? -1 : i->duration / MILLISECOND);
	bind_text(st, 17, i->title);
	bind_text(st, 18, i->summary);
}

static int save_incident(struct timeline *t, const struct scope *s, const struct scope *known, const struct incident *i, struct err *reterr)
{
	const int64_t id = verdict_incident_id(i);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_INCIDENT_ADD);
	if (st)
		bind_incident(st, id, s->id, i);
	int r = sql_run(&t->sql, st, reterr);
	/* These have no index by incident. */
	if (r == 0 && replaces(s, known, id))
		r = run_scope(t, SQL_INCIDENT_CALL_REMOVE, id, reterr);
	for (size_t k = 0; k < i->call_count && r == 0; k++) {
		st = sql_get(&t->sql, SQL_INCIDENT_CALL_ADD);
		if (st) {
			bind_int(st, 1, i->calls[k]->id);
			bind_int(st, 2, id);
			bind_int(st, 3, s->id);
			bind_text(st, 4, str_z(ending_name(i->calls[k]->ending)));
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r == 0 ? save_evidence_list(t, s->id, id, replaces(s, known, id), i->evidence, i->evidence_count, reterr) : r;
}

static int save_note(struct timeline *t, const struct scope *s, const struct scope *known, const struct note *n, struct err *reterr)
{
	const int64_t id = verdict_note_id(n);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_NOTE_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_int(st, 2, s->id);
		bind_text(st, 3, n->kind.p ? n->kind : S(""));
		bind_text(st, 4, n->server);
		bind_ms(st, 5, n->started_at);
		bind_ms(st, 6, n->ended_at);
		bind_text(st, 7, n->title);
	}
	int r = sql_run(&t->sql, st, reterr);
	return r == 0 ? save_evidence_list(t, s->id, id, replaces(s, known, id), n->evidence, n->evidence_count, reterr) : r;
}

static int remove_verdict(struct timeline *t, int64_t id, struct err *reterr)
{
	static const enum statement all[] = {SQL_INCIDENT_REMOVE, SQL_NOTE_REMOVE, SQL_INCIDENT_CALL_REMOVE, SQL_EVIDENCE_REMOVE};
	int r = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all && r == 0; i++)
		r = run_scope(t, all[i], id, reterr);
	return r;
}

/* --- rows that count once --- */

static int save_twins(struct timeline *t, enum statement add, int64_t scope, const struct twin *v, size_t n, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, add);
		if (st) {
			bind_int(st, 1, v[i].row);
			bind_int(st, 2, v[i].of);
			bind_int(st, 3, scope);
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r;
}

static int save_shared(struct timeline *t, const struct facts *f, int64_t scope, struct err *reterr)
{
	int r = save_twins(t, SQL_CALL_TWIN_ADD, scope, f->call_twins, f->call_twin_count, reterr);
	if (r == 0)
		r = save_twins(t, SQL_EVENT_TWIN_ADD, scope, f->event_twins, f->event_twin_count, reterr);
	for (size_t i = 0; i < f->incident_count && r == 0; i++)
		r = save_bounds(t, scope, f->incidents[i].evidence, f->incidents[i].evidence_count, reterr);
	for (size_t i = 0; i < f->note_count && r == 0; i++)
		r = save_bounds(t, scope, f->notes[i].evidence, f->notes[i].evidence_count, reterr);
	return r;
}

/* --- all of it --- */

static bool is_saved(const struct scope *s, const struct scope *known, int64_t id)
{
	const struct verdict *v = known ? verdict_list_find(&known->verdicts, id) : NULL;
	return v && v->sum == verdict_list_find(&s->verdicts, id)->sum;
}

static int by_row(const void *a, const void *b)
{
	const int64_t x = verdict_incident_id(*(const struct incident *const *)a), y = verdict_incident_id(*(const struct incident *const *)b);
	return x < y ? -1 : x > y;
}

/* In the order of their rows: pages are full then, and none is split. */
static int save_incidents(struct timeline *t, const struct facts *f, const struct scope *s, const struct scope *known, struct err *reterr)
{
	VEC(const struct incident *) v = {0};
	int r = 0;
	for (size_t i = 0; i < f->incident_count; i++)
		if (!is_saved(s, known, verdict_incident_id(&f->incidents[i])))
			*vec_push(&v) = &f->incidents[i];
	vec_sort(&v, by_row);
	for (size_t i = 0; i < v.n && r == 0; i++)
		r = save_incident(t, s, known, v.v[i], reterr);
	vec_free(&v);
	return r;
}

static int save_verdicts(struct timeline *t, const struct facts *f, const struct scope *s, const struct scope *known, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; known && i < known->verdicts.v.n && r == 0; i++)
		if (!verdict_list_find(&s->verdicts, known->verdicts.v.v[i].id))
			r = remove_verdict(t, known->verdicts.v.v[i].id, reterr);
	if (r == 0)
		r = save_incidents(t, f, s, known, reterr);
	for (size_t i = 0; i < f->note_count && r == 0; i++)
		if (!is_saved(s, known, verdict_note_id(&f->notes[i])))
			r = save_note(t, s, known, &f->notes[i], reterr);
	if (r || (known ? known->verdicts.rest : 0) == s->verdicts.rest)
		return r;
	r = known ? remove_shared(t, s->id, reterr) : 0;
	return r == 0 ? save_shared(t, f, s->id, reterr) : r;
}

/* known: as it was saved before, and is still; NULL: it was not, or rows of it may be gone. */
static int save_all(struct timeline *t, const struct facts *f, struct scope *s, const struct scope *known, struct err *reterr)
{
	int r = save_scope(t, f, s, known, reterr);
	if (r == 0 && !(known && known->connections == s->connections)) {
		r = known ? remove_servers(t, s->id, reterr) : 0;
		if (r == 0)
			r = servers_save(t, f, s->id, known != NULL, reterr);
	}
	return r == 0 ? save_verdicts(t, f, s, known, reterr) : r;
}

static int known_scope(struct timeline *t, int64_t id, struct scope *ret, struct err *reterr)
{
	if (t->fresh)
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_KEY);
	if (st)
		bind_int(st, 1, id);
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r;
	*ret = (struct scope){.id = id, .connections = column_int(st, 2)};
	if (verdict_list_read(&ret->verdicts, column_bytes(st, 1)))
		ret->key = column_int(st, 0);
	(void)sqlite3_reset(st);
	return 0;
}

/* In a transaction of its own where none is open. */
static int save_changed(struct timeline *t, const struct facts *f, struct scope *s, const struct scope *known, struct err *reterr)
{
	verdict_list_make(f, &s->verdicts);
	s->distinct = s->verdicts.v.n == f->incident_count + f->note_count;
	s->connections = connections_of(f);
	if (t->writing)
		return save_all(t, f, s, known, reterr);
	int r = timeline_begin(t, reterr);
	if (r == 0)
		r = save_all(t, f, s, known, reterr);
	if (r == 0)
		r = timeline_commit(t, reterr);
	if (r < 0)
		timeline_rollback(t);
	return r;
}

int timeline_save_facts(struct timeline *t, const struct facts *f, str scope_key, struct err *reterr)
{
	struct scope s = scope_of(t, f, scope_key), old = {0};
	int r = known_scope(t, s.id, &old, reterr);
	if (r == 0 && old.key != s.key)
		r = save_changed(t, f, &s, old.key ? &old : NULL, reterr);
	t->fresh = false; /* a second scope is not alone */
	scope_done(&s);
	scope_done(&old);
	return r;
}

int timeline_add_run(struct timeline *t, str command, instant started, instant finished, int exit_code, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_RUN_ADD);
	if (st) {
		bind_ms(st, 1, started);
		bind_ms(st, 2, finished);
		bind_text(st, 3, command.p ? command : S(""));
		bind_int(st, 4, exit_code);
	}
	return sql_run(&t->sql, st, reterr);
}
