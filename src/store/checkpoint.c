/* Which stored generation a file is (store/). Identity is device, inode and birth time; a file system gives the inode of a
 * deleted file to the next one, and content alone is not enough either (many logs begin alike). So:
 *
 *   its own generation      the same inode, and head and marker (the bytes before the offset) still stand there: goes on
 *   …with other content     truncated and written anew: that generation is closed, the file is looked at like an unknown one
 *   unknown inode           head and marker of a known generation: of one whose file is gone, it is that file, moved (renamed over a
 *                           file system, rotated by copying, compressed); of one whose file is still there, it is a copy
 *   anything else           a new generation
 *
 * A copy is a generation of its own, but what it shares with the original stands there: it keeps only the rows behind. Where the
 * original grew since the copy was made, the two are compared byte by byte: a file of some length that is nothing but the
 * beginning of another is a copy too. Of several candidates the one read furthest wins. Inputs without an inode (pipes) are known by their name and never unchanged.
 *
 * Refuses to open files: bytes come from the caller (struct file_content); it only asks whether a file is still in its place. */
#include "base/hash.h"
#include "store/timeline_p.h"
#include "model/ids.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { HEAD = 1024, ROOM = 64 * 1024 }; /* ids kept free between two sources */

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

/* --- is it still what it was? --- */

bool checkpoint_same_state(const struct timeline *t, const struct file_identity *now, const struct generation *g)
{
	const struct file_identity *was = &g->identity;
	return now->ino != 0 && now->size == was->size && now->mtime_ns == was->mtime_ns && now->ctime_ns == was->ctime_ns
		&& g->rules_hash == t->rules_hash && g->complete;
}

enum whereabouts checkpoint_whereabouts(const struct generation *g)
{
	struct stat st;
	char path[PATH_MAX];
	if (g->identity.ino == 0 || g->real_path.n >= sizeof path)
		return FILE_KEPT;
	memcpy(path, g->real_path.p, g->real_path.n);
	path[g->real_path.n] = '\0';
	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? FILE_MISSING : FILE_KEPT;
	return st.st_dev == g->identity.dev && st.st_ino == g->identity.ino ? FILE_KEPT : FILE_REPLACED;
}

/* Does the file hold what was read of g up to this mark? */
static bool fits(const struct source *s, const struct file_content *c, const struct mark *m)
{
	uint64_t hash;
	if (!c->compressed && s->identity.size < m->offset)
		return false;
	return m->len == 0 || (c->marker(c->context, m->offset, m->len, &hash) && hash == m->hash);
}

static bool head_fits(const struct file_content *c, const struct generation *g)
{
	const uint32_t n = g->identity.head_len;
	return n == 0 || (n <= c->head.n && hash64(str_head(c->head, n)) == g->identity.head_hash);
}

/* --- candidates among the others --- */

struct candidate {
	struct generation *g;
	const struct mark *mark;
};

/* Furthest first; then what has its own rows. */
static int by_reach(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->mark->offset != y->mark->offset)
		return x->mark->offset > y->mark->offset ? -1 : 1;
	if (!x->g->copy_of != !y->g->copy_of)
		return x->g->copy_of ? 1 : -1;
	return x->g->id < y->g->id ? -1 : x->g->id > y->g->id;
}

struct candidates {
	VEC(struct candidate) v;
};

/* Of those read equally far with the same end, which copies of one file are, the first in that order stands for all. */
static void add_candidate(struct candidates *all, struct generation *g, const struct mark *mark)
{
	const struct candidate more = {g, mark};
	struct candidate *last = all->v.n ? &all->v.v[all->v.n - 1] : NULL;
	if (!last || last->mark->offset != mark->offset || last->mark->hash != mark->hash || last->mark->len != mark->len)
		*vec_push(&all->v) = more;
	else if (by_reach(&more, last) < 0)
		*last = more;
}

static bool find_other(struct timeline *t, const struct source *s, const struct file_content *c, struct candidate *ret)
{
	struct candidates all = {0};
	for (size_t i = 0; i < t->known.lengths.n && t->known.lengths.v[i] <= c->head.n; i++) {
		const uint32_t len = t->known.lengths.v[i];
		const uint64_t hash = hash64(str_head(c->head, len));
		struct generation *g;
		for (uint32_t at = 0; (g = known_files_by_head(&t->known, hash, len, &at));) {
			if (g->mark.offset == 0)
				continue;
			add_candidate(&all, g, &g->mark);
			if (g->before.offset != 0 && g->before.offset != g->mark.offset)
				add_candidate(&all, g, &g->before);
		}
	}
	bool found = false;
	vec_sort(&all.v, by_reach);
	for (size_t i = 0; i < all.v.n && !found; i++)
		if ((found = fits(s, c, all.v.v[i].mark)))
			*ret = all.v.v[i];
	vec_free(&all.v);
	return found;
}

static bool is_there(const struct generation *g)
{
	return !g->closed && (g->seen || checkpoint_whereabouts(g) == FILE_KEPT);
}

/* A file that is shorter than what was read of another one, and nothing but its beginning: copied before that one grew. Short
 * files are told apart: many logs begin alike. */
static bool find_longer(struct timeline *t, const struct source *s, const struct file_content *c, struct candidate *ret, uint64_t *ret_shared)
{
	struct generation *g;
	if (c->compressed || c->head.n < HEAD)
		return false;
	const uint64_t hash = hash64(c->head);
	for (uint32_t at = 0; (g = known_files_by_head(&t->known, hash, HEAD, &at));)
		if (g->mark.offset >= s->identity.size && is_there(g) &&
			c->common(c->context, g->real_path, 0, s->identity.size, ret_shared) == s->identity.size) {
			*ret = (struct candidate){g, &g->mark};
			return true;
		}
	return false;
}

void checkpoint_decide(struct timeline *t, const struct source *s, const struct file_content *c, str real_path, struct decision *ret)
{
	struct candidate found;
	struct generation *own = known_files_by_identity(&t->known, &s->identity, real_path);
	*ret = (struct decision){.what = CHECKPOINT_NEW};
	if (own && (!c || (head_fits(c, own) && fits(s, c, &own->mark)))) {
		ret->what = CHECKPOINT_OWN;
		ret->g = own;
		return;
	}
	ret->replaced = own;
	if (own)
		own->closed = true; /* so that it is no longer "still there" */
	uint64_t shared = 0;
	if (c && find_other(t, s, c, &found)) {
		shared = found.mark->offset;
		ret->what = is_there(found.g) ? CHECKPOINT_COPY : CHECKPOINT_MOVED;
		if (ret->what == CHECKPOINT_COPY && found.mark == &found.g->before && !c->compressed)
			(void)c->common(c->context, found.g->real_path, found.mark->offset, found.g->mark.offset, &shared);
	} else if (c && find_longer(t, s, c, &found, &shared)) {
		ret->what = CHECKPOINT_COPY;
	} else {
		return;
	}
	ret->g = found.g;
	ret->shared = ret->what == CHECKPOINT_COPY ? shared : 0;
}

/* --- ids --- */

/* Sources next to an id: the one at it or below (0: none), with its last row, and the one above (INT64_MAX: none). */
struct neighbours {
	int64_t below, below_last, above;
};

static size_t ranges_up_to(const struct known_files *k, int64_t id)
{
	size_t from = 0, to = k->ranges.n;
	while (from < to) {
		const size_t mid = from + (to - from) / 2;
		if (k->ranges.v[mid]->id <= id)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* Are all in memory? Each new one moves those above it: of very many, the database is asked. */
static bool in_memory(const struct timeline *t) { return t->fresh && t->known.ranges.n < RANGES_MOST; }

void checkpoint_take_id(struct timeline *t, struct generation *g)
{
	struct known_files *k = &t->known;
	if (!in_memory(t))
		return;
	const size_t at = ranges_up_to(k, g->id);
	(void)vec_push(&k->ranges);
	memmove(&k->ranges.v[at + 1], &k->ranges.v[at], (k->ranges.n - 1 - at) * sizeof *k->ranges.v);
	k->ranges.v[at] = g;
}

static int ask_neighbours(struct timeline *t, int64_t id, struct neighbours *ret, struct err *reterr)
{
	static const enum statement which[] = {SQL_SOURCE_ABOVE, SQL_SOURCE_BELOW};
	int r = 0;
	for (int i = 0; i < 2 && r >= 0; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, which[i]);
		if (st)
			bind_int(st, 1, id);
		r = sql_row(&t->sql, st, reterr);
		const bool found = r > 0 && !column_null(st, 0);
		if (found && i == 0)
			ret->above = column_int(st, 0);
		else if (found)
			*ret = (struct neighbours){column_int(st, 0), column_int(st, 1), ret->above};
		if (r > 0)
			(void)sqlite3_reset(st);
	}
	return r < 0 ? r : 0;
}

/* Those that have no row yet are among the open ones. */
static void see_open(const struct timeline *t, int64_t id, struct neighbours *ret)
{
	for (size_t i = 0; i < t->open.n; i++) {
		const struct generation *g = t->open.v[i].known;
		if (g->id > id && g->id < ret->above)
			ret->above = g->id;
		else if (g->id <= id && g->id >= ret->below)
			*ret = (struct neighbours){g->id, g->last_id, ret->above};
	}
}

static int find_neighbours(struct timeline *t, int64_t id, struct neighbours *ret, struct err *reterr)
{
	*ret = (struct neighbours){.above = INT64_MAX};
	if (!in_memory(t)) {
		const int r = ask_neighbours(t, id, ret, reterr);
		see_open(t, id, ret);
		return r;
	}
	const struct known_files *k = &t->known;
	const size_t at = ranges_up_to(k, id);
	if (at < k->ranges.n)
		ret->above = k->ranges.v[at]->id;
	if (at)
		*ret = (struct neighbours){k->ranges.v[at - 1]->id, k->ranges.v[at - 1]->last_id, ret->above};
	return 0;
}

int checkpoint_limit(struct timeline *t, int64_t id, int64_t *ret_limit, struct err *reterr)
{
	struct neighbours n;
	const int r = find_neighbours(t, id, &n, reterr);
	*ret_limit = n.above;
	return r;
}

static int is_free(struct timeline *t, int64_t id, uint64_t size, bool *ret_free, struct err *reterr)
{
	struct neighbours n;
	const int r = find_neighbours(t, id, &n, reterr);
	*ret_free = (uint64_t)n.above - (uint64_t)id > size + ROOM && (!n.below || (n.below_last < id && (uint64_t)id - (uint64_t)n.below_last > ROOM));
	return r;
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

int checkpoint_clear(struct timeline *t, int64_t id, int64_t last_id, bool only_tail, struct err *reterr)
{
	static const enum statement all[] = {SQL_EVENT_TEXT_REMOVE, SQL_EVENT_PACK_REMOVE, SQL_CALL_PACK_REMOVE},
		tail[] = {SQL_EVENT_TEXT_REMOVE_TAIL, SQL_EVENT_PACK_REMOVE_TAIL, SQL_CALL_PACK_REMOVE_TAIL};
	recent_forget(&t->recent, id);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		sqlite3_stmt *st = sql_get(&t->sql, only_tail ? tail[i] : all[i]);
		if (st) {
			bind_int(st, 1, id);
			bind_int(st, 2, last_id);
		}
		int r = sql_run(&t->sql, st, reterr);
		if (r < 0)
			return r;
	}
	sqlite3_stmt *st = sql_get(&t->sql, SQL_PROBLEM_REMOVE);
	if (st)
		bind_int(st, 1, id);
	return sql_run(&t->sql, st, reterr);
}
