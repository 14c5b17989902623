/* What causes are tried on (classify/): calls as they are, and rows of failed connects. A row of failed connects begins with
 * the first failure, ends with the next success, and takes the calls along that never left meanwhile; a connect that is never
 * answered at all counts when calls wait for it. A row that hit no call yet is not tried while the client is about to connect again. */
#include "classify/internal.h"
#include "model/names.h"

#define ATTEMPT_REACH (2 * MINUTE) /* a failure belongs to the connect.start at most this long before it */
#define UNANSWERED (30 * SECOND)   /* a connect without any answer for this long has failed */
#define NEXT_TRY (30 * SECOND)     /* clients wait at most half as long before they try again */

void subject_of_call(const struct session_view *v, const struct view_server *s, struct call *c, struct subject *ret)
{
	*ret = (struct subject){.scope = SCOPE_CALL, .server = s, .call = c, .start = c->started_at, .end = c->ended_at};
	if (ret->start == INSTANT_NONE)
		ret->start = c->sent_at != INSTANT_NONE ? c->sent_at : c->ended_at != INSTANT_NONE ? c->ended_at : v->begin;
	if (ret->end == INSTANT_NONE)
		ret->end = v->finish;
	if (ret->end < ret->start)
		ret->end = ret->start;
}

struct episode {
	struct subject subject;
	struct call attempt;    /* stand-in */
	VEC(struct call *) hit;
	struct seen *started;   /* last connect.start without an answer */
	struct seen *announced; /* last line since the failure that says that the client tries again */
	instant since;
	bool open;
};

static bool is_ok(uint16_t kind) { return kind == KIND_CONNECT_OK || kind == KIND_CONNECT_CAPABILITIES || kind == KIND_RECONNECT_OK; }

/* Classes that say why beat one that only says that it ended. */
static bool says_more(const struct judge *j, uint16_t old, uint16_t new)
{
	str name = intern_get(&j->rules->classes, old);
	return new && (!old || str_eq(name, S("closed")) || str_eq(name, S("stream-end")) || str_eq(name, S("not-connected")));
}

static void open_episode(struct episode *p, const struct view_server *s, struct seen *e, instant at)
{
	p->open = true;
	p->subject = (struct subject){.scope = SCOPE_CONNECT, .server = s, .event = e, .start = at, .end = e->vt};
	p->attempt = (struct call){.server = s->name, .started_at = at, .ended_at = e->vt, .sent_at = INSTANT_NONE, .dispatched_at = INSTANT_NONE,
		.first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .flags = CALL_NEVER_SENT, .outcome = OUTCOME_ERROR,
		.ending = ENDING_UNREACHABLE, .duration = -1, .permission = -1, .source = e->e.source, .start = {e->e.line, e->e.offset}};
}

static void on_failure(struct judge *j, struct episode *p, const struct view_server *s, struct seen *e)
{
	if (!p->open)
		open_episode(p, s, e, p->started && e->vt - p->started->vt <= ATTEMPT_REACH ? p->started->vt : e->vt);
	p->subject.end = p->attempt.ended_at = e->vt;
	if (e->e.duration >= 0 && p->attempt.duration < 0)
		p->attempt.duration = e->e.duration;
	if (says_more(j, p->attempt.class, e->e.class)) {
		p->attempt.class = e->e.class;
		p->attempt.err = e->e.err;
		p->subject.event = e;
	}
}

static bool never_left(const struct judge *j, const struct call *c)
{
	if (c->outcome == OUTCOME_OK || c->outcome == OUTCOME_BACKGROUNDED)
		return false;
	if (c->flags & (CALL_UNKNOWN | CALL_NEVER_SENT))
		return true;
	str class = intern_get(&j->rules->classes, c->class);
	return str_eq(class, S("no-tool")) || (str_eq(class, S("not-connected")) && c->attempts <= 1);
}

static void take_calls(struct judge *j, struct episode *p, instant until)
{
	const struct view_server *s = p->subject.server;
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->started_at >= p->subject.start - MINUTE && s->calls[i]->started_at <= until && never_left(j, s->calls[i]))
			*vec_push(&p->hit) = s->calls[i];
}

static bool says_again(uint16_t kind) { return kind == KIND_CONNECT_RETRY || kind == KIND_RECONNECT_START || kind == KIND_RECONNECT_FAILED; }

/* The client will try again, and the log ends before it can have done so: what becomes of the connect is not known yet. */
static bool goes_on(struct judge *j, const struct episode *p)
{
	const struct session_view *v = j->view;
	return p->announced && !p->hit.n && v->timed && !v->excerpt && v->exit_at == INSTANT_NONE && judge_as_of(j) - p->announced->vt < NEXT_TRY;
}

static void tell(struct judge *j, struct episode *p, bool recovered, void (*fn)(struct judge *, const struct subject *))
{
	p->subject.hit = arena_alloc(j->a, (p->hit.n + 1) * sizeof *p->subject.hit);
	for (size_t i = 0; i < p->hit.n; i++)
		p->subject.hit[i] = p->hit.v[i];
	p->subject.hit_count = p->hit.n;
	p->subject.recovered = recovered;
	p->subject.call = arena_alloc(j->a, sizeof p->attempt);
	*p->subject.call = p->attempt;
	p->subject.call->id = -(int64_t)p->subject.event->order - 1;
	fn(j, &p->subject);
}

static void close_episode(struct judge *j, struct episode *p, instant until, bool recovered, void (*fn)(struct judge *, const struct subject *))
{
	if (!p->open)
		return;
	take_calls(j, p, until);
	if (recovered || !goes_on(j, p))
		tell(j, p, recovered, fn);
	vec_free(&p->hit);
	p->open = false;
}

/* A call that went out shows that the server was connected, also where the client does not say so. */
static bool was_used(const struct judge *j, const struct view_server *s, instant since)
{
	for (size_t i = 0; i < s->call_count; i++)
		if (s->calls[i]->started_at >= since && s->calls[i]->attempts && !never_left(j, s->calls[i]))
			return true;
	return success_behind(s, since) != INT64_MAX;
}

/* A connect that nothing answers: begun, and neither success nor failure until the log's end. */
static void unanswered(struct judge *j, struct episode *p, const struct view_server *s)
{
	instant end = j->view->exit_at == INSTANT_NONE ? j->view->finish : j->view->exit_at;
	if (p->open || !p->started || was_used(j, s, p->started->vt))
		return;
	open_episode(p, s, p->started, p->started->vt);
	p->subject.end = p->attempt.ended_at = end;
	p->attempt.duration = end - p->started->vt;
	take_calls(j, p, end);
	if (!p->hit.n && p->attempt.duration < UNANSWERED)
		p->open = false;
	vec_free(&p->hit);
}

void subjects_connect(struct judge *j, const struct view_server *s, void (*fn)(struct judge *, const struct subject *))
{
	struct episode p = {0};
	for (size_t i = 0; i < s->event_count; i++) {
		struct seen *e = s->events[i];
		if (e->flags & (SEEN_EXIT | SEEN_SERVER_SIDE))
			continue;
		if (e->e.server.p && !name_same(e->e.server, s->name))
			continue;
		if (e->e.kind == KIND_CONNECT_START) {
			p.started = e;
		} else if (e->e.kind == KIND_CONNECT_FAILED) {
			on_failure(j, &p, s, e);
			p.started = p.announced = NULL;
		} else if (is_ok(e->e.kind)) {
			close_episode(j, &p, e->vt, true, fn);
			p.started = p.announced = NULL;
		} else if (says_again(e->e.kind)) {
			p.announced = e;
		} else if (e->e.kind == KIND_RECONNECT_GAVE_UP) {
			p.announced = NULL;
		}
	}
	unanswered(j, &p, s);
	close_episode(j, &p, INT64_MAX, false, fn);
}
