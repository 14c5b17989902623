/* Region memory: many small allocations, one release. Poisoned under ASan after a reset. */
#ifndef MCPLOG_BASE_ARENA_H
#define MCPLOG_BASE_ARENA_H
#include "base/str.h"

struct arena_block;
struct arena {
	struct arena_block *first, *now; /* zero-initialise */
	size_t used;                     /* in `now` */
};

void arena_done(struct arena *a);   /* frees all; the arena may be used again */
void arena_reset(struct arena *a);  /* keeps the first block, invalidates every pointer handed out */
void *arena_alloc(struct arena *a, size_t n); /* zeroed, aligned to 16; never NULL */
str arena_str(struct arena *a, str s);        /* copy, with a NUL behind it */
str arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Of a new arena: the next n bytes come from one block. */
void arena_reserve(struct arena *a, size_t n);
str arena_bytes(const struct arena *a);       /* all that was handed out since then, zeros between; p NULL when one block did not hold it */
size_t arena_size(const struct arena *a);     /* bytes held */
#endif
