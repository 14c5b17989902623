/* Retention (store/prune.h). A source loses its rows up to the first one that is young enough; that place becomes its `shared`
 * mark, as if an original that is gone had them, so a file that is read again from byte 0 does not bring them back. Verdicts
 * that ended before go too, the others are made anew by the next run; what was kept of groups is dropped.
 *
 * Refuses to remove sources: their positions are what keeps lines from being counted twice. */
#include "store/prune.h"
#include "store/timeline_p.h"
#include <limits.h>

struct pruned { /* a source that may lose rows, oldest first */
	int64_t id, last_id, offset, shared;
};

static int one_number(struct timeline *t, const char *sql, const int64_t *values, size_t n, int64_t *ret, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(t->sql.db, sql, -1, &st, NULL) != SQLITE_OK)
		return sql_fail(&t->sql, reterr);
	for (size_t i = 0; i < n; i++)
		bind_int(st, (int)i + 1, values[i]);
	int r = sql_row(&t->sql, st, reterr);
	*ret = r > 0 ? column_int(st, 0) : 0;
	sqlite3_finalize(st);
	return r < 0 ? r : 0;
}

static int size_of(struct timeline *t, uint64_t *ret, struct err *reterr)
{
	int64_t n = 0;
	int r = one_number(t, "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size", NULL, 0, &n,
		reterr);
	*ret = (uint64_t)n;
	return r;
}

/* What is measured from a row that goes is measured from the pack afterwards. */
#define GONE(at) "coalesce(sum(value ->> " at ") FILTER (WHERE row < ?2), 0)"
#define TIMES_OF(pack) "SELECT ?1 + p.offset + " RUNNING("0") " AS row, iif(value ->> 2 IS NULL, NULL, p.at_ms + " RUNNING("2") ") AS t FROM " pack \
	" p CROSS JOIN json_each(rows) WHERE p.id BETWEEN ?1 AND ?2" RUNNING_ROWS

/* Removes, or counts, the rows of one table up to a row id. */
static int take_rows(struct timeline *t, const char *table, const struct pruned *s, int64_t until, bool dry, uint64_t *count, struct err *reterr)
{
	struct arena a = {0};
	const int64_t range[2] = {s->id, until};
	int64_t n = 0;
	int r = one_number(t, arena_printf(&a, "SELECT count(*) FROM (SELECT ?1 + p.offset + " RUNNING("0") " AS row FROM %s p CROSS JOIN json_each(rows)"
		" WHERE p.id >= ?1 AND p.id < ?2" RUNNING_ROWS ") WHERE row < ?2", table).p, range, 2, &n, reterr);
	if (r == 0 && n && !dry)
		r = one_number(t, arena_printf(&a, "DELETE FROM %s WHERE id >= ?1 AND id < ?2 AND last < ?2", table).p, range, 2, &(int64_t){0}, reterr);
	if (r == 0 && n && !dry)
		r = one_number(t, arena_printf(&a, "UPDATE %s AS p SET (rows, offset, line, at_ms) = (SELECT json_group_array(json(value)) FILTER (WHERE row >= ?2),"
			" p.offset + " GONE("0") ", p.line + " GONE("1") ", p.at_ms + " GONE("2") " FROM (SELECT value, ?1 + p.offset + sum(value ->> 0)"
			" OVER (ROWS UNBOUNDED PRECEDING) AS row FROM json_each(p.rows))) WHERE id >= ?1 AND id < ?2", table).p, range, 2, &(int64_t){0}, reterr);
	*count += (uint64_t)n;
	arena_done(&a);
	return r;
}

/* The first row that stays: the first young one, else behind the last. */
static int boundary(struct timeline *t, const struct pruned *s, int64_t before_ms, int64_t *ret, struct err *reterr)
{
	const int64_t values[4] = {s->id, s->last_id, before_ms, s->id + s->offset};
	return one_number(t,
		"SELECT coalesce(min(row), ?4) FROM (" TIMES_OF("call_pack") " UNION ALL " TIMES_OF("event_pack") ") WHERE t >= ?3",
		values, 4, ret, reterr);
}

static int prune_source(struct timeline *t, const struct pruned *s, int64_t before_ms, bool dry, struct prune_result *ret, struct err *reterr)
{
	int64_t until = 0;
	uint64_t calls = 0, events = 0;
	int r = boundary(t, s, before_ms, &until, reterr);
	if (r == 0)
		r = take_rows(t, "call_pack", s, until, dry, &calls, reterr);
	if (r == 0)
		r = take_rows(t, "event_pack", s, until, dry, &events, reterr);
	const int64_t gone[2] = {s->id, until};
	if (r == 0 && !dry)
		r = one_number(t, "DELETE FROM event_text WHERE id >= ?1 AND id < ?2", gone, 2, &(int64_t){0}, reterr);
	if (r < 0 || calls + events == 0)
		return r;
	ret->sources++;
	ret->calls += calls;
	ret->events += events;
	const int64_t mark[2] = {s->id, until - s->id > s->shared ? until - s->id : s->shared};
	if (!dry)
		r = one_number(t, "UPDATE source SET shared_bytes = ?2 WHERE id = ?1", mark, 2, &(int64_t){0}, reterr);
	return r;
}

static int sources_by_age(struct timeline *t, struct arena *a, struct pruned **ret, size_t *ret_count, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	VEC(struct pruned) v = {0};
	(void)sqlite3_prepare_v2(t->sql.db, "SELECT id, last_id, offset, shared_bytes FROM source ORDER BY coalesce(last_ms, 0), id", -1, &st, NULL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		*vec_push(&v) = (struct pruned){column_int(st, 0), column_int(st, 1), column_int(st, 2), column_int(st, 3)};
	sqlite3_finalize(st);
	*ret = arena_alloc(a, (v.n + 1) * sizeof **ret);
	if (v.n)
		memcpy(*ret, v.v, v.n * sizeof *v.v);
	*ret_count = v.n;
	vec_free(&v);
	return r;
}

/* What judgement made of the rows: ended and old goes, the rest is made anew. */
static int prune_verdicts(struct timeline *t, int64_t before_ms, bool dry, struct prune_result *ret, struct err *reterr)
{
	int64_t n = 0;
	int r = one_number(t, "SELECT count(*) FROM incident WHERE coalesce(ended_ms, started_ms) < ?1", &before_ms, 1, &n, reterr);
	ret->incidents = (uint64_t)n;
	if (r < 0 || dry)
		return r;
	r = sql_exec(&t->sql, "DELETE FROM digest; DELETE FROM output; DELETE FROM output_part; UPDATE scope SET key = 0", reterr);
	static const char *const old[] = {
		"DELETE FROM evidence_line WHERE owner IN (SELECT id FROM incident WHERE coalesce(ended_ms, started_ms) < ?1)",
		"DELETE FROM incident_call WHERE incident IN (SELECT id FROM incident WHERE coalesce(ended_ms, started_ms) < ?1)",
		"DELETE FROM incident WHERE coalesce(ended_ms, started_ms) < ?1",
		"DELETE FROM evidence_line WHERE owner IN (SELECT id FROM note WHERE coalesce(ended_ms, started_ms) < ?1)",
		"DELETE FROM note WHERE coalesce(ended_ms, started_ms) < ?1",
		"DELETE FROM run WHERE finished_ms < ?1"};
	for (size_t i = 0; i < sizeof old / sizeof *old && r == 0; i++)
		r = one_number(t, old[i], &before_ms, 1, &(int64_t){0}, reterr);
	return r;
}

static int prune_in(struct timeline *t, const struct prune_options *o, struct prune_result *ret, struct err *reterr)
{
	struct arena a = {0};
	struct pruned *v;
	size_t n = 0;
	const int64_t before = o->before == INSTANT_NONE ? INT64_MIN : ms_floor(o->before);
	uint64_t size = 0;
	int r = sources_by_age(t, &a, &v, &n, reterr);
	for (size_t i = 0; i < n && r == 0 && o->before != INSTANT_NONE; i++)
		r = prune_source(t, &v[i], before, o->dry, ret, reterr);
	if (r == 0)
		r = prune_verdicts(t, before, o->dry, ret, reterr);
	if (r == 0)
		r = size_of(t, &size, reterr);
	for (size_t i = 0; i < n && r == 0 && o->most_bytes && !o->dry && size > o->most_bytes; i++) {
		r = prune_source(t, &v[i], INT64_MAX, false, ret, reterr);
		if (r == 0)
			r = size_of(t, &size, reterr);
	}
	arena_done(&a);
	return r;
}

int timeline_prune(struct timeline *t, const struct prune_options *o, struct prune_result *ret, struct err *reterr)
{
	*ret = (struct prune_result){0};
	int r = size_of(t, &ret->bytes_before, reterr);
	if (r == 0)
		r = timeline_begin(t, reterr);
	if (r == 0)
		r = prune_in(t, o, ret, reterr);
	t->known.stale = false; /* it is gone, and what is known in memory is not what is left */
	if (r == 0 && !o->dry)
		r = timeline_commit(t, reterr);
	if (r < 0 || o->dry)
		timeline_rollback(t);
	if (r == 0 && !o->dry) {
		const int limit = sqlite3_limit(t->sql.db, SQLITE_LIMIT_ATTACHED, 2); /* VACUUM builds the new file as an attached one */
		r = sql_exec(&t->sql, "VACUUM", reterr);
		(void)sqlite3_limit(t->sql.db, SQLITE_LIMIT_ATTACHED, limit);
	}
	if (r == 0)
		r = size_of(t, &ret->bytes_after, reterr);
	return r;
}
