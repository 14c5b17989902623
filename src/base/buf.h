/* A growing byte buffer. buf_str is valid until the next change. */
#ifndef MCPLOG_BASE_BUF_H
#define MCPLOG_BASE_BUF_H
#include "base/str.h"

struct buf {
	char *p; /* zero-initialise; buf_done frees */
	size_t n, cap;
};

void buf_done(struct buf *b);
static inline void buf_reset(struct buf *b) { b->n = 0; }
static inline str buf_str(const struct buf *b) { return (str){b->p, b->n}; }
void buf_grow(struct buf *b, size_t more); /* buf_reserve where there is no room */
static inline void buf_reserve(struct buf *b, size_t more)
{
	if (more > b->cap - b->n)
		buf_grow(b, more);
}
void buf_add(struct buf *b, str s);
void buf_addz(struct buf *b, const char *z);
static inline void buf_byte(struct buf *b, char c)
{
	buf_reserve(b, 1);
	b->p[b->n++] = c;
}
void buf_repeat(struct buf *b, char c, size_t count);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
