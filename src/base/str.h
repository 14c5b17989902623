/* Borrowed byte strings. A str owns nothing: it is valid as long as its backing is. Bytes, not characters. */
#ifndef MCPLOG_BASE_STR_H
#define MCPLOG_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
	const char *p;
	size_t n;
} str;

#define S(literal) ((str){"" literal, sizeof(literal) - 1})
#define S_INIT(literal) {"" literal, sizeof(literal) - 1} /* for constant tables */
#define STR_NONE ((str){NULL, 0})
#define STR_ARG(s) (int)(s).n, (s).p /* for "%.*s" */

static inline str str_z(const char *z) { return z ? (str){z, strlen(z)} : STR_NONE; }
static inline bool str_eq(str a, str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool str_starts(str s, str prefix) { return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0); }
static inline bool str_ends(str s, str suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}
/* From byte `at` on; empty when `at` is past the end. */
static inline str str_from(str s, size_t at)
{
	if (s.n == 0)
		return s;
	return at >= s.n ? (str){s.p + s.n, 0} : (str){s.p + at, s.n - at};
}
static inline str str_head(str s, size_t n) { return (str){s.p, n < s.n ? n : s.n}; }

int str_cmp(str a, str b);              /* byte order, shorter first */
ptrdiff_t str_chr(str s, char c);       /* index or -1 */
ptrdiff_t str_find(str s, str needle);  /* index or -1 */
str str_trim(str s);                    /* without blanks, tabs, CR, LF at both ends */
str str_trim_end(str s);
str str_word(str *rest, char sep);      /* cuts the part before `sep` off *rest; the whole rest when there is none */
static inline bool str_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool str_is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static inline bool str_is_word(char c) { return str_is_digit(c) || str_is_letter(c) || c == '_'; } /* \w of a regex */
int str_hex_digit(char c);              /* 0 to 15, or -1 */
bool str_u64(str s, uint64_t *ret_value); /* the whole of s is decimal digits and fits */
bool str_i64(str s, int64_t *ret_value);
bool str_double(str s, double *ret_value); /* digits[.digits], locale-free */
char *str_dupz(str s);                  /* malloc'd, NUL-terminated; you own it */
#endif
