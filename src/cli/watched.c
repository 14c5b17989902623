/* See watched.h. Whether a file changed is a matter of its identity, size and times, never of what the kernel said happened:
 * events only say where to look. Opens nothing. */
#include "cli/watched.h"

#include "base/hash.h"
#include "ingest/path.h"

#include <fcntl.h>

void watched_done(struct watched *w)
{
	source_list_done(&w->list);
	vec_free(&w->changed_at);
	map_done(&w->by_path);
}

static bool is_same(const struct file_identity *a, const struct file_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static bool find(const struct watched *w, str path, uint32_t *ret_at)
{
	uint32_t at = 0;
	if (!map_get(&w->by_path, hash64(path), &at) || !str_eq(w->list.inputs.v[at - 1].path, path))
		return false;
	*ret_at = at - 1;
	return true;
}

/* When the input of a new list changed last. */
static instant last_change(const struct watched *old, const struct input *in, bool first, instant now)
{
	uint32_t at;
	if (first)
		return in->identity.mtime_ns / 1000;
	return find(old, in->path, &at) && is_same(&old->list.inputs.v[at].identity, &in->identity) ? old->changed_at.v[at] : now;
}

int watched_list(struct watched *w, const struct pipeline_options *o, instant now, bool *ret_changed, struct err *reterr)
{
	const bool first = w->list.arena.first == NULL;
	struct watched fresh = {0};
	const int e = source_list_make(&fresh.list, o->paths, o->path_count, &o->source, reterr);
	*ret_changed = false;
	for (size_t i = 0; i < fresh.list.inputs.n; i++) {
		const struct input *in = &fresh.list.inputs.v[i];
		const instant changed = last_change(w, in, first, now);
		*ret_changed |= changed == now;
		*vec_push(&fresh.changed_at) = changed;
		map_put(&fresh.by_path, hash64(in->path), (uint32_t)i + 1);
	}
	watched_done(w);
	*w = fresh;
	return e;
}

bool watched_look(struct watched *w, str path, instant now)
{
	uint32_t at;
	struct path_status status;
	if (!find(w, path, &at) || path_stat(AT_FDCWD, path, true, &status) != 0 || status.type != PATH_FILE)
		return false;
	struct input *in = &w->list.inputs.v[at];
	if (is_same(&in->identity, &status.identity))
		return false;
	in->identity = status.identity;
	w->changed_at.v[at] = now;
	return true;
}

size_t watched_active(const struct watched *w, instant since, struct source_list *ret)
{
	size_t left_out = 0;
	ret->inputs.n = ret->problems.n = 0;
	for (size_t i = 0; i < w->list.inputs.n; i++)
		if (w->changed_at.v[i] >= since)
			*vec_push(&ret->inputs) = w->list.inputs.v[i];
		else
			left_out++;
	return left_out;
}
