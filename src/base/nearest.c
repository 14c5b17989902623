/* Edit distance for suggestions. Used wherever a name is unknown: options, commands, keys, kinds and classes of pattern files.
 *
 * Names are short (NAME_MAX bytes; longer ones get no suggestion), so that three rows on the stack are enough. A suggestion must
 * be near: a third of the name's length, at least one slip. A far-fetched one is worse than none. */
#include "base/nearest.h"

enum { LENGTH_MAX = 48 };

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

unsigned nearest_distance(str a, str b, unsigned cap)
{
	unsigned rows[3][LENGTH_MAX + 1];
	if (a.n > LENGTH_MAX || b.n > LENGTH_MAX)
		return cap;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			char x = lower(a.p[i - 1]), y = lower(b.p[j - 1]);
			now[j] = min3(before[j] + 1, now[j - 1] + 1, before[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b.p[j - 2]) && y == lower(a.p[i - 2]))
				now[j] = min3(now[j], earlier[j - 2] + 1, now[j]);
		}
	}
	unsigned d = rows[a.n % 3][b.n];
	return d < cap ? d : cap;
}

struct nearest nearest_start(str wanted)
{
	unsigned limit = (unsigned)(wanted.n / 3);
	return (struct nearest){.wanted = wanted, .best = STR_NONE, .distance = (limit > 0 ? limit : 1) + 1};
}

void nearest_offer(struct nearest *n, str candidate)
{
	if (candidate.n == 0)
		return;
	unsigned d = nearest_distance(n->wanted, candidate, n->distance);
	if (d < n->distance) {
		n->distance = d;
		n->best = candidate;
	}
}

str nearest_result(const struct nearest *n)
{
	return n->best;
}
