/* What pass 2 keeps of groups of sources (store/): looked up one by one, or all read in one go by a run that will ask for most of them.
 *
 * Refuses to know what the bytes mean. */
#include "store/timeline_p.h"

/* Knowledge and reading options are a part of the state. */
static int64_t whole_state(const struct timeline *t, int64_t state)
{
	return state ^ (int64_t)(t->rules_hash >> 2);
}

void kept_digests_done(struct kept_digests *k)
{
	vec_free(&k->v);
	map_done(&k->by_members);
	*k = (struct kept_digests){0};
}

int timeline_expect_digests(struct timeline *t, size_t n, struct arena *a, struct err *reterr)
{
	enum { FEW = 32 };
	struct kept_digests *k = &t->digests;
	if (k->loaded || n < FEW || n < t->known.v.n / 2)
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_DIGEST_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		map_put(&k->by_members, column_u64(st, 0), (uint32_t)k->v.n);
		*vec_push(&k->v) = (struct kept_digest){column_int(st, 1), column_squeezed(&t->sql, st, 2, a)};
	}
	k->loaded = r == 0;
	return r;
}

int timeline_digest(struct timeline *t, int64_t members, int64_t state, struct arena *a, str *ret, struct err *reterr)
{
	uint32_t at;
	*ret = STR_NONE;
	if (t->fresh)
		return 0;
	if (t->digests.loaded) {
		const bool known = map_get(&t->digests.by_members, (uint64_t)members, &at);
		if (known && t->digests.v.v[at].state == whole_state(t, state))
			*ret = t->digests.v.v[at].facts;
		return 0;
	}
	sqlite3_stmt *st = sql_get(&t->sql, SQL_DIGEST_GET);
	if (st) {
		bind_int(st, 1, members);
		bind_int(st, 2, whole_state(t, state));
	}
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r;
	*ret = column_squeezed(&t->sql, st, 0, a);
	(void)sqlite3_reset(st);
	return 0;
}

int timeline_put_digest(struct timeline *t, int64_t members, int64_t state, str facts, struct err *reterr)
{
	enum { BYTES_MOST = 8 << 20 }; /* the database takes no value of 16 MiB (open.c) */
	if (facts.n > BYTES_MOST)
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_DIGEST_PUT);
	if (st) {
		bind_int(st, 1, members);
		bind_int(st, 2, whole_state(t, state));
		bind_squeezed(&t->sql, st, 3, facts);
	}
	return sql_run(&t->sql, st, reterr);
}
