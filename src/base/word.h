/* Eight bytes of text at a time, as one number: the loops that see every byte compare and search so. */
#ifndef MCPLOG_BASE_WORD_H
#define MCPLOG_BASE_WORD_H
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
#endif
