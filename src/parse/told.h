/* What the gate said of bodies by their first bytes, for the loops over the reader's buffer (block.c, json_block.c). */
#ifndef MCPLOG_PARSE_TOLD_H
#define MCPLOG_PARSE_TOLD_H
#include "parse/hot.h"

enum { QUIET_SETS = 1024, TOLD_SETS = 256, KEY = 8 };

/* Numbers stand in some bodies, so that no answer comes twice. After so many misses of one first word its bodies are told apart by fewer
 * bytes, then by no more than the answer needs, and at last by the first word alone. */
enum { MISSES = 60, ROUGHEST = 3 };

/* What the gate says of bodies that begin with these bytes. The last of them may stand behind the body: then the body ends as that one
 * did. */
struct told {
	char text[HEAD_GATE];
	uint8_t bytes;            /* so many, KEY or more; 0: nothing was said */
	uint16_t from;            /* 0: nobody wants them */
	bool sure;                /* as record.sure */
};

/* A beginning that nobody wants: of eight bytes, up to sixteen. */
struct quiet {
	uint64_t first;           /* 0: nothing was said */
	uint64_t second, mask;    /* mask: the bits of the second word that count */
};

/* Bodies by their first two words, two places a set by the first, when these are enough for nobody to want them; else by more bytes.
 * The answer depends on the rules only, so an entry never gets old. One memory is for bodies of one class that end alike. */
struct gate_memory {
	struct quiet quiet[QUIET_SETS][2];
	uint64_t depths[QUIET_SETS]; /* bit n - 1: something was told by n bytes, of bodies whose first word is of this set */
	uint64_t missed[QUIET_SETS]; /* the first word that most of the set's misses were of */
	uint8_t misses[QUIET_SETS];
	struct told told[TOLD_SETS][2];
};

/* Where a body stands in the buffer. */
struct told_place {
	const char *at, *limit;   /* KEY bytes or more */
	size_t plain;             /* so many bytes there are the body's, or stand behind it: escapes are not */
};

static inline size_t quiet_set(uint64_t key) { return key * UINT64_C(0x9e3779b97f4a7c15) >> 54; }

/* Is the beginning of these 2 * KEY bytes known to be quiet? Without a branch on which of the two it is: no order is in them. */
static inline bool is_quiet(const struct gate_memory *q, const char *body)
{
	const uint64_t first = word_load(body), second = word_load(body + KEY);
	const struct quiet *a = q->quiet[quiet_set(first)], *b = a + 1;
	const uint64_t differ_a = (a->first ^ first) | ((a->second ^ second) & a->mask), differ_b = (b->first ^ first) | ((b->second ^ second) & b->mask);
	return ((differ_a == 0) | (differ_b == 0)) & (first != 0);
}

static inline const struct told *told_by(const struct gate_memory *q, const char *body, unsigned bytes, size_t *ret_set)
{
	uint64_t mixed = word_load(body + bytes - KEY);
	for (unsigned i = 0; i + KEY < bytes; i += KEY)
		mixed = (mixed ^ word_load(body + i)) * UINT64_C(0xff51afd7ed558ccd);
	const struct told *t = q->told[*ret_set = mixed * UINT64_C(0x9e3779b97f4a7c15) >> 56];
	for (unsigned i = 0; i < 2; i++, t++)
		if (t->bytes == bytes && hot_same(t->text, body, bytes))
			return t;
	return NULL;
}
_Static_assert(TOLD_SETS == 1 << (64 - 56), "a set for every hash");

/* What was told of a body that is not known to be quiet by two words, by as many bytes as possible; NULL: nothing. */
static inline const struct told *told_of(const struct gate_memory *q, const char *body, const char *limit)
{
	const struct told *t = NULL;
	const size_t at = quiet_set(word_load(body));
	size_t set;
	if (limit - body < HEAD_GATE)
		return NULL;
	for (uint64_t left = q->depths[at]; left != 0 && t == NULL;) {
		const unsigned bytes = 64 - (unsigned)__builtin_clzll(left);
		t = told_by(q, body, bytes, &set);
		left &= ~(UINT64_C(1) << (bytes - 1));
	}
	return t;
}
_Static_assert(HEAD_GATE <= 64, "a bit for each length");

/* What the gate says of a body: `from`. It is remembered where that can be; a memory is of one gate. */
uint16_t told_ask(const struct parser *p, gate_fn *gate, struct gate_memory *q, enum body_class class, str body, const struct told_place *place);

/* May a body of which only these eight bytes are known be of this shape? */
bool told_may_be(const struct shape *s, uint64_t key);
bool told_may_have_role(const struct shapes *s, enum role_of_shape role, uint64_t key);
static inline bool told_may_be_fact(const struct shapes *s, const char *body, uint64_t key)
{
	return (s->first[(unsigned char)*body] & FIRST_FACT) != 0 && told_may_have_role(s, SHAPE_FACT, key);
}
#endif
