/* What the timeline knows of sources, read back for pass 2 (store/): facts and problems, which of them a scope has, texts of events.
 * Their rows stand in load_rows.c. Texts live in the caller's arena.
 *
 * Refuses to find a source that was not asked for by its id or path. */
#include "base/hash.h"
#include "base/vec.h"
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

/* What this run says of a source that was read back. */
static void add_own_problems(const struct timeline *t, uint64_t rules_hash, struct arena *a, struct source *ret)
{
	ret->problems = arena_alloc(a, sizeof *ret->problems); /* never NULL for those who copy */
	if (t->rules_hash && rules_hash != t->rules_hash) {
		const struct problem old = note("old-knowledge", ret->path, "%.*s was read with other patterns and cannot be read again");
		source_append_problem(ret, &old, a);
	}
	if (source_pruned(ret)) {
		struct problem gone = {.code = "pruned", .class = PROBLEM_NOTE, .times = 1};
		(void)snprintf(gone.text, sizeof gone.text, "calls and events of its first %llu bytes were removed by prune; --db :memory: reads them anew",
			(unsigned long long)ret->shared.bytes);
		source_append_problem(ret, &gone, a);
	}
}

/* The source of the present row. */
static void take_source(struct timeline *t, sqlite3_stmt *st, struct arena *a, struct source *ret)
{
	*ret = (struct source){.id = column_int(st, 37), .first = INSTANT_NONE, .last = INSTANT_NONE};
	read_source(st, a, ret);
	add_own_problems(t, column_u64(st, 31), a, ret);
}

/* The source as the run found it when it began; false: it was written since, or this is no run. */
static bool take_known(const struct timeline *t, int64_t id, struct arena *a, struct source *ret)
{
	const struct generation *g = t->writing ? known_files_by_id(&t->known, id) : NULL;
	if (!g || !g->facts)
		return false;
	*ret = *g->facts;
	str *const texts[] = {&ret->path, &ret->client_version, &ret->session_id, &ret->cwd, &ret->server};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i]->p)
			*texts[i] = arena_str(a, *texts[i]);
	add_own_problems(t, g->rules_hash, a, ret);
	return true;
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
	if (t->fresh && !t->has_problems)
		return 1;
	st = sql_get(&t->sql, SQL_PROBLEM_ALL);
	if (st)
		bind_int(st, 1, id);
	while ((r = sql_row(&t->sql, st, reterr)) > 0) {
		read_problem(st, a, &p);
		source_append_problem(ret, &p, a);
	}
	return r < 0 ? r : 1;
}

static int load_problems(struct timeline *t, const struct map *wanted, struct arena *a, struct source *ret, struct err *reterr)
{
	struct problem p;
	uint32_t at;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_PROBLEM_GET_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		if (map_get(wanted, column_u64(st, 6), &at)) {
			read_problem(st, a, &p);
			source_append_problem(&ret[at], &p, a);
		}
	return r;
}

/* All sources in one go, those wanted kept: cheaper than asking for many one by one. */
static int load_many(struct timeline *t, const struct map *wanted, struct arena *a, struct source *ret, size_t *ret_found, struct err *reterr)
{
	uint32_t at;
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_GET_ALL);
	int r;
	while ((r = sql_row(&t->sql, st, reterr)) > 0)
		if (map_get(wanted, column_u64(st, 37), &at)) {
			take_source(t, st, a, &ret[at]);
			++*ret_found;
		}
	return r == 0 ? load_problems(t, wanted, a, ret, reterr) : r;
}

enum { FEW = 8 };

int timeline_load_sources(struct timeline *t, const int64_t *ids, size_t n, struct arena *a, struct source *ret, struct err *reterr)
{
	struct map asked = {0}, known = {0}; /* of the database, and not */
	size_t found = 0, missing = 0;
	int r = 0;
	for (size_t i = 0; i < n; i++) {
		const bool have = take_known(t, ids[i], a, &ret[i]);
		map_put(have ? &known : &asked, (uint64_t)ids[i], (uint32_t)i);
		found += have;
		missing += !have;
	}
	const bool few = missing <= FEW;
	for (size_t i = 0, at = 0; few && at < missing && r >= 0; i++) {
		uint32_t index;
		if (!map_get(&asked, (uint64_t)ids[i], &index))
			continue;
		at++;
		r = load_one(t, ids[i], a, &ret[i], reterr);
		found += r > 0;
	}
	if (r >= 0 && !few)
		r = load_many(t, &asked, a, ret, &found, reterr);
	if (r >= 0 && missing < n)
		r = load_problems(t, &known, a, ret, reterr);
	map_done(&asked);
	map_done(&known);
	if (r >= 0 && found != n)
		return err_set(reterr, ERR_DB, "%s: a source that was asked for is not in the database", t->path);
	return r < 0 ? r : 0;
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

/* The directory that was looked at last: files come in runs of one. */
struct ranked {
	str directory;
	uint32_t rank;
	bool any;
};

static uint32_t better_rank(const struct map *wanted, str path, uint32_t rank)
{
	uint32_t found;
	return map_get(wanted, hash64(path), &found) && found < rank ? found : rank;
}

/* The best rank under which the path or a directory above it is wanted, or `rank`. */
static uint32_t find_rank(const struct map *wanted, str path, uint32_t rank, struct ranked *last)
{
	size_t slash = path.n;
	while (slash > 0 && path.p[slash - 1] != '/')
		slash--;
	const str directory = str_head(path, slash); /* with its slash */
	if (!last->any || !str_eq(directory, last->directory)) {
		*last = (struct ranked){directory, UINT32_MAX, true};
		for (size_t n = slash; n-- > 0;)
			if (path.p[n] == '/')
				last->rank = better_rank(wanted, str_head(path, n), last->rank);
	}
	return better_rank(wanted, path, last->rank < rank ? last->rank : rank);
}

struct found {
	const struct generation *g;
	uint32_t rank;
};

/* By rank, then by path and age. */
static int by_rank(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	const int c = str_cmp(x->g->real_path, y->g->real_path);
	if (c)
		return c;
	const int64_t one[] = {x->g->number, x->g->identity.btime_ns, x->g->id}, other[] = {y->g->number, y->g->identity.btime_ns, y->g->id};
	for (size_t i = 0; i < 3; i++)
		if (one[i] != other[i])
			return one[i] < other[i] ? -1 : 1;
	return 0;
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
	struct known_files now = {0};
	const struct known_files *known = t->writing ? &t->known : &now; /* outside of a transaction others may have written */
	int r = t->writing ? 0 : known_files_load(&now, &t->sql, reterr);
	VEC(struct found) found = {0};
	struct ranked shown = {0}, real = {0};
	for (size_t i = 0; i < known->v.n; i++) {
		const struct generation *g = known->v.v[i];
		const uint32_t rank = find_rank(&wanted, g->real_path, find_rank(&wanted, g->path, UINT32_MAX, &shown), &real);
		if (rank != UINT32_MAX && !g->removed)
			*vec_push(&found) = (struct found){g, rank};
	}
	vec_sort(&found, by_rank);
	*ret_ids = arena_alloc(a, found.n * sizeof **ret_ids + 1);
	*ret_count = found.n;
	for (size_t i = 0; i < found.n; i++)
		(*ret_ids)[i] = found.v[i].g->id;
	known_files_done(&now);
	vec_free(&found);
	map_done(&wanted);
	arena_done(&scratch);
	return r;
}
