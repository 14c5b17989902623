/* Sources of pass 1 (store/): found again or new, begun, ended. What a source says of itself is written at its end; its rows
 * come in between (rows.c). Rows are replaced from the byte on from which the file is read again, the first time that something
 * is written or at the end: a source that was begun and could not be read keeps what was known of it.
 *
 * Refuses to look at files: checkpoint.c decides by what the caller tells of their bytes. */
#include "model/ids.h"
#include "store/timeline_p.h"
#include <stdio.h>
#include <stdlib.h>

static struct open_source *opened(struct timeline *t, int64_t id)
{
	for (size_t i = t->open.n; i-- > 0;)
		if (t->open.v[i].id == id)
			return &t->open.v[i];
	return NULL;
}

void open_source_done(struct open_source *o)
{
	buf_done(&o->rest.state);
	pack_done(&o->events);
	pack_done(&o->calls);
}

static int run_with_id(struct timeline *t, enum statement which, int64_t id, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, which);
	if (st)
		bind_int(st, 1, id);
	return sql_run(&t->sql, st, reterr);
}

static int start(struct timeline *t, struct open_source *o, struct err *reterr)
{
	if (o->started)
		return 0;
	o->started = true;
	if (o->is_new)
		return 0;
	int r = checkpoint_clear(t, o->id, o->old_last, o->goes_on, reterr);
	return r == 0 && !o->goes_on ? run_with_id(t, SQL_RESUME_REMOVE, o->id, reterr) : r;
}

struct open_source *timeline_writable(struct timeline *t, int64_t id)
{
	struct open_source *o = opened(t, id);
	return o && o->failed.code == ERR_NONE && start(t, o, &o->failed) == 0 ? o : NULL;
}

bool timeline_is_tail(const struct open_source *o)
{
	return o->rested || o->goes_on;
}

/* Ids that a source of this many bytes needs; absurd sizes (sparse files) are cut. */
static int64_t span(uint64_t bytes)
{
	const uint64_t most = UINT64_C(1) << (SOURCE_KEY_BITS - 1);
	return (int64_t)(bytes < most ? bytes : most);
}

/* The row says something else than when the run began. */
static void written(struct timeline *t, struct generation *g)
{
	g->facts = NULL;
	g->written = t->known.stale = true;
}

/* --- where a file is --- */

static int show_path(struct timeline *t, const struct source *s, struct generation *g, struct err *reterr)
{
	if (str_eq(s->path, g->path))
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_PATH);
	if (st) {
		bind_int(st, 1, g->id);
		bind_text(st, 2, s->path);
	}
	g->path = arena_str(&t->known.arena, s->path);
	written(t, g);
	return sql_run(&t->sql, st, reterr);
}

static struct generation *settled(const struct timeline *t, const struct file_identity *now, bool final)
{
	struct generation *g = now->ino ? known_files_by_identity(&t->known, now, STR_NONE) : NULL;
	return g && checkpoint_same_state(t, now, g) && !(final && g->pending) ? g : NULL;
}

bool timeline_source_settled(const struct timeline *t, const struct file_identity *now, bool final)
{
	return settled(t, now, final) != NULL;
}

bool timeline_source_same(struct timeline *t, const struct source *s, bool final, int64_t *ret_id, struct err *reterr)
{
	struct generation *g = settled(t, &s->identity, final);
	if (!g)
		return false;
	g->seen = true;
	*ret_id = g->id;
	return show_path(t, s, g, reterr) == 0;
}

bool timeline_source_known(const struct timeline *t, const struct source *s)
{
	return s->identity.ino && known_files_by_identity(&t->known, &s->identity, STR_NONE);
}

/* The generation has this file and this name now. */
static int put_place(struct timeline *t, const struct source *s, str real_path, struct generation *g, struct err *reterr)
{
	const struct file_identity *i = &s->identity;
	g->moved = g->moved || !str_eq(real_path, g->real_path);
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_PLACE);
	if (st) {
		bind_int(st, 1, g->id);
		bind_text(st, 2, s->path);
		bind_text(st, 3, real_path);
		bind_u64(st, 4, i->dev);
		bind_u64(st, 5, i->ino);
		bind_u64(st, 6, i->inode_gen);
		bind_int(st, 7, i->btime_ns);
		bind_int(st, 8, i->mtime_ns);
		bind_int(st, 9, i->ctime_ns);
		bind_u64(st, 10, i->size);
		bind_int(st, 11, g->moved);
	}
	const uint64_t head = g->identity.head_hash;
	const uint32_t head_len = g->identity.head_len;
	g->identity = *i;
	g->identity.head_hash = head;
	g->identity.head_len = head_len;
	g->path = arena_str(&t->known.arena, s->path);
	g->real_path = arena_str(&t->known.arena, real_path);
	g->closed = false;
	written(t, g);
	known_files_index(&t->known, g);
	return sql_run(&t->sql, st, reterr);
}

/* --- begin --- */

static int add_source(struct timeline *t, const struct source *s, str real_path, const struct decision *d, struct generation **ret, struct err *reterr)
{
	const struct file_identity *i = &s->identity;
	struct generation g = {.path = s->path, .real_path = real_path, .identity = *i, .rules_hash = t->rules_hash,
		.number = d->replaced ? d->replaced->number + 1 : 0, .copy_of = d->what == CHECKPOINT_COPY ? d->g->id : 0, .shared = d->shared,
		.unstored = true};
	const int r = checkpoint_new_id(t, s, real_path, &g.id, reterr);
	g.last_id = g.id + span(i->size);
	if (r == 0) {
		*ret = known_files_add(&t->known, &g);
		written(t, *ret);
		checkpoint_take_id(t, *ret);
		recent_begin(&t->recent, g.id);
	}
	return r;
}

/* What a later run goes on from; nothing for copies and for rows made with other knowledge. */
static int load_rest(struct timeline *t, struct open_source *o, struct arena *a, struct source_start *ret, struct err *reterr)
{
	const struct generation *g = o->known;
	if (o->is_new || g->rules_hash != t->rules_hash || g->shared)
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_RESUME_GET);
	if (st)
		bind_int(st, 1, g->id);
	int r = sql_row(&t->sql, st, reterr);
	if (r <= 0)
		return r;
	const uint64_t offset = column_u64(st, 0);
	const str state = column_squeezed(&t->sql, st, 3, a);
	if (offset <= g->mark.offset && state.p) {
		ret->resume = offset;
		o->last = column_int(st, 1);
		o->has_session = !column_null(st, 2);
		o->session = column_int(st, 2);
		ret->state = state;
		o->goes_on = true;
	}
	(void)sqlite3_reset(st);
	return 0;
}

/* Everything was read, and only the file's name or its times are others. */
static bool nothing_new(const struct timeline *t, const struct source *s, const struct file_content *c, const struct generation *g, bool moves)
{
	return c && !c->compressed && g->rules_hash == t->rules_hash && g->complete && s->identity.size == g->mark.offset + g->pending &&
		(g->pending == 0 || !(moves || c->final));
}

static int begin_in(struct timeline *t, const struct source *s, const struct file_content *c, struct arena *a, struct source_start *ret, struct err *reterr)
{
	struct decision d;
	struct generation *g;
	const str real_path = checkpoint_real_path(t, s->path, a);
	checkpoint_decide(t, s, c, real_path, &d);
	int r = d.replaced ? generation_close(t, d.replaced, "replaced", reterr) : 0;
	const bool is_new = d.what == CHECKPOINT_NEW || d.what == CHECKPOINT_COPY;
	g = d.g;
	if (r == 0 && is_new)
		r = add_source(t, s, real_path, &d, &g, reterr);
	if (r < 0)
		return r;
	const bool moves = !is_new && !str_eq(real_path, g->real_path);
	g->seen = true;
	ret->id = g->id;
	ret->key = (uint64_t)g->id;
	ret->unchanged = !is_new && nothing_new(t, s, c, g, moves);
	if (!is_new && (moves || d.what == CHECKPOINT_MOVED || ret->unchanged))
		r = put_place(t, s, real_path, g, reterr);
	else if (!is_new)
		r = show_path(t, s, g, reterr);
	ret->final = g->moved;
	ret->shared = g->shared;
	if (r < 0 || ret->unchanged)
		return r;
	struct open_source o = {.id = g->id, .last = g->id, .old_last = g->last_id, .is_new = is_new, .identity = s->identity, .known = g,
		.shared = g->shared};
	r = checkpoint_limit(t, o.id, &o.limit, reterr);
	if (r == 0)
		r = load_rest(t, &o, a, ret, reterr);
	if (r == 0)
		*vec_push(&t->open) = o;
	return r;
}

int timeline_source_begin(struct timeline *t, const struct source *s, const struct file_content *c, struct arena *a, struct source_start *ret,
	struct err *reterr)
{
	*ret = (struct source_start){0};
	return begin_in(t, s, c, a, ret, reterr);
}

void timeline_source_anew(struct timeline *t, int64_t source_id)
{
	struct open_source *o = opened(t, source_id);
	if (o && !o->started) {
		o->goes_on = false;
		o->last = o->id;
		o->has_session = false;
		o->session = 0;
	}
}

void timeline_source_rest(struct timeline *t, int64_t source_id, uint64_t offset, str state)
{
	struct open_source *o = timeline_writable(t, source_id);
	if (!o || packs_write(t, o, false, &o->failed) < 0)
		return;
	/* What stood behind the old place stands before this one. */
	sqlite3_stmt *st;
	static const enum statement settle[] = {SQL_EVENT_PACK_SETTLE, SQL_CALL_PACK_SETTLE};
	for (size_t i = 0; i < sizeof settle / sizeof *settle && o->goes_on && o->failed.code == ERR_NONE; i++) {
		if ((st = sql_get(&t->sql, settle[i]))) {
			bind_int(st, 1, o->id);
			bind_int(st, 2, o->last);
		}
		(void)!sql_run(&t->sql, st, &o->failed);
	}
	o->rested = true;
	o->rest.offset = offset;
	o->rest.last = o->last;
	o->rest.session = o->session;
	o->rest.has_session = o->has_session;
	buf_reset(&o->rest.state);
	buf_add(&o->rest.state, state);
}

/* --- end --- */

int source_add_problem(struct timeline *t, int64_t id, size_t n, const struct problem *p, struct err *reterr)
{
	t->has_problems = true;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_PROBLEM_ADD);
	if (st) {
		bind_int(st, 1, id);
		bind_int(st, 2, (int64_t)n);
		bind_text(st, 3, str_z(p->code));
		bind_text(st, 4, (str){p->text, strnlen(p->text, sizeof p->text)});
		bind_u64(st, 5, p->line);
		bind_u64(st, 6, p->offset);
		bind_int(st, 7, (int64_t)p->class);
		bind_int(st, 8, p->times);
	}
	return sql_run(&t->sql, st, reterr);
}

static const char *state_of(const struct source *s)
{
	if (!s->complete)
		return "incomplete";
	if (source_pending(s) > 0)
		return "pending";
	return s->shared.bytes > 0 && s->shared.bytes >= s->offset ? "copy" : "read";
}

static uint64_t own(uint64_t all, uint64_t shared)
{
	return all > shared ? all - shared : 0;
}

static void bind_facts(sqlite3_stmt *st, const struct open_source *o, int64_t last, const struct source *s)
{
	const struct file_identity *i = &s->identity;
	bind_int(st, 1, o->id);
	bind_int(st, 2, last);
	bind_text(st, 3, str_z(state_of(s)));
	bind_u64(st, 4, i->inode_gen);
	bind_u64(st, 5, i->head_hash);
	bind_int(st, 6, i->head_len);
	bind_u64(st, 7, i->marker_hash);
	bind_int(st, 8, i->marker_len);
	bind_u64(st, 9, s->offset);
	bind_int(st, 10, s->complete);
	bind_text(st, 11, str_z(source_kind_name(s->kind)));
	bind_int(st, 12, s->excerpt);
	bind_int(st, 13, s->filtered);
	bind_int(st, 14, s->has_times);
	bind_u64(st, 15, s->bytes);
	bind_u64(st, 16, s->pending_bytes);
	bind_u64(st, 17, own(s->lines, s->shared.lines));
	bind_u64(st, 18, own(s->records, s->shared.records));
	bind_u64(st, 19, own(s->unrecognized, s->shared.unrecognized));
	bind_text(st, 20, s->client_version);
	bind_text(st, 21, s->session_id);
	bind_text(st, 22, s->cwd);
	bind_text(st, 23, s->server);
	bind_instant(st, 24, s->first);
	bind_instant(st, 26, s->last);
	bind_int(st, 28, o->identity.mtime_ns);
	bind_int(st, 29, o->identity.ctime_ns);
	bind_u64(st, 30, o->identity.size);
	bind_u64(st, 33, s->shared.lines);
	bind_u64(st, 34, s->shared.records);
	bind_u64(st, 35, s->shared.unrecognized);
}

static int put_rest(struct timeline *t, const struct open_source *o, struct err *reterr)
{
	if (!o->rested)
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_RESUME_PUT);
	if (st) {
		bind_int(st, 1, o->id);
		bind_u64(st, 2, o->rest.offset);
		bind_int(st, 3, o->rest.last);
		if (o->rest.has_session)
			bind_int(st, 4, o->rest.session);
		bind_squeezed(&t->sql, st, 5, buf_str(&o->rest.state));
	}
	return sql_run(&t->sql, st, reterr);
}

/* What a new source says beside bind_facts. */
static void bind_place(sqlite3_stmt *st, const struct generation *g)
{
	bind_text(st, 36, g->path);
	bind_text(st, 37, g->real_path);
	bind_int(st, 38, g->number);
	bind_u64(st, 39, g->identity.dev);
	bind_u64(st, 40, g->identity.ino);
	bind_int(st, 41, g->identity.btime_ns);
	if (g->copy_of)
		bind_int(st, 42, g->copy_of);
	bind_u64(st, 43, g->shared);
	bind_int(st, 44, g->closed);
	bind_int(st, 45, g->moved);
}

/* What later files of this run are compared with. */
static void remember(struct timeline *t, const struct open_source *o, int64_t last, const struct source *s)
{
	struct generation *g = o->known;
	const struct file_identity *i = &s->identity;
	g->identity = o->identity;
	g->identity.inode_gen = i->inode_gen;
	g->identity.head_hash = i->head_hash;
	g->identity.head_len = i->head_len;
	g->identity.marker_hash = i->marker_hash;
	g->identity.marker_len = i->marker_len;
	g->mark = (struct mark){s->offset, i->marker_hash, i->marker_len};
	g->last_id = last;
	g->row_session = o->session;
	g->rules_hash = t->rules_hash;
	g->pending = s->pending_bytes;
	g->complete = s->complete;
	written(t, g);
	g->facts = t->fresh && !g->copy_of && !s->shared.bytes ? known_files_keep(&t->known, g, s) : NULL;
	known_files_index(&t->known, g);
}

static int end_in(struct timeline *t, struct open_source *o, const struct source *facts, struct err *reterr)
{
	int64_t last = o->id + span(facts->bytes);
	last = last > o->last ? last : o->last;
	last = last < o->limit ? last : o->limit - 1;
	struct generation *g = o->known;
	sqlite3_stmt *st = sql_get(&t->sql, g->unstored ? SQL_SOURCE_ADD : SQL_SOURCE_DONE);
	if (st) {
		bind_facts(st, o, last, facts);
		bind_u64(st, 31, t->rules_hash);
		if (o->session)
			bind_int(st, 32, o->session);
		if (g->unstored)
			bind_place(st, g);
	}
	int r = sql_run(&t->sql, st, reterr);
	g->unstored &= r != 0;
	for (size_t i = 0; i < facts->problem_count && r == 0; i++)
		r = source_add_problem(t, o->id, i, &facts->problems[i], reterr);
	if (r == 0)
		r = put_rest(t, o, reterr);
	remember(t, o, last, facts);
	return r;
}

int timeline_source_end(struct timeline *t, int64_t source_id, const struct source *facts, struct err *reterr)
{
	struct open_source *o = opened(t, source_id);
	if (!o)
		return err_set(reterr, ERR_DB, "%s: a source was ended that was not begun", t->path);
	if (o->failed.code == ERR_NONE && start(t, o, &o->failed) == 0)
		(void)!packs_write(t, o, timeline_is_tail(o), &o->failed);
	struct open_source mine = *o;
	*o = t->open.v[--t->open.n];
	int r = mine.failed.code;
	if (r && reterr)
		*reterr = mine.failed;
	if (!r)
		r = end_in(t, &mine, facts, reterr);
	open_source_done(&mine);
	return r;
}
