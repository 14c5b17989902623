/* Records that come out of the other thread against those of the same file read in this one: all members, in order; and the ends
 * that a run can come to while the other thread is at work. */
#include "base/hash.h"
#include "base/vec.h"
#include "pass1_ahead.h"
#include "rules_fixture.h"
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 6 };

/* What a sink was told, as numbers. */
struct told {
	VEC(uint64_t) records;
	uint64_t rest;
	unsigned rests, times;
	bool gives_up;
};

static struct {
	char folder[32], path[FILES][64];
	struct input inputs[FILES];
	const struct input *order[FILES];
} logs;
static const struct pipeline_options options = {.final = true, .source = {.allow_root = true}};

static void take_record(void *context, const struct record *r)
{
	struct told *t = context;
	const int64_t numbers[] = {r->kind, r->class, (int64_t)r->line, (int64_t)r->offset, r->lines, r->at, r->local_time, r->level, r->excerpt, r->cut, r->result};
	const str all[] = {str_head(r->raw, LIMIT_RAW_EXCERPT), r->body, r->server, r->session, r->cwd, r->version, r->tool, r->tool_use_id, r->frames};
	uint64_t h = hash64((str){(const char *)numbers, sizeof numbers});
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		h = hash64_seed(all[i], h + (all[i].p != NULL));
	*vec_push(&t->records) = h;
}

static void take_rest(void *context, uint64_t offset, str reader, str parser)
{
	struct told *t = context;
	t->rests++;
	t->rest = hash64_seed(parser, hash64_seed(reader, offset));
}

static bool take_time(void *context, uint64_t offset)
{
	struct told *t = context;
	t->times += offset > 0;
	return !t->gives_up;
}

static struct reading_sink sink_of(struct told *t) { return (struct reading_sink){t, take_record, take_rest, take_time}; }

static void copy_sample(FILE *to, const char *name)
{
	char path[512], text[4096];
	(void)snprintf(path, sizeof path, MCPLOG_SOURCE "/samples/%s", name);
	FILE *from = fopen(path, "r");
	assert_non_null(from);
	for (size_t n; (n = fread(text, 1, sizeof text, from)) > 0;)
		assert_int_equal(fwrite(text, 1, n, to), n);
	fclose(from);
}

/* Two large logs (the second hardly wants anything of it), transcripts, tracebacks, one with a record longer than a block. */
static void write_log(unsigned n, FILE *f)
{
	static const char *const names[FILES] = {"001-sse-drop-silent-hang/debug.txt", NULL, "117-transcript-ends-with-open-call/3fe8c2fb-4372-48e1-8d4d-a1a9c44fe2d9.jsonl",
		"145-pasted-assertion-traceback/comment.md", "042-respond-assert-crash-http-journald/server.log", "003-http-drop-watchdog-120s-recovered/debug.txt"};
	for (unsigned i = 0; names[n] && i < (n == 0 ? 400 : 1); i++)
		copy_sample(f, names[n]);
	for (unsigned i = 0; n == 1 && i < 60000; i++)
		(void)fprintf(f, "2026-03-19T08:00:%02u.%03uZ [DEBUG] Writing to temp file: /tmp/cache/%08x.json and some words to make a line of it\n", i / 1000, i % 1000, i);
	if (n == 5) {
		(void)fprintf(f, "2026-03-19T09:00:00.000Z [DEBUG] MCP server \"wiki\": Tool 'read' failed after 1s: ");
		for (unsigned i = 0; i < 60000; i++)
			(void)fprintf(f, "words ");
		(void)fprintf(f, "\n");
	}
}

static int make_logs(void **state)
{
	(void)memcpy(logs.folder, "/tmp/mcplog-ahead-XXXXXX", sizeof "/tmp/mcplog-ahead-XXXXXX");
	if (!mkdtemp(logs.folder))
		return -1;
	for (unsigned n = 0; n < FILES; n++) {
		(void)snprintf(logs.path[n], sizeof logs.path[n], "%s/%u.log", logs.folder, n);
		FILE *f = fopen(logs.path[n], "w");
		write_log(n, f);
		fclose(f);
		logs.inputs[n] = (struct input){.path = str_z(logs.path[n]), .named = true};
		logs.order[n] = &logs.inputs[n];
	}
	return load_rules(state);
}

static int remove_logs(void **state)
{
	for (unsigned n = 0; n < FILES; n++)
		(void)unlink(logs.path[n]);
	(void)rmdir(logs.folder);
	return free_rules(state);
}

static void read_with(unsigned n, struct parse_memory *memory, const struct matcher *gate, struct told *t, struct source *ret)
{
	struct err e;
	struct reading g = {.rules = &rules, .options = &options, .in = logs.order[n], .sink = sink_of(t)};
	assert_int_equal(reading_open(&g, &e), 0);
	reading_parser(&g, memory, gate);
	reading_watch_from(&g, 0);
	assert_true(reading_lines(&g));
	reading_facts(&g, ret);
	ret->problems = NULL;
	reading_done(&g);
}

/* The oracle: the file read here, by somebody who has read nothing before. */
static void read_here(unsigned n, struct told *t, struct source *ret)
{
	struct parse_memory *memory = parse_memory_new(&rules);
	struct matcher *gate = matcher_new(&rules);
	read_with(n, memory, gate, t, ret);
	matcher_free(gate);
	parse_memory_free(memory);
}

/* What is remembered of heads and bodies of other files changes nothing. */
static void test_files_read_before_make_no_difference(void **state)
{
	(void)state;
	struct parse_memory *memory = parse_memory_new(&rules);
	struct matcher *gate = matcher_new(&rules);
	for (unsigned i = 0; i < 2 * FILES; i++) {
		struct told first = {.rest = 0}, later = {.rest = 0};
		struct source a = {0}, b = {0};
		read_here(i % FILES, &first, &a);
		read_with(i % FILES, memory, gate, &later, &b);
		assert_int_equal(later.records.n, first.records.n);
		if (first.records.n)
			assert_memory_equal(later.records.v, first.records.v, first.records.n * sizeof *first.records.v);
		assert_true(a.kind == b.kind && a.lines == b.lines && a.records == b.records && a.first == b.first && a.last == b.last);
		vec_free(&first.records);
		vec_free(&later.records);
	}
	matcher_free(gate);
	parse_memory_free(memory);
}

/* helps: this thread reads too. */
static void compare_records(bool helps)
{
	struct ahead *a = ahead_new(&rules, &options, logs.order, FILES);
	assert_non_null(a);
	struct parse_memory *memory = parse_memory_new(&rules);
	struct matcher *gate = matcher_new(&rules);
	if (helps)
		ahead_help(a, memory, gate);
	size_t records = 0;
	unsigned rests = 0;
	for (unsigned n = 0; n < FILES; n++) {
		struct told here = {.rest = 0}, there = {.rest = 0};
		struct source facts = {0};
		read_here(n, &here, &facts);
		const struct ahead_file *f = ahead_next(a);
		const struct reading_sink sink = sink_of(&there);
		assert_non_null(f);
		assert_ptr_equal(f->read.in, logs.order[n]);
		assert_true(ahead_read(a, &sink));
		assert_int_equal(there.records.n, here.records.n);
		if (here.records.n)
			assert_memory_equal(there.records.v, here.records.v, here.records.n * sizeof *here.records.v);
		assert_int_equal(there.rests, here.rests);
		assert_true(there.rest == here.rest);
		assert_true(f->source.lines == facts.lines && f->source.bytes == facts.bytes && f->source.records == facts.records);
		assert_true(f->source.kind == facts.kind && f->source.first == facts.first && f->source.last == facts.last);
		assert_int_equal(f->source.problem_count, facts.problem_count);
		records += here.records.n;
		rests += here.rests;
		vec_free(&here.records);
		vec_free(&there.records);
	}
	assert_in_range(records, 2000, 1000000);
	assert_in_range(rests, 2, FILES);
	assert_null(ahead_next(a));
	ahead_free(a);
	matcher_free(gate);
	parse_memory_free(memory);
}

static void test_the_same_records(void **state) { (void)state, compare_records(false); }

static void test_the_same_records_of_two(void **state) { (void)state, compare_records(true); }

/* Small files, taken at once: which of the two reads one is chance, and makes no difference. */
static void test_who_reads_is_chance(void **state)
{
	(void)state;
	enum { TIMES = 20 };
	const struct input *order[2 * TIMES];
	struct told one[2] = {{.rest = 0}, {.rest = 0}};
	struct source facts = {0};
	for (unsigned i = 0; i < 2 * TIMES; i++)
		order[i] = logs.order[2 + i % 2 * 2];
	for (unsigned i = 0; i < 2; i++)
		read_here(2 + i * 2, &one[i], &facts);
	struct parse_memory *memory = parse_memory_new(&rules);
	struct matcher *gate = matcher_new(&rules);
	struct ahead *a = ahead_new(&rules, &options, order, 2 * TIMES);
	assert_non_null(a);
	ahead_help(a, memory, gate);
	for (unsigned i = 0; i < 2 * TIMES; i++) {
		struct told t = {.rest = 0};
		const struct reading_sink sink = sink_of(&t);
		assert_non_null(ahead_next(a));
		assert_true(ahead_read(a, &sink));
		assert_true(t.records.n > 0 && t.records.n == one[i % 2].records.n);
		assert_memory_equal(t.records.v, one[i % 2].records.v, t.records.n * sizeof *t.records.v);
		vec_free(&t.records);
	}
	ahead_free(a);
	matcher_free(gate);
	parse_memory_free(memory);
	vec_free(&one[0].records);
	vec_free(&one[1].records);
}

static void test_a_log_without_records_is_heard_of(void **state)
{
	(void)state;
	struct told t = {.rest = 0};
	const struct reading_sink sink = sink_of(&t);
	struct ahead *a = ahead_new(&rules, &options, logs.order + 1, 1);
	assert_non_null(a);
	assert_non_null(ahead_next(a));
	assert_true(ahead_read(a, &sink));
	assert_int_equal(t.records.n, 0);
	assert_in_range(t.times, 1, 100);
	ahead_free(a);
}

static void test_skipped_files_give_nothing(void **state)
{
	(void)state;
	struct ahead *a = ahead_new(&rules, &options, logs.order, FILES);
	assert_non_null(a);
	for (unsigned n = 0; n + 1 < FILES; n++) {
		assert_non_null(ahead_next(a));
		ahead_skip(a);
	}
	struct told here = {.rest = 0}, there = {.rest = 0};
	struct source facts = {0};
	const struct reading_sink sink = sink_of(&there);
	read_here(FILES - 1, &here, &facts);
	assert_non_null(ahead_next(a));
	assert_true(ahead_read(a, &sink));
	assert_int_equal(there.records.n, here.records.n);
	ahead_free(a);
	vec_free(&here.records);
	vec_free(&there.records);
}

static void test_ends_at_any_moment(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= FILES; n++) {
		struct told t = {.gives_up = n % 2};
		const struct reading_sink sink = sink_of(&t);
		struct ahead *a = ahead_new(&rules, &options, logs.order, FILES);
		assert_non_null(a);
		bool more = true;
		for (unsigned i = 0; i < n && more; i++) {
			assert_non_null(ahead_next(a));
			more = ahead_read(a, &sink);
		}
		assert_true(more || t.gives_up);
		ahead_free(a);
		vec_free(&t.records);
	}
}

static void test_a_file_that_is_not_there(void **state)
{
	(void)state;
	const struct input gone = {.path = S("/nonexistent/x.log"), .named = true};
	const struct input *order[] = {&gone, logs.order[0]};
	struct told t = {.rest = 0};
	const struct reading_sink sink = sink_of(&t);
	struct ahead *a = ahead_new(&rules, &options, order, 2);
	assert_non_null(a);
	const struct ahead_file *f = ahead_next(a);
	assert_int_equal(f->fault.code, ERR_IO);
	f = ahead_next(a);
	assert_int_equal(f->fault.code, 0);
	assert_true(ahead_read(a, &sink));
	assert_true(t.records.n > 0);
	ahead_free(a);
	vec_free(&t.records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_read_before_make_no_difference),
		cmocka_unit_test(test_the_same_records),
		cmocka_unit_test(test_the_same_records_of_two),
		cmocka_unit_test(test_who_reads_is_chance),
		cmocka_unit_test(test_a_log_without_records_is_heard_of),
		cmocka_unit_test(test_skipped_files_give_nothing),
		cmocka_unit_test(test_ends_at_any_moment),
		cmocka_unit_test(test_a_file_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, make_logs, remove_logs);
}
