/* The packed column of a call (store/). Most calls are healthy, there are many, and a column costs a byte and some hundred
 * instructions even when it is empty; so what only pass 2 reads stands in one.
 *
 *   mask, then for each bit set (AT_ONCE first: both of its bits, and nothing follows; NEXT_LINE with it: SENT_AT without its line), in this order, signed varints (zigzag, 7 bits a byte, low first):
 *   DISPATCHED ms   SENT ms   (START_FIRST: nothing)   START line offset   SENT_AT line offset   END line offset   REST times
 *   REST_LONG durations
 *
 * Times are distances to the base in whole milliseconds, places distances to the first place. REST holds the microseconds that
 * milliseconds leave out, of all six times in base 1000, REST_LONG those of permission and duration; client logs have none.
 *
 * Refuses nothing: what does not fit the form is left out. */
#include "store/pack.h"
#include "store/sql.h"

enum { DISPATCHED = 1, SENT = 2, START_FIRST = 4, START = 8, SENT_AT = 16, END = 32, REST = 64, REST_LONG = 128 };
enum { AT_ONCE = START_FIRST | START }; /* not said apart: dispatched and sent at the base, that is where it started, too */
enum { NEXT_LINE = DISPATCHED }; /* beside AT_ONCE, where that says nothing: sent in the line behind the start */
enum { TIMES = 6 };

struct bytes {
	unsigned char *p;
	size_t n;
};

static void put(struct bytes *b, int64_t v)
{
	uint64_t z = v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
	do {
		unsigned char low = z & 0x7f;
		z >>= 7;
		b->p[b->n++] = z ? low | 0x80 : low;
	} while (z);
}

static int64_t take(str *s)
{
	uint64_t z = 0;
	for (unsigned shift = 0; s->n && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*s->p;
		*s = str_from(*s, 1);
		z |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			break;
	}
	uint64_t half = z >> 1;
	return z & 1 ? -1 - (int64_t)half : (int64_t)half;
}

/* --- what things are measured from --- */

const struct place *pack_first_place(const struct call *c)
{
	const struct place *all[] = {&c->start, &c->sent, &c->beat, &c->last_beat, &c->end};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i]->line)
			return all[i];
	return &c->start;
}

static void times_of(const struct call *c, instant ret[TIMES])
{
	const instant all[TIMES] = {c->started_at, c->dispatched_at, c->sent_at, c->ended_at, c->first_beat_at, c->last_beat_at};
	memcpy(ret, all, sizeof all);
}

instant pack_base(const struct call *c)
{
	instant times[TIMES];
	times_of(c, times);
	for (int i = 0; i < TIMES; i++)
		if (times[i] != INSTANT_NONE)
			return times[i];
	return INSTANT_NONE;
}

/* --- there --- */

static void put_time(struct bytes *b, unsigned char bit, instant v, instant base)
{
	if (v == INSTANT_NONE)
		return;
	b->p[0] |= bit;
	put(b, ms_floor(v) - ms_floor(base));
}

static void put_place(struct bytes *b, unsigned char bit, const struct place *p, const struct place *first)
{
	if (!p->line)
		return;
	b->p[0] |= bit;
	put(b, (int64_t)(p->line - first->line));
	put(b, (int64_t)(p->offset - first->offset));
}

/* As nearly all: a byte less. */
static bool put_sent_next(struct bytes *b, const struct place *sent, const struct place *first)
{
	const bool next = (b->p[0] & AT_ONCE) == AT_ONCE && sent->line == first->line + 1;
	if (next) {
		b->p[0] |= NEXT_LINE | SENT_AT;
		put(b, (int64_t)(sent->offset - first->offset));
	}
	return next;
}

static bool is_at(instant v, instant base)
{
	return v != INSTANT_NONE && ms_floor(v) == ms_floor(base);
}

static void put_begin(struct bytes *b, const struct call *c, const struct place *first, instant base)
{
	const bool start_first = first == &c->start && c->start.line;
	if (start_first && is_at(c->dispatched_at, base) && is_at(c->sent_at, base)) {
		b->p[0] |= AT_ONCE;
		return;
	}
	put_time(b, DISPATCHED, c->dispatched_at, base);
	put_time(b, SENT, c->sent_at, base);
	if (start_first)
		b->p[0] |= START_FIRST;
	else
		put_place(b, START, &c->start, first);
}

size_t pack_call(const struct call *c, unsigned char ret[PACK_MOST])
{
	struct bytes b = {ret, 1};
	const struct place *first = pack_first_place(c);
	instant base = pack_base(c), times[TIMES];
	ret[0] = 0;
	put_begin(&b, c, first, base);
	if (!put_sent_next(&b, &c->sent, first))
		put_place(&b, SENT_AT, &c->sent, first);
	put_place(&b, END, &c->end, first);
	int64_t rest = 0;
	times_of(c, times);
	for (int i = TIMES; i-- > 0;)
		rest = rest * MILLISECOND + (times[i] == INSTANT_NONE ? 0 : ms_rest(times[i]));
	if (rest) {
		ret[0] |= REST;
		put(&b, rest);
	}
	rest = (c->permission < 0 ? 0 : c->permission % MILLISECOND) * MILLISECOND + (c->duration < 0 ? 0 : c->duration % MILLISECOND);
	if (rest) {
		ret[0] |= REST_LONG;
		put(&b, rest);
	}
	return b.n;
}

/* --- and back --- */

static struct place take_place(str *s, const struct place *first, bool next)
{
	int64_t line = next ? 1 : take(s), offset = take(s);
	return (struct place){first->line + (uint64_t)line, first->offset + (uint64_t)offset};
}

void unpack_call(str packed, const struct place *first, int64_t base_ms, struct call *c)
{
	unsigned mask = packed.n ? (unsigned char)*packed.p : 0;
	str s = str_from(packed, 1);
	const bool at_once = (mask & AT_ONCE) == AT_ONCE;
	c->dispatched_at = at_once ? instant_of(base_ms, 0, 0) : mask & DISPATCHED ? instant_of(base_ms, take(&s), 0) : INSTANT_NONE;
	c->sent_at = at_once ? c->dispatched_at : mask & SENT ? instant_of(base_ms, take(&s), 0) : INSTANT_NONE;
	if (mask & START_FIRST)
		c->start = *first;
	else if (mask & START)
		c->start = take_place(&s, first, false);
	if (mask & SENT_AT)
		c->sent = take_place(&s, first, at_once && mask & NEXT_LINE);
	if (mask & END)
		c->end = take_place(&s, first, false);
	int64_t rest = mask & REST ? take(&s) : 0;
	instant *const times[TIMES] = {&c->started_at, &c->dispatched_at, &c->sent_at, &c->ended_at, &c->first_beat_at, &c->last_beat_at};
	for (int i = 0; i < TIMES && rest > 0; i++, rest /= MILLISECOND)
		if (*times[i] != INSTANT_NONE && __builtin_add_overflow(*times[i], rest % MILLISECOND, times[i]))
			*times[i] = INSTANT_NONE;
	rest = mask & REST_LONG ? take(&s) : 0;
	if (rest > 0 && c->permission >= 0)
		c->permission += rest / MILLISECOND % MILLISECOND;
	if (rest > 0 && c->duration >= 0)
		c->duration += rest % MILLISECOND;
}
