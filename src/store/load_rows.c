/* Rows of events and calls, read back for pass 2 (store/): packs taken apart (packs.c wrote them), merged where they overlap, and
 * given to a callback one by one. Texts live in the caller's arena; server, tool and session names only once per source. Numbers of
 * kinds, signatures and classes are those of the rules given now: words that these do not know become 0.
 *
 * A damaged pack is an error of the database, never a row that is wrong. Refuses to load the text of events: few are shown,
 * timeline_event_text fetches those. */
#include "store/detail.h"
#include "store/pack.h"
#include "store/schema.h"
#include "store/timeline_p.h"
#include <stdlib.h>

enum { TEXT_MOST = 256 * 1024 };

/* --- packs --- */

struct rows { /* of a source, on their way out */
	struct timeline *t;
	const struct source_part *part;
	int64_t source, session; /* rows without a session have this one */
	int64_t from, to;        /* ids that are wanted */
	uint64_t rules_hash;
	uint32_t source_index;
	const struct rules *rules;
	struct known known;
	/* the pack that is taken apart */
	int64_t offset, line, ms; /* of the row before */
	VEC(str) names;
	VEC(const struct form *) forms;
	/* rows that are not given yet: packs may overlap */
	VEC(struct event) events;
	VEC(struct call) calls;
	struct arena *text;      /* of their texts but names */
	struct arena passing;    /* `text` of rows that need not last */
	size_t text_most;        /* bytes above which it is cleared of what was given */
	event_fn *on_event;
	call_fn *on_call;
	void *context;
};

static void rows_done(struct rows *rows)
{
	known_done(&rows->known);
	vec_free(&rows->names);
	vec_free(&rows->forms);
	vec_free(&rows->events);
	vec_free(&rows->calls);
	arena_done(&rows->passing);
}

static int ask_range(struct rows *rows, int64_t *ret_last, struct err *reterr)
{
	struct timeline *t = rows->t;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_RANGE);
	if (st)
		bind_int(st, 1, rows->source);
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r < 0 ? r : err_set(reterr, ERR_DB, "%s: a source that was asked for is not in the database", t->path);
	*ret_last = column_int(st, 0);
	rows->rules_hash = column_u64(st, 1);
	rows->session = column_int(st, 2);
	(void)sqlite3_reset(st);
	return 0;
}

/* Rows of a source are its range of ids. A run that writes knows it. */
static int range(struct rows *rows, struct err *reterr)
{
	const struct timeline *t = rows->t;
	const struct generation *g = t->writing ? known_files_by_id(&t->known, rows->source) : NULL;
	int64_t last = 0;
	if (g) {
		last = g->last_id;
		rows->rules_hash = g->rules_hash;
		rows->session = g->row_session;
	} else {
		int r = ask_range(rows, &last, reterr);
		if (r < 0)
			return r;
	}
	const uint64_t room = (uint64_t)(last - rows->source);
	rows->from = rows->source + (int64_t)(rows->part->from <= room ? rows->part->from : room + 1);
	rows->to = rows->part->to <= room ? rows->source + (int64_t)rows->part->to - 1 : last;
	return 0;
}

static void take_head(struct rows *rows, const struct pack_view *p, struct arena *scratch)
{
	rows->offset = p->offset;
	rows->line = p->line;
	rows->ms = p->ms;
	rows->names.n = 0;
	struct row_in names = row_in_of(p->names);
	while (row_more(&names))
		*vec_push(&rows->names) = known_text(&rows->known, row_take_text(&names, scratch));
}

/* --- texts of rows that need not last --- */

static void own(struct arena *a, str *s)
{
	if (s->p)
		*s = arena_str(a, *s);
}

static void own_texts(struct rows *rows, struct arena *a)
{
	for (size_t i = 0; i < rows->calls.n; i++) {
		own(a, &rows->calls.v[i].tool_use_id);
		own(a, &rows->calls.v[i].err);
	}
	for (size_t i = 0; i < rows->events.n; i++) {
		struct event *e = &rows->events.v[i];
		struct field *fields = e->field_count ? arena_alloc(a, e->field_count * sizeof *fields) : NULL;
		own(a, &e->tool_use_id);
		own(a, &e->err);
		for (unsigned k = 0; k < e->field_count; k++) {
			fields[k] = e->fields[k];
			own(a, &fields[k].value);
		}
		e->fields = fields;
	}
}

/* What was given is forgotten: at once when nothing waits, else when it has become much. */
static void forget(struct rows *rows)
{
	if (rows->text != &rows->passing)
		return;
	if (!rows->events.n && !rows->calls.n) {
		arena_reset(&rows->passing);
	} else if (arena_size(&rows->passing) > rows->text_most) {
		struct arena fresh = {0};
		own_texts(rows, &fresh);
		arena_done(&rows->passing);
		rows->passing = fresh;
		rows->text_most = 2 * arena_size(&fresh) + TEXT_MOST;
	}
}

/* How rows of a kind are handled: `take` reads those of a pack, `give` hands out those whose id lies before that of the next. */
struct row_kind {
	enum statement which;
	bool calls;
	bool (*take)(struct rows *, const struct pack_view *);
	void (*give)(struct rows *, int64_t before);
};

static int one_pack(struct rows *rows, const struct row_kind *k, const struct pack_view *p, struct arena *scratch, struct err *reterr)
{
	k->give(rows, p->id);
	forget(rows);
	take_head(rows, p, scratch);
	arena_reset(scratch);
	if (k->take(rows, p))
		return 0;
	(void)err_set(reterr, ERR_DB, "%s: rows of the database are damaged", rows->t->path);
	err_hint(reterr, "move it away and run again: it is built anew from the logs that still exist");
	return ERR_DB;
}

static int each_stored(struct rows *rows, const struct row_kind *k, struct arena *scratch, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&rows->t->sql, k->which);
	if (st) {
		bind_int(st, 1, rows->source);
		bind_int(st, 2, rows->to);
		bind_int(st, 3, rows->from);
	}
	int r;
	while ((r = sql_row(&rows->t->sql, st, reterr)) > 0) {
		const struct pack_view p = {column_int(st, 0), column_int(st, 1), column_int(st, 2), column_int(st, 3), column_view(st, 4), column_view(st, 5),
			k->calls ? STR_NONE : column_view(st, 6)};
		r = one_pack(rows, k, &p, scratch, reterr);
		if (r < 0) {
			(void)sqlite3_reset(st);
			return r;
		}
	}
	return r;
}

/* All packs of the source: of the database, or those that this run has just written. */
static int each_pack(struct rows *rows, const struct row_kind *k, struct err *reterr)
{
	struct arena scratch = {0};
	const struct recent_source *recent = recent_find(&rows->t->recent, rows->source);
	int r = range(rows, reterr);
	for (size_t i = 0; r == 0 && recent && i < recent->packs[k->calls].n; i++) {
		const struct recent_pack *p = recent->packs[k->calls].v[i];
		if (p->view.id <= rows->to && p->last >= rows->from)
			r = one_pack(rows, k, &p->view, &scratch, reterr);
	}
	if (r == 0 && !recent)
		r = each_stored(rows, k, &scratch, reterr);
	if (r == 0)
		k->give(rows, INT64_MAX);
	arena_done(&scratch);
	return r;
}

/* Events and calls begin with their id. */
_Static_assert(offsetof(struct event, id) == 0 && offsetof(struct call, id) == 0, "rows are compared by what they begin with");

static int64_t id_at(const void *v, size_t i, size_t size)
{
	int64_t id;
	memcpy(&id, (const char *)v + i * size, sizeof id);
	return id;
}

static int by_id(const void *a, const void *b)
{
	const int64_t x = id_at(a, 0, 0), y = id_at(b, 0, 0);
	return x < y ? -1 : x > y;
}

/* How many of the rows may be given, now in order: no pack to come has one that lies before them. */
static size_t ready(void *v, size_t n, size_t size, int64_t before)
{
	size_t count = 0;
	vec_order(v, n, size, by_id);
	while (count < n && id_at(v, count, size) < before)
		count++;
	return count;
}

static void drop(void *v, size_t *n, size_t size, size_t count)
{
	*n -= count;
	if (*n && count)
		memmove(v, (const char *)v + count * size, *n * size);
}

static str name_at(const struct rows *rows, int64_t at)
{
	return at > 0 && (uint64_t)at < rows->names.n ? rows->names.v[at] : STR_NONE;
}

/* 0 is the source's own session, else 1 more than a name. */
static str session_of(struct rows *rows, int64_t said)
{
	return said > 0 ? name_at(rows, said - 1) : known_name(&rows->known, &rows->t->sql, rows->session);
}

/* What every row begins with. */
static int64_t take_place(struct rows *rows, struct row_in *in, uint64_t *ret_line, int64_t *ret_ms, bool *ret_timed)
{
	rows->offset = (int64_t)((uint64_t)rows->offset + (uint64_t)row_take_int(in, 0));
	rows->line = (int64_t)((uint64_t)rows->line + (uint64_t)row_take_int(in, 0));
	const int64_t ms = row_take_int(in, INT64_MIN);
	*ret_timed = ms != INT64_MIN;
	rows->ms = (int64_t)((uint64_t)rows->ms + (*ret_timed ? (uint64_t)ms : 0));
	*ret_ms = rows->ms;
	*ret_line = (uint64_t)rows->line;
	return (int64_t)((uint64_t)rows->source + (uint64_t)rows->offset);
}

static str take_id(struct row_in *in, struct arena *a)
{
	const str literal = row_take_json(in);
	if (literal.n < 2 || *literal.p != '"')
		return STR_NONE;
	const bool plain = literal.p[1] != '=' && str_chr(literal, '\\') < 0; /* as nearly all are: written at once */
	const str stored = plain ? (str){literal.p + 1, literal.n - 2} : row_text_of(literal, a);
	if (str_starts(stored, S("=")))
		return str_from(stored, 1);
	const str prefix = S(SCHEMA_ID_PREFIX);
	char *p = arena_alloc(a, prefix.n + stored.n + 1);
	memcpy(p, prefix.p, prefix.n);
	memcpy(p + prefix.n, stored.p, stored.n);
	return (str){p, prefix.n + stored.n};
}

/* Milliseconds, and what they leave out; -1 for none. */
static int64_t duration_of(int64_t ms, int64_t us)
{
	const instant v = ms < 0 ? -1 : instant_of(ms, 0, us);
	return v < 0 ? -1 : v;
}

/* The next `width` bits. */
static uint64_t next_bits(uint64_t *bits, unsigned width)
{
	uint64_t v = *bits & BITS_MASK(width);
	*bits >>= width;
	return v;
}

/* --- events --- */

static void say_form(struct event *e, const struct form *f)
{
	if (!f)
		return;
	e->kind = f->kind;
	e->signature = f->signature;
	e->class = f->class;
	e->level = f->level;
	e->local_time = (f->flags & FORM_LOCAL) != 0;
	e->excerpt = (f->flags & FORM_EXCERPT) != 0;
}

/* As it is, or one of the pack's names. */
static str take_detail(struct rows *rows, struct row_in *in)
{
	return row_more(in) && *in->p == '{' ? row_take_json(in) : name_at(rows, row_take_int(in, 0));
}

static void take_event(struct rows *rows, struct row_in *in)
{
	struct arena *a = rows->text;
	struct event *e = vec_push(&rows->events);
	int64_t ms;
	bool timed;
	e->source = rows->source_index;
	e->id = take_place(rows, in, &e->line, &ms, &timed);
	const uint64_t form = (uint64_t)row_take_int(in, -1);
	const struct form *f = form < rows->forms.n ? rows->forms.v[form] : NULL;
	say_form(e, f);
	e->server = name_at(rows, row_take_int(in, 0));
	const int64_t duration_ms = row_take_int(in, -1);
	const str detail = take_detail(rows, in);
	uint64_t bits = (uint64_t)row_take_int(in, 0), part = next_bits(&bits, BITS_PART);
	e->part = (uint8_t)part;
	e->offset = (uint64_t)e->id - (uint64_t)rows->source - part;
	e->lines = (uint32_t)next_bits(&bits, BITS_LINES) + 1;
	const instant us = (instant)next_bits(&bits, BITS_US);
	e->at = timed ? instant_of(ms, 0, us) : INSTANT_NONE;
	e->duration = duration_of(duration_ms, (int64_t)next_bits(&bits, BITS_US));
	e->session = session_of(rows, row_take_int(in, 0));
	e->tool = name_at(rows, row_take_int(in, 0));
	e->tool_use_id = take_id(in, a);
	const int64_t back = row_take_int(in, INT64_MIN);
	e->call = back == INT64_MIN ? 0 : (int64_t)((uint64_t)e->id - (uint64_t)back);
	e->err = row_take_text(in, a);
	if (e->id >= rows->from && e->id <= rows->to)
		detail_read(detail, f ? f->flags : 0, rows->rules, a, &rows->t->scratch, e);
	else
		rows->events.n--;
}

static bool take_events(struct rows *rows, const struct pack_view *p)
{
	struct row_in forms = row_in_of(p->forms), in = row_in_of(p->rows);
	rows->forms.n = 0;
	while (row_more(&forms))
		*vec_push(&rows->forms) = known_form(&rows->t->forms, row_take_int(&forms, 0));
	for (; row_next(&in); row_leave(&in))
		take_event(rows, &in);
	return !in.bad && !forms.bad;
}

static void give_events(struct rows *rows, int64_t before)
{
	const size_t n = ready(rows->events.v, rows->events.n, sizeof *rows->events.v, before);
	for (size_t i = 0; i < n; i++)
		rows->on_event(rows->context, &rows->events.v[i]);
	drop(rows->events.v, &rows->events.n, sizeof *rows->events.v, n);
}

int timeline_load_events(struct timeline *t, const struct source_part *part, uint32_t source_index, const struct rules *rules, struct arena *a, bool passing,
	event_fn *fn, void *context, struct err *reterr)
{
	struct rows rows = {.t = t, .part = part, .source = part->id, .source_index = source_index, .rules = rules, .known = {.arena = a},
		.on_event = fn, .context = context, .text_most = TEXT_MOST};
	rows.text = passing ? &rows.passing : a;
	t->forms.current &= !t->read_only; /* a reader holds no lock: somebody may have added one */
	int r = known_forms_load(&t->forms, &t->sql, rules, reterr);
	if (r == 0)
		r = each_pack(&rows, &(struct row_kind){SQL_EVENT_PACK_ALL, false, take_events, give_events}, reterr);
	rows_done(&rows);
	return r;
}

/* --- calls --- */

static struct place take_place_of(struct row_in *in, const struct place *first)
{
	const int64_t line = row_take_int(in, INT64_MIN), offset = row_take_int(in, 0);
	if (line == INT64_MIN)
		return (struct place){0};
	return (struct place){first->line + (uint64_t)line, first->offset + (uint64_t)offset};
}

static instant take_time(struct row_in *in, int64_t base_ms)
{
	const int64_t distance = row_take_int(in, INT64_MIN);
	return distance == INT64_MIN ? INSTANT_NONE : instant_of(base_ms, distance, 0);
}

static void take_more(str more, const struct place *first, int64_t base_ms, struct call *c, struct arena *a)
{
	struct row_in in = row_in_of(more);
	c->beats = (uint32_t)row_take_int(&in, 0);
	c->first_beat_at = take_time(&in, base_ms);
	c->last_beat_at = take_time(&in, base_ms);
	c->last_elapsed = row_take_int(&in, -1);
	c->class = (uint16_t)row_take_int(&in, 0);
	c->err = row_take_text(&in, a);
	c->beat = take_place_of(&in, first);
	c->last_beat = take_place_of(&in, first);
}

static void say_bits(struct call *c, uint64_t *bits)
{
	const bool dispatched = next_bits(bits, BITS_DISPATCHED) == 0;
	const uint64_t outcome = next_bits(bits, BITS_OUTCOME) ^ OUTCOME_OK, link = next_bits(bits, BITS_LINK);
	c->outcome = outcome < OUTCOME_COUNT ? (enum outcome)outcome : OUTCOME_UNENDED;
	c->link = link < LINK_COUNT ? (enum link)link : LINK_ORDER;
	c->link_sure = next_bits(bits, BITS_SURE) == 0;
	c->flags = (uint32_t)next_bits(bits, BITS_FLAGS) | (dispatched ? CALL_DISPATCHED : 0);
	c->attempts = (uint32_t)next_bits(bits, BITS_ATTEMPTS) ^ 1;
}

/* The time between start and end, and what the row says beside it. */
static int64_t duration_with(const struct call *c, int64_t more)
{
	const bool spans = c->started_at != INSTANT_NONE && c->ended_at != INSTANT_NONE;
	const int64_t span = spans ? ms_floor(c->ended_at) - ms_floor(c->started_at) : 0;
	return duration_of((int64_t)((uint64_t)span + (uint64_t)more), 0);
}

static void take_call(struct rows *rows, struct row_in *in)
{
	struct arena *a = rows->text;
	struct call *c = vec_push(&rows->calls);
	struct place first;
	int64_t base_ms;
	bool timed;
	unsigned char packed[PACK_MOST];
	c->source = rows->source_index;
	c->first_beat_at = c->last_beat_at = INSTANT_NONE;
	c->last_elapsed = -1;
	c->id = take_place(rows, in, &first.line, &base_ms, &timed);
	c->tool_use_id = take_id(in, a);
	c->server = name_at(rows, row_take_int(in, 0));
	c->tool = name_at(rows, row_take_int(in, 0));
	c->ended_at = take_time(in, base_ms);
	c->permission = duration_of(row_take_int(in, -1), 0);
	const size_t n = row_take_bytes(in, packed, sizeof packed);
	uint64_t bits = (uint64_t)row_take_int(in, 0);
	say_bits(c, &bits);
	first.offset = (uint64_t)c->id - (uint64_t)rows->source - next_bits(&bits, BITS_PART);
	c->session = session_of(rows, row_take_int(in, 0));
	const str more = row_take_json(in);
	if (more.n && *more.p == '[')
		take_more(more, &first, base_ms, c, a);
	const int64_t more_duration = row_take_int(in, 0), marks = row_take_int(in, 0);
	c->started_at = marks & NO_START || !timed ? INSTANT_NONE : instant_of(base_ms, 0, 0);
	c->duration = marks & NO_DURATION ? -1 : duration_with(c, more_duration);
	unpack_call((str){(const char *)packed, n}, &first, base_ms, c);
	/* Numbers of classes belong to the rules that the source was read with. */
	if (rows->rules_hash != rows->t->rules_hash)
		c->class = 0;
	if (c->id < rows->from || c->id > rows->to)
		rows->calls.n--;
}

static bool take_calls(struct rows *rows, const struct pack_view *p)
{
	struct row_in in = row_in_of(p->rows);
	for (; row_next(&in); row_leave(&in))
		take_call(rows, &in);
	return !in.bad;
}

static void give_calls(struct rows *rows, int64_t before)
{
	const size_t n = ready(rows->calls.v, rows->calls.n, sizeof *rows->calls.v, before);
	for (size_t i = 0; i < n; i++)
		rows->on_call(rows->context, &rows->calls.v[i]);
	drop(rows->calls.v, &rows->calls.n, sizeof *rows->calls.v, n);
}

int timeline_load_calls(struct timeline *t, const struct source_part *part, uint32_t source_index, struct arena *a, bool passing, call_fn *fn, void *context,
	struct err *reterr)
{
	struct rows rows = {.t = t, .part = part, .source = part->id, .source_index = source_index, .known = {.arena = a}, .on_call = fn, .context = context,
		.text_most = TEXT_MOST};
	rows.text = passing ? &rows.passing : a;
	const int r = each_pack(&rows, &(struct row_kind){SQL_CALL_PACK_ALL, true, take_calls, give_calls}, reterr);
	rows_done(&rows);
	return r;
}
