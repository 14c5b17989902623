/* What is counted of a file while it is parsed. For parse/ only. */
#ifndef MCPLOG_PARSE_TALLY_H
#define MCPLOG_PARSE_TALLY_H
#include "base/instant.h"
#include "model/source.h"

struct tally {
	uint64_t records, unrecognized, kinds[SOURCE_KIND_COUNT], mcp, first_bodies, lines;
	uint64_t unknown_line[3], unknown_offset[3];
	unsigned unknown_count;
	instant first, last, previous;
	bool timed;
};

/* How bodies begin, a bit each. With more than FILTERED_BODIES nobody filtered the log, and all bits are set: nothing more needs counting. */
enum { FILTERED_BODIES = 6 };
static inline uint64_t body_bit(const char *body) { return UINT64_C(1) << (((unsigned char)body[0] + (unsigned char)body[3] * 7u) & 63); }
static inline void tally_bodies(struct tally *t, uint64_t bits)
{
	if (t->first_bodies == UINT64_MAX)
		return;
	t->first_bodies |= bits;
	if (__builtin_popcountll(t->first_bodies) > FILTERED_BODIES)
		t->first_bodies = UINT64_MAX;
}
#endif
