/* What runs wrote, kept for runs that find everything as it was (store/). Most of a report are parts that come again in the next one,
 * also when something is new: the output names them between the texts that are its own. So a run writes as much as differs.
 *
 * Parts are much alike, and stand some together in a row, squeezed. A row of which a part is no longer asked for goes, and its other
 * parts are written again. Rows of an output have neighbouring ids, made of its key. Refuses to know what the bytes mean. */
#include "base/wire.h"
#include "store/timeline_p.h"

enum { NUMBER_BITS = 32, ROW_BYTES = 16 * 1024 }; /* so many bytes are enough to find what is alike */

static int64_t first_id(uint64_t key)
{
	return (int64_t)(key >> (NUMBER_BITS + 1) << NUMBER_BITS);
}

void kept_output_done(struct kept_output *k)
{
	vec_free(&k->v);
	vec_free(&k->rows);
	map_done(&k->by_part);
	arena_done(&k->arena);
	*k = (struct kept_output){0};
}

/* What stands in front of damage is taken; the row goes then. */
static void take_row(struct kept_output *k, int64_t id, str texts)
{
	struct wire w = {texts, !texts.p};
	*vec_push(&k->rows) = (struct kept_row){id, false};
	while (w.rest.n && !w.bad) {
		const uint64_t part = (uint64_t)wire_take_fixed(&w);
		const str text = wire_take_str(&w);
		if (w.bad)
			break;
		map_put(&k->by_part, part, (uint32_t)k->v.n);
		*vec_push(&k->v) = (struct kept_part){part, text, (uint32_t)k->rows.n - 1, false};
	}
	k->rows.v[k->rows.n - 1].goes = w.bad;
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
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		take_row(k, column_int(st, 0), column_squeezed(&t->sql, st, 1, &k->arena));
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
	if (put_together(t, column_squeezed(&t->sql, st, 0, a), &whole))
		*ret = arena_str(a, buf_str(&whole));
	buf_done(&whole);
	(void)sqlite3_reset(st);
	return 0;
}

static int add_row(struct timeline *t, int64_t id, struct buf *texts, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_OUTPUT_PART_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_squeezed(&t->sql, st, 2, buf_str(texts));
	}
	buf_reset(texts);
	return sql_run(&t->sql, st, reterr);
}

/* Rows with a part that the output does not have. */
static int remove_rows(struct timeline *t, const struct output *o, struct err *reterr)
{
	struct kept_output *k = &t->output;
	int r = 0;
	for (size_t i = 0; i < o->parts.n; i++) {
		struct kept_part *known = part_of(k, o->parts.v[i].key);
		if (known)
			known->used = true;
	}
	for (size_t i = 0; i < k->v.n; i++)
		k->rows.v[k->v.v[i].row].goes |= !k->v.v[i].used;
	for (size_t i = 0; i < k->rows.n && r == 0; i++) {
		sqlite3_stmt *st = k->rows.v[i].goes ? sql_get(&t->sql, SQL_OUTPUT_PART_REMOVE) : NULL;
		if (st)
			bind_int(st, 1, k->rows.v[i].id);
		r = k->rows.v[i].goes ? sql_run(&t->sql, st, reterr) : 0;
	}
	return r;
}

/* Parts that stand in no row that stays, behind the others. */
static int put_parts(struct timeline *t, const struct output *o, struct err *reterr)
{
	struct kept_output *k = &t->output;
	struct buf texts = {0};
	struct map written = {0};
	uint32_t at;
	int64_t next = k->rows.n ? k->rows.v[k->rows.n - 1].id + 1 : first_id(k->key);
	int r = next > first_id(k->key) + INT32_MAX ? err_set(reterr, ERR_DB, "%s: a report was written too often", t->path) : remove_rows(t, o, reterr);
	for (size_t i = 0; i < o->parts.n && r == 0; i++) {
		const struct output_part *p = &o->parts.v[i];
		const struct kept_part *known = part_of(k, p->key);
		if ((known && !k->rows.v[known->row].goes) || map_get(&written, p->key, &at))
			continue;
		map_put(&written, p->key, 0);
		wire_fixed(&texts, (int64_t)p->key);
		wire_str(&texts, str_head(str_from(buf_str(&o->text), p->at), p->n));
		if (texts.n >= ROW_BYTES)
			r = add_row(t, next++, &texts, reterr);
	}
	if (r == 0 && texts.n)
		r = add_row(t, next, &texts, reterr);
	map_done(&written);
	buf_done(&texts);
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
		bind_squeezed(&t->sql, st, 3, buf_str(&own));
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
