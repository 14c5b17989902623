/* Interpreter of the condition language (classify/): a table word → a small function. Pure: looks at the view, binds steps in
 * the trial, changes nothing else. What a failing condition was is remembered, so that a rival can be ruled out with its line.
 * Lines of the client's own exit prove nothing unless a condition asks for `noise`; what could not be placed in time is not
 * seen at all. */
#include "classify/internal.h"
#include "model/names.h"
#include "base/version_range.h"
#include <strings.h>

/* --- time --- */

static struct call *neighbour(struct trial *t, bool next);

static instant of_neighbour(struct trial *t, bool next, bool start, instant otherwise)
{
	const struct call *k = neighbour(t, next);
	if (!k)
		return otherwise;
	instant at = start ? k->started_at : k->ended_at;
	return at == INSTANT_NONE ? otherwise : at;
}

static instant anchor_at(struct trial *t, const struct anchor *a, instant otherwise)
{
	const struct session_view *v = t->view;
	instant at = otherwise;
	switch (a->base) {
	case ANCHOR_NONE: return otherwise;
	case ANCHOR_START: at = t->subject->start; break;
	case ANCHOR_END: at = t->subject->end; break;
	case ANCHOR_PREV_START: at = of_neighbour(t, false, true, v->begin); break;
	case ANCHOR_PREV_END: at = of_neighbour(t, false, false, v->begin); break;
	case ANCHOR_NEXT_START: at = of_neighbour(t, true, true, v->finish); break;
	case ANCHOR_NEXT_END: at = of_neighbour(t, true, false, v->finish); break;
	case ANCHOR_BEGIN: at = v->begin; break;
	case ANCHOR_FINISH: at = v->finish; break;
	case ANCHOR_EXIT: at = v->exit_at == INSTANT_NONE ? v->finish : v->exit_at; break;
	case ANCHOR_STEP: at = t->steps[a->step] ? t->steps[a->step]->vt : otherwise; break;
	}
	return at == INSTANT_NONE ? otherwise : at + a->offset;
}

/* --- calls --- */

static bool in_range(const struct range *r, int64_t v) { return !r->set || (v >= r->min && v <= r->max); }

static bool in_set(const struct class_set *s, uint16_t class)
{
	return class ? class < CAUSE_CLASSES && (s->bits[class / 64] >> (class % 64) & 1) : s->none;
}

static bool class_fits(const struct class_set *yes, const struct class_set *no, uint16_t class)
{
	return !(no && in_set(no, class)) && (!yes || in_set(yes, class));
}

static int64_t lasted(const struct trial *t, const struct call *k)
{
	if (k == t->subject->call && t->subject->end != INSTANT_NONE && k->duration < 0)
		return t->subject->end - t->subject->start;
	if (k->duration >= 0)
		return k->duration;
	if (k->started_at == INSTANT_NONE)
		return 0;
	return (k->ended_at == INSTANT_NONE ? t->view->finish : k->ended_at) - k->started_at;
}

/* Heartbeats that were due in the time the call is known to have run, and did not come. */
static int64_t missed_beats(const struct trial *t, const struct call *k)
{
	int64_t ran = k->last_elapsed > lasted(t, k) ? k->last_elapsed : lasted(t, k);
	return t->view->excerpt || (k->flags & CALL_START_UNKNOWN) ? 0 : ran / BEAT_INTERVAL - (int64_t)k->beats;
}

/* Heartbeats seen, or, in a log that people cut, as many as the last one speaks of. */
static int64_t beats(const struct trial *t, const struct call *k)
{
	int64_t told = k->last_elapsed / BEAT_INTERVAL;
	bool cut = t->view->excerpt || !t->view->timed || (k->flags & CALL_START_UNKNOWN);
	return cut && told > (int64_t)k->beats ? told : (int64_t)k->beats;
}

static bool slower(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s)
{
	int64_t longest = 0;
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->outcome == OUTCOME_OK && name_same(s->calls[i]->tool, k->tool) && s->calls[i]->duration > longest)
			longest = s->calls[i]->duration;
	return !longest || lasted(t, k) > c->slower_than_ok * longest;
}

bool rules_call_fits_alone(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s)
{
	if (c->endings && !(c->endings >> k->ending & 1))
		return false;
	if (c->outcomes && !(c->outcomes >> k->outcome & 1))
		return false;
	if (c->transports && !(c->transports & s->transports))
		return false;
	if (c->flags && !(k->flags & c->flags))
		return false;
	if (k->flags & c->not_flags)
		return false;
	if (!class_fits(c->classes, c->not_classes, k->class))
		return false;
	const struct call_limits *l = c->limits;
	if (l && (!in_range(&l->beats, beats(t, k)) || !in_range(&l->lasted, lasted(t, k)) || !in_range(&l->permission, k->permission) ||
		!in_range(&l->attempts, k->attempts) || (l->missed_beats.set && !in_range(&l->missed_beats, missed_beats(t, k)))))
		return false;
	return !c->slower_than_ok || slower(t, c, k, s);
}

/* The part of a condition that compares the call with the subject. */
static bool fits_beside(struct trial *t, const struct cond *c, const struct call *k)
{
	if (c->same_tool && t->subject->call && !name_same(k->tool, t->subject->call->tool))
		return false;
	if (c->same_err >= 0 && t->subject->call && str_eq(k->err, t->subject->call->err) != c->same_err)
		return false;
	if (c->from.base != ANCHOR_NONE && k->started_at < anchor_at(t, &c->from, INSTANT_NONE))
		return false;
	if (c->until.base != ANCHOR_NONE && k->ended_at != INSTANT_NONE && k->ended_at < anchor_at(t, &c->until, INSTANT_NONE))
		return false;
	return c->to.base == ANCHOR_NONE || k->started_at <= anchor_at(t, &c->to, INT64_MAX);
}

bool rules_call_fits(struct trial *t, const struct cond *c, const struct call *k, const struct view_server *s)
{
	return rules_call_fits_alone(t, c, k, s) && fits_beside(t, c, k);
}

/* The healthy call nearest to `at`, as a call: healthy calls of large logs are kept as spans only. */
static struct call *span_call(struct trial *t, const struct span *sp)
{
	t->scratch = (struct call){.started_at = sp->started, .ended_at = span_ended(sp), .sent_at = sp->started, .outcome = OUTCOME_OK,
		.ending = ENDING_COMPLETED, .duration = sp->lasted, .permission = -1, .tool = t->subject->call ? t->subject->call->tool : STR_NONE};
	return &t->scratch;
}

static const struct span *span_beside(const struct view_server *s, instant at, bool next)
{
	const size_t before = spans_begun(s, at, false);
	if (next)
		return before < s->span_count ? &s->spans[before] : NULL;
	return before ? &s->spans[before - 1] : NULL;
}

/* First call of the server that began after `at`; calls stand in the order of their starts. */
static size_t calls_after(const struct view_server *s, instant at)
{
	size_t lo = 0, hi = s->call_count;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (s->calls[mid]->started_at <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct call *neighbour(struct trial *t, bool next)
{
	const struct view_server *s = t->subject->server;
	const struct call *self = t->subject->call;
	struct call *best = NULL;
	if (!s)
		return NULL;
	size_t at = calls_after(s, t->subject->start);
	if (next)
		best = at < s->call_count ? s->calls[at] : NULL;
	for (; !next && !best && at > 0; at--)
		if (!self || s->calls[at - 1]->id != self->id)
			best = s->calls[at - 1];
	const struct span *sp = span_beside(s, t->subject->start, next);
	if (sp && (!best || (next ? sp->started < best->started_at : sp->started > best->started_at)))
		return span_call(t, sp);
	return best;
}

/* One that begins in the very millisecond in which the other ends follows it; calls that begin together are in flight together. */
static bool overlaps(const struct trial *t, const struct call *k)
{
	const struct subject *s = t->subject;
	if (k->started_at == s->start)
		return true;
	return k->started_at < s->end && (k->ended_at == INSTANT_NONE || k->ended_at > s->start);
}

static bool who_fits(struct trial *t, const struct cond *c, const struct call *k)
{
	switch (c->who) {
	case WHO_LATER: return k->started_at > t->subject->start;
	case WHO_EARLIER: return k->started_at < t->subject->start;
	case WHO_DURING: return overlaps(t, k);
	default: return true;
	}
}

/* Starts that a call must have to fit, as far as they are known before it is looked at. */
static void window(struct trial *t, const struct cond *c, instant *ret_from, instant *ret_to)
{
	*ret_from = c->from.base != ANCHOR_NONE ? anchor_at(t, &c->from, INSTANT_NONE) : INSTANT_NONE;
	*ret_to = c->to.base != ANCHOR_NONE ? anchor_at(t, &c->to, INT64_MAX) : INT64_MAX;
	if (c->who == WHO_LATER && t->subject->start > *ret_from)
		*ret_from = t->subject->start;
	if (c->who == WHO_EARLIER && t->subject->start < *ret_to)
		*ret_to = t->subject->start;
	if (c->who == WHO_DURING && t->subject->end < *ret_to)
		*ret_to = t->subject->end;
}

/* Spans are alike in all but their times: when these do not matter, one tells for all. */
static bool any_span(struct trial *t, const struct cond *c, const struct view_server *s, instant from, instant to)
{
	bool alike = !(c->limits && (c->limits->lasted.set || c->limits->missed_beats.set)) && !c->slower_than_ok;
	if (s->span_count == 0 || (alike && !rules_call_fits_alone(t, c, span_call(t, &s->spans[0]), s)))
		return false;
	const struct span *first = from == INSTANT_NONE ? s->spans : span_beside(s, from, true);
	for (const struct span *sp = first; sp != NULL && sp < s->spans + s->span_count && sp->started <= to; sp++) {
		struct call *k = span_call(t, sp);
		if (who_fits(t, c, k) && rules_call_fits(t, c, k, s))
			return true;
	}
	return false;
}

static bool any_call_of(struct trial *t, const struct cond *c, const struct view_server *s)
{
	const struct call_list *l = call_list_of(t, c, s);
	instant from, to;
	window(t, c, &from, &to);
	instant first = from;
	if (c->who == WHO_DURING && !l->open && t->subject->start - l->longest > first) /* those before have ended */
		first = t->subject->start - l->longest;
	for (size_t i = call_list_from(l, first); i < l->n && l->v[i]->started_at <= to; i++)
		if (l->v[i] != t->subject->call && who_fits(t, c, l->v[i]) && fits_beside(t, c, l->v[i]))
			return true;
	return any_span(t, c, s, from, to);
}

static bool any_call(struct trial *t, const struct cond *c)
{
	if (!c->any_server)
		return t->subject->server && any_call_of(t, c, t->subject->server);
	for (size_t i = 0; i < t->view->server_count; i++)
		if (any_call_of(t, c, &t->view->servers[i]))
			return true;
	return false;
}

static bool check_call(struct trial *t, const struct cond *c)
{
	const struct view_server *s = t->subject->server;
	if ((c->limits && !in_range(&c->limits->affected, (int64_t)t->subject->hit_count)) || (c->recovered >= 0 && t->subject->recovered != c->recovered))
		return false;
	if (c->who == WHO_SELF)
		return t->subject->call && rules_call_fits(t, c, t->subject->call, s);
	if (c->who == WHO_PREV || c->who == WHO_NEXT) {
		const struct call *k = neighbour(t, c->who == WHO_NEXT);
		return k && rules_call_fits(t, c, k, s);
	}
	return any_call(t, c);
}

/* --- events --- */

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
	if (!class_fits(c->classes, c->not_classes, e->e.class))
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
	instant from = anchor_at(t, &c->from, INT64_MIN + 1), to = anchor_at(t, &c->to, INT64_MAX);
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

static bool check_event(struct trial *t, const struct cond *c)
{
	struct hits h = {0};
	search(t, c, &h);
	if (!h.count || !in_range(&c->count, h.count) || (c->regular && h.even < REGULAR_GAPS))
		return false;
	struct seen *hit = c->last ? h.latest : h.first;
	if (c->bind >= 0)
		t->steps[c->bind] = hit;
	t->found = hit;
	return true;
}

static bool check_subject(struct trial *t, const struct cond *c) { return t->subject->event && rules_event_fits(t, c->children, t->subject->event); }

/* --- the rest --- */

static bool check_not(struct trial *t, const struct cond *c)
{
	struct trial copy = *t;
	if (!rules_check(&copy, c->children))
		return true;
	t->found = copy.found;
	return false;
}

static bool check_all(struct trial *t, const struct cond *c)
{
	for (unsigned i = 0; i < c->child_count; i++)
		if (!rules_check(t, &c->children[i]))
			return false;
	return true;
}

static bool check_any(struct trial *t, const struct cond *c)
{
	for (unsigned i = 0; i < c->child_count; i++) {
		struct trial copy = *t;
		if (rules_check(&copy, &c->children[i])) {
			*t = copy;
			return true;
		}
	}
	return false;
}

static bool check_version(struct trial *t, const struct cond *c)
{
	return t->view->client_version.n && version_in(t->view->client_version, c->version);
}

static bool any_line_of(const struct session_view *v, const struct rules *rules, const struct view_server *s, struct cond *const *lines, size_t n)
{
	const struct subject nobody = {.scope = SCOPE_SESSION, .server = s};
	struct trial t = {.view = v, .rules = rules, .subject = &nobody};
	for (size_t i = 0; i < n; i++) {
		struct hits h = {0};
		search(&t, lines[i], &h);
		if (h.count)
			return true;
	}
	return false;
}

/* A client's log is asked for servers and calls (assemble.c). */
bool rules_measured(const struct session_view *v, const struct rules *rules)
{
	if (v->source_kinds & 1u << SOURCE_BRIDGE)
		return true;
	return v->source_kinds & (1u << SOURCE_SERVER | 1u << SOURCE_PROXY) && (any_line_of(v, rules, NULL, rules->traffic.v, rules->traffic.n) ||
		any_line_of(v, rules, NULL, rules->life.v, rules->life.n));
}

/* `client`: any log of a client; `mcp`: what is told of this server has traffic of MCP. A debug log that lacks categories proves no
 * absence, so it is not there for this. */
static bool check_source(struct trial *t, const struct cond *c)
{
	const uint32_t client = 1u << SOURCE_CLAUDE_DEBUG | 1u << SOURCE_MCP_CACHE | 1u << SOURCE_TRANSCRIPT | 1u << SOURCE_IDE | 1u << SOURCE_DESKTOP;
	uint32_t kinds = t->view->source_kinds;
	if (c->any_client)
		return kinds & client;
	if (c->of_mcp)
		return any_line_of(t->view, t->rules, t->subject->server, t->rules->traffic.v, t->rules->traffic.n);
	if (t->view->filtered)
		kinds &= ~(1u << SOURCE_CLAUDE_DEBUG);
	return (kinds & c->sources) == c->sources;
}

static bool check_span(struct trial *t, const struct cond *c)
{
	return !c->limits || in_range(&c->limits->lasted, anchor_at(t, &c->to, t->view->finish) - anchor_at(t, &c->from, t->view->begin));
}

typedef bool check_fn(struct trial *t, const struct cond *c);
static check_fn *const checks[] = {
	[COND_ALL] = check_all, [COND_ANY] = check_any, [COND_NOT] = check_not, [COND_CALL] = check_call,
	[COND_EVENT] = check_event, [COND_VERSION] = check_version, [COND_SOURCE] = check_source, [COND_SPAN] = check_span, [COND_SUBJECT] = check_subject,
};

bool rules_check(struct trial *t, const struct cond *c)
{
	if (checks[c->type](t, c))
		return true;
	if (!t->failed || c->type == COND_CALL || c->type == COND_EVENT || c->type == COND_NOT || c->why_not.n)
		t->failed = c;
	return false;
}
