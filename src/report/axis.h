/* A time axis for pictures: time to a place between 0 and 1, with long idle stretches folded. */
#ifndef MCPLOG_REPORT_AXIS_H
#define MCPLOG_REPORT_AXIS_H
#include "base/instant.h"

struct axis_range { /* something is drawn here */
	instant from, to;
};
struct axis_part {
	instant from, to;
	double x0, x1;
	bool folded;    /* idle: takes a fixed width, however long it is */
};
enum { AXIS_PARTS = 17, AXIS_TICKS = 40 };
struct axis {
	struct axis_part parts[AXIS_PARTS];
	size_t count;
	instant from, to;
};
/* busy: sorted here; may be empty. to ≥ from. */
void axis_make(struct axis *ret, instant from, instant to, struct axis_range *busy, size_t count);
/* 0 at `from` and before, 1 at `to` and behind. */
double axis_at(const struct axis *a, instant at);
struct axis_tick {
	double x;
	int64_t offset; /* µs from the axis' begin */
};
/* At round offsets, at least 1/most apart; the first is 0. Returns their number. */
size_t axis_ticks(const struct axis *a, unsigned most, struct axis_tick ret[AXIS_TICKS]);
/* "0", "1.5 s", "5 min", "2 h 10 min". */
void axis_label(int64_t offset, char ret_text[32]);
#endif
