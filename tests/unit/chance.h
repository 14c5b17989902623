/* Chance that is the same in every run. */
#ifndef MCPLOG_TESTS_CHANCE_H
#define MCPLOG_TESTS_CHANCE_H
#include <stdint.h>

static uint64_t seed = 1; /* a test may begin elsewhere */

static inline unsigned any(unsigned below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % below;
}
#endif
