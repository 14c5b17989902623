/* Where a run of bytes of a set ends (base/span.h): below regexes, for every `\S+` and `[^']*` of a pattern.
 *
 * Sixteen bytes take a dozen instructions: a shuffle of both tables by the low half of each byte gives its row, one by the high
 * half the bit in it. Whether the machine can is asked at run time; span_end_scalar gives the same answers. */
#include "base/span.h"

const char *span_end_scalar(const struct span_set *s, const char *at, const char *end)
{
	while (at < end && span_has(s, (unsigned char)*at))
		at++;
	return at;
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Bit i: byte i of the sixteen at p is not in the set. */
__attribute__((target("ssse3"))) static inline unsigned outside(const struct span_set *s, const char *p)
{
	const __m128i bits = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
	const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	const __m128i low = _mm_shuffle_epi8(_mm_load_si128((const __m128i *)(const void *)s->row), v); /* 0 where the top bit is set */
	const __m128i high = _mm_shuffle_epi8(_mm_load_si128((const __m128i *)(const void *)(s->row + 16)), _mm_xor_si128(v, _mm_set1_epi8(-128)));
	const __m128i bit = _mm_shuffle_epi8(bits, _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(15)));
	const __m128i in = _mm_and_si128(_mm_or_si128(low, high), bit);
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(in, _mm_setzero_si128()));
}

__attribute__((target("ssse3"))) static const char *span_end_ssse3(const struct span_set *s, const char *from, const char *at, const char *end)
{
	for (; end - at >= 16; at += 16) {
		unsigned out = outside(s, at);
		if (out != 0)
			return at + __builtin_ctz(out);
	}
	if (end - from < 16)
		return span_end_scalar(s, at, end);
	unsigned out = outside(s, end - 16) >> (16 - (end - at)); /* those before `at` are known */
	return out != 0 ? at + __builtin_ctz(out) : end;
}

const char *span_end(const struct span_set *s, const char *from, const char *at, const char *end)
{
	return __builtin_cpu_supports("ssse3") ? span_end_ssse3(s, from, at, end) : span_end_scalar(s, at, end);
}
#else
const char *span_end(const struct span_set *s, const char *from, const char *at, const char *end)
{
	(void)from;
	return span_end_scalar(s, at, end);
}
#endif
