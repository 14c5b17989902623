/* Tries every cause and note on every subject of a view, chains what fits, and words the result (classify/). The order in
 * which causes are tried does not matter: relations between them are named in patterns/causes. */
#include "classify/classify.h"
#include "classify/rules.h"
#include "model/names.h"

static enum confidence cap(const struct judge *j, const struct cause *c, enum confidence at)
{
	if (j->view->excerpt && at > CONFIDENCE_LIKELY)
		at = CONFIDENCE_LIKELY;
	if (c->confidence == CAP_POSSIBLE)
		return CONFIDENCE_POSSIBLE;
	return c->confidence == CAP_LIKELY && at > CONFIDENCE_LIKELY && c->certain == NULL ? CONFIDENCE_LIKELY : at;
}

static enum confidence confidence_of(struct judge *j, const struct trial *proven)
{
	const struct cause *c = proven->cause;
	struct trial t = *proven;
	if (c->possible && rules_check(&t, c->possible))
		return CONFIDENCE_POSSIBLE;
	t = *proven;
	if (c->certain ? rules_check(&t, c->certain) : c->confidence == CAP_CERTAIN)
		return cap(j, c, CONFIDENCE_CERTAIN);
	return cap(j, c, CONFIDENCE_LIKELY);
}

static void find_trigger(const struct trial *proven, struct finding *f)
{
	const struct cause *c = proven->cause;
	f->trigger = c->trigger;
	for (unsigned i = 0; i < c->trigger_count; i++) {
		struct trial t = *proven;
		t.found = NULL;
		if (!rules_check(&t, &c->triggers[i].when))
			continue;
		f->trigger = c->triggers[i].is;
		f->trigger_event = c->triggers[i].step >= 0 ? t.steps[c->triggers[i].step] : c->triggers[i].when.type == COND_EVENT ? t.found : NULL;
		return;
	}
}

static void add_finding(struct judge *j, const struct trial *t)
{
	const struct subject *s = t->subject;
	struct finding *f = arena_alloc(j->a, sizeof *f);
	f->cause = t->cause;
	f->subject = *s;
	memcpy(f->steps, t->steps, sizeof f->steps);
	f->root = t->cause->root >= 0 ? t->steps[t->cause->root] : s->event;
	f->start = s->start;
	f->end = s->call && s->call->ending == ENDING_STILL_OPEN ? INSTANT_NONE : s->end;
	if (s->scope == SCOPE_CALL)
		*vec_push(&f->calls) = s->call;
	for (size_t i = 0; i < s->hit_count; i++)
		*vec_push(&f->calls) = s->hit[i];
	find_trigger(t, f);
	f->confidence = confidence_of(j, t);
	*vec_push(&j->findings) = f;
}

static void try_cause(struct judge *j, const struct cause *c, const struct subject *s)
{
	struct trial t = {.lists = &j->lists, .view = j->view, .rules = j->rules, .subject = s, .cause = c};
	if (rules_check(&t, &c->when))
		add_finding(j, &t);
}

static void try_all(struct judge *j, const struct subject *s)
{
	for (size_t i = 0; i < j->rules->causes.n; i++)
		if (j->rules->causes.v[i]->scope == s->scope)
			try_cause(j, j->rules->causes.v[i], s);
}

/* --- subjects --- */

/* The calls that a failed connection explains. */
static void find_hits(const struct judge *j, struct map *ret)
{
	for (size_t i = 0; i < j->findings.n; i++)
		for (size_t k = 0; j->findings.v[i]->cause->scope == SCOPE_CONNECT && k < j->findings.v[i]->calls.n; k++)
			map_put(ret, (uint64_t)(uintptr_t)j->findings.v[i]->calls.v[k], 1);
}

/* Calls that an event's cause hits: those its `affects` describes, on the same server, around the event. */
static void find_affected(struct judge *j, const struct cause *c, struct subject *s)
{
	struct trial t = {.lists = &j->lists, .view = j->view, .rules = j->rules, .subject = s, .cause = c};
	if (!c->affects || !s->server)
		return;
	s->hit = arena_alloc(j->a, (s->server->call_count + 1) * sizeof *s->hit);
	for (size_t i = 0; i < s->server->call_count; i++)
		if (rules_call_fits(&t, c->affects, s->server->calls[i], s->server))
			s->hit[s->hit_count++] = s->server->calls[i];
}

static const struct view_server *server_of(const struct session_view *v, const struct seen *e)
{
	for (size_t i = 0; i < v->server_count; i++)
		if (name_same(v->servers[i].name, e->e.server))
			return &v->servers[i];
	return v->server_count == 1 ? &v->servers[0] : NULL;
}

static void try_event(struct judge *j, const struct cause *c, struct seen *e)
{
	struct trial t = {.lists = &j->lists, .view = j->view, .rules = j->rules, .cause = c};
	if (!rules_event_fits(&t, c->subject, e))
		return;
	struct subject s = {.scope = SCOPE_EVENT, .server = server_of(j->view, e), .event = e, .start = e->vt, .end = e->vt, .call = e->call};
	find_affected(j, c, &s);
	try_cause(j, c, &s);
}

/* The causes whose subject may be an event of a kind. */
struct of_kind {
	const struct cause *cause;
	uint32_t next; /* + 1 */
};
struct by_kind {
	VEC(struct of_kind) v;
	uint32_t *first; /* by kind, + 1 */
};

static void sort_causes(struct judge *j, struct by_kind *ret)
{
	ret->first = arena_alloc(j->a, (j->rules->kinds.n + 1) * sizeof *ret->first);
	for (size_t k = j->rules->causes.n; k-- > 0;) {
		const struct cause *c = j->rules->causes.v[k];
		for (unsigned i = 0; c->scope == SCOPE_EVENT && i < c->subject->kind_count; i++) {
			uint32_t *first = &ret->first[c->subject->kinds[i]];
			if (*first && ret->v.v[*first - 1].cause == c)
				continue; /* it names a kind twice */
			*vec_push(&ret->v) = (struct of_kind){c, *first};
			*first = (uint32_t)ret->v.n;
		}
	}
}

/* Most events are the subject of no cause. */
static void try_events(struct judge *j)
{
	struct by_kind causes = {0};
	sort_causes(j, &causes);
	for (size_t i = 0; i < j->view->event_count; i++)
		for (uint32_t k = causes.first[j->view->events[i].e.kind]; k; k = causes.v.v[k - 1].next)
			try_event(j, causes.v.v[k - 1].cause, &j->view->events[i]);
	vec_free(&causes.v);
}

/* A call that was answered at once has nothing to explain. */
static bool is_plain(const struct call *c)
{
	return c->outcome == OUTCOME_OK && !c->beats && c->permission < SECOND && !(c->flags & ~(uint32_t)(CALL_DISPATCHED | CALL_RESULT_SEEN));
}

static void try_calls(struct judge *j, const struct view_server *s, const struct map *hits)
{
	uint32_t hit;
	for (size_t i = 0; i < s->call_count; i++) {
		struct subject subject;
		if (is_plain(s->calls[i]) || map_get(hits, (uint64_t)(uintptr_t)s->calls[i], &hit))
			continue;
		subject_of_call(j->view, s, s->calls[i], &subject);
		try_all(j, &subject);
	}
}

static void try_session(struct judge *j)
{
	struct subject s = {.scope = SCOPE_SESSION, .start = j->view->begin, .end = j->view->finish,
		.server = j->view->server_count == 1 ? &j->view->servers[0] : NULL};
	try_all(j, &s);
}

/* --- wording --- */

static const struct call *const *calls_of(struct judge *j, const struct finding *f)
{
	const struct call **v = arena_alloc(j->a, (f->calls.n + 1) * sizeof *v);
	for (size_t i = 0; i < f->calls.n; i++) {
		size_t k = i;
		for (; k > 0 && v[k - 1]->started_at > f->calls.v[i]->started_at; k--)
			v[k] = v[k - 1];
		v[k] = f->calls.v[i];
	}
	return v;
}

static void report_incident(struct judge *j, const struct finding *f)
{
	struct incident *i = vec_push(&j->out->incidents);
	const struct view_server *s = f->subject.server;
	i->id = fingerprint(j, f);
	i->cause = f->cause->id;
	i->trigger = f->trigger;
	i->stale_session = f->cause->stale || str_eq(f->trigger, S("server-restarted"));
	i->server = s && s->name.n ? s->name : STR_NONE;
	i->transport = s ? s->transport : STR_NONE;
	i->session = j->view->session.n ? j->view->session : STR_NONE;
	i->client_version = j->view->client_version.n ? j->view->client_version : STR_NONE;
	i->calls = calls_of(j, f);
	i->call_count = f->calls.n;
	outcome_fill(j, f, i);
	i->title = wording(j, f, f->cause->title);
	i->summary = wording(j, f, f->cause->says);
	evidence_fill(j, f, i);
	proof_fill(j, f, i);
	advice_fill(j, f, i);
}

static void report_note(struct judge *j, const struct finding *f)
{
	struct note *n = vec_push(&j->out->notes);
	const struct view_server *s = f->subject.server;
	n->kind = f->cause->id;
	n->stale_session = f->cause->stale;
	n->title = wording(j, f, f->cause->title);
	n->server = s && s->name.n ? s->name : STR_NONE;
	n->calls = calls_of(j, f);
	n->call_count = f->calls.n;
	n->started_at = j->view->timed ? f->start : INSTANT_NONE;
	n->ended_at = j->view->timed ? f->end : INSTANT_NONE;
	evidence_note(j, f, n);
}

/* Do the logs of servers and proxies tell of MCP, or that a server is there? A client's log is asked for servers and calls (assemble.c). */
static bool is_measured(const struct session_view *v, const struct rules *rules)
{
	if (v->source_kinds & 1u << SOURCE_BRIDGE)
		return true;
	return v->source_kinds & (1u << SOURCE_SERVER | 1u << SOURCE_PROXY) && (rules_any_event(v, rules, NULL, rules->traffic.v, rules->traffic.n) ||
		rules_any_event(v, rules, NULL, rules->life.v, rules->life.n));
}

void classify_view(const struct session_view *v, const struct rules *rules, const struct classify_options *o, struct arena *a, struct verdicts *out)
{
	struct judge j = {.view = v, .rules = rules, .options = o, .a = a, .out = out, .lists = {.a = a}};
	for (size_t i = 0; i < v->server_count; i++)
		subjects_connect(&j, &v->servers[i], try_all);
	struct map hits = {0};
	find_hits(&j, &hits);
	for (size_t i = 0; i < v->server_count; i++)
		try_calls(&j, &v->servers[i], &hits);
	map_done(&hits);
	try_events(&j);
	try_session(&j);
	chain(&j);
	out->measured = is_measured(v, rules);
	for (size_t i = 0; i < j.findings.n; i++)
		if (!j.findings.v[i]->dropped)
			(j.findings.v[i]->cause->note ? report_note : report_incident)(&j, j.findings.v[i]);
	for (size_t i = 0; i < j.findings.n; i++) {
		vec_free(&j.findings.v[i]->calls);
		vec_free(&j.findings.v[i]->absorbed);
	}
	vec_free(&j.findings);
	call_lists_done(&j.lists);
	map_done(&j.first_of_call);
}
