/* Open-addressing map from a 64-bit key (usually a hash) to a 32-bit value. Keys equal as numbers are equal: callers that
 * hash text compare the text themselves, or use 64 good bits. */
#ifndef MCPLOG_BASE_MAP_H
#define MCPLOG_BASE_MAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	struct map_slot *slots; /* zero-initialise; map_done frees */
	size_t n, cap, dead;
};

void map_done(struct map *m);
void map_put(struct map *m, uint64_t key, uint32_t value); /* adds or replaces */
bool map_get(const struct map *m, uint64_t key, uint32_t *ret_value);
bool map_remove(struct map *m, uint64_t key);
/* The next entry from *at (0 to begin) on; false when there is none. In no order that means anything. */
bool map_each(const struct map *m, size_t *at, uint64_t *ret_key, uint32_t *ret_value);
#endif
