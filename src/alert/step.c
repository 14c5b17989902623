/*
 * The life of an alert (see step.h): pending → firing → resolved, forgotten a week later.
 *
 * A condition (STUCK) fires when it was seen in enough runs in a row, and goes on until it was not seen for keep_firing. An
 * event (INCIDENT, ABANDONED) is seen once, so it fires at once and ends keep_firing later. An incident is told once: when its
 * verdict sharpens to another cause it stays with the alert that spoke of it first, and a hang that was told is no new incident
 * when it is over. What cannot be judged (held) neither begins nor ends anything.
 *
 * Refuses to know of files, senders or formats.
 */
#include "alert/step.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/utf8.h"

#define FORGET_AFTER (7 * DAY)

struct seen_alert { /* beside each alert: what this run saw of it */
	bool seen, fresh; /* fresh: its numbers are of this run */
	unsigned examples;
};
struct stepper {
	struct alert_book *book;
	const struct alert_step_options *o;
	struct arena *a;
	struct map live, members;
	VEC(struct seen_alert) now;
	VEC(uint32_t) told_by; /* per observation: alert index + 1, 0 none */
	struct alert_step_result *result;
};

static uint64_t key_of(enum alert_kind kind, str server, str cause)
{
	return hash64_seed(cause, hash64_seed(server, (uint64_t)kind + 1));
}

static str keep(struct stepper *s, str text) { return text.n ? arena_str(s->a, text) : S(""); }

static instant earlier(instant a, instant b) { return a == INSTANT_NONE ? b : b == INSTANT_NONE || a < b ? a : b; }

/* --- finding --- */

static void index_book(struct stepper *s)
{
	const struct alert_book *b = s->book;
	for (size_t i = 0; i < b->alerts.n; i++) {
		(void)vec_push(&s->now);
		if (b->alerts.v[i].phase != ALERT_RESOLVED)
			map_put(&s->live, key_of(b->alerts.v[i].kind, b->alerts.v[i].server, b->alerts.v[i].cause), (uint32_t)i);
	}
	for (size_t i = 0; i < b->members.n; i++)
		map_put(&s->members, hash64(b->members.v[i].incident), (uint32_t)i);
}

static struct alert_member *member_of(struct stepper *s, str incident)
{
	uint32_t at;
	return map_get(&s->members, hash64(incident), &at) ? &s->book->members.v[at] : NULL;
}

static struct alert_member *need_member(struct stepper *s, str incident)
{
	struct alert_member *m = member_of(s, incident);
	if (m)
		return m;
	map_put(&s->members, hash64(incident), (uint32_t)s->book->members.n);
	m = vec_push(&s->book->members);
	*m = (struct alert_member){.incident = keep(s, incident), .changed = true};
	return m;
}

static bool flag_member(struct alert_member *m, uint32_t flags)
{
	const bool news = (m->flags & flags) != flags;
	m->flags |= flags;
	m->changed |= news;
	return news;
}

/* The alert that speaks of this incident already, as long as it lasts. */
static bool own_alert(const struct stepper *s, const struct alert_member *m, enum alert_kind kind, size_t *ret)
{
	for (size_t i = 0; m && m->alert && i < s->book->alerts.n; i++)
		if (s->book->alerts.v[i].id == m->alert) {
			*ret = i;
			return s->book->alerts.v[i].phase != ALERT_RESOLVED && s->book->alerts.v[i].kind == kind;
		}
	return false;
}

static size_t new_alert(struct stepper *s, const struct alert_observation *o)
{
	struct alert_book *b = s->book;
	if (b->marks.next_id < 1)
		b->marks.next_id = 1;
	struct alert *al = vec_push(&b->alerts);
	(void)vec_push(&s->now);
	*al = (struct alert){.id = b->marks.next_id++, .kind = o->kind, .server = keep(s, o->server), .cause = keep(s, o->cause),
		.severity = o->kind == ALERT_ABANDONED ? SEVERITY_INFO : o->severity, .since = INSTANT_NONE, .fired_at = INSTANT_NONE,
		.active_at = s->o->now, .resolved_at = INSTANT_NONE, .last_sent = INSTANT_NONE, .acked_at = INSTANT_NONE, .summary = S(""), .detail = S(""), .examples = S("")};
	map_put(&s->live, key_of(o->kind, o->server, o->cause), (uint32_t)(b->alerts.n - 1));
	return b->alerts.n - 1;
}

static size_t need_alert(struct stepper *s, const struct alert_observation *o)
{
	uint32_t at;
	if (map_get(&s->live, key_of(o->kind, o->server, o->cause), &at))
		return at;
	return new_alert(s, o);
}

/* --- seeing --- */

static void add_example(struct stepper *s, struct alert *al, struct seen_alert *now, str example)
{
	if (!example.n || now->examples >= ALERT_EXAMPLES)
		return;
	al->examples = now->examples++ ? arena_printf(s->a, "%.*s\n%.*s", STR_ARG(al->examples), STR_ARG(utf8_limit(example, ALERT_TEXT)))
		: arena_str(s->a, utf8_limit(example, ALERT_TEXT));
}

static void touch(struct stepper *s, size_t at, const struct alert_observation *o)
{
	struct alert *al = &s->book->alerts.v[at];
	struct seen_alert *now = &s->now.v[at];
	now->seen = al->changed = true;
	al->active_at = s->o->now;
	if (o->held)
		return;
	if (!now->fresh) {
		al->calls = 0;
		al->oldest = -1;
		al->level = ALERT_NONE;
	}
	now->fresh = true;
	al->calls += o->calls;
	al->since = earlier(al->since, o->since);
	if (o->level > al->level)
		al->level = o->level;
	if (o->oldest > al->oldest) {
		al->oldest = o->oldest;
		if (al->phase == ALERT_PENDING) { /* the text that was sent does not change */
			al->summary = keep(s, utf8_limit(o->summary, ALERT_TEXT));
			al->detail = keep(s, utf8_limit(o->detail, 2 * ALERT_TEXT));
		}
	}
	add_example(s, al, now, o->example);
}

static bool is_history(const struct stepper *s, const struct alert_observation *o)
{
	const bool over = o->ended != INSTANT_NONE || !o->live;
	if (s->o->first && over)
		return true;
	return s->o->history_before != INSTANT_NONE && o->ended != INSTANT_NONE && o->ended < s->o->history_before;
}

static size_t see_condition(struct stepper *s, const struct alert_observation *o)
{
	size_t at;
	const struct alert_member *m = member_of(s, o->incident);
	if (o->level == ALERT_NONE)
		return 0;
	if (!own_alert(s, m, ALERT_STUCK, &at))
		at = need_alert(s, o);
	touch(s, at, o);
	return at + 1;
}

/* Something that cannot be judged now, but had been told: it goes on. */
static size_t see_held(struct stepper *s, const struct alert_observation *o)
{
	size_t at;
	const struct alert_member *m = member_of(s, o->incident);
	if (!own_alert(s, m, ALERT_STUCK, &at) && !own_alert(s, m, ALERT_INCIDENT, &at))
		return 0;
	touch(s, at, o);
	return at + 1;
}

/* Told, as what is over is. */
static bool is_told(const struct alert_member *m, const struct alert_observation *o)
{
	return m && (m->flags & (o->kind == ALERT_ABANDONED ? MEMBER_ABANDONED : MEMBER_TOLD));
}

static size_t see_event(struct stepper *s, const struct alert_observation *o)
{
	const uint32_t flag = o->kind == ALERT_ABANDONED ? MEMBER_ABANDONED : MEMBER_TOLD;
	const struct alert_member *m = member_of(s, o->incident);
	size_t at;
	if (is_told(m, o)) {
		if (!o->live || !own_alert(s, m, o->kind, &at))
			return 0;
		touch(s, at, o);
		return at + 1;
	}
	if (is_history(s, o)) {
		if (flag_member(need_member(s, o->incident), flag | MEMBER_TOLD))
			s->result->history++;
		return 0;
	}
	at = need_alert(s, o);
	touch(s, at, o);
	return at + 1;
}

static void see(struct stepper *s, const struct alert_observation *o)
{
	size_t at;
	if (o->held)
		at = see_held(s, o);
	else if (o->kind == ALERT_STUCK)
		at = see_condition(s, o);
	else
		at = see_event(s, o);
	*vec_push(&s->told_by) = (uint32_t)at;
}

/* --- growing older --- */

static void fire(struct stepper *s, struct alert *al)
{
	al->phase = ALERT_FIRING;
	al->fired_at = s->o->now;
	al->changed = true;
	s->result->fired++;
}

static void forget(struct stepper *s, struct alert *al)
{
	*vec_push(&s->book->gone) = al->id;
	al->id = 0;
}

/* A clock that was put back must not keep an alert for ever. */
static bool passed(const struct stepper *s, instant since, int64_t span) { return s->o->now - since >= span || s->o->now < since - DAY; }

static void age(struct stepper *s, size_t at)
{
	struct alert *al = &s->book->alerts.v[at];
	const struct seen_alert *now = &s->now.v[at];
	if (al->phase == ALERT_PENDING) {
		if (!now->seen)
			forget(s, al);
		else if (now->fresh && (++al->runs >= s->o->for_runs || al->kind != ALERT_STUCK))
			fire(s, al);
	}
	if (al->phase == ALERT_FIRING && !now->seen && !s->o->blind && passed(s, al->active_at, s->o->keep_firing)) {
		al->phase = ALERT_RESOLVED;
		al->resolved_at = s->o->now;
		al->acked_at = INSTANT_NONE;
		al->changed = true;
		s->result->resolved++;
	} else if (al->phase == ALERT_RESOLVED && passed(s, al->resolved_at, FORGET_AFTER)) {
		forget(s, al);
	}
}

/* Incidents remember who spoke of them, from the run on in which it fires. */
static void tell_members(struct stepper *s, const struct alert_observation *seen, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!s->told_by.v[i])
			continue;
		const struct alert *al = &s->book->alerts.v[s->told_by.v[i] - 1];
		struct alert_member *m = need_member(s, seen[i].incident);
		m->changed |= m->alert != al->id;
		m->alert = al->id;
		if (al->phase == ALERT_FIRING && !seen[i].held)
			(void)flag_member(m, al->kind == ALERT_ABANDONED ? MEMBER_ABANDONED : MEMBER_TOLD);
	}
}

/* What see() does nothing for: not now, and not as time goes by. */
static bool is_at_rest(struct stepper *s, const struct alert_observation *o)
{
	return o->kind != ALERT_STUCK && !o->held && !o->live && is_told(member_of(s, o->incident), o);
}

static void drop_gone(struct alert_book *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->alerts.n; i++)
		if (b->alerts.v[i].id)
			b->alerts.v[n++] = b->alerts.v[i];
	b->alerts.n = n;
}

void alert_step(struct alert_book *book, const struct alert_observation *seen, size_t count, const struct alert_step_options *o, struct arena *a,
	struct alert_step_result *ret)
{
	struct stepper s = {.book = book, .o = o, .a = a, .result = ret};
	*ret = (struct alert_step_result){0};
	index_book(&s);
	for (size_t i = 0; i < count; i++)
		see(&s, &seen[i]);
	for (size_t i = 0; i < book->alerts.n; i++)
		age(&s, i);
	tell_members(&s, seen, count);
	ret->at_rest = true;
	for (size_t i = 0; i < count; i++)
		ret->at_rest &= is_at_rest(&s, &seen[i]);
	drop_gone(book);
	map_done(&s.live);
	map_done(&s.members);
	vec_free(&s.now);
	vec_free(&s.told_by);
}
