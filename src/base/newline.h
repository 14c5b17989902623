/* Where a line ends, for loops that ask once a line: inline, because most lines are shorter than what a call costs. */
#ifndef MCPLOG_BASE_NEWLINE_H
#define MCPLOG_BASE_NEWLINE_H
#include <stddef.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The first LF of at … end; NULL: there is none. */
static inline const char *newline_scalar(const char *at, const char *end) { return memchr(at, '\n', (size_t)(end - at)); }

/* The same, 32 bytes at a time where the machine is sure to have the instructions. */
static inline const char *newline_find(const char *at, const char *end)
{
#if defined(__SSE2__)
	const __m128i lf = _mm_set1_epi8('\n');
	for (; end - at >= 32; at += 32) {
		const __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), lf);
		const __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)(at + 16)), lf);
		if (_mm_movemask_epi8(_mm_or_si128(a, b)) != 0)
			return at + __builtin_ctz((unsigned)_mm_movemask_epi8(a) | (unsigned)_mm_movemask_epi8(b) << 16);
	}
#endif
	return at < end ? newline_scalar(at, end) : NULL;
}
#endif
