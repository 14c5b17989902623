/* The built-in entries, as the build left them, become rules: their words are put down one by one, and distances become pointers. So a
 * start reads no knowledge, and the loader of programs has nothing to relocate for commands that need none.
 *
 * Arrays and names stand where they cannot grow. Before something is added to them they move (image_own). */
#include "knowledge/image.h"
#include "base/mem.h"
#include <stdlib.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

void image_load(const struct image *im, const struct tree_doc *d, struct rules *rules)
{
	uintptr_t *entries = mem_new(im->size), *at = entries;
	const uintptr_t bases[IMAGE_BASES] = {[IMAGE_CONSTANT] = (uintptr_t)im->constant, [IMAGE_ENTRIES] = (uintptr_t)entries, [IMAGE_DOC] = (uintptr_t)d};
	for (size_t i = 0; i < im->word_count; i++) {
		at += im->steps[i] >> IMAGE_BASE_BITS;
		*at = im->words[i] + bases[im->steps[i] & (IMAGE_BASES - 1)];
	}
	const struct rules *from = (const struct rules *)entries;
#define X(name) memcpy(&rules->name, &from->name, sizeof rules->name);
	RULES_ARRAYS(X)
	RULES_NAMES(X)
#undef X
	rules->self_test = from->self_test;
	rules->built_in = entries;
}

static void let_go(const void *p, size_t n)
{
#ifdef __linux__
	const uintptr_t from = ((uintptr_t)p + MEM_PAGE - 1) / MEM_PAGE * MEM_PAGE, to = ((uintptr_t)p + n) / MEM_PAGE * MEM_PAGE;
	if (to > from)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
#else
	(void)p, (void)n;
#endif
}

void image_rest(const struct image *im)
{
	let_go(im->words, im->word_count * sizeof *im->words);
	let_go(im->steps, im->word_count * sizeof *im->steps);
}

static bool stands_there(const struct rules *rules)
{
	const struct rules *from = rules->built_in;
	return from != NULL && from->signatures.v == rules->signatures.v;
}

void image_own(struct rules *rules)
{
	if (!stands_there(rules))
		return;
#define X(name) rules->name.v = mem_dup(rules->name.v, rules->name.n * sizeof *rules->name.v);
	RULES_ARRAYS(X)
#undef X
#define X(name)                                                                                          \
	rules->name.names = mem_dup(rules->name.names, (rules->name.slot_count / 2 + 1) * sizeof *rules->name.names); \
	rules->name.slots = mem_dup(rules->name.slots, rules->name.slot_count * sizeof *rules->name.slots);
	RULES_NAMES(X)
#undef X
}

void image_free(struct rules *rules)
{
	if (!stands_there(rules)) {
#define X(name) vec_free(&rules->name);
		RULES_ARRAYS(X)
#undef X
#define X(name) intern_done(&rules->name);
		RULES_NAMES(X)
#undef X
	}
	free(rules->built_in);
}
