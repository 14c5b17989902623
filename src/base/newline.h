/* Where a line ends, for loops that ask once a line: inline, because most lines are shorter than what a call costs. All three give
 * the same answers; a loop that is worth it is made twice, and takes newline_avx2 where NEWLINE_AVX2() says that the machine can. */
#ifndef MCPLOG_BASE_NEWLINE_H
#define MCPLOG_BASE_NEWLINE_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef const char *newline_fn(const char *at, const char *end);

/* The first LF of at … end, at most `end`; NULL: there is none. */
static inline const char *newline_scalar(const char *at, const char *end) { return at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL; }

#if defined(__x86_64__)
#define NEWLINE_AVX2() (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))

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

/* LFs among the 64 bytes at `at`, as bits. */
__attribute__((target("avx2"))) static inline uint64_t newline_bits(const char *at)
{
	const __m256i lf = _mm256_set1_epi8('\n');
	const __m256i *const from = (const __m256i *)(const void *)at;
	const unsigned low = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(from), lf));
	const unsigned high = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(from + 1), lf));
	return low | (uint64_t)high << 32;
}

/* 128 bytes at a time: most lines end in the first, so that no branch depends on how long they are. */
__attribute__((target("avx2,bmi"))) static inline const char *newline_avx2(const char *at, const char *end)
{
	for (; end - at >= 128; at += 128) {
		const uint64_t first = newline_bits(at), second = newline_bits(at + 64);
		const uint64_t n = _tzcnt_u64(first), none = -(n >> 6);
		if ((first | second) != 0)
			return at + n + (_tzcnt_u64(second) & none);
	}
	return newline_scalar(at, end);
}
#else
#define NEWLINE_AVX2() false
static inline const char *newline_find(const char *at, const char *end) { return newline_scalar(at, end); }
static inline const char *newline_avx2(const char *at, const char *end) { return newline_scalar(at, end); }
#endif
#endif
