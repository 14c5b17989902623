/*
 * Time to place. What is drawn decides the scale: an idle stretch that would take an eighth of the picture is folded to a fixed
 * width, because a session of a day with three calls would otherwise be three dots. Inside one part the scale is linear, so
 * lengths within it can be compared. Knows nothing of columns or pixels.
 */
#include "report/axis.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define FOLDED_WIDTH 0.04
enum { SHARE = 8, FOLDS = (AXIS_PARTS - 1) / 2, MARGIN = 50 }; /* margin: 1/50 of what is not folded stays on each side */

static int range_order(const void *a, const void *b)
{
	const struct axis_range *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Idle stretches between the ranges, in order. Returns their number; `ret` has room for count + 1. */
static size_t find_gaps(instant from, instant to, struct axis_range *busy, size_t count, struct axis_range *ret)
{
	instant end = from;
	size_t n = 0;
	if (count > 1)
		qsort(busy, count, sizeof *busy, range_order);
	for (size_t i = 0; i < count; i++) {
		if (busy[i].from > end && busy[i].from <= to)
			ret[n++] = (struct axis_range){end, busy[i].from};
		if (busy[i].to > end)
			end = busy[i].to;
	}
	if (count && to > end)
		ret[n++] = (struct axis_range){end, to};
	return n;
}

static int length_order(const void *a, const void *b)
{
	const struct axis_range *x = a, *y = b;
	const int64_t p = x->to - x->from, q = y->to - y->from;
	return p > q ? -1 : p < q;
}

/* The longest gaps come first; a gap is folded as long as it takes more than its share of what is left: a half, where nothing
 * has a length and the gaps are all there is to see. Returns how many. */
static size_t choose_folds(struct axis_range *gaps, size_t count, int64_t total, int64_t *ret_left)
{
	size_t n = 0;
	int64_t idle = 0;
	for (size_t i = 0; i < count; i++)
		idle += gaps[i].to - gaps[i].from;
	const int64_t share = total - idle > total / 10000 ? SHARE : 2;
	if (count > 1)
		qsort(gaps, count, sizeof *gaps, length_order);
	*ret_left = total;
	while (n < count && n < FOLDS && gaps[n].to - gaps[n].from > *ret_left / share && gaps[n].to - gaps[n].from > 100 * MILLISECOND) {
		*ret_left -= gaps[n].to - gaps[n].from;
		n++;
	}
	if (n > 1)
		qsort(gaps, n, sizeof *gaps, range_order);
	return n;
}

static void add_part(struct axis *a, instant from, instant to, bool folded)
{
	if (to > from)
		a->parts[a->count++] = (struct axis_part){.from = from, .to = to, .folded = folded};
}

/* Widths: the folded parts take theirs, the others share the rest by their length. */
static void place(struct axis *a, size_t folds)
{
	double x = 0, open = 0;
	const double rest = 1 - FOLDED_WIDTH * (double)folds;
	for (size_t i = 0; i < a->count; i++)
		open += a->parts[i].folded ? 0 : (double)(a->parts[i].to - a->parts[i].from);
	for (size_t i = 0; i < a->count; i++) {
		struct axis_part *p = &a->parts[i];
		p->x0 = x;
		x += p->folded ? FOLDED_WIDTH : (double)(p->to - p->from) / open * rest;
		p->x1 = x;
	}
	a->parts[a->count - 1].x1 = 1;
}

void axis_make(struct axis *ret, instant from, instant to, struct axis_range *busy, size_t count)
{
	*ret = (struct axis){.from = from, .to = to > from ? to : from + 1};
	struct axis_range *gaps = mem_new((count + 2) * sizeof *gaps);
	int64_t left = 0;
	size_t n = find_gaps(from, ret->to, busy, count, gaps);
	n = choose_folds(gaps, n, ret->to - from, &left);
	const int64_t margin = left / MARGIN;
	instant at = from;
	size_t folds = 0;
	for (size_t i = 0; i < n; i++) {
		const int64_t side = (gaps[i].to - gaps[i].from) / 4 < margin ? (gaps[i].to - gaps[i].from) / 4 : margin;
		add_part(ret, at, gaps[i].from + side, false);
		add_part(ret, gaps[i].from + side, gaps[i].to - side, true);
		at = gaps[i].to - side;
		folds++;
	}
	add_part(ret, at, ret->to, false);
	place(ret, folds);
	free(gaps);
}

double axis_at(const struct axis *a, instant at)
{
	if (at <= a->from)
		return 0;
	for (size_t i = 0; i < a->count; i++) {
		const struct axis_part *p = &a->parts[i];
		if (at < p->to)
			return p->x0 + (double)(at - p->from) / (double)(p->to - p->from) * (p->x1 - p->x0);
	}
	return 1;
}

/* The smallest round step that keeps ticks apart. */
static int64_t step_of(const struct axis *a, unsigned most)
{
	static const int64_t steps[] = {MILLISECOND, 2 * MILLISECOND, 5 * MILLISECOND, 10 * MILLISECOND, 20 * MILLISECOND, 50 * MILLISECOND, 100 * MILLISECOND,
		200 * MILLISECOND, 500 * MILLISECOND, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE,
		10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 365 * DAY};
	double per_x = 0; /* µs that the whole width would stand for */
	for (size_t i = 0; i < a->count; i++)
		if (!a->parts[i].folded && a->parts[i].x1 > a->parts[i].x0)
			per_x = (double)(a->parts[i].to - a->parts[i].from) / (a->parts[i].x1 - a->parts[i].x0);
	size_t i = 0;
	while (i + 1 < sizeof steps / sizeof *steps && (double)steps[i] * most < per_x)
		i++;
	return steps[i];
}

size_t axis_ticks(const struct axis *a, unsigned most, struct axis_tick ret[AXIS_TICKS])
{
	const int64_t step = step_of(a, most ? most : 1);
	const double apart = 1.0 / (most ? most : 1);
	size_t n = 0;
	for (size_t i = 0; i < a->count && n < AXIS_TICKS; i++) {
		const struct axis_part *p = &a->parts[i];
		if (p->folded)
			continue;
		int64_t offset = (p->from - a->from + step - 1) / step * step;
		for (; a->from + offset <= p->to && n < AXIS_TICKS; offset += step) {
			const double x = axis_at(a, a->from + offset);
			if (n == 0 || x - ret[n - 1].x >= apart * 0.8)
				ret[n++] = (struct axis_tick){x, offset};
		}
	}
	return n;
}

void axis_label(int64_t offset, char ret_text[32])
{
	const long long ms = (long long)(offset / MILLISECOND), s = ms / 1000, min = s / 60, h = min / 60, d = h / 24;
	if (offset == 0)
		(void)snprintf(ret_text, 32, "0");
	else if (s == 0)
		(void)snprintf(ret_text, 32, "%lld ms", ms);
	else if (ms % 1000)
		(void)snprintf(ret_text, 32, "%lld.%lld s", s, ms % 1000 / 100);
	else if (min == 0)
		(void)snprintf(ret_text, 32, "%lld s", s);
	else if (h == 0)
		(void)snprintf(ret_text, 32, s % 60 ? "%lld:%02lld min" : "%lld min", min, s % 60);
	else if (d == 0)
		(void)snprintf(ret_text, 32, min % 60 ? "%lld:%02lld h" : "%lld h", h, min % 60);
	else
		(void)snprintf(ret_text, 32, h % 24 ? "%lld d %lld h" : "%lld d", d, h % 24);
}
