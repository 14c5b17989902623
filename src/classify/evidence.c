/* The lines that prove an incident (classify/): where the calls begin, the steps that the cause named, the heartbeats as one
 * line, the end, and the absence itself. In time order, each line once, twins in other sources listed beside it. */
#include "classify/internal.h"

enum { CALLS_SHOWN = 4 }; /* the lines of further calls add nothing */

struct list {
	struct judge *j;
	const struct finding *f;
	VEC(struct evidence) v;
	VEC(const struct seen *) of; /* same index */
};

struct line_ref ref_of(const struct session_view *v, const struct seen *e)
{
	struct line_ref r = {0};
	for (size_t i = 0; e && i < v->source_count; i++)
		if (v->sources[i]->index == e->e.source)
			r = (struct line_ref){v->sources[i], e->e.line, e->e.offset};
	return r;
}

static void add_twins(struct list *l, const struct seen *e, struct evidence *ev)
{
	if (!e->twin_count)
		return;
	struct line_ref *also = arena_alloc(l->j->a, e->twin_count * sizeof *also);
	for (uint32_t i = 0; i < e->twin_count; i++)
		for (size_t s = 0; s < l->j->view->source_count; s++)
			if (l->j->view->sources[s]->index == e->twins[i].source)
				also[ev->also_count++] = (struct line_ref){l->j->view->sources[s], e->twins[i].at.line, e->twins[i].at.offset};
	ev->also_in = also;
}

/* In brackets: these are not the line's own words. */
static str said(struct list *l, const struct event *e)
{
	const struct rules *rules = l->j->rules;
	for (size_t i = 0; i < rules->words.n; i++)
		if (rules->words.v[i].kind == e->kind)
			return arena_printf(l->j->a, "(%.*s)%s%.*s", STR_ARG(rules->words.v[i].what), e->err.n ? " " : "", STR_ARG(e->err));
	return STR_NONE;
}

static struct evidence *add(struct list *l, const struct seen *e, enum role role)
{
	for (size_t i = 0; i < l->of.n; i++)
		if (l->of.v[i] == e) {
			if (role == ROLE_TRIGGER)
				l->v.v[i].role = role;
			return &l->v.v[i];
		}
	*vec_push(&l->of) = e;
	struct evidence *ev = vec_push(&l->v);
	bool untimed = e->flags & SEEN_UNTIMED;
	*ev = (struct evidence){.at = ref_of(l->j->view, e), .event = e->e.id, .time = e->e.at, .role = role, .times = 1, .until = INSTANT_NONE,
		.after = INSTANT_NONE, .before = INSTANT_NONE};
	if (untimed && (e->flags & SEEN_PLACED) && l->j->view->timed) {
		ev->after = e->after;
		ev->before = e->before;
	}
	ev->text = l->j->options->text_of(l->j->options->context, e->e.id);
	if (!ev->text.n || (ev->at.source && ev->at.source->kind == SOURCE_TRANSCRIPT))
		ev->said = said(l, &e->e);
	add_twins(l, e, ev);
	return ev;
}

static enum role role_of_line(uint16_t kind)
{
	switch (kind) {
	case KIND_CALL_DISPATCH:
	case KIND_CALL_SENT:
	case KIND_TOOL_USE: return ROLE_START;
	case KIND_CALL_BEAT: return ROLE_BEAT;
	case KIND_CALL_FAILED:
	case KIND_CALL_COMPLETED:
	case KIND_CALL_DISPATCH_END:
	case KIND_CALL_ABORTING:
	case KIND_CALL_UNKNOWN_TOOL:
	case KIND_CALL_HOOK_POST:
	case KIND_TOOL_RESULT: return ROLE_END;
	default: return ROLE_CONTEXT;
	}
}

/* The events of a call are strung together when the first of them are asked for: each one's next + 1. */
static void string_together(struct judge *j)
{
	const struct session_view *v = j->view;
	j->next_of_call = arena_alloc(j->a, (v->event_count + 1) * sizeof *j->next_of_call);
	for (size_t i = v->event_count; i-- > 0;) {
		const uint64_t call = (uint64_t)(uintptr_t)v->events[i].call;
		if (call) {
			(void)map_get(&j->first_of_call, call, &j->next_of_call[i]);
			map_put(&j->first_of_call, call, (uint32_t)i + 1);
		}
	}
}

static void add_call(struct list *l, const struct call *c)
{
	const struct session_view *v = l->j->view;
	bool beat_done = false;
	uint32_t i = 0;
	if (!l->j->next_of_call)
		string_together(l->j);
	(void)map_get(&l->j->first_of_call, (uint64_t)(uintptr_t)c, &i);
	for (; i; i = l->j->next_of_call[i - 1]) {
		const struct seen *e = &v->events[i - 1];
		if ((e->e.kind == KIND_TOOL_USE || e->e.kind == KIND_TOOL_RESULT) && (c->dispatched_at != INSTANT_NONE || c->sent_at != INSTANT_NONE))
			continue; /* told better */
		enum role role = role_of_line(e->e.kind);
		if (role == ROLE_BEAT) {
			if (beat_done)
				continue;
			beat_done = true;
			struct evidence *ev = add(l, e, role);
			ev->times = c->beats;
			ev->until = c->last_beat_at;
			continue;
		}
		add(l, e, role);
	}
}

/* The Esc that ended a call carries no id: the last one within two seconds before the end. */
static void add_esc(struct list *l, const struct call *c)
{
	const struct session_view *v = l->j->view;
	size_t lo = 0, hi = v->event_count; /* behind those up to the end */
	while (lo < hi) {
		const size_t mid = (lo + hi) / 2;
		if (v->events[mid].vt <= c->ended_at)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; c->ended_at != INSTANT_NONE && i-- > 0 && c->ended_at - v->events[i].vt <= ESC_REACH;)
		if (v->events[i].e.kind == KIND_CANCEL_USER) {
			add(l, &v->events[i], ROLE_END);
			return;
		}
}

static void add_absence(struct list *l)
{
	const struct finding *f = l->f;
	const struct call *c = f->calls.n ? f->calls.v[0] : NULL;
	const struct seen *last = NULL;
	if (!c || f->cause->weight != WEIGHT_HANG)
		return;
	for (size_t i = 0; i < l->of.n; i++)
		if (l->v.v[i].role != ROLE_END && (!last || l->of.v[i]->vt >= last->vt))
			last = l->of.v[i];
	if (!last)
		return;
	struct evidence *ev = vec_push(&l->v);
	*vec_push(&l->of) = NULL;
	*ev = (struct evidence){.at = ref_of(l->j->view, last), .event = 0, .time = last->e.at, .role = ROLE_ABSENCE, .times = 1,
		.after = INSTANT_NONE, .before = INSTANT_NONE};
	ev->until = l->j->view->timed ? (f->end == INSTANT_NONE ? judge_as_of(l->j) : f->end) : INSTANT_NONE;
	ev->text = arena_printf(l->j->a, "%.*s: none came", STR_ARG(wording(l->j, f, f->cause->awaited)));
}

static instant sort_time(const struct list *l, size_t i)
{
	return l->of.v[i] ? l->of.v[i]->vt : INSTANT_NONE;
}

/* Insertion sort: few lines, and absences stay behind the line they refer to. */
static void sort(struct list *l)
{
	for (size_t i = 1; i < l->v.n; i++)
		for (size_t k = i; k > 0 && l->of.v[k] && l->of.v[k - 1]; k--) {
			bool later = sort_time(l, k - 1) > sort_time(l, k) || (sort_time(l, k - 1) == sort_time(l, k) && l->of.v[k - 1]->order > l->of.v[k]->order);
			if (!later)
				break;
			struct evidence ev = l->v.v[k];
			const struct seen *of = l->of.v[k];
			l->v.v[k] = l->v.v[k - 1];
			l->of.v[k] = l->of.v[k - 1];
			l->v.v[k - 1] = ev;
			l->of.v[k - 1] = of;
		}
}

static void collect(struct list *l)
{
	const struct finding *f = l->f;
	for (size_t i = 0; i < f->calls.n && i < CALLS_SHOWN; i++) {
		add_call(l, f->calls.v[i]);
		if (f->calls.v[i]->flags & CALL_ESC)
			add_esc(l, f->calls.v[i]);
	}
	for (unsigned i = 0; i < CAUSE_STEPS; i++)
		if (f->steps[i])
			add(l, f->steps[i], f->steps[i] == f->root ? ROLE_TRIGGER : ROLE_CONTEXT);
	if (f->trigger_event)
		add(l, f->trigger_event, ROLE_TRIGGER);
	if (f->subject.event)
		add(l, f->subject.event, f->calls.n ? ROLE_CONTEXT : ROLE_END);
}

static const struct evidence *finish(struct list *l, size_t *ret_count)
{
	*ret_count = l->v.n < LIMIT_EVIDENCE ? l->v.n : LIMIT_EVIDENCE;
	struct evidence *v = arena_alloc(l->j->a, *ret_count * sizeof *v);
	if (*ret_count)
		memcpy(v, l->v.v, *ret_count * sizeof *v);
	vec_free(&l->v);
	vec_free(&l->of);
	return v;
}

/* Notes are no hangs: add_absence has nothing to add for them. */
static const struct evidence *lines_of(struct judge *j, const struct finding *f, size_t *ret_count)
{
	struct list l = {.j = j, .f = f};
	collect(&l);
	sort(&l);
	add_absence(&l);
	return finish(&l, ret_count);
}

void evidence_fill(struct judge *j, const struct finding *f, struct incident *i) { i->evidence = lines_of(j, f, &i->evidence_count); }

void evidence_note(struct judge *j, const struct finding *f, struct note *n) { n->evidence = lines_of(j, f, &n->evidence_count); }
