/* The timeline's life and the sources of pass 1 (store/): open, one transaction, begin and end of each source, close.
 *
 * The lock is taken before the file is looked at and given back after the last checkpoint. What a source said of itself is
 * written at its end; its rows come in between (rows.c).
 *
 * Refuses to commit a source that was begun and not ended. */
#include "model/ids.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/schema.h"
#include "store/timeline_p.h"
#include <stdlib.h>

enum { OLDEST_SQLITE = 3040000 };

/* --- open and close --- */

static int open_memory(struct timeline *t, struct err *reterr)
{
	int r = open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, &t->sql, reterr);
	if (r == 0)
		r = migrate_create(&t->sql, reterr);
	return r;
}

static int user_version(struct sql *q, int64_t *ret, struct err *reterr)
{
	sqlite3_stmt *st = NULL;
	(void)sqlite3_prepare_v2(q->db, "PRAGMA user_version", -1, &st, NULL);
	int r = sql_row(q, st, reterr);
	if (r > 0)
		*ret = column_int(st, 0);
	sqlite3_finalize(st);
	return r < 0 ? r : 0;
}

static int check_schema(struct timeline *t, struct err *reterr)
{
	int64_t version = 0;
	int r = user_version(&t->sql, &version, reterr);
	if (r == 0 && version > SCHEMA_VERSION) {
		r = err_set(reterr, ERR_DB, "%s: written by a newer mcplog (schema %lld, this one knows %d)", t->path, (long long)version, SCHEMA_VERSION);
		err_hint(reterr, "it was not changed; use the newer mcplog, or another file with --db");
	} else if (r == 0 && version < SCHEMA_VERSION && t->read_only) {
		r = err_set(reterr, ERR_DB, "%s: written by an older mcplog", t->path);
		err_hint(reterr, "run `mcplog analyze` once: it keeps a copy and brings the database up to date");
	} else if (r == 0 && version < SCHEMA_VERSION) {
		r = migrate_upgrade(&t->sql, t->path, (int)version, reterr);
	}
	return r == 0 ? migrate_check(&t->sql, reterr) : r;
}

static int open_file(struct timeline *t, const char *path, unsigned lock_wait_s, struct err *reterr)
{
	bool is_new = false;
	int r = open_resolve(path, &t->arena, &t->path, reterr);
	if (r == 0)
		r = open_look(t->path, &is_new, reterr);
	if (r == 0 && is_new && t->read_only) {
		r = err_set(reterr, ERR_DB, "%s: there is no database yet", t->path);
		err_hint(reterr, "run `mcplog analyze` first, or name the database with --db");
	}
	if (r == 0 && !t->read_only)
		r = lock_take(t->path, lock_wait_s, &t->lock, reterr);
	/* Under the lock it may look different: another run may just have made it. */
	if (r == 0 && is_new)
		r = open_look(t->path, &is_new, reterr);
	if (r == 0 && is_new)
		r = open_create(t->path, reterr);
	if (r == 0)
		r = open_handle(t->path, t->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, &t->sql, reterr);
	if (r == 0)
		r = check_schema(t, reterr);
	if (r == 0)
		open_warning(t->path, t->warning);
	return r;
}

int timeline_open(const struct timeline_options *options, struct timeline **ret, struct err *reterr)
{
	if (sqlite3_libversion_number() < OLDEST_SQLITE)
		return err_set(reterr, ERR_DB, "the SQLite library is too old: %s, at least 3.40.0 is needed", sqlite3_libversion());
	struct timeline *t = mem_new(sizeof *t);
	t->lock = LOCK_NONE;
	t->read_only = options->read_only;
	t->rules_hash = options->rules_hash;
	t->memory = strcmp(options->path, ":memory:") == 0;
	t->path = ":memory:";
	(void)sqlite3_hard_heap_limit64(t->memory ? 0 : FILE_HEAP);
	int r = t->memory ? open_memory(t, reterr) : open_file(t, options->path, options->lock_wait_s, reterr);
	if (r < 0) {
		timeline_close(t);
		return r;
	}
	*ret = t;
	return 0;
}

void timeline_close(struct timeline *t)
{
	if (!t)
		return;
	timeline_rollback(t);
	/* The last checkpoint happens here, still under the lock. */
	sql_done(&t->sql);
	lock_release(&t->lock);
	names_done(&t->names);
	buf_done(&t->scratch);
	buf_done(&t->scratch_id);
	vec_free(&t->open);
	arena_done(&t->arena);
	free(t);
}

const char *timeline_warning(const struct timeline *t)
{
	return t->warning;
}

/* --- the transaction --- */

int timeline_begin(struct timeline *t, struct err *reterr)
{
	int r = sql_run(&t->sql, sql_get(&t->sql, SQL_BEGIN), reterr);
	t->writing = r == 0;
	return r;
}

/* A source that was begun and gave nothing could not be opened: what was known of it before stays. */
int timeline_settle(struct timeline *t, struct err *reterr)
{
	int r = 0;
	for (size_t i = 0; i < t->open.n && r == 0; i++) {
		const struct open_source *o = &t->open.v[i];
		if (o->started)
			return err_set(reterr, ERR_DB, "%s: a source was not read to its end; nothing was stored", t->path);
		sqlite3_stmt *st = o->is_new ? sql_get(&t->sql, SQL_SOURCE_REMOVE) : NULL;
		if (st)
			bind_int(st, 1, o->id);
		if (o->is_new)
			r = sql_run(&t->sql, st, reterr);
	}
	t->open.n = 0;
	return r;
}

int timeline_commit(struct timeline *t, struct err *reterr)
{
	int r = timeline_settle(t, reterr);
	if (r == 0)
		r = sql_run(&t->sql, sql_get(&t->sql, SQL_COMMIT), reterr);
	if (r == 0)
		t->writing = false;
	return r;
}

void timeline_rollback(struct timeline *t)
{
	t->open.n = 0;
	if (!t->writing)
		return;
	t->writing = false;
	names_forget(&t->names);
	if (!sqlite3_get_autocommit(t->sql.db))
		(void)!sql_run(&t->sql, sql_get(&t->sql, SQL_ROLLBACK), NULL);
}

/* --- a source --- */

static struct open_source *opened(struct timeline *t, int64_t id)
{
	for (size_t i = t->open.n; i-- > 0;)
		if (t->open.v[i].id == id)
			return &t->open.v[i];
	return NULL;
}

static int start(struct timeline *t, struct open_source *o, struct err *reterr)
{
	if (o->started)
		return 0;
	o->started = true;
	return o->is_new ? 0 : checkpoint_clear(t, o->id, o->old_last, reterr);
}

struct open_source *timeline_writable(struct timeline *t, int64_t id)
{
	struct open_source *o = opened(t, id);
	return o && o->failed.code == ERR_NONE && start(t, o, &o->failed) == 0 ? o : NULL;
}

/* Ids that a source of this many bytes needs; absurd sizes (sparse files) are cut. */
static int64_t span(uint64_t bytes)
{
	const uint64_t most = UINT64_C(1) << (SOURCE_KEY_BITS - 1);
	return (int64_t)(bytes < most ? bytes : most);
}

static void bind_first_look(sqlite3_stmt *st, const struct source *s, str real_path, int64_t id, uint64_t rules_hash)
{
	const struct file_identity *i = &s->identity;
	bind_int(st, 1, id);
	bind_int(st, 2, id + span(i->size));
	bind_text(st, 3, s->path);
	bind_text(st, 4, real_path);
	bind_int(st, 5, 0);
	bind_u64(st, 6, i->dev);
	bind_u64(st, 7, i->ino);
	bind_u64(st, 8, i->inode_gen);
	bind_int(st, 9, i->btime_ns);
	bind_int(st, 10, i->mtime_ns);
	bind_int(st, 11, i->ctime_ns);
	bind_u64(st, 12, i->size);
	bind_u64(st, 13, rules_hash);
}

static int rename_source(struct timeline *t, const struct source *s, str real_path, const struct generation *g, struct err *reterr)
{
	if (str_eq(s->path, g->path) && str_eq(real_path, g->real_path))
		return 0;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_PATH);
	if (st) {
		bind_int(st, 1, g->id);
		bind_text(st, 2, s->path);
		bind_text(st, 3, real_path);
	}
	return sql_run(&t->sql, st, reterr);
}

static int add_source(struct timeline *t, const struct source *s, str real_path, int64_t *ret_id, struct err *reterr)
{
	int r = checkpoint_new_id(t, s, real_path, ret_id, reterr);
	sqlite3_stmt *st = r == 0 ? sql_get(&t->sql, SQL_SOURCE_ADD) : NULL;
	if (st)
		bind_first_look(st, s, real_path, *ret_id, t->rules_hash);
	return r == 0 ? sql_run(&t->sql, st, reterr) : r;
}

static int begin_in(struct timeline *t, const struct source *s, struct arena *a, int64_t *ret_id, bool *ret_unchanged, struct err *reterr)
{
	struct generation g = {0};
	enum checkpoint decision = CHECKPOINT_NEW;
	str real_path = checkpoint_real_path(t, s->path, a);
	int r = checkpoint_decide(t, s, real_path, a, &decision, &g, reterr);
	*ret_unchanged = decision == CHECKPOINT_SAME;
	*ret_id = g.id;
	if (r < 0 || *ret_unchanged)
		return r < 0 ? r : rename_source(t, s, real_path, &g, reterr);
	struct open_source o = {.id = g.id, .old_last = g.last_id, .is_new = decision == CHECKPOINT_NEW, .identity = s->identity};
	r = o.is_new ? add_source(t, s, real_path, &o.id, reterr) : rename_source(t, s, real_path, &g, reterr);
	if (r == 0)
		r = checkpoint_limit(t, o.id, &o.limit, reterr);
	if (r < 0)
		return r;
	*ret_id = o.last = o.id;
	*vec_push(&t->open) = o;
	return 0;
}

int timeline_source_begin(struct timeline *t, const struct source *identity, int64_t *ret_source_id, uint64_t *ret_key, bool *ret_unchanged,
	struct err *reterr)
{
	struct arena a = {0};
	int64_t id = 0;
	bool unchanged = false;
	int r = begin_in(t, identity, &a, &id, &unchanged, reterr);
	arena_done(&a);
	if (r < 0)
		return r;
	*ret_source_id = id;
	*ret_key = (uint64_t)id;
	*ret_unchanged = unchanged;
	return 0;
}

static int add_problem(struct timeline *t, int64_t id, size_t n, const struct problem *p, struct err *reterr)
{
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

static void bind_facts(sqlite3_stmt *st, const struct open_source *o, int64_t last, const struct source *s)
{
	const struct file_identity *i = &s->identity;
	const bool pending = s->pending_bytes > 0;
	bind_int(st, 1, o->id);
	bind_int(st, 2, last);
	bind_text(st, 3, !s->complete ? S("incomplete") : pending ? S("pending") : S("read"));
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
	bind_u64(st, 17, s->lines);
	bind_u64(st, 18, s->records);
	bind_u64(st, 19, s->unrecognized);
	bind_text(st, 20, s->client_version);
	bind_text(st, 21, s->session_id);
	bind_text(st, 22, s->cwd);
	bind_text(st, 23, s->server);
	bind_instant(st, 24, s->first);
	bind_instant(st, 26, s->last);
	bind_int(st, 28, o->identity.mtime_ns);
	bind_int(st, 29, o->identity.ctime_ns);
	bind_u64(st, 30, o->identity.size);
}

int timeline_source_end(struct timeline *t, int64_t source_id, const struct source *facts, struct err *reterr)
{
	struct open_source *o = opened(t, source_id);
	if (!o)
		return err_set(reterr, ERR_DB, "%s: a source was ended that was not begun", t->path);
	if (o->failed.code == ERR_NONE)
		(void)!start(t, o, &o->failed);
	struct open_source mine = *o;
	*o = t->open.v[--t->open.n];
	if (mine.failed.code != ERR_NONE) {
		if (reterr)
			*reterr = mine.failed;
		return mine.failed.code;
	}
	int64_t last = source_id + span(facts->bytes);
	last = last > mine.last ? last : mine.last;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_DONE);
	if (st) {
		bind_facts(st, &mine, last < mine.limit ? last : mine.limit - 1, facts);
		bind_u64(st, 31, t->rules_hash);
		if (mine.session)
			bind_int(st, 32, mine.session);
	}
	int r = sql_run(&t->sql, st, reterr);
	for (size_t i = 0; i < facts->problem_count && r == 0; i++)
		r = add_problem(t, source_id, i, &facts->problems[i], reterr);
	return r == 0 ? checkpoint_settle_copies(t, source_id, reterr) : r;
}
