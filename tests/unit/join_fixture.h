/* Rows by hand for join/: files of a story, with their events and calls, as the timeline would give them. */
#ifndef MCPLOG_TESTS_JOIN_FIXTURE_H
#define MCPLOG_TESTS_JOIN_FIXTURE_H
#include "join/join.h"
#include "rules_fixture.h"

enum { FILES = 6, LINE_BYTES = 100 };

struct file {
	VEC(struct event) events;
	VEC(struct call) calls;
	struct field fields[16];
	unsigned field_count;
	uint64_t line;
};
struct story {
	struct source sources[FILES];
	struct file files[FILES];
	size_t count;
	struct arena arena;
	struct join_groups groups;
	struct session_view view;
	struct clock_offset clocks[FILES];
	size_t clock_count;
};

static instant at_second(double seconds) { return (instant)(seconds * 1e6); }

/* --- telling --- */

static uint32_t file(struct story *s, enum source_kind kind, const char *path, const char *session)
{
	assert_true(s->count < FILES);
	struct source *f = &s->sources[s->count];
	*f = (struct source){.index = (uint32_t)s->count, .id = (int64_t)s->count + 1, .path = str_z(path), .kind = kind, .session_id = str_z(session),
		.first = INSTANT_NONE, .last = INSTANT_NONE, .complete = true};
	return (uint32_t)s->count++;
}

static uint64_t next_offset(struct story *s, uint32_t f) { return s->files[f].line++ * LINE_BYTES; }

static void covers(struct source *f, instant at)
{
	if (at == INSTANT_NONE)
		return;
	f->has_times = true;
	f->first = f->first == INSTANT_NONE || at < f->first ? at : f->first;
	f->last = f->last == INSTANT_NONE || at > f->last ? at : f->last;
}

struct said {
	const char *server, *tool, *class, *value;
	enum field_id field; /* of value */
	int64_t ms, call;
	bool untimed;
};
static void event_(struct story *s, uint32_t f, double seconds, enum kind kind, struct said x)
{
	struct file *of = &s->files[f];
	struct event *e = vec_push(&of->events);
	uint64_t offset = next_offset(s, f);
	*e = (struct event){.id = (int64_t)((uint64_t)(f + 1) << 32 | offset), .kind = (uint16_t)kind, .class = class_of(x.class), .source = f,
		.line = of->line, .offset = offset, .lines = 1, .at = x.untimed ? INSTANT_NONE : at_second(seconds), .duration = x.ms ? x.ms * MILLISECOND : -1,
		.server = str_z(x.server), .tool = str_z(x.tool), .call = x.call};
	if (x.value) {
		assert_true(of->field_count < sizeof of->fields / sizeof *of->fields);
		of->fields[of->field_count] = (struct field){(uint16_t)x.field, str_z(x.value)};
		e->fields = &of->fields[of->field_count++];
		e->field_count = 1;
	}
	covers(&s->sources[f], e->at);
}
#define event(story, file, seconds, kind, ...) event_((story), (file), (seconds), KIND_##kind, (struct said){__VA_ARGS__})

struct called {
	const char *server, *tool, *id, *class;
	double end; /* 0: open */
	enum outcome outcome;
	uint32_t flags, beats, attempts;
	bool untimed;
};
static int64_t call_(struct story *s, uint32_t f, double seconds, struct called x)
{
	struct file *of = &s->files[f];
	struct call *c = vec_push(&of->calls);
	uint64_t offset = next_offset(s, f);
	instant at = x.untimed ? INSTANT_NONE : at_second(seconds);
	*c = (struct call){.id = (int64_t)((uint64_t)(f + 1) << 32 | offset), .source = f, .server = str_z(x.server ? x.server : "s"),
		.tool = str_z(x.tool ? x.tool : "t"), .tool_use_id = str_z(x.id), .dispatched_at = INSTANT_NONE, .sent_at = at, .started_at = at,
		.ended_at = x.end > 0 ? at_second(x.end) : INSTANT_NONE, .first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .permission = -1,
		.duration = x.end > 0 ? at_second(x.end) - at : -1, .last_elapsed = -1, .beats = x.beats, .attempts = x.attempts, .flags = x.flags,
		.outcome = x.outcome, .class = class_of(x.class), .start = {of->line, offset}};
	covers(&s->sources[f], at);
	covers(&s->sources[f], c->ended_at);
	return c->id;
}
#define call(story, file, seconds, ...) call_((story), (file), (seconds), (struct called){__VA_ARGS__})

/* --- the timeline's side --- */

static int give_events(void *context, const struct source *f, struct arena *a, bool passing, void (*fn)(void *, const struct event *), void *fn_context,
	struct err *reterr)
{
	struct story *s = context;
	(void)a;
	(void)passing;
	(void)reterr;
	for (size_t i = 0; i < s->files[f->index].events.n; i++)
		fn(fn_context, &s->files[f->index].events.v[i]);
	return 0;
}

static int give_calls(void *context, const struct source *f, struct arena *a, bool passing, void (*fn)(void *, const struct call *), void *fn_context, struct err *reterr)
{
	struct story *s = context;
	(void)a;
	(void)passing;
	(void)reterr;
	for (size_t i = 0; i < s->files[f->index].calls.n; i++)
		fn(fn_context, &s->files[f->index].calls.v[i]);
	return 0;
}

static void group(struct story *s)
{
	const struct join_rows rows = {.context = s, .events = give_events, .calls = give_calls, .whole = false};
	struct err e = {0};
	assert_int_equal(join_group_sources(s->sources, s->count, &rows, &s->arena, &s->groups, &e), 0);
}

/* Groups, and builds the view of the group that file `f` is in. */
static const struct session_view *view(struct story *s, uint32_t f)
{
	const struct join_rows rows = {.context = s, .events = give_events, .calls = give_calls, .whole = false};
	struct err e = {0};
	group(s);
	for (size_t g = 0; g < s->groups.n; g++)
		for (size_t i = 0; i < s->groups.v[g].source_count; i++)
			if (s->groups.v[g].sources[i]->index == f) {
				assert_int_equal(
					join_view(&s->groups.v[g], (uint32_t)g, &rules, &rows, &s->arena, &s->view, s->clocks, &s->clock_count, &e), 0);
				return &s->view;
			}
	fail_msg("file %u is in no group", f);
	return NULL;
}

static void done(struct story *s)
{
	join_view_done(&s->view);
	for (size_t i = 0; i < s->count; i++) {
		vec_free(&s->files[i].events);
		vec_free(&s->files[i].calls);
	}
	arena_done(&s->arena);
}

/* --- asking --- */

static size_t group_of(const struct story *s, uint32_t f)
{
	for (size_t g = 0; g < s->groups.n; g++)
		for (size_t i = 0; i < s->groups.v[g].source_count; i++)
			if (s->groups.v[g].sources[i]->index == f)
				return g;
	return SIZE_MAX;
}

static bool together(const struct story *s, uint32_t a, uint32_t b) { return group_of(s, a) == group_of(s, b); }

static const struct seen *seen_kind(const struct session_view *v, enum kind kind, size_t nth)
{
	for (size_t i = 0; i < v->event_count; i++)
		if (v->events[i].e.kind == kind && nth-- == 0)
			return &v->events[i];
	fail_msg("no such event of kind %d", (int)kind);
	return NULL;
}

static size_t count_kind(const struct session_view *v, enum kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < v->event_count; i++)
		n += v->events[i].e.kind == kind;
	return n;
}
#endif
