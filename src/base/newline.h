/* Where a line ends, for loops that ask once a line: inline, because most lines are shorter than what a call costs. All three give
 * the same answers; a loop that is worth it is made twice, and takes newline_avx2 where NEWLINE_AVX2() says that the machine can. */
#ifndef MCPLOG_BASE_NEWLINE_H
#define MCPLOG_BASE_NEWLINE_H
#include <stddef.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The first LF of at … end, at most `end`; NULL: there is none. */
static inline const char *newline_scalar(const char *at, const char *end) { return at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL; }

#if defined(__x86_64__)
#define NEWLINE_AVX2() __builtin_cpu_supports("avx2")

static inline const char *newline_find(const char *at, const char *end)
{
	const __m128i lf = _mm_set1_epi8('\n');
	for (const char *stop = end - at >= 16 ? end - 16 : NULL; at <= stop; at += 16) {
		const unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), lf));
		if (found != 0)
			return at + __builtin_ctz(found);
	}
	return newline_scalar(at, end);
}

__attribute__((target("avx2"))) static inline const char *newline_avx2(const char *at, const char *end)
{
	const __m256i lf = _mm256_set1_epi8('\n');
	for (const char *stop = end - at >= 32 ? end - 32 : NULL; at <= stop; at += 32) {
		const unsigned found = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256((const __m256i *)(const void *)at), lf));
		if (found != 0)
			return at + __builtin_ctz(found);
	}
	return newline_scalar(at, end);
}
#else
#define NEWLINE_AVX2() false
static inline const char *newline_find(const char *at, const char *end) { return newline_scalar(at, end); }
static inline const char *newline_avx2(const char *at, const char *end) { return newline_scalar(at, end); }
#endif
#endif
