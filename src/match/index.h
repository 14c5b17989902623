/* Which signatures of a body class can match a body that begins with these bytes: a table look-up per byte, no regex. */
#ifndef MCPLOG_MATCH_INDEX_H
#define MCPLOG_MATCH_INDEX_H
#include "base/pattern.h"
#include "model/rules.h"

enum { INDEX_BUCKETS = 64 };
struct texts;

struct match_index {
	uint64_t (*table)[256];  /* [PATTERN_PREFIX][256]: buckets whose signatures can have this byte at this place; NULL when empty */
	uint16_t *order;         /* signature indices in rules order; bucket b holds order[first[b]] … order[first[b + 1] - 1] */
	size_t n;
	bool ready;
	uint32_t first[INDEX_BUCKETS + 1];
	struct texts *texts;     /* of its signatures (match/texts.h); NULL: not made yet */
};

/* All signatures of a class (core_only: those that are searched for in excerpts). Freed by match_index_done. */
void match_index_init(struct match_index *x, const struct rules *rules, uint32_t classes, bool core_only);
void match_index_done(struct match_index *x);

/* Buckets worth trying; 0 = no signature can match. Only the bytes there are decide, so a short head is never too strict. */
static inline uint64_t match_index_buckets(const struct match_index *x, str head)
{
	if (x->table == NULL)
		return 0;
	uint64_t buckets = ~UINT64_C(0);
	size_t n = head.n < PATTERN_PREFIX ? head.n : PATTERN_PREFIX;
	for (size_t i = 0; i < n && buckets != 0; i++)
		buckets &= x->table[i][(unsigned char)head.p[i]];
	return buckets;
}
#endif
