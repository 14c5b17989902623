/* Events by hand: `push` says one line, and what the tracker hands out is kept with its strings. */
#ifndef MCPLOG_TESTS_TRACKER_FIXTURE_H
#define MCPLOG_TESTS_TRACKER_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/ids.h"
#include "model/names.h"
#include "track/tracker.h"

#define KEY UINT64_C(0x123456789abc)
enum { LINE_BYTES = 100 }; /* every line of these logs is that long */

struct row {
	uint16_t kind;
	int64_t call;
	uint64_t line;
};
struct log {
	struct tracker *tracker;
	struct arena arena;
	VEC(struct call) calls;
	VEC(struct row) rows;
	uint64_t line;
	bool finished;
};
/* A line: what is not said is not in it. */
struct say {
	const char *server, *tool, *id, *err, *outcome, *perm;
	int64_t ms; /* 0: no duration */
	uint16_t class;
	bool untimed, excerpt;
};

static inline void take_event(void *context, const struct event *e)
{
	struct log *l = context;
	*vec_push(&l->rows) = (struct row){e->kind, e->call, e->line};
}

/* Whatever happens: a call is handed out once, behind its events, and its id is that of its first line. */
static inline void take_call(void *context, const struct call *c)
{
	struct log *l = context;
	assert_true(c->start.line > 0);
	assert_int_equal(c->start.offset, (c->start.line - 1) * LINE_BYTES);
	assert_true(c->id == row_id(KEY, c->start.offset, 0));
	for (size_t i = 0; i < l->calls.n && l->calls.n < 100; i++)
		assert_true(l->calls.v[i].id != c->id);
	struct call *copy = vec_push(&l->calls);
	*copy = *c;
	copy->server = arena_str(&l->arena, c->server);
	copy->tool = arena_str(&l->arena, c->tool);
	copy->tool_use_id = arena_str(&l->arena, c->tool_use_id);
	copy->err = arena_str(&l->arena, c->err);
}

static const struct rules no_rules;

static inline void log_begin(struct log *l)
{
	const struct tracker_sink sink = {l, take_event, take_call};
	*l = (struct log){0};
	l->tracker = tracker_new(&no_rules, &sink, KEY);
}

static inline void log_finish(struct log *l)
{
	if (!l->finished)
		tracker_finish(l->tracker);
	l->finished = true;
}

static inline void log_done(struct log *l)
{
	tracker_free(l->tracker);
	vec_free(&l->calls);
	vec_free(&l->rows);
	arena_done(&l->arena);
}

static inline void push_line(struct log *l, double seconds, enum kind kind, struct say s)
{
	struct field fields[2];
	struct event e = {.kind = (uint16_t)kind, .class = s.class, .line = ++l->line, .lines = 1, .fields = fields, .excerpt = s.excerpt,
		.at = s.untimed ? INSTANT_NONE : (instant)(seconds * 1e6), .duration = s.ms ? s.ms * MILLISECOND : -1,
		.server = str_z(s.server), .tool = str_z(s.tool), .tool_use_id = str_z(s.id), .err = str_z(s.err), .text = S("the line")};
	e.offset = (e.line - 1) * LINE_BYTES;
	if (s.outcome)
		fields[e.field_count++] = (struct field){FIELD_OUTCOME, str_z(s.outcome)};
	if (s.perm)
		fields[e.field_count++] = (struct field){FIELD_PERM, str_z(s.perm)};
	tracker_push(l->tracker, &e);
}
#define push(log, seconds, kind, ...) push_line((log), (seconds), KIND_##kind, (struct say){__VA_ARGS__})
#define ST .server = "s", .tool = "t" /* most tests need one tool only */
#define FULL "mcp__s__t"

static inline const struct call *only_call(struct log *l)
{
	log_finish(l);
	if (l->calls.n != 1)
		fail_msg("%zu calls", l->calls.n);
	return &l->calls.v[0];
}

static inline const struct call *call_with_id(struct log *l, const char *id)
{
	log_finish(l);
	for (size_t i = 0; i < l->calls.n; i++)
		if (str_eq(l->calls.v[i].tool_use_id, str_z(id)))
			return &l->calls.v[i];
	fail_msg("no call has the id %s", id);
	return NULL;
}

static inline size_t rows_of(const struct log *l, enum kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < l->rows.n; i++)
		n += l->rows.v[i].kind == kind;
	return n;
}

static inline void expect_outcome(const struct call *c, enum outcome want)
{
	if (c->outcome != want)
		fail_msg("outcome is %s, not %s", outcome_name(c->outcome), outcome_name(want));
}

static inline void expect_flags(const struct call *c, uint32_t want)
{
	if (c->flags != want)
		fail_msg("flags are %#x, not %#x", c->flags, want);
}
#endif
