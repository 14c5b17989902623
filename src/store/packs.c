/* Packs (store/): the rows of events and calls, some hundred in one row of a table, because a row of SQLite's costs thousands of
 * instructions and sixteen bytes beside its values.
 *
 * A pack belongs to one source. Its rows are JSON arrays (json_row.c) in the order of their ids; places and times are distances to
 * those of the row before, of the first one to what the pack says; names are indices into the pack's own list. Packs may overlap, because a call is handed out
 * when it ends: the key of a pack is the lowest id in it, so whoever reads packs in the order of their keys can merge them.
 *
 * A pack is closed before it spills into one more overflow page. Those written behind the place where the next run goes on
 * are marked as tail: that run removes them and makes their rows anew.
 *
 * Refuses to change a row that was written. */
#include "store/packs.h"
#include "store/timeline_p.h"
#include <stdlib.h>

/* Of a record that is too long for its page of 2,048 bytes, SQLite leaves 232 bytes in the tree and puts the rest on pages of 2,044: eight
 * of them, when a pack is closed before its next row can reach the ninth. */
enum { PACK_BYTES = 232 + 8 * 2044 - 160 };

void pack_done(struct pack *p)
{
	buf_done(&p->rows);
	vec_free(&p->index);
	intern_done(&p->names);
	buf_done(&p->name_list);
	map_done(&p->form_index);
	buf_done(&p->form_list);
	*p = (struct pack){0};
}

static void empty(struct pack *p)
{
	buf_reset(&p->rows);
	p->index.n = 0;
	intern_done(&p->names);
	buf_reset(&p->name_list);
	map_done(&p->form_index);
	buf_reset(&p->form_list);
	p->unsorted = false;
}

/* --- rows --- */

static bool is_taken(const struct pack *p, int64_t id)
{
	for (size_t i = p->index.n; i-- > 0 && id <= p->highest;)
		if (p->index.v[i].place.id == id)
			return true;
	return false;
}

int64_t pack_free_id(const struct pack *p, int64_t id, uint64_t *part)
{
	for (; is_taken(p, id); id++)
		++*part;
	return id;
}

static struct pack_place begin(struct pack_place first)
{
	first.ms = first.ms == INT64_MIN ? 0 : first.ms;
	return first;
}

/* The first values of a row. A row without a time changes nothing for those behind it. */
static void put_place(struct row_out *row, const struct pack_place *place, struct pack_place *last)
{
	const int64_t ms = place->ms == INT64_MIN ? last->ms : place->ms;
	row_int(row, place->id - last->id);
	row_int(row, (int64_t)((uint64_t)place->line - (uint64_t)last->line));
	if (place->ms == INT64_MIN)
		row_null(row);
	else
		row_int(row, (int64_t)((uint64_t)ms - (uint64_t)last->ms));
	*last = (struct pack_place){place->id, place->line, ms};
}

struct row_out pack_row(struct pack *p, int64_t id, uint64_t line, int64_t ms)
{
	const struct pack_place place = {id, (int64_t)line, ms};
	if (p->index.n == 0)
		p->last = begin(place);
	p->unsorted |= p->index.n && id < p->highest;
	p->highest = p->index.n && id < p->highest ? p->highest : id;
	buf_byte(&p->rows, p->index.n ? ',' : '[');
	struct row_out row = row_begin(&p->rows);
	put_place(&row, &place, &p->last);
	*vec_push(&p->index) = (struct pack_row){place, (size_t)(row.p - p->rows.p), 0};
	return row;
}

void pack_row_end(struct pack *p, struct row_out *row)
{
	struct pack_row *last = &p->index.v[p->index.n - 1];
	row_end(row);
	last->n = p->rows.n - last->at;
}

uint32_t pack_name(struct pack *p, str name)
{
	const uint32_t known = p->names.n, at = intern_put(&p->names, name);
	if (at && at >= known) {
		buf_addz(&p->name_list, p->name_list.n ? "," : "[null,");
		json_row_text(&p->name_list, name);
	}
	return at;
}

uint32_t pack_form(struct pack *p, int64_t form)
{
	uint32_t at;
	if (map_get(&p->form_index, (uint64_t)form, &at))
		return at;
	at = (uint32_t)p->form_index.n;
	map_put(&p->form_index, (uint64_t)form, at);
	buf_printf(&p->form_list, "%c%lld", at ? ',' : '[', (long long)form);
	return at;
}

bool pack_is_full(const struct pack *p)
{
	return p->rows.n + p->name_list.n + p->form_list.n > PACK_BYTES;
}

/* --- into the database --- */

static int by_id(const void *a, const void *b)
{
	const struct pack_row *x = a, *y = b;
	return x->place.id < y->place.id ? -1 : x->place.id > y->place.id;
}

/* The array of all rows, in order; in p->rows, or in `other` when they have to change places. */
static str in_order(struct pack *p, struct buf *other)
{
	if (!p->unsorted) {
		buf_byte(&p->rows, ']');
		return buf_str(&p->rows);
	}
	vec_sort(&p->index, by_id);
	buf_reset(other);
	struct pack_place last = begin(p->index.v[0].place);
	for (size_t i = 0; i < p->index.n; i++) {
		buf_byte(other, i ? ',' : '[');
		struct row_out row = row_begin(other);
		put_place(&row, &p->index.v[i].place, &last);
		other->n = (size_t)(row.p - other->p);
		buf_add(other, (str){p->rows.p + p->index.v[i].at, p->index.v[i].n});
	}
	buf_byte(other, ']');
	return buf_str(other);
}

/* A key that is taken goes down: it may lie below its rows, never above. */
static int insert(struct timeline *t, sqlite3_stmt *st, int64_t *key, int64_t lowest, struct err *reterr)
{
	for (; st && *key >= lowest; --*key) {
		bind_int(st, 1, *key);
		const int rc = sqlite3_step(st);
		(void)sqlite3_reset(st);
		if (rc == SQLITE_DONE)
			return 0;
		if (rc != SQLITE_CONSTRAINT_PRIMARYKEY && rc != SQLITE_CONSTRAINT_ROWID)
			return sql_fail(&t->sql, reterr);
	}
	return st ? err_set(reterr, ERR_DB, "%s: no room for the rows of a source", t->path) : sql_fail(&t->sql, reterr);
}

static int write_pack(struct timeline *t, const struct open_source *o, struct pack *p, enum statement which, bool tail, struct err *reterr)
{
	if (p->index.n == 0)
		return 0;
	const bool calls = which == SQL_CALL_PACK_ADD;
	const str rows = in_order(p, &t->scratch);
	const struct pack_place first = begin(p->index.v[0].place);
	const int64_t last = p->index.v[p->index.n - 1].place.id;
	struct pack_view view = {.id = first.id, .offset = first.id - o->id, .line = first.line, .ms = first.ms, .rows = rows};
	buf_addz(&p->name_list, p->name_list.n ? "]" : "[null]");
	view.names = buf_str(&p->name_list);
	if (!calls) {
		buf_byte(&p->form_list, ']');
		view.forms = buf_str(&p->form_list);
	}
	sqlite3_stmt *st = sql_get(&t->sql, which);
	if (st) {
		bind_int(st, 2, last);
		bind_int(st, 3, tail);
		bind_int(st, 4, view.offset);
		bind_int(st, 5, view.line);
		bind_int(st, 6, view.ms);
		bind_text(st, 7, view.names);
		bind_text(st, 8, view.rows);
		if (!calls)
			bind_text(st, 9, view.forms);
	}
	const int r = insert(t, st, &view.id, o->id, reterr);
	if (r == 0)
		recent_add(&t->recent, o->id, calls, &view, last);
	empty(p);
	return r;
}

int pack_write(struct timeline *t, struct open_source *o, struct pack *p, bool tail, struct err *reterr)
{
	return write_pack(t, o, p, p == &o->events ? SQL_EVENT_PACK_ADD : SQL_CALL_PACK_ADD, tail, reterr);
}

int packs_write(struct timeline *t, struct open_source *o, bool tail, struct err *reterr)
{
	int r = pack_write(t, o, &o->events, tail, reterr);
	return r < 0 ? r : pack_write(t, o, &o->calls, tail, reterr);
}
