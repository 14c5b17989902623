/* xxHash behind two names (base/hash.h). XXH3 gives the same values on every machine, so that hashes may be stored and stand
 * in fingerprints. Not cryptographic: nothing here protects against chosen collisions, callers compare the text. */
#include "base/hash.h"
/* Compiled in: a library more costs every start more than all it would save. */
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash64(str s) { return XXH3_64bits(s.p, s.n); }

uint64_t hash64_seed(str s, uint64_t seed) { return XXH3_64bits_withSeed(s.p, s.n, seed); }

struct hash128 hash128(str s)
{
	XXH128_hash_t h = XXH3_128bits(s.p, s.n);
	return (struct hash128){.high = h.high64, .low = h.low64};
}

void hash128_hex(struct hash128 h, char ret_hex[33])
{
	static const char digits[] = "0123456789abcdef";
	for (unsigned i = 0; i < 16; i++) {
		ret_hex[i] = digits[h.high >> (60 - 4 * i) & 15];
		ret_hex[16 + i] = digits[h.low >> (60 - 4 * i) & 15];
	}
	ret_hex[32] = '\0';
}
