/* The longest answered call of a tool (store/), for judging whether one that is open is late. Finding it means taking every pack of rows
 * apart, so what each source has is kept, and only sources that were written since are looked at.
 *
 * Refuses to find the longest of a scope: it is that of all rows. */
#include "base/hash.h"
#include "base/wire.h"
#include "store/timeline_p.h"

enum { KEPT = 'l' }; /* its state among digests */

struct share {
	int64_t id, state, longest; /* of a source; longest in ms, -1: none */
};
struct shares {
	VEC(struct share) v;
	struct map by_id;    /* → index */
	bool news;           /* differs from what is kept */
};

/* Changes whenever rows of the source may have. */
static int64_t state_of(const struct generation *g)
{
	const uint64_t facts[] = {(uint64_t)g->last_id, g->mark.offset, g->mark.hash, g->identity.size, (uint64_t)g->identity.mtime_ns,
		(uint64_t)g->identity.ctime_ns, g->pending, g->rules_hash};
	return (int64_t)hash64((str){(const char *)facts, sizeof facts});
}

static int64_t key_of(str server, str tool)
{
	return (int64_t)(hash64_seed(tool, hash64_seed(server, KEPT)) >> 2) | 1;
}

static void load(struct timeline *t, int64_t key, struct shares *ret)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_DIGEST_GET);
	if (st) {
		bind_int(st, 1, key);
		bind_int(st, 2, KEPT);
	}
	if (sql_row(&t->sql, st, NULL) <= 0)
		return;
	struct wire w = {column_bytes(st, 0), false};
	while (w.rest.n && !w.bad) {
		const struct share s = {wire_take_fixed(&w), wire_take_fixed(&w), wire_take_fixed(&w)};
		map_put(&ret->by_id, (uint64_t)s.id, (uint32_t)ret->v.n);
		*vec_push(&ret->v) = s;
	}
	(void)sqlite3_reset(st);
}

static void keep(struct timeline *t, int64_t key, const struct shares *s)
{
	struct buf b = {0};
	for (size_t i = 0; i < s->v.n; i++) {
		wire_fixed(&b, s->v.v[i].id);
		wire_fixed(&b, s->v.v[i].state);
		wire_fixed(&b, s->v.v[i].longest);
	}
	sqlite3_stmt *st = sql_get(&t->sql, SQL_DIGEST_PUT);
	if (st) {
		bind_int(st, 1, key);
		bind_int(st, 2, KEPT);
		bind_blob(st, 3, b.p, b.n);
	}
	(void)!sql_run(&t->sql, st, NULL); /* a failure is remembered, and undoes the transaction */
	buf_done(&b);
}

/* In ms, among the rows from one id to another; -1: none. */
static int64_t among(struct timeline *t, str server, str tool, int64_t from, int64_t to)
{
	int64_t ms = -1;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_CALL_LONGEST);
	if (st) {
		bind_text(st, 1, server);
		bind_text(st, 2, tool);
		bind_int(st, 3, from);
		bind_int(st, 4, to);
	}
	if (sql_row(&t->sql, st, NULL) > 0) {
		ms = column_opt(st, 0);
		(void)sqlite3_reset(st);
	}
	return ms < 0 ? -1 : ms;
}

static int64_t of_source(struct timeline *t, struct shares *s, str server, str tool, const struct generation *g)
{
	const int64_t state = state_of(g);
	uint32_t at;
	if (!map_get(&s->by_id, (uint64_t)g->id, &at)) {
		at = (uint32_t)s->v.n;
		map_put(&s->by_id, (uint64_t)g->id, at);
		*vec_push(&s->v) = (struct share){g->id, ~state, -1};
	}
	struct share *mine = &s->v.v[at];
	if (mine->state != state) {
		*mine = (struct share){g->id, state, among(t, server, tool, g->id, g->last_id)};
		s->news = true;
	}
	return mine->longest;
}

int64_t timeline_longest_call(struct timeline *t, str server, str tool)
{
	struct shares shares = {0};
	int64_t longest = -1;
	const int64_t key = key_of(server, tool);
	if (!t->writing)
		longest = among(t, server, tool, INT64_MIN, INT64_MAX);
	else
		load(t, key, &shares);
	for (size_t i = 0; t->writing && i < t->known.v.n; i++) {
		const struct generation *g = t->known.v.v[i];
		const int64_t ms = g->removed ? -1 : of_source(t, &shares, server, tool, g);
		longest = ms > longest ? ms : longest;
	}
	if (shares.news)
		keep(t, key, &shares);
	vec_free(&shares.v);
	map_done(&shares.by_id);
	return longest < 0 ? -1 : longest * MILLISECOND;
}
