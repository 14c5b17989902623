/* Which rows a source of a scope has when some are copies of others (store/): every line of equal beginnings counts once.
 *
 * A copy's rows stand in its original up to `shared` bytes, behind that in itself. Is the original in the scope too, the one
 * that comes first in it has the shared rows and the other what is its own; so a report does not depend on which of the two was
 * met first. Is it not, the copy has all.
 *
 * Refuses to know why two files are equal. */
#include "store/timeline_p.h"
#include <stdio.h>

enum { CHAIN = 16 }; /* copies of copies */

static struct source *in_scope(const struct map *index, struct source *v, int64_t id)
{
	uint32_t at;
	return map_get(index, (uint64_t)id, &at) ? &v[at] : NULL;
}

/* A generation outside of the scope: what it is a copy of. */
static int original_of(struct timeline *t, int64_t id, int64_t *ret_copy_of, uint64_t *ret_shared, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_KNOWN);
	if (st)
		bind_int(st, 1, id);
	int r = sql_row(&t->sql, st, reterr);
	*ret_copy_of = r > 0 ? column_int(st, 5) : 0;
	*ret_shared = r > 0 ? column_u64(st, 24) : 0;
	if (r > 0)
		(void)sqlite3_reset(st);
	return r < 0 ? r : 0;
}

/* The whole of a copy: the chain of its originals, each up to where the next one begins. Outermost first in `parts`. */
static int whole(struct timeline *t, struct source *s, struct source_part parts[CHAIN + 1], size_t *ret_count, struct err *reterr)
{
	struct source_part back[CHAIN + 1];
	size_t n = 0;
	int64_t id = s->id, from = s->copy_of;
	uint64_t to = UINT64_MAX, shared = s->shared.bytes;
	int r = 0;
	while (r == 0 && n <= CHAIN) {
		const uint64_t begin = from ? shared : 0;
		if (begin < to)
			back[n++] = (struct source_part){id, begin, to};
		if (!from) {
			s->pruned_original = shared > 0;
			break;
		}
		to = begin < to ? begin : to;
		id = from;
		r = original_of(t, id, &from, &shared, reterr);
	}
	for (size_t i = 0; i < n; i++)
		parts[i] = back[n - 1 - i];
	*ret_count = n;
	return r;
}

static void give(struct source *s, const struct source_part *parts, size_t n, struct arena *a)
{
	struct source_part *mine = arena_alloc(a, (n + 1) * sizeof *mine);
	memcpy(mine, parts, n * sizeof *mine);
	s->parts = mine;
	s->part_count = n;
}

static void note_copy(struct source *s, const struct source *other, uint64_t bytes, struct arena *a)
{
	struct problem p = {.code = "copy", .class = PROBLEM_NOTE, .times = 1};
	const str path = str_head(other->path, 120);
	if (bytes >= s->offset)
		(void)snprintf(p.text, sizeof p.text, "the same content as %.*s; counted there", STR_ARG(path));
	else
		(void)snprintf(p.text, sizeof p.text, "its first %llu bytes are those of %.*s; counted there", (unsigned long long)bytes, STR_ARG(path));
	source_append_problem(s, &p, a);
}

static void add_shared(struct source *s, const struct source *copy, int sign)
{
	const uint64_t one = sign > 0 ? 1 : UINT64_MAX; /* plus or minus, in the ring of 64 bits */
	s->lines += one * copy->shared.lines;
	s->records += one * copy->shared.records;
	s->unrecognized += one * copy->shared.unrecognized;
}

/* The original and its first copy change places: the copy stands before it. */
static int take_first(struct timeline *t, struct source *copy, struct source *original, struct arena *a, struct err *reterr)
{
	struct source_part parts[CHAIN + 1];
	size_t n = 0;
	int r = whole(t, copy, parts, &n, reterr);
	if (r == 0) {
		give(copy, parts, n, a);
		add_shared(copy, copy, 1);
		add_shared(original, copy, -1);
		give(original, &(struct source_part){original->id, copy->shared.bytes, UINT64_MAX}, 1, a);
		note_copy(original, copy, copy->shared.bytes, a);
	}
	return r;
}

static int plan(struct timeline *t, struct source *s, struct source *original, struct arena *a, struct err *reterr)
{
	struct source_part parts[CHAIN + 1];
	size_t n = 0;
	if (!original) {
		add_shared(s, s, 1);
		int r = whole(t, s, parts, &n, reterr);
		if (r == 0)
			give(s, parts, n, a);
		if (r == 0 && s->pruned_original)
			source_append_problem(s, &(struct problem){.code = "pruned", .class = PROBLEM_NOTE, .times = 1,
				.text = "calls and events of the file that it is a copy of were removed by prune; --db :memory: reads them anew"}, a);
		return r;
	}
	const bool first = s->index < original->index && original->part_count == 1 && original->parts[0].from == 0;
	if (first)
		return take_first(t, s, original, a, reterr);
	give(s, &(struct source_part){s->id, s->shared.bytes, UINT64_MAX}, 1, a);
	note_copy(s, original, s->shared.bytes, a);
	return 0;
}

int timeline_share(struct timeline *t, struct source *v, size_t n, struct arena *a, struct err *reterr)
{
	struct map index = {0};
	int r = 0;
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		map_put(&index, (uint64_t)v[i].id, (uint32_t)i);
		give(&v[i], &(struct source_part){v[i].id, 0, UINT64_MAX}, 1, a);
		v[i].last_line = v[i].lines + v[i].shared.lines;
		if (source_pruned(&v[i])) /* what was read anew behind it is all that was counted */
			add_shared(&v[i], &v[i], 1);
		any |= v[i].copy_of != 0;
	}
	for (size_t i = 0; i < n && any && r == 0; i++)
		if (v[i].copy_of)
			r = plan(t, &v[i], in_scope(&index, v, v[i].copy_of), a, reterr);
	map_done(&index);
	return r;
}
