/* What runs wrote, kept for runs that find everything as it was (store/). Most of a report are parts that come again in the next one,
 * also when something is new: a part is a row of its own, and the output names it between the texts that are its own. So a run writes
 * as much as differs.
 *
 * Parts of an output have neighbouring ids, made of its key. Refuses to know what the bytes mean. */
#include "base/wire.h"
#include "store/timeline_p.h"

enum { NUMBER_BITS = 32 };

static int64_t first_id(uint64_t key)
{
	return (int64_t)(key >> (NUMBER_BITS + 1) << NUMBER_BITS);
}

void kept_output_done(struct kept_output *k)
{
	vec_free(&k->v);
	map_done(&k->by_part);
	arena_done(&k->arena);
	*k = (struct kept_output){0};
}

static int load_parts(struct timeline *t, struct err *reterr)
{
	struct kept_output *k = &t->output;
	if (k->loaded)
		return 0;
	k->loaded = true;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_OUTPUT_PARTS);
	if (st) {
		bind_int(st, 1, first_id(k->key));
		bind_int(st, 2, first_id(k->key) + UINT32_MAX);
	}
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		map_put(&k->by_part, column_u64(st, 1), (uint32_t)k->v.n);
		*vec_push(&k->v) = (struct kept_part){column_int(st, 0), column_u64(st, 1), arena_str(&k->arena, column_bytes(st, 2)), false};
	}
	return r;
}

static struct kept_part *part_of(struct kept_output *k, uint64_t part)
{
	uint32_t at;
	return map_get(&k->by_part, part, &at) ? &k->v.v[at] : NULL;
}

str timeline_output_part(struct timeline *t, uint64_t part)
{
	const struct kept_part *p = load_parts(t, NULL) < 0 ? NULL : part_of(&t->output, part);
	return p ? p->text : STR_NONE;
}

/* The texts of an output and its parts, in turn; false when a part is gone. */
static bool put_together(struct timeline *t, str bytes, struct buf *ret)
{
	struct wire w = {bytes, false};
	buf_add(ret, wire_take_str(&w));
	while (w.rest.n && !w.bad) {
		const str part = timeline_output_part(t, (uint64_t)wire_take_fixed(&w));
		w.bad |= !part.p;
		buf_add(ret, part);
		buf_add(ret, wire_take_str(&w));
	}
	return !w.bad;
}

int timeline_output(struct timeline *t, uint64_t key, uint64_t inputs, struct arena *a, str *ret, struct err *reterr)
{
	*ret = STR_NONE;
	kept_output_done(&t->output);
	t->output.key = key | 1; /* 0 counts changes */
	t->output.loaded = t->fresh;
	if (t->fresh)
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_OUTPUT_GET);
	if (st) {
		bind_u64(st, 1, t->output.key);
		bind_u64(st, 2, inputs >> 8); /* room for their number */
	}
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r;
	struct buf whole = {0};
	if (put_together(t, column_bytes(st, 0), &whole))
		*ret = arena_str(a, buf_str(&whole));
	buf_done(&whole);
	(void)sqlite3_reset(st);
	return 0;
}

static int add_part(struct timeline *t, int64_t id, uint64_t part, str text, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_OUTPUT_PART_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_u64(st, 2, part);
		bind_blob(st, 3, text.p, text.n);
	}
	return sql_run(&t->sql, st, reterr);
}

/* Rows of the parts: new ones are added behind the others, and those that are not asked for any more go. */
static int put_parts(struct timeline *t, const struct output *o, struct err *reterr)
{
	struct kept_output *k = &t->output;
	int64_t next = k->v.n ? k->v.v[k->v.n - 1].id + 1 : first_id(k->key);
	int r = next > first_id(k->key) + INT32_MAX ? err_set(reterr, ERR_DB, "%s: a report was written too often", t->path) : 0;
	for (size_t i = 0; i < o->parts.n && r == 0; i++) {
		const struct output_part *p = &o->parts.v[i];
		struct kept_part *known = part_of(k, p->key);
		if (known)
			known->used = true;
		else
			r = add_part(t, next++, p->key, str_head(str_from(buf_str(&o->text), p->at), p->n), reterr);
	}
	for (size_t i = 0; i < k->v.n && r == 0; i++) {
		sqlite3_stmt *st = k->v.v[i].used ? NULL : sql_get(&t->sql, SQL_OUTPUT_PART_REMOVE);
		if (st)
			bind_int(st, 1, k->v.v[i].id);
		r = k->v.v[i].used ? 0 : sql_run(&t->sql, st, reterr);
	}
	return r;
}

int timeline_put_output(struct timeline *t, uint64_t inputs, const struct output *o, struct err *reterr)
{
	struct buf own = {0};
	size_t at = 0;
	int r = load_parts(t, reterr);
	if (r == 0)
		r = put_parts(t, o, reterr);
	for (size_t i = 0; i < o->parts.n; i++) {
		wire_str(&own, str_head(str_from(buf_str(&o->text), at), o->parts.v[i].at - at));
		wire_fixed(&own, (int64_t)o->parts.v[i].key);
		at = o->parts.v[i].at + o->parts.v[i].n;
	}
	wire_str(&own, str_from(buf_str(&o->text), at));
	sqlite3_stmt *st = r == 0 ? sql_get(&t->sql, SQL_OUTPUT_PUT) : NULL;
	if (st) {
		bind_u64(st, 1, t->output.key);
		bind_u64(st, 2, inputs >> 8);
		bind_blob(st, 3, own.p, own.n);
	}
	if (r == 0)
		r = sql_run(&t->sql, st, reterr);
	buf_done(&own);
	return r;
}

void output_done(struct output *o)
{
	buf_done(&o->text);
	vec_free(&o->parts);
}

int timeline_forget_outputs(struct timeline *t, struct err *reterr)
{
	return sql_run(&t->sql, sql_get(&t->sql, SQL_OUTPUT_FORGET), reterr);
}
