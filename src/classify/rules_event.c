/* What conditions ask of events (see rules.h): of one, and which in a window fit. Lines of the client's own exit prove nothing unless
 * a condition asks for `noise`; what could not be placed in time is not seen at all. */
#include "classify/rules.h"
#include <strings.h>

/* ">=5", "<2": numbers; else equal without regard to case. */
static bool value_fits(str value, str want)
{
	double a, b;
	bool less = str_starts(want, S("<")), more = str_starts(want, S(">"));
	if (want.n > 1 && want.p[0] == '*') {
		want = str_from(want, 1);
		if (value.n < want.n)
			return false;
		value = str_from(value, value.n - want.n);
	}
	if (!less && !more)
		return value.n == want.n && strncasecmp(value.p, want.p, want.n) == 0;
	bool equal = want.n > 1 && want.p[1] == '=';
	if (!str_double(value, &a) || !str_double(str_from(want, equal ? 2 : 1), &b))
		return false;
	return less ? (equal ? a <= b : a < b) : (equal ? a >= b : a > b);
}

static bool test_fits(const struct seen *e, const struct field_test *test)
{
	str value = event_field(&e->e, (enum field_id)test->field);
	for (unsigned i = 0; i < test->count; i++)
		if (value.p && value_fits(value, test->equal[i]))
			return true;
	return false;
}

static bool kind_fits(const struct cond *c, uint16_t kind)
{
	for (unsigned i = 0; i < c->kind_count; i++)
		if (c->kinds[i] == kind)
			return true;
	return c->kind_count == 0;
}

/* Is `other` what was written after `s`, as server.log is after server.log.1? Names do not tell. */
static bool goes_on_in(const struct source *s, const struct source *other)
{
	return s != other && s->kind == other->kind && s->has_times && other->has_times && other->first >= s->last;
}

static bool ends_its_log(const struct session_view *v, const struct event *e)
{
	const struct source *s = NULL;
	for (size_t i = 0; i < v->source_count; i++)
		if (v->sources[i]->index == e->source)
			s = v->sources[i];
	if (s == NULL || e->line + (e->lines > 0 ? e->lines : 1) <= s->last_line)
		return false;
	for (size_t i = 0; i < v->source_count; i++)
		if (goes_on_in(s, v->sources[i]))
			return false;
	return true;
}

bool rules_event_fits(const struct trial *t, const struct cond *c, const struct seen *e)
{
	bool server_side = e->flags & SEEN_SERVER_SIDE;
	if (!kind_fits(c, e->e.kind) || ((e->flags & SEEN_EXIT) && !c->noise))
		return false;
	if (c->noise_only && !(e->flags & SEEN_EXIT))
		return false;
	if ((c->server_side && !server_side) || (c->client_side && server_side))
		return false;
	if ((e->flags & SEEN_UNTIMED) && !(e->flags & SEEN_PLACED) && c->proven)
		return false;
	if (!rules_class_fits(c->classes, c->not_classes, e->e.class))
		return false;
	for (unsigned i = 0; i < c->test_count; i++)
		if (!test_fits(e, &c->tests[i]))
			return false;
	return !c->ends_log || ends_its_log(t->view, &e->e);
}

struct pool { /* where events are looked for: those of the server, or of the session */
	struct seen **of_server;
	struct seen *all;
	size_t n;
};

static struct seen *pool_at(const struct pool *p, size_t i) { return p->of_server ? p->of_server[i] : &p->all[i]; }

static size_t pool_from(const struct pool *p, instant at)
{
	size_t lo = 0, hi = p->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (pool_at(p, mid)->vt < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* An untimed event without proven place counts wherever its bounds reach. */
static bool in_window(const struct seen *e, instant from, instant to)
{
	if ((e->flags & SEEN_UNTIMED) && !(e->flags & SEEN_PLACED))
		return true;
	return e->vt >= from && e->vt <= to;
}

/* What was found in a window. */
struct hits {
	struct seen *first, *last;
	struct seen *latest; /* the last one even if it came within the moment of another: untimed lines all do */
	int64_t count;
	unsigned even;      /* gaps in a row that were equal */
	int64_t gap;
};

enum { REGULAR_GAPS = 2 };
#define REGULAR_MIN (5 * SECOND)
#define SAME_MOMENT SECOND /* two streams of one connection drop together */

static void add_hit(struct hits *h, struct seen *e)
{
	int64_t gap = h->last ? e->vt - h->last->vt : 0;
	h->latest = e;
	if (h->last && gap <= SAME_MOMENT)
		return;
	h->even = h->gap && gap >= REGULAR_MIN && gap - h->gap <= SAME_MOMENT && h->gap - gap <= SAME_MOMENT ? h->even + 1 : gap >= REGULAR_MIN;
	h->gap = gap;
	if (!h->first)
		h->first = e;
	h->last = e;
}

static bool occurs(const struct session_view *v, const struct cond *c)
{
	for (unsigned i = 0; i < c->kind_count; i++)
		if (v->kinds[c->kinds[i] / 64 % 64] >> (c->kinds[i] % 64) & 1)
			return true;
	return c->kind_count == 0;
}

static void search(struct trial *t, const struct cond *c, struct hits *h)
{
	if (!occurs(t->view, c))
		return;
	const struct view_server *s = t->subject->server;
	struct pool p = {.all = t->view->events, .n = t->view->event_count};
	if (s && !c->any_server)
		p = (struct pool){.of_server = s->events, .n = s->event_count};
	instant from = rules_anchor(t, &c->from, INT64_MIN + 1), to = rules_anchor(t, &c->to, INT64_MAX);
	bool bounded = c->from.base != ANCHOR_NONE && !t->view->server_side;
	bool all = c->last || c->count.set || c->regular;
	for (size_t i = bounded ? pool_from(&p, from) : 0; i < p.n; i++) {
		struct seen *e = pool_at(&p, i);
		if (e->vt > to && !t->view->server_side)
			break;
		if (!in_window(e, from, to) || !rules_event_fits(t, c, e) || e == t->subject->event)
			continue;
		h->count++;
		add_hit(h, e);
		bool enough = c->count.set && !c->last && !c->regular && c->count.max == INT64_MAX && h->count >= c->count.min;
		if (!all || enough || (c->regular && h->even >= REGULAR_GAPS))
			break;
	}
}

bool rules_check_event(struct trial *t, const struct cond *c)
{
	struct hits h = {0};
	search(t, c, &h);
	if (!h.count || !rules_in_range(&c->count, h.count) || (c->regular && h.even < REGULAR_GAPS))
		return false;
	struct seen *hit = c->last ? h.latest : h.first;
	if (c->bind >= 0)
		t->steps[c->bind] = hit;
	t->found = hit;
	return true;
}

bool rules_check_subject(struct trial *t, const struct cond *c) { return t->subject->event && rules_event_fits(t, c->children, t->subject->event); }

bool rules_any_event(const struct session_view *v, const struct rules *rules, const struct view_server *s, struct cond *const *conds, size_t n)
{
	const struct subject nobody = {.scope = SCOPE_SESSION, .server = s};
	struct trial t = {.view = v, .rules = rules, .subject = &nobody};
	for (size_t i = 0; i < n; i++) {
		struct hits h = {0};
		search(&t, conds[i], &h);
		if (h.count)
			return true;
	}
	return false;
}
