/* Servers and connections of a scope, saved (store/). A client that comes and goes leaves thousands of connections, of which a later
 * run adds a few: those that are saved already are compared, and stay.
 *
 * Refuses to look at other scopes: facts.c has voided what overlaps. */
#include "store/timeline_p.h"

struct saved_connection {
	int64_t id, how, uptime;
	bool stays;
};
/* What is saved for the scope. */
struct saved {
	VEC(struct saved_connection) v;
	struct map index; /* by id */
	str how;          /* the word looked up last; there are few */
	int64_t how_id;
};

static int load_saved(struct timeline *t, int64_t scope, struct saved *ret, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CONNECTION_ALL);
	if (st)
		bind_int(st, 1, scope);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		map_put(&ret->index, column_u64(st, 0), (uint32_t)ret->v.n);
		*vec_push(&ret->v) = (struct saved_connection){column_int(st, 0), column_int(st, 1), column_opt(st, 2), false};
	}
	return r;
}

static int write_connection(struct timeline *t, int64_t scope, int64_t id, int64_t how, const struct connection *c, struct err *reterr)
{
	const str texts[] = {c->server, c->session};
	int64_t names[2];
	for (size_t i = 0; i < 2; i++) {
		int r = names_put(&t->names, &t->sql, texts[i], &names[i], reterr);
		if (r < 0)
			return r;
	}
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CONNECTION_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_int(st, 2, scope);
		if (names[0])
			bind_int(st, 3, names[0]);
		if (names[1])
			bind_int(st, 4, names[1]);
		bind_ms(st, 5, c->opened_at);
		bind_ms(st, 6, c->closed_at);
		bind_opt(st, 7, c->uptime_s);
		if (how)
			bind_int(st, 8, how);
	}
	return sql_run(&t->sql, st, reterr);
}

/* n tells connections apart that say nothing of themselves. */
static int save_connection(struct timeline *t, int64_t scope, struct saved *saved, const struct connection *c, size_t n, struct err *reterr)
{
	const int64_t natural[4] = {(int64_t)facts_seed(c->session), c->opened_at, c->closed_at, (int64_t)n};
	const int64_t id = facts_mix(facts_seed(c->server), natural, 4);
	uint32_t at;
	if (!saved->how.p || !str_eq(saved->how, c->how)) {
		int r = names_put(&t->names, &t->sql, c->how, &saved->how_id, reterr);
		if (r < 0)
			return r;
		saved->how = c->how;
	}
	if (map_get(&saved->index, (uint64_t)id, &at)) {
		struct saved_connection *same = &saved->v.v[at];
		same->stays = true; /* as it is, or replaced */
		if (same->how == saved->how_id && same->uptime == c->uptime_s)
			return 0;
	}
	return write_connection(t, scope, id, saved->how_id, c, reterr);
}

static bool same_connection(const struct connection *a, const struct connection *b)
{
	return str_eq(a->session, b->session) && a->opened_at == b->opened_at && a->closed_at == b->closed_at;
}

static int save_server(struct timeline *t, int64_t scope, const struct server_facts *v, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SERVER_ADD);
	if (st) {
		bind_int(st, 1, facts_id(v->name.p ? v->name : S(""), 's'));
		bind_int(st, 2, scope);
		bind_text(st, 3, v->name);
		bind_text(st, 4, v->transport);
	}
	return sql_run(&t->sql, st, reterr);
}

static int save_connections(struct timeline *t, int64_t scope, struct saved *saved, const struct server_facts *v, struct err *reterr)
{
	int r = 0;
	size_t n = 0;
	for (size_t i = 0; i < v->connection_count && r == 0; i++) {
		n = i && same_connection(&v->connections[i - 1], &v->connections[i]) ? n + 1 : 0;
		r = save_connection(t, scope, saved, &v->connections[i], n, reterr);
	}
	return r;
}

static int remove_connection(struct timeline *t, int64_t id, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CONNECTION_REMOVE);
	if (st)
		bind_int(st, 1, id);
	return sql_run(&t->sql, st, reterr);
}

int servers_save(struct timeline *t, const struct facts *f, int64_t scope, bool saved_before, struct err *reterr)
{
	struct saved saved = {0};
	int r = saved_before ? load_saved(t, scope, &saved, reterr) : 0;
	for (size_t i = 0; i < f->server_count && r == 0; i++)
		r = save_server(t, scope, &f->servers[i], reterr);
	for (size_t i = 0; i < f->server_count && r == 0; i++)
		r = save_connections(t, scope, &saved, &f->servers[i], reterr);
	for (size_t i = 0; i < saved.v.n && r == 0; i++)
		if (!saved.v.v[i].stays)
			r = remove_connection(t, saved.v.v[i].id, reterr);
	vec_free(&saved.v);
	map_done(&saved.index);
	return r;
}
