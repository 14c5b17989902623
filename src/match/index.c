/* The index of one body class: bit-parallel selection of signatures by the first bytes of a body.
 *
 * For each of the first PATTERN_PREFIX places and each byte value a 64-bit word says in which buckets a signature can have that
 * byte there (base/pattern.h reads that from the regex). ANDing the words of a body's bytes leaves the buckets worth trying. With up
 * to 64 signatures a bucket is one signature; beyond, neighbours share one. Buckets keep rules order, so that trying them from the
 * lowest bit up finds the first matching signature.
 *
 * A signature that is not anchored can have any byte everywhere: it is always tried, and the gate lets every record of its class
 * pass, unless it is searched for by its text (matcher_needles). `patterns lint` says so. */
#include "match/index.h"
#include "base/mem.h"
#include "match/texts.h"
#include <stdlib.h>

static bool wanted(const struct signature *s, uint32_t classes, bool core_only)
{
	return (s->bodies & classes) != 0 && (!core_only || s->core);
}

/* Writes the sets of all buckets for one place: first where each begins and ends to have bytes, then what that comes to. Sets are few runs
 * of bytes, or everything but these. */
static void write_place(uint64_t table[256], struct byte_set (*sets)[PATTERN_PREFIX], size_t buckets, unsigned place)
{
	memset(table, 0, 256 * sizeof *table);
	for (size_t b = 0; b < buckets; b++) {
		uint64_t before = 0; /* is the last byte of the word before in the set? */
		for (unsigned w = 0; w < 4; w++) {
			const uint64_t bits = sets[b][place].bits[w];
			for (uint64_t edges = bits ^ (bits << 1 | before); edges != 0; edges &= edges - 1)
				table[w * 64 + (unsigned)__builtin_ctzll(edges)] ^= UINT64_C(1) << b;
			before = bits >> 63;
		}
	}
	uint64_t having = 0;
	for (unsigned c = 0; c < 256; c++)
		table[c] = having ^= table[c];
}

static void add_sets(struct byte_set to[PATTERN_PREFIX], const struct byte_set *sets)
{
	for (unsigned place = 0; place < PATTERN_PREFIX; place++)
		for (unsigned w = 0; w < 4; w++)
			to[place].bits[w] |= sets[place].bits[w];
}

void match_index_init(struct match_index *x, const struct rules *rules, uint32_t classes, bool core_only)
{
	struct byte_set sets[INDEX_BUCKETS][PATTERN_PREFIX];
	*x = (struct match_index){.ready = true};
	for (size_t i = 0; i < rules->signatures.n; i++)
		x->n += wanted(&rules->signatures.v[i], classes, core_only);
	if (x->n == 0)
		return;
	x->order = mem_new(x->n * sizeof *x->order);
	x->table = mem_grow(NULL, PATTERN_PREFIX, sizeof *x->table);
	size_t at = 0, buckets = x->n < INDEX_BUCKETS ? x->n : INDEX_BUCKETS, bucket = 0;
	for (size_t i = 0; i < rules->signatures.n; i++) {
		const struct signature *s = &rules->signatures.v[i];
		if (!wanted(s, classes, core_only))
			continue;
		while (at * buckets / x->n > bucket)
			x->first[++bucket] = (uint32_t)at;
		if (at == x->first[bucket])
			memcpy(sets[bucket], s->prefix, sizeof sets[bucket]);
		else
			add_sets(sets[bucket], s->prefix);
		x->order[at++] = (uint16_t)i;
	}
	while (bucket < INDEX_BUCKETS)
		x->first[++bucket] = (uint32_t)at;
	for (unsigned place = 0; place < PATTERN_PREFIX; place++)
		write_place(x->table[place], sets, buckets, place);
}

void match_index_done(struct match_index *x)
{
	free(x->table);
	free(x->order);
	texts_free(x->texts);
	*x = (struct match_index){0};
}
