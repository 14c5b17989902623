/* Borrowed byte strings (base/str.h). Everything here looks at bytes only and allocates nothing, but for str_dupz.
 *
 * Numbers are parsed by hand: the C library's parsers depend on the locale, skip blanks and accept signs and hexadecimal
 * forms that no log format has. Overflow is a "no", never a wrapped value. */
#include "base/str.h"
#include "base/mem.h"

int str_cmp(str a, str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

ptrdiff_t str_chr(str s, char c)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);
	return at == NULL ? -1 : at - s.p;
}

#if defined(__SSE2__)
#include <emmintrin.h>

/* Sixteen places at a time, by the first and the last byte. For needles of two bytes and more, not longer than s. */
static ptrdiff_t find(str s, str needle)
{
	const __m128i first = _mm_set1_epi8(needle.p[0]), last = _mm_set1_epi8(needle.p[needle.n - 1]);
	size_t places = s.n - needle.n + 1;
	if (places < 16) {
		const char *at = memmem(s.p, s.n, needle.p, needle.n);
		return at == NULL ? -1 : at - s.p;
	}
	for (size_t i = 0; i < places; i += 16) {
		i = i + 16 <= places ? i : places - 16; /* the last sixteen, some of them again */
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i + needle.n - 1));
		unsigned both = (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(b, last)));
		for (; both != 0; both &= both - 1) {
			size_t at = i + (unsigned)__builtin_ctz(both);
			if (memcmp(s.p + at, needle.p, needle.n) == 0)
				return (ptrdiff_t)at;
		}
	}
	return -1;
}
#else
static ptrdiff_t find(str s, str needle)
{
	const char *at = memmem(s.p, s.n, needle.p, needle.n);
	return at == NULL ? -1 : at - s.p;
}
#endif

ptrdiff_t str_find(str s, str needle)
{
	if (needle.n == 0)
		return 0;
	if (needle.n > s.n)
		return -1;
	if (needle.n == 1)
		return str_chr(s, needle.p[0]);
	return find(s, needle);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

str str_trim_end(str s)
{
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

str str_trim(str s)
{
	s = str_trim_end(s);
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	return s;
}

str str_word(str *rest, char sep)
{
	ptrdiff_t at = str_chr(*rest, sep);
	str word = at < 0 ? *rest : str_head(*rest, (size_t)at);
	*rest = str_from(*rest, at < 0 ? rest->n : (size_t)at + 1);
	return word;
}

int str_hex_digit(char c)
{
	if (str_is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_u64(str s, uint64_t *ret_value)
{
	uint64_t v = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';
		if (digit > 9 || v > UINT64_MAX / 10 || v * 10 > UINT64_MAX - digit)
			return false;
		v = v * 10 + digit;
	}
	*ret_value = v;
	return true;
}

bool str_i64(str s, int64_t *ret_value)
{
	uint64_t v;
	bool minus = s.n > 0 && s.p[0] == '-';
	if (!str_u64(minus ? str_from(s, 1) : s, &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	if (!minus)
		*ret_value = (int64_t)v;
	else
		*ret_value = v > INT64_MAX ? INT64_MIN : -(int64_t)v;
	return true;
}

bool str_double(str s, double *ret_value)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	if (minus)
		s = str_from(s, 1);
	double v = 0, scale = 1;
	bool point = false, digits = false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';
		if (s.p[i] == '.' && !point && digits && i + 1 < s.n) {
			point = true;
			continue;
		}
		if (digit > 9)
			return false;
		digits = true;
		v = v * 10 + digit;
		if (point)
			scale *= 10;
	}
	if (!digits)
		return false;
	*ret_value = (minus ? -v : v) / scale;
	return true;
}

char *str_dupz(str s)
{
	char *z = mem_new(s.n + 1);
	if (s.n > 0)
		memcpy(z, s.p, s.n);
	return z;
}
