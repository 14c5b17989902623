/* The generations in memory (store/known.h). Entries never leave the maps: where one's inode or head changed it is linked once
 * more, and what a link leads to is compared with what was asked for. Refuses to decide which generation a file is. */
#include "store/known.h"
#include "base/hash.h"
#include "store/known_image.h"

enum {
	MANY = 32,     /* fewer are read as fast from their rows */
	TOGETHER = 64, /* in one value: a run that changes one source writes one of them */
};

void known_files_done(struct known_files *k)
{
	arena_done(&k->arena);
	vec_free(&k->v);
	vec_free(&k->links);
	vec_free(&k->ranges);
	vec_free(&k->kept);
	vec_free(&k->lengths);
	map_done(&k->by_inode);
	map_done(&k->by_head);
	map_done(&k->by_id);
	*k = (struct known_files){0};
}

/* A row of SOURCE_COLUMNS; texts live in `a`. */
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
		.rules_hash = column_u64(st, 18), .complete = column_int(st, 19) != 0, .pending = column_u64(st, 20),
		.row_session = column_int(st, 21), .closed = column_int(st, 22) != 0, .moved = column_int(st, 23) != 0, .shared = column_u64(st, 24),
	};
	g->mark = g->before = (struct mark){column_u64(st, 17), g->identity.marker_hash, g->identity.marker_len};
}

void known_files_complete_facts(struct generation *g)
{
	struct source *s = g->facts;
	s->id = g->id;
	s->path = g->path;
	s->identity = g->identity;
	s->copy_of = g->copy_of;
	s->complete = g->complete;
	s->offset = g->mark.offset;
	s->pending_bytes = g->pending;
	s->shared.bytes = g->shared;
}

/* Fills `facts` of the entry from a row of SOURCE_COLUMNS and SOURCE_REST; texts live in `a`. */
static void read_facts(sqlite3_stmt *st, struct arena *a, struct generation *g)
{
	enum { REST = 25 };
	struct source *s = arena_alloc(a, sizeof *s);
	s->kind = source_kind_find(column_view(st, REST));
	s->excerpt = column_int(st, REST + 1) != 0;
	s->filtered = column_int(st, REST + 2) != 0;
	s->has_times = column_int(st, REST + 3) != 0;
	s->bytes = column_u64(st, REST + 4);
	s->lines = column_u64(st, REST + 5);
	s->records = column_u64(st, REST + 6);
	s->unrecognized = column_u64(st, REST + 7);
	s->client_version = column_text(st, REST + 8, a);
	s->session_id = column_text(st, REST + 9, a);
	s->cwd = column_text(st, REST + 10, a);
	s->server = column_text(st, REST + 11, a);
	s->first = column_instant(st, REST + 12);
	s->last = column_instant(st, REST + 14);
	s->shared.lines = column_u64(st, REST + 16);
	s->shared.records = column_u64(st, REST + 17);
	s->shared.unrecognized = column_u64(st, REST + 18);
	g->facts = s;
	known_files_complete_facts(g);
}

struct source *known_files_keep(struct known_files *k, const struct generation *g, const struct source *s)
{
	struct source *kept = arena_alloc(&k->arena, sizeof *kept);
	*kept = *s;
	kept->id = g->id;
	kept->index = 0;
	kept->path = g->path;
	kept->file = STR_NONE;
	kept->identity = g->identity;
	kept->identity.marker_hash = s->identity.marker_hash;
	kept->identity.marker_len = s->identity.marker_len;
	str *const texts[] = {&kept->client_version, &kept->session_id, &kept->cwd, &kept->server};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i]->p)
			*texts[i] = arena_str(&k->arena, *texts[i]);
	kept->parts = NULL;
	kept->problems = NULL;
	kept->part_count = kept->problem_count = 0;
	return kept;
}

static uint64_t inode_key(const struct file_identity *i, str real_path)
{
	const uint64_t natural[2] = {i->dev, i->ino};
	return i->ino ? hash64((str){(const char *)natural, sizeof natural}) : hash64(real_path);
}

static uint64_t head_key(uint64_t hash, uint32_t len)
{
	return hash ^ (uint64_t)len << 48;
}

static void link_entry(struct known_files *k, struct map *m, uint64_t key, uint32_t entry)
{
	uint32_t first = 0;
	(void)map_get(m, key, &first);
	*vec_push(&k->links) = (struct known_link){entry, first};
	map_put(m, key, (uint32_t)k->links.n);
}

static void note_length(struct known_files *k, uint32_t len)
{
	size_t at = 0;
	while (at < k->lengths.n && k->lengths.v[at] < len)
		at++;
	if (at < k->lengths.n && k->lengths.v[at] == len)
		return;
	(void)vec_push(&k->lengths);
	memmove(&k->lengths.v[at + 1], &k->lengths.v[at], (k->lengths.n - 1 - at) * sizeof *k->lengths.v);
	k->lengths.v[at] = len;
}

static uint32_t entry_of(const struct known_files *k, int64_t id)
{
	uint32_t at = 0;
	(void)map_get(&k->by_id, (uint64_t)id, &at);
	return at;
}

void known_files_index(struct known_files *k, struct generation *g)
{
	const uint32_t entry = entry_of(k, g->id);
	const uint64_t inode = inode_key(&g->identity, g->real_path);
	const uint64_t head = g->identity.head_len ? head_key(g->identity.head_hash, g->identity.head_len) : 0; /* an empty file is like no other */
	if (inode != g->inode_key)
		link_entry(k, &k->by_inode, inode, entry);
	if (head && head != g->head_key) {
		link_entry(k, &k->by_head, head, entry);
		note_length(k, g->identity.head_len);
	}
	g->inode_key = inode;
	g->head_key = head;
}

struct generation *known_files_add(struct known_files *k, const struct generation *g)
{
	struct generation *mine = arena_alloc(&k->arena, sizeof *mine);
	*mine = *g;
	mine->path = arena_str(&k->arena, g->path);
	mine->real_path = arena_str(&k->arena, g->real_path);
	mine->inode_key = mine->head_key = 0;
	*vec_push(&k->v) = mine;
	map_put(&k->by_id, (uint64_t)g->id, (uint32_t)k->v.n);
	known_files_index(k, mine);
	return mine;
}

/* False: there is none, or it is damaged. */
static bool load_image(struct known_files *k, struct sql *q)
{
	sqlite3_stmt *st = sql_get(q, SQL_KNOWN_ALL);
	struct arena scratch = {0};
	bool more = true, any = false;
	int r;
	while ((r = sql_row(q, st, NULL)) > 0) {
		const str bytes = column_squeezed(q, st, 0, &scratch);
		any = true;
		if (!more || !known_image_read(k, bytes, &more))
			break;
		*vec_push(&k->kept) = hash64(bytes);
		arena_reset(&scratch);
	}
	arena_done(&scratch);
	if (st)
		(void)sqlite3_reset(st);
	if (r == 0 && !more) {
		k->kept_count = k->v.n;
		return true;
	}
	known_files_done(k);
	k->unread = any;
	return false;
}

int known_files_load(struct known_files *k, struct sql *q, struct err *reterr)
{
	if (k->loaded || load_image(k, q)) {
		k->loaded = true;
		return 0;
	}
	struct arena scratch = {0};
	struct generation g;
	sqlite3_stmt *st = sql_get(q, SQL_SOURCE_KNOWN_ALL);
	int r;
	while ((r = sql_row(q, st, reterr)) > 0) {
		read_generation(st, &scratch, &g);
		read_facts(st, &k->arena, known_files_add(k, &g));
	}
	arena_done(&scratch);
	k->loaded = r == 0;
	k->stale = true;
	return r;
}

static int by_id(const void *a, const void *b)
{
	const struct generation *const *x = a, *const *y = b;
	return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

/* The entry as its row is now; `scratch` has its texts. */
static int read_again(struct sql *q, const struct generation *known, struct arena *scratch, struct generation *ret, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(q, SQL_SOURCE_KNOWN_ONE);
	if (st)
		bind_int(st, 1, known->id);
	int r = sql_row(q, st, reterr);
	if (r <= 0)
		return r < 0 ? r : err_set(reterr, ERR_DB, "%s: a source is gone from the database", q->path);
	read_generation(st, scratch, ret);
	read_facts(st, scratch, ret);
	(void)sqlite3_reset(st);
	return 0;
}

/* One value, into *b. */
static int make_image(struct generation *const *v, size_t n, bool more, struct sql *q, struct buf *b, struct err *reterr)
{
	struct arena scratch = {0};
	str path = STR_NONE, real_path = STR_NONE;
	int r = 0;
	buf_reset(b);
	known_image_begin(b, n, more);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct generation now = *v[i];
		if (!now.facts)
			r = read_again(q, v[i], &scratch, &now, reterr);
		if (r == 0)
			known_image_add(b, &now, &path, &real_path);
	}
	arena_done(&scratch);
	return r;
}

static int put_image(struct known_files *k, size_t number, struct sql *q, str bytes, struct err *reterr)
{
	const uint64_t hash = hash64(bytes);
	if (number < k->kept.n && k->kept.v[number] == hash)
		return 0;
	sqlite3_stmt *st = sql_get(q, SQL_KNOWN_PUT);
	if (st) {
		bind_int(st, 1, (int64_t)number);
		bind_squeezed(q, st, 2, bytes);
	}
	if (number == k->kept.n)
		(void)vec_push(&k->kept);
	k->kept.v[number] = hash;
	return sql_run(q, st, reterr);
}

static bool any_written(struct generation *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i]->written)
			return true;
	return false;
}

/* Values of the same entries, none of which was written, are left as they are. */
static int write_images(struct known_files *k, struct generation *const *v, size_t n, struct sql *q, struct err *reterr)
{
	struct buf b = {0};
	const bool same = n == k->v.n && n == k->kept_count; /* none came, none went */
	const size_t count = n >= MANY ? (n + TOGETHER - 1) / TOGETHER : 0;
	int r = 0;
	if (k->unread || k->kept.n > count) {
		sqlite3_stmt *st = sql_get(q, SQL_KNOWN_END);
		if (st)
			bind_int(st, 1, (int64_t)(k->unread ? 0 : count));
		r = sql_run(q, st, reterr);
		k->kept.n = k->unread ? 0 : count;
		k->unread = r != 0;
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		const size_t from = i * TOGETHER, many = n - from < TOGETHER ? n - from : TOGETHER;
		if (same && !any_written(v + from, many))
			continue;
		r = make_image(v + from, many, i + 1 < count, q, &b, reterr);
		if (r == 0)
			r = put_image(k, i, q, buf_str(&b), reterr);
	}
	k->kept_count = r == 0 && count ? n : 0;
	buf_done(&b);
	return r;
}

int known_files_store(struct known_files *k, struct sql *q, struct err *reterr)
{
	VEC(struct generation *) v = {0};
	for (size_t i = 0; k->stale && i < k->v.n; i++)
		if (!k->v.v[i]->removed)
			*vec_push(&v) = k->v.v[i];
	vec_sort(&v, by_id);
	int r = k->stale ? write_images(k, v.v, v.n, q, reterr) : 0;
	k->stale &= r < 0;
	vec_free(&v);
	return r;
}

static bool same_file(const struct file_identity *a, const struct file_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->btime_ns == b->btime_ns && (a->inode_gen == b->inode_gen || !a->inode_gen || !b->inode_gen);
}

struct generation *known_files_by_identity(const struct known_files *k, const struct file_identity *i, str real_path)
{
	uint32_t at = 0;
	(void)map_get(&k->by_inode, inode_key(i, real_path), &at);
	for (; at; at = k->links.v[at - 1].next) {
		struct generation *g = k->v.v[k->links.v[at - 1].entry - 1];
		if (!g->closed && (i->ino ? same_file(i, &g->identity) : g->identity.ino == 0 && str_eq(g->real_path, real_path)))
			return g;
	}
	return NULL;
}

struct generation *known_files_by_id(const struct known_files *k, int64_t id)
{
	const uint32_t at = entry_of(k, id);
	return at ? k->v.v[at - 1] : NULL;
}

struct generation *known_files_by_head(const struct known_files *k, uint64_t hash, uint32_t len, uint32_t *at)
{
	uint32_t link = *at;
	if (link == 0)
		(void)map_get(&k->by_head, head_key(hash, len), &link);
	else
		link = k->links.v[link - 1].next;
	for (; link; link = k->links.v[link - 1].next) {
		struct generation *g = k->v.v[k->links.v[link - 1].entry - 1];
		if (g->identity.head_hash == hash && g->identity.head_len == len) {
			*at = link;
			return g;
		}
	}
	return NULL;
}
