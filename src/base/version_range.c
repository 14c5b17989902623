/* Version comparison for version-aware rules and advice. Reads digits and dots; anything behind them is ignored. */
#include "base/version_range.h"

static uint64_t part(str *s)
{
	uint64_t v = 0;
	size_t i = 0;
	for (; i < s->n && str_is_digit(s->p[i]); i++)
		if (v < UINT64_MAX / 100)
			v = v * 10 + (uint64_t)(s->p[i] - '0');
	*s = str_from(*s, i < s->n && s->p[i] == '.' ? i + 1 : s->n);
	return v;
}

int version_cmp(str a, str b)
{
	while (a.n || b.n) {
		uint64_t x = part(&a), y = part(&b);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static bool holds(str version, str test)
{
	size_t n = 0;
	while (n < test.n && (test.p[n] == '<' || test.p[n] == '>' || test.p[n] == '='))
		n++;
	str op = str_head(test, n);
	int c = version_cmp(version, str_from(test, n));
	if (str_eq(op, S(">=")))
		return c >= 0;
	if (str_eq(op, S("<=")))
		return c <= 0;
	if (str_eq(op, S(">")))
		return c > 0;
	if (str_eq(op, S("<")))
		return c < 0;
	return c == 0;
}

bool version_in(str version, str range)
{
	while (range.n) {
		str test = str_trim(str_word(&range, ' '));
		if (test.n && !holds(version, test))
			return false;
	}
	return true;
}
