/* What can be said about a PCRE2 pattern by reading it, before anything is compiled: for choosing the few patterns worth trying. */
#ifndef MCPLOG_BASE_PATTERN_H
#define MCPLOG_BASE_PATTERN_H
#include "base/arena.h"
#include "base/buf.h"

enum { PATTERN_PREFIX = 8 };

struct byte_set {
	uint64_t bits[4];
};
static inline bool byte_set_has(const struct byte_set *s, unsigned char c) { return s->bits[c >> 6] >> (c & 63) & 1; }

struct pattern_facts {
	bool anchored; /* every match begins at the start of the subject */
	str head;      /* every match begins with these bytes; empty when not anchored or unknown */
	str literal;   /* the longest text that stands in every match; may be empty */
};
/* Texts live in a. A pattern that is not understood (case-insensitive, extended syntax, …) has no facts: all are empty. */
void pattern_read(str pattern, struct arena *a, struct pattern_facts *ret);
/* Which bytes can stand at each of the first PATTERN_PREFIX places of a subject that matches. Never too few; where the match can
 * be shorter, or is not anchored, all bytes are possible. */
void pattern_prefix(str pattern, struct byte_set ret_sets[PATTERN_PREFIX]);
/* A pattern that begins with an optional part is two patterns: without it, and with it. False: it is one. */
bool pattern_prefix_split(str pattern, struct byte_set ret_sets[2][PATTERN_PREFIX]);
/* The pattern without its anchors at both ends, for searching anywhere; false when it cannot be said simply. */
bool pattern_unanchored(str pattern, struct buf *out);
#endif
