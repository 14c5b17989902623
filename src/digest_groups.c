/* Which sources belong together, kept between runs: the groups of a scope, and the keys by which sources without a session know each
 * other, so that only those of a log that grew are read from its rows (see digest.h). Also what all that is kept under.
 *
 * Refuses damaged bytes: groups and keys are then found again. */
#include "digest.h"
#include "base/hash.h"
#include "base/wire.h"

enum { DIGEST_FORMAT = 1 };

/* --- under which key --- */

static void mix_source(const struct source *s, uint64_t *members, uint64_t *state)
{
	const uint64_t facts[] = {s->offset, s->bytes, s->complete, s->records, s->lines, s->kind, s->identity.marker_hash, s->part_count};
	*members = hash64_seed((str){(const char *)&s->id, sizeof s->id}, *members);
	*state = hash64_seed((str){(const char *)facts, sizeof facts}, *state);
	*state = hash64_seed((str){(const char *)s->parts, s->part_count * sizeof *s->parts}, *state);
	*state = hash64_seed(s->path, *state);
}

struct digest_key digest_key_of(const struct join_group *g, uint64_t seed)
{
	uint64_t members = 0, state = seed ^ g->beside_client;
	for (size_t i = 0; i < g->source_count; i++)
		mix_source(g->sources[i], &members, &state);
	return (struct digest_key){(int64_t)(members >> 2), (int64_t)(state >> 2)};
}

struct digest_key digest_scope_key(const struct source *sources, size_t n, uint64_t seed)
{
	uint64_t members = 1, state = seed;
	for (size_t i = 0; i < n; i++)
		mix_source(&sources[i], &members, &state);
	return (struct digest_key){(int64_t)(members >> 2), (int64_t)(state >> 2)};
}

struct digest_key digest_source_key(const struct source *s, uint64_t seed)
{
	uint64_t members = 2, state = seed;
	mix_source(s, &members, &state);
	return (struct digest_key){(int64_t)(members >> 2), (int64_t)(state >> 2)};
}

/* --- groups --- */

void digest_groups_save(const struct join_groups *groups, struct buf *b)
{
	wire_u64(b, DIGEST_FORMAT);
	wire_u64(b, groups->n);
	for (size_t i = 0; i < groups->n; i++) {
		const struct join_group *g = &groups->v[i];
		wire_u64(b, g->source_count);
		wire_u64(b, g->client_count);
		for (size_t k = 0; k < g->source_count; k++)
			wire_u64(b, g->sources[k]->index);
	}
}

bool digest_groups_load(struct join_groups *ret, const struct source *sources, size_t n, struct arena *a, str bytes)
{
	struct wire w = {bytes, false};
	if (wire_take_u64(&w) != DIGEST_FORMAT)
		return false;
	ret->n = (size_t)wire_take_max(&w, bytes.n);
	ret->v = arena_alloc(a, (ret->n + 1) * sizeof *ret->v);
	for (size_t i = 0; i < ret->n && !w.bad; i++) {
		struct join_group *g = &ret->v[i];
		g->source_count = (size_t)wire_take_max(&w, bytes.n);
		g->client_count = (size_t)wire_take_max(&w, g->source_count);
		g->sources = arena_alloc(a, (g->source_count + 1) * sizeof *g->sources);
		for (size_t k = 0; k < g->source_count && !w.bad; k++) {
			const uint64_t index = wire_take_u64(&w);
			w.bad |= index >= n;
			g->sources[k] = w.bad ? NULL : &sources[index];
		}
	}
	if (w.bad || w.rest.n != 0)
		return false;
	join_groups_mark(ret);
	return true;
}

/* --- keys --- */

void digest_keys_save(const struct join_key *v, size_t n, struct buf *b)
{
	wire_u64(b, DIGEST_FORMAT);
	wire_u64(b, n);
	for (size_t i = 0; i < n; i++) {
		wire_fixed(b, (int64_t)v[i].what);
		wire_i64(b, v[i].step);
	}
}

bool digest_keys_load(const struct join_key **ret, size_t *ret_count, struct arena *a, str bytes)
{
	struct wire w = {bytes, false};
	if (wire_take_u64(&w) != DIGEST_FORMAT)
		return false;
	const size_t n = (size_t)wire_take_max(&w, bytes.n);
	struct join_key *v = arena_alloc(a, (n + 1) * sizeof *v);
	for (size_t i = 0; i < n && !w.bad; i++)
		v[i] = (struct join_key){(uint64_t)wire_take_fixed(&w), wire_take_i64(&w)};
	*ret = v;
	*ret_count = n;
	return !w.bad && w.rest.n == 0;
}
