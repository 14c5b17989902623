/* The inside of JSON strings, sixteen bytes at a time: inline, because most strings and what stands between two escapes are shorter than
 * what a call costs. The same answer comes a byte at a time where the instructions are missing. */
#ifndef MCPLOG_BASE_JSON_TEXT_H
#define MCPLOG_BASE_JSON_TEXT_H
#include <stdbool.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Printable ASCII without quote and backslash. */
static inline bool json_is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

static inline const char *json_plain_end_scalar(const char *at, const char *end)
{
	while (at < end && json_is_plain(*at))
		at++;
	return at;
}

#if defined(__SSE2__)
/* Bit i: byte i of the sixteen at p needs a second look. */
static inline unsigned json_not_plain(const char *p)
{
	const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* As signed numbers those above ASCII are below it; with one more, DEL is one of them. */
	const __m128i other = _mm_cmplt_epi8(_mm_add_epi8(v, _mm_set1_epi8(1)), _mm_set1_epi8(0x21));
	const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(other, marks));
}
#endif

/* The first byte of at … end that is not plain, or end. The bytes from `from` (at most `at`) on may be read. */
static inline const char *json_plain_end(const char *from, const char *at, const char *end)
{
#if defined(__SSE2__)
	unsigned found;
	for (; end - at >= 16; at += 16)
		if ((found = json_not_plain(at)) != 0)
			return at + __builtin_ctz(found);
	if (end - from >= 16) {
		found = json_not_plain(end - 16) >> (16 - (end - at)); /* those before `at` are known */
		return found != 0 ? at + __builtin_ctz(found) : end;
	}
#else
	(void)from;
#endif
	return json_plain_end_scalar(at, end);
}

/* What a backslash and this letter stand for; '\0': no escape of one letter. */
static inline char json_escape(char letter)
{
	switch (letter) {
	case '"':
	case '\\':
	case '/': return letter;
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return '\0';
	}
}
#endif
