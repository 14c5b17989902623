/* Texts of signatures, searched for all at once (match/texts.h): beside the index, which knows only how bodies begin.
 *
 * A server's stderr in its client's log begins with the same words whatever it says, and a dozen signatures look for their texts in it; an
 * error text may be one of a hundred. Three neighbouring bytes stand for each text, those that are rarest in logs: a filter of bits says
 * whether these three bytes may stand for one, a table which. So a body costs a few instructions a byte, however many texts there are.
 *
 * Refuses to decide that a signature matches: one whose text stands here is asked as before. */
#include "match/texts.h"
#include "base/mem.h"
#include "base/needles.h"
#include "base/plain.h"
#include "base/vec.h"
#include <stdlib.h>

enum { FILTER_BITS = 13, SLOT_BITS = 8 };

struct one_text {
	str text;
	size_t window;   /* place of the three bytes */
	uint16_t place;  /* its signature's, in the index's order */
	uint32_t next;   /* of the same slot, 1-based; 0: none */
};

struct texts {
	uint64_t filter[(1 << FILTER_BITS) / 64];
	uint32_t first[1 << SLOT_BITS]; /* 1-based; 0: none */
	VEC(struct one_text) all;
	uint64_t *known, *here;         /* by place: texts are known, one stands in the body */
	size_t words;
};

/* The three bytes at p, of four that may be read, in the high bits. */
static inline uint32_t hash_of(const char *p)
{
	uint32_t bytes;
	memcpy(&bytes, p, sizeof bytes);
	return (le32toh(bytes) & 0xffffff) * UINT32_C(0x9e3779b1);
}

static uint32_t hash_of_window(str text, size_t window)
{
	char bytes[4] = {text.p[window], text.p[window + 1], text.p[window + 2], 0};
	return hash_of(bytes);
}

static void add(struct texts *t, str text, size_t place)
{
	const size_t window = needle_window(text);
	const uint32_t hash = hash_of_window(text, window), bit = hash >> (32 - FILTER_BITS);
	uint32_t *first = &t->first[hash >> (32 - SLOT_BITS)];
	*vec_push(&t->all) = (struct one_text){text, window, (uint16_t)place, *first};
	*first = (uint32_t)t->all.n;
	t->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* One of them stands in every match; 0: not known. A pattern of the user's has been read for its longest text only. */
static size_t texts_of(const struct signature *s, str ret[PLAIN_TEXTS])
{
	if (s->plain != NULL)
		return plain_texts(s->plain, ret);
	ret[0] = s->literal;
	return s->literal.n >= NEEDLE_MIN;
}

struct texts *texts_new(const struct rules *rules, const struct match_index *x)
{
	struct texts *t = mem_new(sizeof *t);
	str some[PLAIN_TEXTS];
	t->words = x->n / 64 + 1;
	t->known = mem_new(2 * t->words * sizeof *t->known);
	t->here = t->known + t->words;
	for (size_t place = 0; place < x->n; place++) {
		const size_t n = texts_of(&rules->signatures.v[x->order[place]], some);
		if (n > 0)
			t->known[place / 64] |= UINT64_C(1) << place % 64;
		for (size_t i = 0; i < n; i++)
			add(t, some[i], place);
	}
	return t;
}

void texts_free(struct texts *t)
{
	if (t == NULL)
		return;
	vec_free(&t->all);
	free(t->known);
	free(t);
}

/* Texts whose window may stand at `at`. */
static void compare(struct texts *t, uint32_t hash, str body, size_t at)
{
	for (uint32_t i = t->first[hash >> (32 - SLOT_BITS)]; i != 0; i = t->all.v[i - 1].next) {
		const struct one_text *one = &t->all.v[i - 1];
		if (at >= one->window && body.n - (at - one->window) >= one->text.n && memcmp(body.p + at - one->window, one->text.p, one->text.n) == 0)
			t->here[one->place / 64] |= UINT64_C(1) << one->place % 64;
	}
}

void texts_look(struct texts *t, str body)
{
	memset(t->here, 0, t->words * sizeof *t->here);
	if (body.n < NEEDLE_MIN)
		return;
	for (size_t at = 0; at + NEEDLE_MIN <= body.n; at++) {
		const uint32_t hash = at + NEEDLE_MIN < body.n ? hash_of(body.p + at) : hash_of_window(body, at), bit = hash >> (32 - FILTER_BITS);
		if (t->filter[bit / 64] >> bit % 64 & 1)
			compare(t, hash, body, at);
	}
}

bool texts_exclude(const struct texts *t, size_t place) { return ((t->known[place / 64] & ~t->here[place / 64]) >> place % 64 & 1) != 0; }
