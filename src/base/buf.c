/* A growing byte buffer (base/buf.h). It doubles, so that appending is linear in the whole; it has no maximum of its own:
 * whoever fills it from a log caps what goes in (model/limits.h). */
#include "base/buf.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

void buf_grow(struct buf *b, size_t more)
{
	size_t need;
	if (__builtin_add_overflow(b->n, more, &need))
		need = SIZE_MAX; /* mem_grow says so */
	size_t cap = b->cap < 64 ? 64 : b->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	b->p = mem_grow(b->p, cap, 1);
	b->cap = cap;
}

void buf_add(struct buf *b, str s)
{
	if (s.n == 0)
		return;
	buf_reserve(b, s.n);
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void buf_addz(struct buf *b, const char *z) { buf_add(b, str_z(z)); }

void buf_repeat(struct buf *b, char c, size_t count)
{
	if (count == 0)
		return;
	buf_reserve(b, count);
	memset(b->p + b->n, c, count);
	b->n += count;
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	buf_reserve(b, 1);
	int n = vsnprintf(b->p + b->n, b->cap - b->n, format, args);
	if (n > 0 && (size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n + 1);
		n = vsnprintf(b->p + b->n, b->cap - b->n, format, again);
	}
	if (n > 0)
		b->n += (size_t)n;
	va_end(again);
	va_end(args);
}
