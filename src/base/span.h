/* Sets of bytes in the form that sixteen bytes can be asked of at once. */
#ifndef MCPLOG_BASE_SPAN_H
#define MCPLOG_BASE_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Byte c is bit (c >> 4 & 7) of its row: by the low four bits, first those below 0x80. */
struct span_set {
	_Alignas(16) uint8_t row[32];
};
static inline unsigned span_row(unsigned char c) { return (c >> 3 & 16) | (c & 15); }
static inline bool span_has(const struct span_set *s, unsigned char c) { return s->row[span_row(c)] >> (c >> 4 & 7) & 1; }
static inline void span_add(struct span_set *s, unsigned char c) { s->row[span_row(c)] |= (uint8_t)(1u << (c >> 4 & 7)); }

/* The first byte of at … end that is not in the set, or end. The bytes from `from` (at most `at`) on may be read. */
const char *span_end(const struct span_set *s, const char *from, const char *at, const char *end);
/* The same, a byte at a time: what machines without the instructions take, and what tests compare with. */
const char *span_end_scalar(const struct span_set *s, const char *at, const char *end);
#endif
