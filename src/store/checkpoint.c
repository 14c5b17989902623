/* Which stored generation a file is (store/). Identity is device, inode and birth time; a file system gives the inode of a
 * deleted file to the next one, so inode alone is never enough, and content alone is not either (many logs begin alike).
 *
 * Today a changed file is read again from byte 0 into the same generation; head, marker, offset and generation number are
 * kept for the day it is continued. A file whose head, marker and offset equal those of another inode is a copy: whichever
 * stands first by path keeps the rows, so the order of reading does not matter; if the original is gone from disk, the copy
 * takes its place. Inputs without an inode (pipes) are known by their name and never unchanged.
 *
 * Refuses to open files: it only asks whether an original is still there. */
#include "base/hash.h"
#include "store/timeline_p.h"
#include "model/ids.h"
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { ROOM = 64 * 1024 }; /* ids kept free between two sources */

static void read_generation(sqlite3_stmt *st, struct arena *a, struct generation *g)
{
	*g = (struct generation){
		.id = column_int(st, 0), .last_id = column_int(st, 1),
		.path = column_text(st, 2, a), .real_path = column_text(st, 3, a),
		.number = column_int(st, 4), .copy_of = column_int(st, 5),
		.identity = {
			.dev = column_u64(st, 6), .ino = column_u64(st, 7), .inode_gen = column_u64(st, 8),
			.btime_ns = column_int(st, 9), .mtime_ns = column_int(st, 10), .ctime_ns = column_int(st, 11),
			.size = column_u64(st, 12), .head_hash = column_u64(st, 13), .head_len = column_u32(st, 14),
			.marker_hash = column_u64(st, 15), .marker_len = column_u32(st, 16),
		},
		.offset = column_u64(st, 17), .rules_hash = column_u64(st, 18),
		.complete = column_int(st, 19) != 0, .pending = column_u64(st, 20), .row_session = column_int(st, 21),
	};
}

/* One row or none: 1, 0, < 0. */
static int one_generation(struct timeline *t, sqlite3_stmt *st, struct arena *a, struct generation *ret, struct err *reterr)
{
	int r = sql_row(&t->sql, st, reterr);
	if (r > 0) {
		read_generation(st, a, ret);
		(void)sqlite3_reset(st);
	}
	return r;
}

static int by_id(struct timeline *t, int64_t id, struct arena *a, struct generation *ret, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_KNOWN);
	if (st)
		bind_int(st, 1, id);
	return one_generation(t, st, a, ret, reterr);
}

/* --- names --- */

str checkpoint_real_path(struct timeline *t, str path, struct arena *a)
{
	if (path.n == 0 || str_eq(path, S("-")))
		return path;
	size_t cut = path.n;
	while (cut > 0 && path.p[cut - 1] != '/')
		cut--;
	str dir = cut == 0 ? S(".") : str_head(path, cut), base = str_from(path, cut);
	if (!str_eq(dir, str_z(t->last_dir))) {
		char real[PATH_MAX];
		str given = arena_str(a, dir);
		if (dir.n >= sizeof t->last_dir || !realpath(given.p, real) || strlen(real) >= sizeof t->last_real)
			return arena_str(a, path);
		memcpy(t->last_dir, given.p, given.n + 1);
		memcpy(t->last_real, real, strlen(real) + 1);
	}
	return arena_printf(a, "%s/%.*s", strcmp(t->last_real, "/") == 0 ? "" : t->last_real, STR_ARG(base));
}

/* --- identity --- */

static bool same_state(const struct timeline *t, const struct source *s, const struct generation *g)
{
	const struct file_identity *a = &s->identity, *b = &g->identity;
	return a->ino != 0 && a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns
		&& g->rules_hash == t->rules_hash && g->complete && g->pending == 0;
}

int checkpoint_decide(struct timeline *t, const struct source *s, str real_path, struct arena *a, enum checkpoint *ret_decision,
	struct generation *ret, struct err *reterr)
{
	const struct file_identity *i = &s->identity;
	sqlite3_stmt *st = sql_get(&t->sql, i->ino ? SQL_SOURCE_BY_INODE : SQL_SOURCE_BY_PATH);
	if (st && i->ino) {
		bind_u64(st, 1, i->dev);
		bind_u64(st, 2, i->ino);
		bind_int(st, 3, i->btime_ns);
		bind_u64(st, 4, i->inode_gen);
	} else if (st) {
		bind_text(st, 1, real_path);
	}
	int r = one_generation(t, st, a, ret, reterr);
	if (r < 0)
		return r;
	*ret_decision = r == 0 ? CHECKPOINT_NEW : same_state(t, s, ret) ? CHECKPOINT_SAME : CHECKPOINT_CHANGED;
	return 0;
}

int checkpoint_limit(struct timeline *t, int64_t id, int64_t *ret_limit, struct err *reterr)
{
	*ret_limit = INT64_MAX;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_ABOVE);
	if (st)
		bind_int(st, 1, id);
	int r = sql_row(&t->sql, st, reterr);
	if (r > 0) {
		if (!column_null(st, 0))
			*ret_limit = column_int(st, 0);
		(void)sqlite3_reset(st);
	}
	return r < 0 ? r : 0;
}

static int is_free(struct timeline *t, int64_t id, uint64_t size, bool *ret_free, struct err *reterr)
{
	int64_t limit;
	int r = checkpoint_limit(t, id, &limit, reterr);
	if (r < 0)
		return r;
	*ret_free = (uint64_t)limit - (uint64_t)id > size + ROOM;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_BELOW);
	if (st)
		bind_int(st, 1, id);
	r = sql_row(&t->sql, st, reterr);
	if (r > 0) {
		int64_t last = column_int(st, 1);
		*ret_free = *ret_free && column_int(st, 0) != id && last < id && (uint64_t)id - (uint64_t)last > ROOM;
		(void)sqlite3_reset(st);
	}
	return r < 0 ? r : 0;
}

int checkpoint_new_id(struct timeline *t, const struct source *s, str real_path, int64_t *ret_id, struct err *reterr)
{
	const struct file_identity *i = &s->identity;
	uint64_t natural[3] = {i->dev, i->ino, (uint64_t)i->btime_ns};
	uint64_t h = i->ino ? hash64((str){(const char *)natural, sizeof natural}) : hash64(real_path);
	for (bool free = false; !free;) {
		*ret_id = (int64_t)(h >> (64 - SOURCE_KEY_BITS)) | 1;
		int r = is_free(t, *ret_id, i->size, &free, reterr);
		if (r < 0)
			return r;
		h = hash64_seed((str){(const char *)natural, sizeof natural}, h);
	}
	return 0;
}

int checkpoint_clear(struct timeline *t, int64_t id, int64_t last_id, struct err *reterr)
{
	static const enum statement ranges[] = {SQL_EVENT_REMOVE, SQL_EVENT_MORE_REMOVE, SQL_CALL_REMOVE, SQL_CALL_MORE_REMOVE};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, ranges[i]);
		if (st) {
			bind_int(st, 1, id);
			bind_int(st, 2, last_id);
		}
		int r = sql_run(&t->sql, st, reterr);
		if (r < 0)
			return r;
	}
	static const enum statement others[] = {SQL_PROBLEM_REMOVE, SQL_SOURCE_RELEASE};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, others[i]);
		if (st)
			bind_int(st, 1, id);
		int r = sql_run(&t->sql, st, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- copies --- */

static bool still_there(const struct generation *g)
{
	struct stat st;
	char path[PATH_MAX];
	if (g->real_path.n >= sizeof path)
		return true;
	memcpy(path, g->real_path.p, g->real_path.n);
	path[g->real_path.n] = '\0';
	return stat(path, &st) == 0 && st.st_dev == g->identity.dev && st.st_ino == g->identity.ino;
}

static int run_pair(struct timeline *t, enum statement which, int64_t a, int64_t b, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, which);
	if (st) {
		bind_int(st, 1, a);
		if (sqlite3_bind_parameter_count(st) > 1)
			bind_int(st, 2, b);
	}
	return sql_run(&t->sql, st, reterr);
}

/* `copy` gives its rows up in favour of `original`, with all that were copies of it. */
static int make_copy(struct timeline *t, const struct generation *copy, int64_t original, struct err *reterr)
{
	int r = run_pair(t, SQL_SOURCE_REPOINT, copy->id, original, reterr);
	if (r == 0)
		r = checkpoint_clear(t, copy->id, copy->last_id, reterr);
	return r == 0 ? run_pair(t, SQL_SOURCE_COPY, copy->id, original, reterr) : r;
}

static int take_over(struct timeline *t, const struct generation *gone, int64_t heir, struct err *reterr)
{
	int r = run_pair(t, SQL_SOURCE_REPOINT, gone->id, heir, reterr);
	if (r == 0)
		r = checkpoint_clear(t, gone->id, gone->last_id, reterr);
	return r == 0 ? run_pair(t, SQL_SOURCE_REMOVE, gone->id, 0, reterr) : r;
}

int checkpoint_settle_copies(struct timeline *t, int64_t id, struct err *reterr)
{
	struct arena a = {0};
	struct generation mine, other;
	VEC(struct generation) twins = {0};
	int r = by_id(t, id, &a, &mine, reterr);
	const struct file_identity *i = &mine.identity;
	if (r > 0 && i->head_len > 0 && i->ino && mine.complete) {
		sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_TWINS);
		if (st) {
			bind_u64(st, 1, i->head_hash);
			bind_int(st, 2, i->head_len);
			bind_u64(st, 3, i->marker_hash);
			bind_int(st, 4, i->marker_len);
			bind_u64(st, 5, mine.offset);
			bind_int(st, 6, id);
		}
		while ((r = sql_row(&t->sql, st, reterr)) > 0) {
			read_generation(st, &a, &other);
			*vec_push(&twins) = other;
		}
	}
	for (size_t k = 0; k < twins.n && r >= 0; k++) {
		const struct generation *o = &twins.v[k];
		if (!still_there(o))
			r = take_over(t, o, id, reterr);
		else if (str_cmp(o->real_path, mine.real_path) <= 0) {
			r = make_copy(t, &mine, o->id, reterr);
			break;
		} else
			r = make_copy(t, o, id, reterr);
	}
	vec_free(&twins);
	arena_done(&a);
	return r < 0 ? r : 0;
}
