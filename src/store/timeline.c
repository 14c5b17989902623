/* The timeline's life (store/): open, one transaction, close.
 *
 * The lock is taken before the file is looked at and given back after the last checkpoint (durable.c). Sources of pass 1 stand in
 * sources.c, their rows in rows.c.
 *
 * Refuses to commit a source that was begun and not ended. */
#include "model/ids.h"
#include "store/durable.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/schema.h"
#include "store/timeline_p.h"
#include <stdlib.h>

enum { OLDEST_SQLITE = 3040000 };

/* --- open and close --- */

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
	t->known.loaded = t->fresh = is_new; /* nothing is known, and the lock keeps it so */
	if (r == 0)
		r = open_handle(t->path, t->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, &t->sql, reterr);
	if (r == 0 && !is_new)
		r = check_schema(t, reterr);
	if (r == 0)
		open_warning(t->path, t->warning);
	return r;
}

int timeline_open(const struct timeline_options *options, struct timeline **ret, struct err *reterr)
{
	if (sqlite3_libversion_number() < OLDEST_SQLITE)
		return err_set(reterr, ERR_DB, "the SQLite library is too old: %s, at least 3.40.0 is needed", sqlite3_libversion());
	/* Only one thread ever calls SQLite. Refused, and without harm, when it is running already. */
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	struct timeline *t = mem_new(sizeof *t);
	t->lock = LOCK_NONE;
	t->read_only = options->read_only;
	t->rules_hash = options->rules_hash;
	t->memory = strcmp(options->path, ":memory:") == 0;
	t->path = ":memory:";
	/* The limit is the process's: a timeline in memory may live on beside this one (live.c). */
	(void)sqlite3_hard_heap_limit64(t->memory ? 0 : sqlite3_memory_used() + FILE_HEAP);
	int r = t->memory ? open_memory(&t->sql, reterr) : open_file(t, options->path, options->lock_wait_s, reterr);
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
	/* The log is removed here, still under the lock. */
	sql_done(&t->sql);
	lock_release(&t->lock);
	names_done(&t->names);
	known_forms_done(&t->forms);
	known_files_done(&t->known);
	recent_done(&t->recent);
	kept_output_done(&t->output);
	kept_digests_done(&t->digests);
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

int timeline_begin_aside(struct timeline *t, struct err *reterr)
{
	int r = t->memory ? 0 : durable_begin(&t->sql, reterr);
	if (r == 0)
		r = sql_run(&t->sql, sql_get(&t->sql, SQL_BEGIN), reterr);
	t->writing = t->sql.within = r == 0;
	kept_digests_done(&t->digests);
	t->sql.failed = false;
	t->changes = sqlite3_total_changes(t->sql.db);
	return r;
}

int timeline_begin(struct timeline *t, struct err *reterr)
{
	const int r = timeline_begin_aside(t, reterr);
	return r == 0 ? known_files_load(&t->known, &t->sql, reterr) : r;
}

static void open_sources_clear(struct timeline *t)
{
	for (size_t i = 0; i < t->open.n; i++)
		open_source_done(&t->open.v[i]);
	t->open.n = 0;
}

/* A source that was begun and gave nothing could not be opened: what was known of it before stays. */
int timeline_settle(struct timeline *t, struct err *reterr)
{
	for (size_t i = 0; i < t->open.n; i++) {
		const struct open_source *o = &t->open.v[i];
		if (o->started)
			return err_set(reterr, ERR_DB, "%s: a source was not read to its end; nothing was stored", t->path);
		o->known->removed = o->known->unstored;
	}
	open_sources_clear(t);
	return 0;
}

int timeline_commit(struct timeline *t, struct err *reterr)
{
	int r = timeline_settle(t, reterr);
	if (r == 0 && t->sql.failed) {
		r = err_set(reterr, ERR_DB, "%s: the database could not be read or written; nothing of this run was kept", t->path);
		err_hint(reterr, "check the disk and the memory; the next run goes on from the last complete one");
	}
	if (r == 0 && !t->memory && timeline_changed(t))
		r = known_files_store(&t->known, &t->sql, reterr);
	if (r == 0)
		r = sql_run(&t->sql, sql_get(&t->sql, SQL_COMMIT), reterr);
	if (r == 0) {
		t->writing = t->sql.within = t->fresh = false;
		recent_done(&t->recent);
		if (!t->memory && timeline_changed(t))
			r = durable_commit(&t->sql, reterr);
		durable_end(&t->sql);
	}
	return r;
}

bool timeline_changed(const struct timeline *t)
{
	return sqlite3_total_changes(t->sql.db) != t->changes;
}

void timeline_rollback(struct timeline *t)
{
	open_sources_clear(t);
	recent_done(&t->recent);
	kept_digests_done(&t->digests);
	if (!t->writing)
		return;
	t->writing = t->sql.within = t->fresh = false;
	names_forget(&t->names);
	t->forms.current = false;
	known_files_done(&t->known);
	if (!sqlite3_get_autocommit(t->sql.db))
		(void)!sql_run(&t->sql, sql_get(&t->sql, SQL_ROLLBACK), NULL);
	durable_end(&t->sql);
}
