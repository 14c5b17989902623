/* Rows of the timeline, read back for pass 2 (store/).
 *
 * Rows stream into a callback, one at a time. Texts live in the caller's arena; server, tool and session names only once per
 * source. Numbers of kinds, signatures and classes are those of the rules given now: words that these do not know become 0.
 *
 * Refuses to load the text of events: few are shown, timeline_event_text fetches those. */
#include "base/hash.h"
#include "base/json.h"
#include "base/vec.h"
#include "store/pack.h"
#include "store/schema.h"
#include "store/timeline_p.h"
#include <stdio.h>
#include <stdlib.h>

/* --- a source --- */

static void read_source(sqlite3_stmt *st, struct arena *a, struct source *s)
{
	s->path = column_text(st, 0, a);
	s->kind = source_kind_find(column_view(st, 1));
	s->excerpt = column_int(st, 2) != 0;
	s->filtered = column_int(st, 3) != 0;
	s->complete = column_int(st, 4) != 0;
	s->has_times = column_int(st, 5) != 0;
	s->bytes = column_u64(st, 6);
	s->offset = column_u64(st, 7);
	s->pending_bytes = column_u64(st, 8);
	s->lines = column_u64(st, 9);
	s->records = column_u64(st, 10);
	s->unrecognized = column_u64(st, 11);
	s->client_version = column_text(st, 12, a);
	s->session_id = column_text(st, 13, a);
	s->cwd = column_text(st, 14, a);
	s->server = column_text(st, 15, a);
	s->first = column_instant(st, 16);
	s->last = column_instant(st, 18);
	s->identity = (struct file_identity){
		.dev = column_u64(st, 20), .ino = column_u64(st, 21), .inode_gen = column_u64(st, 22),
		.btime_ns = column_int(st, 23), .mtime_ns = column_int(st, 24), .ctime_ns = column_int(st, 25), .size = column_u64(st, 26),
		.head_hash = column_u64(st, 27), .head_len = column_u32(st, 28),
		.marker_hash = column_u64(st, 29), .marker_len = column_u32(st, 30),
	};
	s->copy_of = column_int(st, 32);
	s->shared.bytes = column_u64(st, 33);
	s->shared.lines = column_u64(st, 34);
	s->shared.records = column_u64(st, 35);
	s->shared.unrecognized = column_u64(st, 36);
}

static struct problem note(const char *code, str path, const char *format)
{
	struct problem p = {.code = code, .class = PROBLEM_NOTE, .times = 1};
	(void)snprintf(p.text, sizeof p.text, format, (int)(path.n < 120 ? path.n : 120), path.p ? path.p : "");
	return p;
}

static void read_problem(sqlite3_stmt *st, struct arena *a, struct problem *p)
{
	*p = (struct problem){.code = column_text(st, 0, a).p};
	str text = column_view(st, 1);
	if (text.n)
		memcpy(p->text, text.p, text.n < sizeof p->text ? text.n : sizeof p->text - 1);
	p->line = column_u64(st, 2);
	p->offset = column_u64(st, 3);
	p->class = column_u32(st, 4) <= PROBLEM_ERROR ? (enum severity_class)column_u32(st, 4) : PROBLEM_ERROR;
	p->times = column_u32(st, 5);
}

static void add_problem(struct source *s, const struct problem *p, struct arena *a)
{
	struct problem *list = arena_alloc(a, (s->problem_count + 1) * sizeof *list);
	if (s->problem_count)
		memcpy(list, s->problems, s->problem_count * sizeof *list);
	list[s->problem_count++] = *p;
	s->problems = list;
}

/* The source of the present row, with what this run says of it. */
static void take_source(struct timeline *t, sqlite3_stmt *st, struct arena *a, struct source *ret)
{
	*ret = (struct source){.id = column_int(st, 37), .first = INSTANT_NONE, .last = INSTANT_NONE};
	read_source(st, a, ret);
	ret->problems = arena_alloc(a, sizeof *ret->problems); /* never NULL for those who copy */
	if (t->rules_hash && column_u64(st, 31) != t->rules_hash) {
		const struct problem old = note("old-knowledge", ret->path, "%.*s was read with other patterns and cannot be read again");
		add_problem(ret, &old, a);
	}
}

int timeline_load_source(struct timeline *t, int64_t source_id, struct arena *a, struct source *ret, struct err *reterr)
{
	return timeline_load_sources(t, &source_id, 1, a, ret, reterr);
}

static int load_one(struct timeline *t, int64_t id, struct arena *a, struct source *ret, struct err *reterr)
{
	struct problem p;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_GET);
	if (st)
		bind_int(st, 1, id);
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r;
	take_source(t, st, a, ret);
	(void)sqlite3_reset(st);
	st = sql_get(&t->sql, SQL_PROBLEM_ALL);
	if (st)
		bind_int(st, 1, id);
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		read_problem(st, a, &p);
		add_problem(ret, &p, a);
	}
	return r < 0 ? r : 1;
}

/* All sources in one go, those wanted kept: cheaper than asking for many one by one. */
static int load_many(struct timeline *t, const struct map *wanted, struct arena *a, struct source *ret, size_t *ret_found, struct err *reterr)
{
	struct problem p;
	uint32_t at;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_GET_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		if (map_get(wanted, column_u64(st, 37), &at)) {
			take_source(t, st, a, &ret[at]);
			++*ret_found;
		}
	st = r == 0 ? sql_get(&t->sql, SQL_PROBLEM_GET_ALL) : NULL;
	while (r == 0 && (r = sql_row(&t->sql, st, reterr)) > 0) {
		r = 0;
		if (map_get(wanted, column_u64(st, 6), &at)) {
			read_problem(st, a, &p);
			add_problem(&ret[at], &p, a);
		}
	}
	return r;
}

int timeline_load_sources(struct timeline *t, const int64_t *ids, size_t n, struct arena *a, struct source *ret, struct err *reterr)
{
	enum { FEW = 8 };
	struct map wanted = {0};
	size_t found = 0;
	int r = 0;
	for (size_t i = 0; i < n && n <= FEW && r >= 0; i++) {
		r = load_one(t, ids[i], a, &ret[i], reterr);
		found += r > 0;
	}
	if (n > FEW) {
		for (size_t i = 0; i < n; i++)
			map_put(&wanted, (uint64_t)ids[i], (uint32_t)i);
		r = load_many(t, &wanted, a, ret, &found, reterr);
		map_done(&wanted);
	}
	if (r >= 0 && found != n)
		return err_set(reterr, ERR_DB, "%s: a source that was asked for is not in the database", t->path);
	return r < 0 ? r : 0;
}

struct rows {
	const struct source_part *part;
	sqlite3_stmt *st;
	int64_t source, session; /* rows without a session have this one */
	uint64_t rules_hash;
	struct known known;
};

/* Rows of a source are its range of ids. */
static int range(struct timeline *t, struct rows *rows, enum statement which, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_KNOWN);
	if (st)
		bind_int(st, 1, rows->source);
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r < 0 ? r : err_set(reterr, ERR_DB, "%s: a source that was asked for is not in the database", t->path);
	int64_t last = column_int(st, 1);
	rows->rules_hash = column_u64(st, 18);
	rows->session = column_int(st, 21);
	(void)sqlite3_reset(st);
	rows->st = sql_get(&t->sql, which);
	if (!rows->st)
		return sql_fail(&t->sql, reterr);
	const uint64_t room = (uint64_t)(last - rows->source);
	bind_int(rows->st, 1, rows->source + (int64_t)(rows->part->from <= room ? rows->part->from : room + 1));
	bind_int(rows->st, 2, rows->part->to <= room ? rows->source + (int64_t)rows->part->to - 1 : last);
	return 0;
}

/* Column `at`: NULL is the source's own session, 0 none. */
static str session_of(struct timeline *t, struct rows *rows, int at)
{
	return known_name(&rows->known, &t->sql, column_null(rows->st, at) ? rows->session : column_int(rows->st, at));
}

static str read_id(sqlite3_stmt *st, int at, struct arena *a)
{
	str stored = column_view(st, at);
	if (!stored.p)
		return STR_NONE;
	if (str_starts(stored, S("=")))
		return arena_str(a, str_from(stored, 1));
	const str prefix = S(SCHEMA_ID_PREFIX);
	char *p = arena_alloc(a, prefix.n + stored.n + 1);
	memcpy(p, prefix.p, prefix.n);
	memcpy(p + prefix.n, stored.p, stored.n);
	return (str){p, prefix.n + stored.n};
}

/* Milliseconds in a column, and what they leave out; -1 for NULL. */
static int64_t duration_of(sqlite3_stmt *st, int at, int64_t us)
{
	instant v = column_null(st, at) ? -1 : instant_of(column_int(st, at), 0, us);
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

/* Text up to the closing quote of the JSON string that begins at *at; false at the end. */
static bool next_string(str s, size_t *at, str *ret_literal)
{
	while (*at < s.n && s.p[*at] != '"')
		(*at)++;
	size_t from = *at;
	if (from >= s.n)
		return false;
	size_t i = from + 1;
	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	if (i >= s.n)
		return false;
	*at = i + 1;
	*ret_literal = (str){s.p + from, i + 1 - from};
	return true;
}

static str unquoted(str literal, struct arena *a, struct buf *scratch)
{
	str inside = {literal.p + 1, literal.n - 2};
	if (str_chr(inside, '\\') < 0)
		return arena_str(a, inside);
	buf_reset(scratch);
	return json_unquote(literal, scratch) ? arena_str(a, buf_str(scratch)) : STR_NONE;
}

static void add_field(struct event *e, uint16_t name, str value)
{
	if (name && e->field_count < LIMIT_EVENT_FIELDS)
		e->fields[e->field_count++] = (struct field){name, value};
}

/* `detail` is a flat object of strings, written by rows.c; a whole JSON parser per row would cost more than the row. */
static void read_fields(str detail, unsigned flags, const struct rules *rules, struct arena *a, struct buf *scratch, struct event *e)
{
	struct field found[LIMIT_EVENT_FIELDS];
	size_t at = 0;
	str key, value;
	e->fields = found;
	while (next_string(detail, &at, &key) && next_string(detail, &at, &value)) {
		uint32_t name = intern_find(&rules->fields, (str){key.p + 1, key.n - 2});
		if (name)
			add_field(e, (uint16_t)name, unquoted(value, a, scratch));
	}
	if (flags & FORM_MS)
		add_field(e, FIELD_MS, arena_printf(a, "%lld", (long long)(e->duration / MILLISECOND)));
	if (flags & FORM_DUR)
		add_field(e, FIELD_DUR, arena_printf(a, "%lldms", (long long)(e->duration / MILLISECOND)));
	e->fields = e->field_count ? arena_alloc(a, e->field_count * sizeof *found) : NULL;
	if (e->field_count)
		memcpy(e->fields, found, e->field_count * sizeof *found);
}

static void read_event(struct timeline *t, struct rows *rows, struct event *e)
{
	sqlite3_stmt *st = rows->st;
	struct known *k = &rows->known;
	const struct form *f = known_form(k, column_int(st, 2));
	uint64_t bits = column_u64(st, 1), part = next_bits(&bits, BITS_PART);
	*e = (struct event){.id = column_int(st, 0), .part = (uint8_t)part};
	e->offset = (uint64_t)e->id - (uint64_t)rows->source - part;
	if (f) {
		e->kind = f->kind;
		e->signature = f->signature;
		e->class = f->class;
		e->level = f->level;
		e->local_time = (f->flags & FORM_LOCAL) != 0;
		e->excerpt = (f->flags & FORM_EXCERPT) != 0;
	}
	e->line = column_u64(st, 3);
	e->lines = (uint32_t)next_bits(&bits, BITS_LINES) + 1;
	uint64_t us = next_bits(&bits, BITS_US);
	e->at = column_null(st, 4) ? INSTANT_NONE : instant_of(column_int(st, 4), 0, (instant)us);
	e->duration = duration_of(st, 5, (int64_t)next_bits(&bits, BITS_US));
	e->server = known_name(k, &t->sql, column_int(st, 6));
	e->session = session_of(t, rows, 7);
	if (column_null(st, 9))
		return;
	e->tool = known_name(k, &t->sql, column_int(st, 10));
	e->tool_use_id = read_id(st, 11, k->arena);
	e->call = column_null(st, 12) ? 0 : (int64_t)((uint64_t)e->id - column_u64(st, 12));
	e->err = column_text(st, 13, k->arena);
}

int timeline_load_events(struct timeline *t, const struct source_part *part, uint32_t source_index, const struct rules *rules, struct arena *a,
	event_fn *fn, void *context, struct err *reterr)
{
	struct rows rows = {.part = part, .source = part->id, .known = {.arena = a}};
	struct event e;
	int r = known_forms(&rows.known, &t->sql, rules, &t->signatures, reterr);
	if (r == 0)
		r = range(t, &rows, SQL_EVENT_ALL, reterr);
	while (r >= 0 && (r = sql_row(&t->sql, rows.st, reterr)) > 0) {
		read_event(t, &rows, &e);
		e.source = source_index;
		const struct form *f = known_form(&rows.known, column_int(rows.st, 2));
		read_fields(column_view(rows.st, 8), f ? f->flags : 0, rules, a, &t->scratch, &e);
		fn(context, &e);
	}
	known_done(&rows.known);
	return r;
}

str timeline_event_text(struct timeline *t, int64_t event_id, struct arena *a)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_EVENT_TEXT);
	if (st)
		bind_int(st, 1, event_id);
	if (sql_row(&t->sql, st, NULL) <= 0)
		return STR_NONE;
	str text = column_text(st, 0, a);
	(void)sqlite3_reset(st);
	return text;
}

/* --- calls --- */

static struct place read_place(sqlite3_stmt *st, int at, const struct place *first)
{
	if (column_null(st, at))
		return (struct place){0};
	return (struct place){first->line + column_u64(st, at), first->offset + column_u64(st, at + 1)};
}

static instant read_time(sqlite3_stmt *st, int at)
{
	return column_null(st, at) ? INSTANT_NONE : instant_of(column_int(st, 7), column_int(st, at), 0);
}

static void read_more(sqlite3_stmt *st, const struct place *first, struct call *c, struct arena *a)
{
	c->beats = column_u32(st, 13);
	c->first_beat_at = read_time(st, 14);
	c->last_beat_at = read_time(st, 15);
	c->last_elapsed = column_opt(st, 16);
	c->class = (uint16_t)column_u32(st, 17);
	c->err = column_text(st, 18, a);
	c->beat = read_place(st, 19, first);
	c->last_beat = read_place(st, 21, first);
}

static void read_call(struct timeline *t, struct rows *rows, struct call *c)
{
	sqlite3_stmt *st = rows->st;
	struct known *k = &rows->known;
	uint64_t bits = column_u64(st, 1);
	uint64_t outcome = next_bits(&bits, BITS_OUTCOME), link = next_bits(&bits, BITS_LINK);
	*c = (struct call){.id = column_int(st, 0), .first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .last_elapsed = -1};
	c->outcome = outcome < OUTCOME_COUNT ? (enum outcome)outcome : OUTCOME_UNENDED;
	c->link = link < LINK_COUNT ? (enum link)link : LINK_ORDER;
	c->link_sure = next_bits(&bits, BITS_SURE) != 0;
	c->flags = (uint32_t)next_bits(&bits, BITS_FLAGS);
	c->attempts = (uint32_t)next_bits(&bits, BITS_ATTEMPTS) ^ 1;
	const struct place first = {column_u64(st, 2), (uint64_t)c->id - (uint64_t)rows->source - next_bits(&bits, BITS_PART)};
	c->server = known_name(k, &t->sql, column_int(st, 3));
	c->tool = known_name(k, &t->sql, column_int(st, 4));
	c->session = session_of(t, rows, 5);
	c->tool_use_id = read_id(st, 6, k->arena);
	c->started_at = read_time(st, 8);
	c->ended_at = read_time(st, 9);
	c->permission = duration_of(st, 10, 0);
	c->duration = duration_of(st, 11, 0);
	if (!column_null(st, 13))
		read_more(st, &first, c, k->arena);
	unpack_call(column_bytes(st, 12), &first, column_int(st, 7), c);
}

int timeline_load_calls(struct timeline *t, const struct source_part *part, uint32_t source_index, struct arena *a, call_fn *fn, void *context,
	struct err *reterr)
{
	struct rows rows = {.part = part, .source = part->id, .known = {.arena = a}};
	struct call c;
	int r = range(t, &rows, SQL_CALL_ALL, reterr);
	while (r >= 0 && (r = sql_row(&t->sql, rows.st, reterr)) > 0) {
		read_call(t, &rows, &c);
		c.source = source_index;
		/* Numbers of classes belong to the rules that the source was read with. */
		if (rows.rules_hash != t->rules_hash)
			c.class = 0;
		fn(context, &c);
	}
	known_done(&rows.known);
	return r;
}

/* --- digests --- */

int timeline_digest(struct timeline *t, int64_t members, int64_t state, str *ret, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_DIGEST_GET);
	if (st) {
		bind_int(st, 1, members);
		bind_int(st, 2, state ^ (int64_t)(t->rules_hash >> 2));
	}
	int r = sql_row(&t->sql, st, reterr);
	*ret = r > 0 ? column_bytes(st, 0) : STR_NONE;
	return r < 0 ? r : 0;
}

int timeline_put_digest(struct timeline *t, int64_t members, int64_t state, str facts, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_DIGEST_PUT);
	if (st) {
		bind_int(st, 1, members);
		bind_int(st, 2, state ^ (int64_t)(t->rules_hash >> 2));
		bind_blob(st, 3, facts.p, facts.n);
	}
	return sql_run(&t->sql, st, reterr);
}

/* --- scope --- */

static str without_slash(str path)
{
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

static void want(struct map *wanted, str path, uint32_t rank)
{
	uint64_t key = hash64(without_slash(path));
	uint32_t have;
	if (!map_get(wanted, key, &have) || have > rank)
		map_put(wanted, key, rank);
}

/* The best rank under which the path or a directory above it is wanted. */
static void find_rank(const struct map *wanted, str path, uint32_t *rank)
{
	uint32_t found;
	for (size_t n = path.n + 1; n-- > 0;)
		if ((n == path.n || path.p[n] == '/') && map_get(wanted, hash64(str_head(path, n)), &found) && found < *rank)
			*rank = found;
}

struct found {
	int64_t id;
	uint32_t rank;
	size_t order; /* by path and age, as the statement gives them */
};

static int by_rank(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

int timeline_scope(struct timeline *t, const str *paths, size_t count, struct arena *a, int64_t **ret_ids, size_t *ret_count, struct err *reterr)
{
	struct arena scratch = {0};
	struct map wanted = {0};
	/* As given, with its directory resolved, and resolved to the end (an argument may be a symbolic link). */
	for (size_t i = 0; i < count; i++) {
		char *real = str_eq(paths[i], S("-")) ? NULL : realpath(arena_str(&scratch, paths[i]).p, NULL);
		want(&wanted, paths[i], (uint32_t)i);
		want(&wanted, checkpoint_real_path(t, paths[i], &scratch), (uint32_t)i);
		want(&wanted, real ? str_z(real) : paths[i], (uint32_t)i);
		free(real);
	}
	VEC(struct found) found = {0};
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		uint32_t rank = UINT32_MAX;
		find_rank(&wanted, column_view(st, 1), &rank);
		find_rank(&wanted, column_view(st, 2), &rank);
		if (rank != UINT32_MAX)
			*vec_push(&found) = (struct found){column_int(st, 0), rank, found.n};
	}
	if (found.n)
		qsort(found.v, found.n, sizeof *found.v, by_rank);
	*ret_ids = arena_alloc(a, found.n * sizeof **ret_ids + 1);
	*ret_count = found.n;
	for (size_t i = 0; i < found.n; i++)
		(*ret_ids)[i] = found.v[i].id;
	vec_free(&found);
	map_done(&wanted);
	arena_done(&scratch);
	return r;
}
