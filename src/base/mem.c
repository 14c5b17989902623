/* Allocation that does not return on failure (base/mem.h). Linux rarely fails an allocation; when it does (RLIMIT_AS, a cgroup
 * limit), there is nothing sensible left to do with a half-read log, and an uncommitted transaction leaves no trace. So the
 * process says so and leaves with exit code 4, and no caller carries a branch that is never tested. */
#include "base/mem.h"
#include "base/diag.h"
#include "base/vec.h"
#include <stdlib.h>

enum { ORDER_MOVED = 256 }; /* bytes of an element that is moved by itself */

void *mem_new(size_t n)
{
	void *p = calloc(1, n == 0 ? 1 : n);
	if (p == NULL)
		diag_out_of_memory();
	return p;
}

void *mem_grow(void *p, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		diag_out_of_memory();
	p = realloc(p, bytes == 0 ? 1 : bytes);
	if (p == NULL)
		diag_out_of_memory();
	return p;
}

void *mem_pages(size_t n)
{
	const size_t whole = n + MEM_PAGE - n % MEM_PAGE;
	void *p = whole > n ? aligned_alloc(MEM_PAGE, whole) : NULL;
	if (p == NULL)
		diag_out_of_memory();
	return p;
}

void *mem_dup(const void *p, size_t n)
{
	void *copy = mem_new(n);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

void *vec_more(void *v, size_t n, size_t more, size_t *cap, size_t size)
{
	if (*cap - n >= more)
		return v;
	*cap = n + more > *cap * 2 ? n + more : *cap * 2;
	return mem_grow(v, *cap, size);
}

void *vec_room(void *v, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		*cap = *cap == 0 ? 8 : *cap * 2;
		v = mem_grow(v, *cap, size);
	}
	memset((char *)v + n * size, 0, size);
	return v;
}

/* Moves the element at `at` before those that it must not follow, `begin` at the earliest; how many these are. */
static size_t move_up(char *begin, char *at, size_t size, int (*order)(const void *, const void *))
{
	char element[ORDER_MOVED], *to = at;
	while (to > begin && order(to - size, at) > 0)
		to -= size;
	if (to == at)
		return 0;
	memcpy(element, at, size);
	memmove(to + size, to, (size_t)(at - to));
	memcpy(to, element, size);
	return (size_t)(at - to) / size;
}

void vec_order(void *v, size_t n, size_t size, int (*order)(const void *, const void *))
{
	char *at = v;
	size_t moved = 0, i = 1;
	for (; i < n && moved <= n; i++) {
		at += size;
		if (size <= ORDER_MOVED)
			moved += move_up(v, at, size, order);
		else if (order(at - size, at) > 0)
			break;
	}
	if (i < n)
		qsort(v, n, size, order);
}
