/* Two sets of calls compared: what got worse, what got better, and whether the numbers are large enough to say so. */
#ifndef MCPLOG_REPORT_COMPARE_H
#define MCPLOG_REPORT_COMPARE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

enum compare_figure { FIGURE_FAILED, FIGURE_OPEN, FIGURE_P50, FIGURE_P95, FIGURE_DROPS, FIGURE_INCIDENTS };
enum compare_trend { TREND_WORSE, TREND_BETTER };
/* In words: "clear"; "a hint"; "too few to say"; NOTHING: many numbers and no real difference. */
enum compare_sure { SURE_CLEAR, SURE_HINT, SURE_TOO_FEW, SURE_NOTHING };

struct compare_side {
	uint64_t calls, failed, open, drops;
	VEC(double) answered; /* ms */
};
struct compare_group {    /* a tool of a server; with an empty tool: the server itself */
	str server, tool;
	struct compare_side side[2];
};
struct compare_cause {
	str cause;
	uint64_t count[2];
};
struct compare_difference {
	enum compare_figure figure;
	enum compare_trend trend;
	enum compare_sure sure;
	str server, tool, cause;
	double value[2];      /* counts, or ms */
	uint64_t of[2];       /* of so many: calls, answered calls */
	double chance;        /* that numbers without a difference look like this; 0 to 1 */
};
struct comparison {
	struct arena arena;
	VEC(struct compare_group) groups;
	VEC(struct compare_cause) causes;
	VEC(struct compare_difference) differences; /* worse first, the surest and largest of them first */
	uint64_t calls[2], failed[2], open[2], incidents[2];
	uint64_t unchanged;   /* figures that are not listed */
};

/* side: 0 or 1. outcome as in the view `calls`; ms < 0: unknown. Texts are copied. */
void comparison_call(struct comparison *c, unsigned side, str server, str tool, str outcome, double ms);
void comparison_drops(struct comparison *c, unsigned side, str server, uint64_t count);
void comparison_incidents(struct comparison *c, unsigned side, str cause, uint64_t count);
void comparison_judge(struct comparison *c); /* fills differences; once, at the end */
void comparison_done(struct comparison *c);

/* Chance of k or more of n, when each is one with probability p; and of a or more of the first n_a, when a + b of both were drawn
 * at random (Fisher's exact test, one-sided). */
double chance_at_least(uint64_t k, uint64_t n, double p);
double chance_of_share(uint64_t a, uint64_t n_a, uint64_t b, uint64_t n_b);

struct compare_options {
	str name[2];          /* what is compared, as it was written */
	size_t width;         /* 0: as wide as it gets */
	bool ascii, all;      /* all: also what shows no real difference */
};
void compare_text(const struct comparison *c, const struct compare_options *o, struct buf *out);
void compare_json(const struct comparison *c, const struct compare_options *o, struct buf *out);
#endif
