/* Servers and connections of a scope, saved (store/). A client that comes and goes leaves thousands of connections, of which a later
 * run adds a few: like calls and events they are JSON arrays, many to a row of connection_pack, and a pack that stands there already
 * stays.
 *
 * A pack ends where a time says so, not after so many: what is new in the middle changes the pack that it falls into, and not all
 * that follow. Scopes may overlap, then both have the connection; the view shows that of the younger pack.
 *
 * Refuses to change a pack, and to look at other scopes: facts.c has voided what overlaps. */
#include "base/hash.h"
#include "store/json_row.h"
#include "store/schema.h"
#include "store/timeline_p.h"

/* A pack ends behind an opening that this divides, or when it has become this long. */
enum { PACK_ENDS_AT = 64, PACK_LONGEST = 16 * 1024 };

/* What is saved for the scope. */
struct saved {
	VEC(struct saved_pack { int64_t id; bool stays; }) v;
	struct map index; /* by hash of what it holds */
};
/* The pack that is being filled. */
struct filling {
	struct buf rows, name_list;
	struct map names; /* id in `name` -> its place in name_list */
	int64_t at_ms;    /* of its first row */
	int64_t ms, nth;  /* of the row before: when it opened, and how many of its server did at that time before it */
};

static uint64_t sum_of(int64_t at_ms, str names, str rows)
{
	return hash64_seed(rows, hash64_seed(names, (uint64_t)at_ms));
}

static int load_saved(struct timeline *t, int64_t scope, struct saved *ret, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CONNECTION_PACK_ALL);
	if (st)
		bind_int(st, 1, scope);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		map_put(&ret->index, sum_of(column_int(st, 1), column_view(st, 2), column_view(st, 3)), (uint32_t)ret->v.n);
		*vec_push(&ret->v) = (struct saved_pack){column_int(st, 0), false};
	}
	return r;
}

static int write_pack(struct timeline *t, int64_t scope, struct saved *saved, struct filling *p, struct err *reterr)
{
	uint32_t at;
	if (p->rows.n == 0)
		return 0;
	buf_byte(&p->rows, ']');
	buf_byte(&p->name_list, ']');
	int r = 0;
	if (map_get(&saved->index, sum_of(p->at_ms, buf_str(&p->name_list), buf_str(&p->rows)), &at)) {
		saved->v.v[at].stays = true;
	} else {
		sqlite3_stmt *st = sql_get(&t->sql, SQL_CONNECTION_PACK_ADD);
		if (st) {
			bind_int(st, 1, scope);
			bind_int(st, 2, p->at_ms);
			bind_text(st, 3, buf_str(&p->name_list));
			bind_text(st, 4, buf_str(&p->rows));
		}
		r = sql_run(&t->sql, st, reterr);
	}
	buf_reset(&p->rows);
	buf_reset(&p->name_list);
	map_done(&p->names);
	return r;
}

/* Its place in the pack's list. */
static int put_name(struct timeline *t, struct filling *p, str text, struct row_out *row, struct err *reterr)
{
	int64_t id;
	uint32_t at = 0;
	int r = names_put(&t->names, &t->sql, text, &id, reterr);
	if (r == 0 && id && !map_get(&p->names, (uint64_t)id, &at)) {
		at = (uint32_t)p->names.n + 1;
		map_put(&p->names, (uint64_t)id, at);
		buf_printf(&p->name_list, ",%lld", (long long)id);
	}
	row_count(row, at);
	return r;
}

static int64_t uptime_said(const struct connection *c, int64_t opened, int64_t closed)
{
	const bool spans = c->opened_at != INSTANT_NONE && c->closed_at != INSTANT_NONE;
	const int64_t expected = spans ? (closed - opened) / 1000 : -1;
	return c->uptime_s == expected ? UPTIME_AS_TIMES : c->uptime_s < 0 ? UPTIME_UNKNOWN : c->uptime_s + UPTIME_SAID;
}

static int put_connection(struct timeline *t, struct filling *p, const struct connection *c, bool first_of_server, struct err *reterr)
{
	const int64_t opened = c->opened_at == INSTANT_NONE ? 0 : ms_floor(c->opened_at), closed = c->closed_at == INSTANT_NONE ? 0 : ms_floor(c->closed_at);
	p->nth = !first_of_server && opened == p->ms ? p->nth + 1 : 0;
	p->ms = opened;
	if (p->rows.n == 0) {
		p->at_ms = opened;
		buf_addz(&p->name_list, "[null");
	}
	buf_byte(&p->rows, p->rows.n ? ',' : '[');
	struct row_out row = row_begin(&p->rows);
	if (c->opened_at == INSTANT_NONE)
		row_null(&row);
	else
		row_int(&row, opened - p->at_ms);
	const str texts[] = {c->server, c->session, c->how};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int r = put_name(t, p, texts[i], &row, reterr);
		if (r < 0)
			return r;
	}
	if (c->closed_at == INSTANT_NONE)
		row_null(&row);
	else
		row_int(&row, closed - (c->opened_at == INSTANT_NONE ? p->at_ms : opened));
	row_count(&row, uptime_said(c, opened, closed));
	row_count(&row, p->nth);
	row_end(&row);
	return 0;
}

static bool ends_pack(const struct filling *p, const struct connection *last)
{
	return p->rows.n > PACK_LONGEST || (last->opened_at != INSTANT_NONE && p->ms % PACK_ENDS_AT == 0);
}

static int save_connections(struct timeline *t, int64_t scope, struct saved *saved, const struct facts *f, struct err *reterr)
{
	struct filling pack = {0};
	int r = 0;
	for (size_t i = 0; i < f->server_count && r == 0; i++) {
		for (size_t k = 0; k < f->servers[i].connection_count && r == 0; k++) {
			const struct connection *c = &f->servers[i].connections[k];
			r = put_connection(t, &pack, c, k == 0, reterr);
			if (r == 0 && ends_pack(&pack, c))
				r = write_pack(t, scope, saved, &pack, reterr);
		}
	}
	if (r == 0)
		r = write_pack(t, scope, saved, &pack, reterr);
	buf_done(&pack.rows);
	buf_done(&pack.name_list);
	map_done(&pack.names);
	return r;
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

static int remove_pack(struct timeline *t, int64_t id, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CONNECTION_PACK_REMOVE);
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
	if (r == 0)
		r = save_connections(t, scope, &saved, f, reterr);
	for (size_t i = 0; i < saved.v.n && r == 0; i++)
		if (!saved.v.v[i].stays)
			r = remove_pack(t, saved.v.v[i].id, reterr);
	vec_free(&saved.v);
	map_done(&saved.index);
	return r;
}
