/* When something worked on a server (classify/): answers and new connections, before and behind an instant. Most answers of a large
 * session are spans, which stand by their starts: one that ended near an instant began no longer before it than the longest
 * lasted, so that a look at the few in flight tells what a second array of all ends would.
 *
 * Refuses nothing; a server without a success has none on either side. */
#include "classify/internal.h"

/* How many of the instants are at most `at`. */
static size_t instants_to(const instant *v, size_t n, instant at)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (v[mid] <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static instant earlier(instant at, uint32_t by) { return at < INT64_MIN + (instant)by ? INT64_MIN : at - (instant)by; }

instant success_behind(const struct view_server *s, instant at)
{
	const size_t next = instants_to(s->successes, s->success_count, at);
	instant best = next < s->success_count ? s->successes[next] : INT64_MAX;
	for (size_t i = spans_begun(s, earlier(at, s->span_longest), true); i < s->span_count && s->spans[i].started < best; i++) {
		const instant ended = span_ended(&s->spans[i]);
		if (ended > at && ended < best)
			best = ended;
	}
	return best;
}

instant success_before(const struct view_server *s, instant at)
{
	const size_t next = instants_to(s->successes, s->success_count, at);
	instant best = next ? s->successes[next - 1] : INT64_MIN;
	for (size_t i = spans_begun(s, at, true); i-- > 0 && s->spans[i].started > earlier(best, s->span_longest);) {
		const instant ended = span_ended(&s->spans[i]);
		if (ended <= at && ended > best)
			best = ended;
	}
	return best;
}

bool success_between(const struct view_server *s, instant from, instant to)
{
	return s && success_behind(s, from) < to; /* a finding of no server: nothing succeeds there */
}
