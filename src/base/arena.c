/* Region memory (base/arena.h): a chain of blocks, the last one is filled. Blocks grow from 4 KiB to 256 KiB; what is larger
 * gets a block of its own. A reset keeps one block, the largest that is not oversized, so that a loop which resets once per
 * turn settles without calling the allocator.
 *
 * Under AddressSanitizer every byte that was not handed out is poisoned: a view that outlives a reset traps at once. Single
 * allocations cannot be freed, by design. */
#include "base/arena.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_POISON
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define poison(p, n) __asan_poison_memory_region((p), (n))
#define unpoison(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define poison(p, n) ((void)(p), (void)(n))
#define unpoison(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = 16, SMALLEST = 4096, LARGEST = 256 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t cap;
	_Alignas(ALIGN) char data[];
};

static void block_free(struct arena_block *b)
{
	unpoison(b->data, b->cap);
	free(b);
}

static void block_add(struct arena *a, size_t least)
{
	size_t cap = a->now == NULL ? SMALLEST : a->now->cap * 2;
	if (cap > LARGEST)
		cap = LARGEST;
	if (cap < least)
		cap = least;
	struct arena_block *b = mem_grow(NULL, 1, sizeof *b + cap);
	b->next = NULL;
	b->cap = cap;
	poison(b->data, cap);
	if (a->now != NULL)
		a->now->next = b;
	else
		a->first = b;
	a->now = b;
	a->used = 0;
}

void arena_done(struct arena *a)
{
	for (struct arena_block *b = a->first, *next; b != NULL; b = next) {
		next = b->next;
		block_free(b);
	}
	*a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = NULL;
	for (struct arena_block *b = a->first, *next; b != NULL; b = next) {
		next = b->next;
		if (b->cap <= LARGEST && (keep == NULL || b->cap > keep->cap)) {
			if (keep != NULL)
				block_free(keep);
			keep = b;
		} else {
			block_free(b);
		}
	}
	if (keep != NULL) {
		keep->next = NULL;
		poison(keep->data, keep->cap);
	}
	*a = (struct arena){.first = keep, .now = keep};
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t room = n > SIZE_MAX - SMALLEST ? SIZE_MAX - SMALLEST : (n + ALIGN - 1) / ALIGN * ALIGN;
	if (room == 0)
		room = ALIGN;
	if (a->now == NULL || room > a->now->cap - a->used)
		block_add(a, room);
	char *p = a->now->data + a->used;
	a->used += room;
	unpoison(p, n);
	return memset(p, 0, n);
}

str arena_str(struct arena *a, str s)
{
	char *p = arena_alloc(a, s.n + 1);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (str){p, s.n};
}

str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	size_t size = n < 0 ? 0 : (size_t)n;
	char *p = arena_alloc(a, size + 1);
	vsnprintf(p, size + 1, format, again);
	va_end(again);
	va_end(args);
	return (str){p, size};
}

void arena_reserve(struct arena *a, size_t n)
{
	block_add(a, n);
	unpoison(a->now->data, a->now->cap);
	memset(a->now->data, 0, a->now->cap);
	poison(a->now->data, a->now->cap);
}

str arena_bytes(const struct arena *a)
{
	if (a->first == NULL || a->first != a->now)
		return STR_NONE;
	unpoison(a->now->data, a->used); /* with what rounding left between the pieces */
	return (str){a->now->data, a->used};
}

size_t arena_size(const struct arena *a)
{
	size_t sum = 0;
	for (const struct arena_block *b = a->first; b != NULL; b = b->next)
		sum += sizeof *b + b->cap;
	return sum;
}
