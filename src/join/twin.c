/* The same sentence in debug log, cache log and IDE log is one event (join/), with all its places. Each line is the twin of
 * one line only, so that real repetitions keep their number. The debug log's line stays: it stands first among the sources of
 * a group (its kind has the lowest number). */
#include "join/internal.h"
#include "model/names.h"
#include <stdlib.h>

static bool same_sentence(const struct seen *a, const struct seen *b)
{
	return a->e.kind == b->e.kind && a->e.source != b->e.source && name_same(a->e.server, b->e.server) && str_eq(a->e.tool, b->e.tool) &&
		a->e.class == b->e.class && a->e.duration == b->e.duration;
}

static bool is_primary(const struct build *b, const struct seen *s)
{
	const struct join_group *g = b->group;
	for (size_t i = 0; i < g->client_count; i++)
		if (g->sources[i]->index == s->e.source)
			return g->sources[i]->kind == SOURCE_CLAUDE_DEBUG || g->sources[i]->kind == SOURCE_IDE;
	return false;
}

static bool may_twin(const struct seen *s) { return !(s->flags & SEEN_SERVER_SIDE) && s->e.at != INSTANT_NONE && !s->e.tool_use_id.n; }

/* The unmatched primary line within the window that is nearest in time. */
static struct seen *partner(struct build *b, size_t i, const bool *primary, const bool *taken)
{
	struct seen *s = &b->events.v[i], *best = NULL;
	int64_t best_d = TWIN_WINDOW + 1;
	for (size_t k = i; k-- > 0 && s->vt - b->events.v[k].vt <= TWIN_WINDOW;)
		if (primary[k] && !taken[k] && same_sentence(&b->events.v[k], s) && s->vt - b->events.v[k].vt < best_d) {
			best = &b->events.v[k];
			best_d = s->vt - best->vt;
		}
	for (size_t k = i + 1; k < b->events.n && b->events.v[k].vt - s->vt <= TWIN_WINDOW; k++)
		if (primary[k] && !taken[k] && same_sentence(&b->events.v[k], s) && b->events.v[k].vt - s->vt < best_d) {
			best = &b->events.v[k];
			best_d = best->vt - s->vt;
		}
	return best;
}

void build_twins(struct build *b)
{
	vec_sort(&b->events, seen_order);
	if (b->group->client_count < 2)
		return;
	bool *primary = mem_new(b->events.n + 1), *taken = mem_new(b->events.n + 1), *drop = mem_new(b->events.n + 1);
	for (size_t i = 0; i < b->events.n; i++)
		primary[i] = is_primary(b, &b->events.v[i]);
	for (size_t i = 0; i < b->events.n; i++) {
		struct seen *s = &b->events.v[i];
		if (primary[i] || !may_twin(s))
			continue;
		struct seen *p = partner(b, i, primary, taken);
		if (!p)
			continue;
		if (!p->twins)
			p->twins = arena_alloc(b->a, SEEN_TWINS * sizeof *p->twins);
		if (p->twin_count < SEEN_TWINS)
			p->twins[p->twin_count++] = (struct seen_twin){{s->e.line, s->e.offset}, s->e.source};
		*vec_push(&b->event_twins) = (struct twin){s->e.id, p->e.id};
		taken[p - b->events.v] = drop[i] = true;
	}
	size_t kept = 0;
	for (size_t i = 0; i < b->events.n; i++)
		if (!drop[i])
			b->events.v[kept++] = b->events.v[i];
	b->events.n = kept;
	free(primary);
	free(taken);
	free(drop);
}
