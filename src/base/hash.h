/* xxHash behind two names: for tables and for stable fingerprints. */
#ifndef MCPLOG_BASE_HASH_H
#define MCPLOG_BASE_HASH_H
#include "base/str.h"

struct hash128 {
	uint64_t high, low;
};
struct hash_state; /* incremental; opaque */

uint64_t hash64(str s);
uint64_t hash64_seed(str s, uint64_t seed);
struct hash128 hash128(str s);
void hash128_hex(struct hash128 h, char ret_hex[33]); /* 32 lower-case digits and NUL, high half first */
#endif
