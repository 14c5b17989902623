/* Verdicts, saved (store/). They belong to a scope, the set of sources they were made from: saving a scope removes what was
 * saved for it before and for every scope that lies inside it. Where scopes overlap, the row written last wins, and the
 * others' keys are voided, so that they are written anew when they are asked for again.
 *
 * The key covers the caller's key, the knowledge, and every source with its offset: equal key, nothing to do.
 *
 * Never touches the tables of pass 1. */
#include "base/hash.h"
#include "store/timeline_p.h"
#include <stdlib.h>

static int64_t id_of(str text, uint64_t seed)
{
	return (int64_t)(hash64_seed(text, seed) >> 1) | 1;
}

static int64_t mix(uint64_t seed, const int64_t *v, size_t n)
{
	return id_of((str){(const char *)v, n * sizeof *v}, seed);
}

static uint64_t text_seed(str s)
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
};

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
	const bool open = f->calls_open > 0 || incidents_open(f->incidents, f->incident_count);
	const int64_t end[3] = {open ? f->as_of : 0, (int64_t)f->incident_count, (int64_t)f->calls};
	struct scope s = {mix(0, ids.v, ids.n) & INT32_MAX, mix(state, end, 3)}; /* stands in every row: 4 bytes */
	vec_free(&ids);
	return s;
}

static int remove_scope(struct timeline *t, int64_t id, struct err *reterr)
{
	static const char *const tables[] = {"server", "connection", "incident", "incident_call", "evidence_line", "bound", "note", "call_twin", "event_twin",
		"scope_source"};
	struct arena a = {0};
	int r = 0;
	for (size_t i = 0; i < sizeof tables / sizeof *tables && r == 0; i++)
		r = sql_exec(&t->sql, arena_printf(&a, "DELETE FROM %s WHERE scope = %lld", tables[i], (long long)id).p, reterr);
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

static int save_scope(struct timeline *t, const struct facts *f, const struct scope *s, struct err *reterr)
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
	if (r == 0 && others)
		r = run_scope(t, SQL_SCOPE_STALE, s->id, reterr);
	sqlite3_stmt *st = r == 0 ? sql_get(&t->sql, SQL_SCOPE_ADD) : NULL;
	if (st) {
		bind_int(st, 1, s->id);
		bind_int(st, 2, s->key);
		bind_ms(st, 3, f->as_of);
	}
	return r == 0 ? sql_run(&t->sql, st, reterr) : r;
}

/* --- servers, connections --- */

static int save_connection(struct timeline *t, int64_t scope, const struct connection *c, size_t n, struct err *reterr)
{
	const int64_t natural[4] = {(int64_t)text_seed(c->session), c->opened_at, c->closed_at, (int64_t)n};
	const str texts[] = {c->server, c->session, c->how};
	int64_t names[3];
	for (size_t i = 0; i < 3; i++) {
		int r = names_put(&t->names, &t->sql, texts[i], &names[i], reterr);
		if (r < 0)
			return r;
	}
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CONNECTION_ADD);
	if (st) {
		bind_int(st, 1, mix(text_seed(c->server), natural, 4));
		bind_int(st, 2, scope);
		if (names[0])
			bind_int(st, 3, names[0]);
		if (names[1])
			bind_int(st, 4, names[1]);
		bind_ms(st, 5, c->opened_at);
		bind_ms(st, 6, c->closed_at);
		bind_opt(st, 7, c->uptime_s);
		if (names[2])
			bind_int(st, 8, names[2]);
	}
	return sql_run(&t->sql, st, reterr);
}

static bool same_connection(const struct connection *a, const struct connection *b)
{
	return str_eq(a->session, b->session) && a->opened_at == b->opened_at && a->closed_at == b->closed_at;
}

static int save_server(struct timeline *t, int64_t scope, const struct server_facts *v, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SERVER_ADD);
	if (st) {
		bind_int(st, 1, id_of(v->name.p ? v->name : S(""), 's'));
		bind_int(st, 2, scope);
		bind_text(st, 3, v->name);
		bind_text(st, 4, v->transport);
	}
	int r = sql_run(&t->sql, st, reterr);
	size_t n = 0; /* tells connections apart that say nothing of themselves */
	for (size_t i = 0; i < v->connection_count && r == 0; i++) {
		n = i && same_connection(&v->connections[i - 1], &v->connections[i]) ? n + 1 : 0;
		r = save_connection(t, scope, &v->connections[i], n, reterr);
	}
	return r;
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
	int64_t id = id_of(i->id.p ? i->id : S(""), 'i');
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
	const int64_t natural[5] = {(int64_t)text_seed(n->server), n->started_at, n->ended_at,
		e && e->at.source ? e->at.source->id : 0, e ? (int64_t)e->at.offset : 0};
	int64_t id = mix(text_seed(n->kind), natural, 5);
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

static int save_all(struct timeline *t, const struct facts *f, const struct scope *s, struct err *reterr)
{
	int r = save_scope(t, f, s, reterr);
	for (size_t i = 0; i < f->server_count && r == 0; i++)
		r = save_server(t, s->id, &f->servers[i], reterr);
	for (size_t i = 0; i < f->incident_count && r == 0; i++)
		r = save_incident(t, s->id, &f->incidents[i], reterr);
	for (size_t i = 0; i < f->note_count && r == 0; i++)
		r = save_note(t, s->id, &f->notes[i], reterr);
	if (r == 0)
		r = save_twins(t, SQL_CALL_TWIN_ADD, s->id, f->call_twins, f->call_twin_count, reterr);
	return r == 0 ? save_twins(t, SQL_EVENT_TWIN_ADD, s->id, f->event_twins, f->event_twin_count, reterr) : r;
}

int timeline_save_facts(struct timeline *t, const struct facts *f, str scope_key, struct err *reterr)
{
	const struct scope s = scope_of(t, f, scope_key);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SCOPE_KEY);
	if (st) {
		bind_int(st, 1, s.id);
		bind_int(st, 2, s.key);
	}
	int r = sql_row(&t->sql, st, reterr);
	if (r > 0)
		(void)sqlite3_reset(st);
	if (r != 0)
		return r > 0 ? 0 : r;
	if (t->writing)
		return save_all(t, f, &s, reterr);
	r = timeline_begin(t, reterr);
	if (r == 0)
		r = save_all(t, f, &s, reterr);
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
