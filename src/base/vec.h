/* Growing arrays. VEC(T) is {v, n, cap}; zero-initialise it; vec_push returns a pointer to a zeroed new element. */
#ifndef MCPLOG_BASE_VEC_H
#define MCPLOG_BASE_VEC_H
#include "base/mem.h"
#include <stddef.h>
#include <stdlib.h>

#define VEC(T)       \
	struct {         \
		T *v;        \
		size_t n;    \
		size_t cap;  \
	}
#define vec_push(a) ((void)((a)->v = vec_room((a)->v, (a)->n, &(a)->cap, sizeof *(a)->v)), &(a)->v[(a)->n++])
#define vec_free(a) ((void)(free((a)->v), (a)->v = NULL, (a)->n = (a)->cap = 0))

/* qsort that takes an empty array, keeps the order of equals, and moves little in what is nearly in order: most arrays are. */
#define vec_sort(a, order) vec_order((a)->v, (a)->n, sizeof *(a)->v, order)
void vec_order(void *v, size_t n, size_t size, int (*order)(const void *, const void *));

/* Room for so many elements more, in one step. */
#define vec_reserve(a, more) ((void)((a)->v = vec_more((a)->v, (a)->n, (more), &(a)->cap, sizeof *(a)->v)))

void *vec_more(void *v, size_t n, size_t more, size_t *cap, size_t size); /* for vec_reserve only */
/* Makes room for one element more and zeroes it; for vec_push only. */
void *vec_room(void *v, size_t n, size_t *cap, size_t size);
#endif
