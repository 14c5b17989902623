/* "Did you mean …?": the known name that is nearest to a mistyped one. */
#ifndef MCPLOG_BASE_NEAREST_H
#define MCPLOG_BASE_NEAREST_H
#include "base/str.h"

/* Edit distance (insert, delete, replace, swap of neighbours), case-insensitive; at most `cap`, which means "cap or more". */
unsigned nearest_distance(str a, str b, unsigned cap);
/* Keeps the best of a series of candidates. */
struct nearest {
	str wanted, best;
	unsigned distance;
};
struct nearest nearest_start(str wanted);
void nearest_offer(struct nearest *n, str candidate);
/* The best candidate when it is near enough to be a slip of the pen; p NULL when none is. */
str nearest_result(const struct nearest *n);
#endif
