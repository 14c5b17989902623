/* Verdicts, saved (store/). They belong to a scope, the set of sources they were made from: saving a scope removes what was
 * saved for it before and for every scope that lies inside it. Where scopes overlap, the row written last wins, and the
 * others' keys are voided, so that they are written anew when they are asked for again.
 *
 * The key covers the caller's key, the knowledge, and every source with its offset: equal key, nothing to do. Where the same
 * sources were judged before and nothing else voided that, only what differs is written: connections one by one, the rows of
 * incidents and notes when there is a difference in any of them.
 *
 * Never touches the tables of pass 1. */
#include "base/hash.h"
#include "store/timeline_p.h"
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
	int64_t verdicts;    /* hash of what stands in the rows of incidents, notes and twins */
	int64_t connections; /* … of connections */
};

static uint64_t hash_text(str s, uint64_t h)
{
	return s.p ? hash64_seed(s, h) : h * 31 + 1;
}

static uint64_t hash_evidence(const struct evidence *v, size_t n, uint64_t h)
{
	for (size_t i = 0; i < n; i++) {
		const struct evidence *e = &v[i];
		const int64_t facts[] = {e->event, e->at.source ? e->at.source->id : 0, (int64_t)e->at.line, (int64_t)e->at.offset, (int64_t)e->role,
			e->time, e->after, e->before, e->until, e->times};
		h = hash_text(e->text, hash64_seed((str){(const char *)facts, sizeof facts}, h));
	}
	return h;
}

static uint64_t hash_incident(const struct incident *i, uint64_t h)
{
	const str texts[] = {i->id, i->cause, i->trigger, i->server, i->transport, i->session, i->client_version, i->title, i->summary};
	const int64_t facts[] = {i->ending, i->state, i->severity, i->confidence, i->started_at, i->ended_at, i->duration, (int64_t)i->call_count,
		(int64_t)i->evidence_count};
	h = hash64_seed((str){(const char *)facts, sizeof facts}, h);
	for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
		h = hash_text(texts[k], h);
	for (size_t k = 0; k < i->call_count; k++) {
		const int64_t call[] = {i->calls[k]->id, i->calls[k]->ending};
		h = hash64_seed((str){(const char *)call, sizeof call}, h);
	}
	return hash_evidence(i->evidence, i->evidence_count, h);
}

static uint64_t hash_note(const struct note *n, uint64_t h)
{
	const int64_t facts[] = {n->started_at, n->ended_at, (int64_t)n->evidence_count};
	h = hash_text(n->title, hash_text(n->server, hash_text(n->kind, h)));
	return hash_evidence(n->evidence, n->evidence_count, hash64_seed((str){(const char *)facts, sizeof facts}, h));
}

static int64_t connections_of(const struct facts *f)
{
	uint64_t h = 0;
	for (size_t i = 0; i < f->server_count; i++)
		for (size_t k = 0; k < f->servers[i].connection_count; k++) {
			const struct connection *c = &f->servers[i].connections[k];
			const int64_t facts[] = {c->opened_at, c->closed_at, c->uptime_s};
			h = hash64_seed((str){(const char *)facts, sizeof facts}, h);
			h = hash_text(c->how, hash_text(c->session, hash_text(c->server, h)));
		}
	return (int64_t)(h >> 1) | 1;
}

static int64_t verdicts_of(const struct facts *f)
{
	const uint64_t counts[] = {f->incident_count, f->note_count, f->call_twin_count, f->event_twin_count};
	uint64_t h = hash64((str){(const char *)counts, sizeof counts});
	for (size_t i = 0; i < f->incident_count; i++)
		h = hash_incident(&f->incidents[i], h);
	for (size_t i = 0; i < f->note_count; i++)
		h = hash_note(&f->notes[i], h);
	h = hash64_seed((str){(const char *)f->call_twins, f->call_twin_count * sizeof *f->call_twins}, h);
	h = hash64_seed((str){(const char *)f->event_twins, f->event_twin_count * sizeof *f->event_twins}, h);
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
	struct scope s = {facts_mix(0, ids.v, ids.n) & INT32_MAX, facts_mix(state, end, 3), 0, 0}; /* its id stands in every row: 4 bytes */
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

static int remove_verdicts(struct timeline *t, int64_t id, struct err *reterr)
{
	static const char *const tables[] = {"incident", "incident_call", "evidence_line", "bound", "note", "call_twin", "event_twin"};
	return remove_rows(t, tables, sizeof tables / sizeof *tables, id, reterr);
}

static int remove_servers(struct timeline *t, int64_t id, struct err *reterr)
{
	static const char *const tables[] = {"server"};
	return remove_rows(t, tables, 1, id, reterr);
}

static int remove_scope(struct timeline *t, int64_t id, struct err *reterr)
{
	static const char *const tables[] = {"connection", "scope_source"};
	struct arena a = {0};
	int r = remove_verdicts(t, id, reterr);
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

/* A scope that was not saved before, or voided since. */
static int new_scope(struct timeline *t, const struct facts *f, const struct scope *s, struct err *reterr)
{
	/* The first scope of a database finds nothing to replace. */
	const int others = sql_row(&t->sql, sql_get(&t->sql, SQL_SCOPE_ANY), reterr);
	if (others > 0)
		(void)sqlite3_reset(t->sql.statements[SQL_SCOPE_ANY]);
	int r = others > 0 ? remove_scope(t, s->id, reterr) : others;
	for (size_t i = 0; i < f->source_count && r == 0; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_SOURCE_ADD);
		if (st) {
			bind_int(st, 1, s->id);
			bind_int(st, 2, f->sources[i].id);
		}
		r = sql_run(&t->sql, st, reterr);
	}
	if (r == 0 && others)
		r = remove_inside(t, s->id, reterr);
	return r == 0 && others ? run_scope(t, SQL_SCOPE_STALE, s->id, reterr) : r;
}

static int save_scope(struct timeline *t, const struct facts *f, const struct scope *s, const struct scope *known, struct err *reterr)
{
	int r = known ? remove_servers(t, s->id, reterr) : new_scope(t, f, s, reterr);
	if (r == 0 && known && known->verdicts != s->verdicts)
		r = remove_verdicts(t, s->id, reterr);
	if (r == 0 && known)
		r = run_scope(t, SQL_SCOPE_STALE, s->id, reterr);
	sqlite3_stmt *st = r == 0 ? sql_get(&t->sql, SQL_SCOPE_ADD) : NULL;
	if (st) {
		bind_int(st, 1, s->id);
		bind_int(st, 2, s->key);
		bind_ms(st, 3, f->as_of);
		bind_int(st, 4, s->verdicts);
		bind_int(st, 5, s->connections);
	}
	return r == 0 ? sql_run(&t->sql, st, reterr) : r;
}

/* --- incidents, notes --- */

static int save_bound(struct timeline *t, int64_t scope, const struct evidence *e, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_BOUND_ADD);
	if (st) {
		bind_int(st, 1, e->event);
		bind_int(st, 2, scope);
		bind_ms(st, 3, e->after);
		bind_ms(st, 4, e->before);
	}
	return sql_run(&t->sql, st, reterr);
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
	int r = sql_run(&t->sql, st, reterr);
	if (r == 0 && e->event && e->time == INSTANT_NONE && (e->after != INSTANT_NONE || e->before != INSTANT_NONE))
		r = save_bound(t, scope, e, reterr);
	return r;
}

static int save_evidence_list(struct timeline *t, int64_t scope, int64_t owner, const struct evidence *v, size_t n, struct err *reterr)
{
	int r = run_scope(t, SQL_EVIDENCE_REMOVE, owner, reterr);
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

static int save_incident(struct timeline *t, int64_t scope, const struct incident *i, struct err *reterr)
{
	int64_t id = facts_id(i->id.p ? i->id : S(""), 'i');
	sqlite3_stmt *st = sql_get(&t->sql, SQL_INCIDENT_ADD);
	if (st)
		bind_incident(st, id, scope, i);
	int r = sql_run(&t->sql, st, reterr);
	if (r == 0)
		r = run_scope(t, SQL_INCIDENT_CALL_REMOVE, id, reterr);
	for (size_t k = 0; k < i->call_count && r == 0; k++) {
		st = sql_get(&t->sql, SQL_INCIDENT_CALL_ADD);
		if (st) {
			bind_int(st, 1, i->calls[k]->id);
			bind_int(st, 2, id);
			bind_int(st, 3, scope);
			bind_text(st, 4, str_z(ending_name(i->calls[k]->ending)));
		}
		r = sql_run(&t->sql, st, reterr);
	}
	return r == 0 ? save_evidence_list(t, scope, id, i->evidence, i->evidence_count, reterr) : r;
}

static int save_note(struct timeline *t, int64_t scope, const struct note *n, struct err *reterr)
{
	const struct evidence *e = n->evidence_count ? &n->evidence[0] : NULL;
	const int64_t natural[5] = {(int64_t)facts_seed(n->server), n->started_at, n->ended_at,
		e && e->at.source ? e->at.source->id : 0, e ? (int64_t)e->at.offset : 0};
	int64_t id = facts_mix(facts_seed(n->kind), natural, 5);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_NOTE_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_int(st, 2, scope);
		bind_text(st, 3, n->kind.p ? n->kind : S(""));
		bind_text(st, 4, n->server);
		bind_ms(st, 5, n->started_at);
		bind_ms(st, 6, n->ended_at);
		bind_text(st, 7, n->title);
	}
	int r = sql_run(&t->sql, st, reterr);
	return r == 0 ? save_evidence_list(t, scope, id, n->evidence, n->evidence_count, reterr) : r;
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

/* --- all of it --- */

static int save_verdicts(struct timeline *t, const struct facts *f, int64_t scope, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < f->incident_count && r == 0; i++)
		r = save_incident(t, scope, &f->incidents[i], reterr);
	for (size_t i = 0; i < f->note_count && r == 0; i++)
		r = save_note(t, scope, &f->notes[i], reterr);
	if (r == 0)
		r = save_twins(t, SQL_CALL_TWIN_ADD, scope, f->call_twins, f->call_twin_count, reterr);
	return r == 0 ? save_twins(t, SQL_EVENT_TWIN_ADD, scope, f->event_twins, f->event_twin_count, reterr) : r;
}

/* known: as it was saved before, and is still; NULL: it was not, or rows of it may be gone. */
static int save_all(struct timeline *t, const struct facts *f, const struct scope *s, const struct scope *known, struct err *reterr)
{
	int r = save_scope(t, f, s, known, reterr);
	if (r == 0)
		r = servers_save(t, f, s->id, !known ? CONNECTIONS_NEW : known->connections == s->connections ? CONNECTIONS_SAME : CONNECTIONS_SOME, reterr);
	return r == 0 && !(known && known->verdicts == s->verdicts) ? save_verdicts(t, f, s->id, reterr) : r;
}

int timeline_save_facts(struct timeline *t, const struct facts *f, str scope_key, struct err *reterr)
{
	struct scope s = scope_of(t, f, scope_key), old = {0};
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_KEY);
	if (st)
		bind_int(st, 1, s.id);
	int r = sql_row(&t->sql, st, reterr);
	if (r > 0) {
		old.key = column_int(st, 0);
		old.verdicts = column_int(st, 1);
		old.connections = column_int(st, 2);
		(void)sqlite3_reset(st);
	}
	if (r < 0 || old.key == s.key)
		return r < 0 ? r : 0;
	s.verdicts = verdicts_of(f);
	s.connections = connections_of(f);
	const struct scope *known = old.key ? &old : NULL;
	if (t->writing)
		return save_all(t, f, &s, known, reterr);
	r = timeline_begin(t, reterr);
	if (r == 0)
		r = save_all(t, f, &s, known, reterr);
	if (r == 0)
		r = timeline_commit(t, reterr);
	if (r < 0)
		timeline_rollback(t);
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
