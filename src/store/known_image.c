/* All generations as bytes (store/known_image.h). One function describes an entry for both ways, so that what is written is what is read.
 * Large numbers have a fixed width: they are read a thousand times by a run with nothing new.
 *
 * Refuses damaged bytes: the rows are read then. */
#include "store/known_image.h"
#include "base/wire.h"

enum { IMAGE_FORMAT = 2 };

struct image {
	bool write;
	struct buf *out;
	struct wire in;
	struct arena *a;        /* reading: of texts */
	str path, real_path;    /* of the entry before: paths begin alike */
};

static void io_fixed(struct image *m, void *number)
{
	int64_t v = 0;
	if (m->write) {
		memcpy(&v, number, sizeof v);
		wire_fixed(m->out, v);
		return;
	}
	v = wire_take_fixed(&m->in);
	memcpy(number, &v, sizeof v);
}

static void io_u64(struct image *m, uint64_t *v)
{
	if (m->write)
		wire_u64(m->out, *v);
	else
		*v = wire_take_u64(&m->in);
}

static uint64_t io_most(struct image *m, uint64_t v, uint64_t most)
{
	io_u64(m, &v);
	m->in.bad |= v > most;
	return v > most ? 0 : v;
}

static void io_text(struct image *m, str *s)
{
	if (m->write) {
		wire_str(m->out, *s);
		return;
	}
	*s = wire_take_str(&m->in);
	if (s->p)
		*s = arena_str(m->a, *s);
}

/* A text as what it has in common with `before`, and the rest. */
static void io_alike(struct image *m, str *s, str *before)
{
	uint64_t same = 0;
	while (m->write && same < s->n && same < before->n && s->p[same] == before->p[same])
		same++;
	same = io_most(m, same, before->n);
	str rest = m->write ? str_from(*s, (size_t)same) : STR_NONE;
	if (m->write)
		wire_str(m->out, rest);
	else {
		rest = wire_take_str(&m->in);
		char *p = arena_alloc(m->a, (size_t)same + rest.n + 1);
		if (same)
			memcpy(p, before->p, (size_t)same);
		if (rest.n)
			memcpy(p + same, rest.p, rest.n);
		*s = (str){p, (size_t)same + rest.n};
	}
	*before = *s;
}

static void io_generation(struct image *m, struct generation *g)
{
	struct file_identity *i = &g->identity;
	void *const fixed[] = {&g->id, &g->copy_of, &g->row_session, &i->dev, &i->ino, &i->inode_gen, &i->btime_ns, &i->mtime_ns, &i->ctime_ns, &i->size,
		&i->head_hash, &i->marker_hash, &g->rules_hash, &g->mark.offset};
	for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
		io_fixed(m, fixed[k]);
	uint64_t span = (uint64_t)(g->last_id - g->id), number = (uint64_t)g->number;
	uint64_t *const small[] = {&span, &number, &g->pending, &g->shared};
	for (size_t k = 0; k < sizeof small / sizeof *small; k++)
		io_u64(m, small[k]);
	g->last_id = (int64_t)((uint64_t)g->id + span);
	g->number = (int64_t)number;
	i->head_len = (uint32_t)io_most(m, i->head_len, UINT32_MAX);
	i->marker_len = (uint32_t)io_most(m, i->marker_len, UINT32_MAX);
	const uint64_t flags = io_most(m, (uint64_t)g->complete | (uint64_t)g->closed << 1 | (uint64_t)g->moved << 2, 7);
	g->complete = flags & 1;
	g->closed = flags & 2;
	g->moved = flags & 4;
	io_alike(m, &g->path, &m->path);
	io_alike(m, &g->real_path, &m->real_path);
	g->mark = g->before = (struct mark){g->mark.offset, i->marker_hash, i->marker_len};
}

static void io_facts(struct image *m, struct source *s)
{
	void *const fixed[] = {&s->first, &s->last, &s->bytes, &s->lines, &s->records};
	for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
		io_fixed(m, fixed[k]);
	uint64_t *const small[] = {&s->unrecognized, &s->shared.lines, &s->shared.records, &s->shared.unrecognized};
	for (size_t k = 0; k < sizeof small / sizeof *small; k++)
		io_u64(m, small[k]);
	s->kind = (enum source_kind)io_most(m, s->kind, SOURCE_KIND_COUNT - 1);
	const uint64_t flags = io_most(m, (uint64_t)s->excerpt | (uint64_t)s->filtered << 1 | (uint64_t)s->has_times << 2, 7);
	s->excerpt = flags & 1;
	s->filtered = flags & 2;
	s->has_times = flags & 4;
	str *const texts[] = {&s->client_version, &s->session_id, &s->cwd, &s->server};
	for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
		io_text(m, texts[k]);
}

void known_image_begin(struct buf *b, size_t count, bool more)
{
	wire_u64(b, IMAGE_FORMAT);
	wire_u64(b, more);
	wire_u64(b, count);
}

void known_image_add(struct buf *b, const struct generation *g, str *path, str *real_path)
{
	struct image m = {.write = true, .out = b, .path = *path, .real_path = *real_path};
	struct generation copy = *g;
	struct source facts = *g->facts;
	io_generation(&m, &copy);
	io_facts(&m, &facts);
	*path = m.path;
	*real_path = m.real_path;
}

bool known_image_read(struct known_files *k, str bytes, bool *ret_more)
{
	struct image m = {.in = {bytes, false}, .a = &k->arena};
	if (wire_take_u64(&m.in) != IMAGE_FORMAT)
		return false;
	*ret_more = wire_take_max(&m.in, 1) != 0;
	const uint64_t count = wire_take_max(&m.in, bytes.n);
	for (uint64_t i = 0; i < count && !m.in.bad; i++) {
		struct generation g = {0};
		struct source *facts = arena_alloc(&k->arena, sizeof *facts);
		io_generation(&m, &g);
		io_facts(&m, facts);
		known_files_add(k, &g)->facts = facts;
		known_files_complete_facts(k->v.v[k->v.n - 1]);
	}
	return !m.in.bad && m.in.rest.n == 0;
}
