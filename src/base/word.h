/* Eight bytes of text at a time, as one number: the loops that see every byte compare and search so. */
#ifndef MCPLOG_BASE_WORD_H
#define MCPLOG_BASE_WORD_H
#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define WORD_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* As they stand in memory: the first byte is the lowest one on little-endian machines only (le64toh, be64toh). */
static inline uint64_t word_load(const char *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* The top bits of bytes that are this one; 0: none is. Above the lowest of them there may be more than there are. */
static inline uint64_t word_find(uint64_t word, char byte)
{
	const uint64_t x = word ^ WORD_EACH((unsigned char)byte);
	return (x - WORD_EACH(1)) & ~x & WORD_EACH(0x80);
}

/* Has each byte the bits of `value` that `equal` names? Places of digits have 0xf0, 0x30, and 6 in `six`, all others 0 there: a digit has
 * the high half 3, and still has it when 6 is added, 0x3a to 0x3f have not; nothing carries over when the high halves are right. */
static inline bool word_fits(uint64_t word, uint64_t equal, uint64_t value, uint64_t six)
{
	return (((word & equal) ^ value) | (((word + six) & equal) ^ value)) == 0;
}

/* Is one of the first n bytes of such a mask a digit, that one and no other? */
static inline bool word_mask_names_digit(const uint64_t *equal, const uint64_t *value, size_t n)
{
	const uint8_t *bits = (const uint8_t *)equal, *want = (const uint8_t *)value;
	for (size_t i = 0; i < n; i++)
		if (bits[i] == 0xff && str_is_digit((char)want[i]))
			return true;
	return false;
}
#endif
