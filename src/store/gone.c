/* Generations that are no more (store/): their file was deleted, or holds something else now. Their rows stay; what was never read of
 * them is told once. Refuses to take a file for gone because a run did not meet it: it is looked at first. */
#include "store/timeline_p.h"
#include <stdio.h>
#include <stdlib.h>

int generation_close(struct timeline *t, struct generation *g, const char *state, struct err *reterr)
{
	sqlite3_stmt *st = sql_get(&t->sql, SQL_SOURCE_CLOSE);
	if (st) {
		bind_int(st, 1, g->id);
		bind_text(st, 2, str_z(state));
	}
	g->closed = true;
	g->written = t->known.stale = true;
	return sql_run(&t->sql, st, reterr);
}

static bool is_below(str path, const str *roots, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		str root = roots[i];
		while (root.n > 1 && root.p[root.n - 1] == '/')
			root.n--;
		if (str_starts(path, root) && (path.n == root.n || path.p[root.n] == '/' || str_eq(root, S("/"))))
			return true;
	}
	return false;
}

/* Bytes that were there and were never looked at. */
static uint64_t unread(const struct generation *g)
{
	return g->identity.size > g->mark.offset && g->mark.offset > 0 ? g->identity.size - g->mark.offset : g->pending;
}

static void describe_loss(const struct generation *g, struct problem *ret)
{
	*ret = (struct problem){.code = "lost-bytes", .class = PROBLEM_ERROR, .times = 1, .offset = g->mark.offset};
	(void)snprintf(ret->text, sizeof ret->text, "bytes %llu to %llu of generation %lld were never seen: the file is gone",
		(unsigned long long)g->mark.offset, (unsigned long long)(g->mark.offset + unread(g)), (long long)g->number);
}

int timeline_sources_gone(struct timeline *t, const str *roots, size_t count, struct arena *a, timeline_loss_fn *fn, void *context, struct err *reterr)
{
	int r = 0;
	str *real = arena_alloc(a, (count + 1) * sizeof *real);
	for (size_t i = 0; i < count; i++) {
		char *resolved = realpath(arena_str(a, roots[i]).p, NULL);
		real[i] = resolved ? arena_str(a, str_z(resolved)) : checkpoint_real_path(t, roots[i], a);
		free(resolved);
	}
	for (size_t i = 0; i < t->known.v.n && r == 0; i++) {
		struct generation *g = t->known.v.v[i];
		if (g->closed || g->seen || g->identity.ino == 0 || !is_below(g->real_path, real, count))
			continue;
		if (checkpoint_whereabouts(g) == FILE_KEPT) {
			t->unmet = true;
			continue;
		}
		struct problem loss;
		r = generation_close(t, g, "gone", reterr);
		if (r < 0 || unread(g) == 0)
			continue;
		describe_loss(g, &loss);
		fn(context, g->path, &loss);
		loss.class = PROBLEM_NOTE; /* told once as an error, listed from then on */
		r = source_add_problem(t, g->id, 1000, &loss, reterr);
	}
	return r;
}

bool timeline_has_unmet(const struct timeline *t)
{
	return t->unmet;
}
