/* Packs on their way from the first pass to the second (store/recent.h): what was just written is not asked back from the database, and
 * most logs of a first run are small enough. Refuses to grow: the newest sources stay. */
#include "store/recent.h"
#include "base/mem.h"
#include <stdlib.h>

static size_t size_of(const struct recent_pack *p)
{
	return sizeof *p + p->view.names.n + p->view.rows.n + p->view.forms.n;
}

static void drop(struct recent *r, struct recent_source *s)
{
	for (int kind = 0; kind < 2; kind++) {
		for (size_t i = 0; i < s->packs[kind].n; i++) {
			r->bytes -= size_of(s->packs[kind].v[i]);
			free(s->packs[kind].v[i]);
		}
		vec_free(&s->packs[kind]);
	}
	s->gone = true;
}

void recent_done(struct recent *r)
{
	for (size_t i = r->oldest; i < r->v.n; i++)
		drop(r, &r->v.v[i]);
	vec_free(&r->v);
	map_done(&r->by_source);
	*r = (struct recent){0};
}

static struct recent_source *find(const struct recent *r, int64_t source)
{
	uint32_t at;
	return map_get(&r->by_source, (uint64_t)source, &at) && !r->v.v[at].gone ? &r->v.v[at] : NULL;
}

void recent_begin(struct recent *r, int64_t source)
{
	map_put(&r->by_source, (uint64_t)source, (uint32_t)r->v.n);
	(void)vec_push(&r->v);
}

static str copy(char **to, str text)
{
	if (text.n)
		memcpy(*to, text.p, text.n);
	*to += text.n;
	return (str){*to - text.n, text.n};
}

void recent_add(struct recent *r, int64_t source, bool calls, const struct pack_view *pack, int64_t last)
{
	struct recent_source *s = find(r, source);
	if (!s)
		return;
	struct recent_pack *p = mem_new(sizeof *p + pack->names.n + pack->rows.n + pack->forms.n);
	char *to = p->bytes;
	p->last = last;
	p->view = *pack;
	p->view.names = copy(&to, pack->names);
	p->view.rows = copy(&to, pack->rows);
	p->view.forms = copy(&to, pack->forms);
	*vec_push(&s->packs[calls]) = p;
	for (size_t i = s->packs[calls].n; i-- > 1 && s->packs[calls].v[i - 1]->view.id > p->view.id;) {
		s->packs[calls].v[i] = s->packs[calls].v[i - 1];
		s->packs[calls].v[i - 1] = p;
	}
	for (r->bytes += size_of(p); r->bytes > RECENT_MOST; r->oldest++)
		drop(r, &r->v.v[r->oldest]);
}

void recent_forget(struct recent *r, int64_t source)
{
	struct recent_source *s = find(r, source);
	if (s)
		drop(r, s);
}

const struct recent_source *recent_find(const struct recent *r, int64_t source)
{
	return find(r, source);
}
