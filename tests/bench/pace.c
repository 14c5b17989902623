/* pace: milliseconds of CPU time for a fixed number of additions in registers, on the slowest core. Memory plays no part: if they take
 * longer than at other times, somebody else works on the other thread of that core, or its clock is lower. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <time.h>

enum { ADDITIONS = 8 << 20 };

static double milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double add(void)
{
	double began = milliseconds();
	unsigned long a = 0, b = 0, c = 0, d = 0;
	for (int i = 0; i < ADDITIONS; i++) {
		a += 1, b += 2, c += 3, d += 4;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d)); /* four chains that do not wait for each other */
	}
	return milliseconds() - began;
}

int main(void)
{
	cpu_set_t all;
	double slowest = 0;
	if (sched_getaffinity(0, sizeof all, &all))
		return 1;
	for (int core = 0; core < CPU_SETSIZE; core++) {
		cpu_set_t one;
		CPU_ZERO(&one);
		CPU_SET(core, &one);
		if (CPU_ISSET(core, &all) && !sched_setaffinity(0, sizeof one, &one)) {
			double took = add();
			slowest = took > slowest ? took : slowest;
		}
	}
	return printf("%.3f\n", slowest) < 0;
}
