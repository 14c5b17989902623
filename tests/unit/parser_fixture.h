/* A parser over a text given as a literal, and its records as lines: "line kind class level time server|body". */
#ifndef MCPLOG_TESTS_PARSER_FIXTURE_H
#define MCPLOG_TESTS_PARSER_FIXTURE_H
#include "base/buf.h"
#include "parse/parser.h"
#include "rules_fixture.h"

struct run {
	struct buf out;
	size_t count;
	struct source facts;
	struct parser *parser; /* views of facts; run_done frees */
};
struct setting {
	const char *path, *zone;
	instant base;
	bool refuse; /* the gate refuses everything */
	bool probe_none;
};

static struct gate_answer gate(const void *context, enum body_class class, str head)
{
	(void)class;
	(void)head;
	return (struct gate_answer){!((const struct setting *)context)->refuse, 0, 0};
}

static const char *const result_names[] = {"", " use", " ok", " error", " empty", " rejected", " receipt"};

static void take(void *context, const struct record *r)
{
	struct run *run = context;
	char time[32] = "-";
	run->count++;
	if (r->at != INSTANT_NONE)
		instant_format(r->at, time);
	buf_printf(&run->out, "%u %s %s%s %s%s%s", (unsigned)r->line, source_kind_name(r->kind), body_class_name(r->class), result_names[r->result], time,
		r->local_time ? "~" : "", r->cut ? " cut" : "");
	if (r->server.n > 0)
		buf_printf(&run->out, " [%.*s]", STR_ARG(r->server));
	if (r->tool_use_id.n > 0)
		buf_printf(&run->out, " %.*s#%.*s", STR_ARG(r->tool), STR_ARG(r->tool_use_id));
	buf_printf(&run->out, "|");
	for (size_t i = 0; i < r->body.n; i++)
		if (r->body.p[i] == '\n')
			buf_addz(&run->out, "\\n");
		else
			buf_byte(&run->out, r->body.p[i]);
	buf_byte(&run->out, '\n');
	assert_true(r->raw.n == 0 || r->raw.p != NULL);
	assert_true(r->lines > 0);
}

/* Lines from number first + 1 (at byte `at`) up to number limit; returns the byte behind the last one. */
static size_t push_from(struct parser *p, str text, uint64_t first, size_t at, uint64_t limit)
{
	uint64_t number = first;
	while (at < text.n && number < limit) {
		const char *end = memchr(text.p + at, '\n', text.n - at);
		size_t n = end != NULL ? (size_t)(end - text.p) - at : text.n - at;
		/* a copy of its own size: reading behind a line is a fault under the sanitizers, and nothing may keep it */
		char *copy = malloc(n > 0 ? n : 1);
		memcpy(copy, text.p + at, n);
		struct line l = {.text = {copy, n}, .number = ++number, .offset = at, .length = n, .newline = end != NULL};
		parser_push(p, &l);
		memset(copy, '#', n);
		free(copy);
		at += n + 1;
	}
	return at;
}

static void push_lines(struct parser *p, str text, uint64_t limit)
{
	(void)push_from(p, text, 0, 0, limit);
}

static struct run run_text(str text, const struct setting *setting)
{
	struct run run = {0};
	struct zone *zone = setting->zone != NULL ? instant_zone(str_z(setting->zone)) : NULL;
	struct parser_options options = {.zone = zone, .base = setting->base != 0 ? setting->base : INSTANT_NONE, .path = str_z(setting->path),
		.probe = setting->probe_none ? STR_NONE : str_head(text, LIMIT_PROBE)};
	run.parser = parser_new(&rules, &options, gate, setting, take, &run);
	push_lines(run.parser, text, UINT64_MAX);
	parser_finish(run.parser);
	parser_facts(run.parser, &run.facts);
	instant_zone_free(zone);
	return run;
}

static void run_done(struct run *run)
{
	buf_done(&run->out);
	parser_free(run->parser);
}

static void expect_with(const char *text, const char *records, const struct setting *setting)
{
	struct run run = run_text(str_z(text), setting);
	buf_byte(&run.out, '\0');
	assert_string_equal(run.out.p, records);
	run_done(&run);
}

static void expect(const char *text, const char *records)
{
	expect_with(text, records, &(struct setting){0});
}
#endif
