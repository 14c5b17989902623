/* The timeline: rows come back as they went in, ids are stable, changed files replace their rows, copies count once, foreign
 * and newer files are refused untouched, one writer at a time (bad-inputs B15, F11, G1, G2, G6, G7, G9). */
#include "base/buf.h"
#include "base/hash.h"
#include "model/ids.h"
#include "model/rules.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/schema.h"
#include "store/timeline.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- a folder and rules --- */

static char folder[64];

static int enter_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "timeline-test-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm", "a.db.lock", "a.db.new", "a.db.v1.bak", "b.db", "b.db.lock", "link.db",
		"link.db.lock", "hard.db", "a.log", "b.log", "sub/c.log"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		(void)unlink(names[i]);
	(void)rmdir("sub");
	return chdir("..") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void rules_make(struct rules *r)
{
	*r = (struct rules){0};
#define X(id, name) (void)(KIND_##id ? intern_put(&r->kinds, S(name)) : 0);
	KIND_LIST(X)
#undef X
#define X(id, name) (void)intern_put(&r->fields, S(name));
	FIELD_LIST(X)
#undef X
	(void)intern_put(&r->classes, S("refused"));
	vec_push(&r->signatures)->id = S("life.drop");
	vec_push(&r->signatures)->id = S("call.fail");
}

static void rules_free(struct rules *r)
{
	intern_done(&r->kinds);
	intern_done(&r->fields);
	intern_done(&r->classes);
	vec_free(&r->signatures);
}

static struct timeline *must_open_with(const char *path, uint64_t rules_hash)
{
	struct timeline *t = NULL;
	struct err e = {0};
	int r = timeline_open(&(struct timeline_options){.path = path, .rules_hash = rules_hash}, &t, &e);
	if (r)
		fail_msg("%s", e.text);
	return t;
}

static struct timeline *must_open(const char *path) { return must_open_with(path, 7); }

static int open_code(const char *path, bool read_only, struct err *e)
{
	struct timeline *t = NULL;
	*e = (struct err){0};
	int r = timeline_open(&(struct timeline_options){.path = path, .read_only = read_only, .rules_hash = 7}, &t, e);
	if (r == 0)
		timeline_close(t);
	return r;
}

/* --- sample rows --- */

static const instant noon = INT64_C(1779000000) * SECOND;

static struct source source_of(const char *path, uint64_t ino, uint64_t size)
{
	return (struct source){
		.path = str_z(path), .kind = SOURCE_CLAUDE_DEBUG, .complete = true, .bytes = size, .offset = size, .lines = 10, .records = 9,
		.unrecognized = 1, .client_version = S("2.1.143"), .session_id = S("5eed"), .cwd = S("/home/x"), .first = noon,
		.last = noon + 61 * SECOND + 7, .has_times = true,
		.identity = {.dev = 5, .ino = ino, .btime_ns = 11, .mtime_ns = 12, .ctime_ns = 13, .size = size},
	};
}

static struct event event_of(uint64_t offset)
{
	return (struct event){
		.kind = KIND_TRANSPORT_DROPPED, .signature = 1, .class = 1, .line = 4, .offset = offset, .lines = 2, .at = noon + 324 * MILLISECOND + 55,
		.duration = -1, .level = LEVEL_WARN, .server = S("pg-mcp"), .session = S("5eed"), .local_time = true,
		.err = S("refused \"now\""), .text = S("SSE connection dropped after 61937s uptime"),
		.fields = {{FIELD_UPTIME, S("61937")}, {FIELD_WHY, S("a \"b\"\n\\")}}, .field_count = 2,
	};
}

static struct call call_of(uint64_t key, uint64_t offset)
{
	return (struct call){
		.id = row_id(key, offset, 0), .server = S("pg-mcp"), .tool = S("list_schemas"), .tool_use_id = S("toolu_01T2JSzbbHXsXm4jAAdEnuxv"),
		.session = S("5eed"), .dispatched_at = noon + 1, .sent_at = noon + 4 * MILLISECOND, .started_at = noon + 4 * MILLISECOND,
		.ended_at = noon + 1391 * SECOND + 608, .first_beat_at = noon + 30 * SECOND, .last_beat_at = INSTANT_NONE,
		.permission = 2 * MILLISECOND, .duration = 1391 * SECOND, .last_elapsed = 1380 * SECOND, .beats = 46, .attempts = 1,
		.flags = CALL_ESC | CALL_RETRIED, .outcome = OUTCOME_CANCELLED, .link = LINK_ELAPSED, .link_sure = true, .class = 1,
		.err = S("MCP error -32001: user-cancel"), .start = {1, offset}, .sent = {2, offset + 90}, .beat = {6, offset + 400}, .end = {52, offset + 9000},
	};
}

static int64_t put_source(struct timeline *t, const struct source *s, const struct rules *rules, uint64_t from, int rows, bool *ret_unchanged)
{
	int64_t id = 0;
	uint64_t key = 0;
	struct err e = {0};
	if (timeline_source_begin(t, s, &id, &key, ret_unchanged, &e))
		fail_msg("%s", e.text);
	if (*ret_unchanged)
		return id;
	for (int i = 0; i < rows; i++) {
		struct event ev = event_of(from + (uint64_t)i * 200);
		struct call c = call_of(key, from + (uint64_t)i * 200);
		ev.call = c.id;
		timeline_add_event(t, id, &ev, rules);
		timeline_add_call(t, id, &c);
	}
	if (timeline_source_end(t, id, s, &e))
		fail_msg("%s", e.text);
	return id;
}

static void ok(int r, const struct err *e)
{
	if (r)
		fail_msg("%d: %s", r, e->text);
}

struct seen {
	struct event events[8];
	struct call calls[8];
	size_t event_count, call_count;
};

static void see_event(void *context, const struct event *e)
{
	struct seen *s = context;
	if (s->event_count < 8)
		s->events[s->event_count] = *e;
	s->event_count++;
}

static void see_call(void *context, const struct call *c)
{
	struct seen *s = context;
	if (s->call_count < 8)
		s->calls[s->call_count] = *c;
	s->call_count++;
}

static struct seen load(struct timeline *t, int64_t id, const struct rules *rules, struct arena *a)
{
	struct seen s = {0};
	struct err e = {0};
	ok(timeline_load_events(t, id, 3, rules, a, see_event, &s, &e), &e);
	ok(timeline_load_calls(t, id, 3, a, see_call, &s, &e), &e);
	return s;
}

#define assert_str(a, b) assert_true(str_eq(a, b))

/* --- round trip --- */

static void rows_come_back(void **state)
{
	(void)state;
	struct rules rules;
	struct arena a = {0};
	struct err e = {0};
	bool unchanged;
	rules_make(&rules);
	struct problem problem = {.code = "nul-bytes", .text = "3 NUL bytes", .line = 5, .offset = 77, .class = PROBLEM_WARN, .times = 2};
	struct source s = source_of("a.log", 42, 100000);
	s.problems = &problem;
	s.problem_count = 1;
	for (int memory = 0; memory < 2; memory++) {
		struct timeline *t = must_open(memory ? ":memory:" : "a.db");
		ok(timeline_begin(t, &e), &e);
		int64_t id = put_source(t, &s, &rules, 500, 2, &unchanged);
		ok(timeline_commit(t, &e), &e);
		if (!memory) {
			timeline_close(t);
			t = must_open("a.db");
		}
		struct source back;
		ok(timeline_load_source(t, id, &a, &back, &e), &e);
		assert_str(back.path, s.path);
		assert_int_equal(back.kind, s.kind);
		assert_int_equal(back.last, s.last);
		assert_int_equal(back.identity.size, s.identity.size);
		assert_true(back.complete && back.has_times && !back.excerpt && !back.filtered && !back.server.p);
		assert_int_equal(back.problem_count, 1);
		assert_string_equal(back.problems[0].code, "nul-bytes");
		assert_string_equal(back.problems[0].text, "3 NUL bytes");
		assert_int_equal(back.problems[0].offset, 77);

		struct seen seen = load(t, id, &rules, &a);
		assert_int_equal(seen.event_count, 2);
		assert_int_equal(seen.call_count, 2);
		struct event want = event_of(700), got = seen.events[1];
		assert_int_equal(got.offset, want.offset);
		assert_int_equal(got.id, row_id((uint64_t)id, 700, 0));
		assert_int_equal(got.kind, want.kind);
		assert_int_equal(got.signature, want.signature);
		assert_int_equal(got.class, want.class);
		assert_int_equal(got.level, want.level);
		assert_int_equal(got.at, want.at);
		assert_int_equal(got.duration, -1);
		assert_int_equal(got.lines, 2);
		assert_int_equal(got.source, 3);
		assert_true(got.local_time && !got.excerpt && !got.tool.p && !got.tool_use_id.p && !got.text.p);
		assert_str(got.server, want.server);
		assert_str(got.err, want.err);
		assert_int_equal(got.field_count, 2);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(got.fields[i].name, want.fields[i].name);
			assert_str(got.fields[i].value, want.fields[i].value);
		}
		assert_ptr_equal(got.server.p, seen.events[0].server.p); /* names are shared, not copied */
		assert_str(timeline_event_text(t, got.id, &a), want.text);
		assert_null(timeline_event_text(t, 12345, &a).p);

		struct call c = seen.calls[0], w = call_of((uint64_t)id, 500);
		assert_int_equal(c.id, w.id);
		assert_int_equal(seen.events[0].call, c.id);
		assert_int_equal(c.source, 3);
		assert_str(c.server, w.server);
		assert_str(c.tool, w.tool);
		assert_str(c.tool_use_id, w.tool_use_id);
		assert_str(c.session, w.session);
		assert_str(c.err, w.err);
		const int64_t times[][2] = {{c.dispatched_at, w.dispatched_at}, {c.sent_at, w.sent_at}, {c.started_at, w.started_at}, {c.ended_at, w.ended_at},
			{c.first_beat_at, w.first_beat_at}, {c.last_beat_at, w.last_beat_at}, {c.permission, w.permission}, {c.duration, w.duration},
			{c.last_elapsed, w.last_elapsed}, {c.beats, w.beats}, {c.attempts, w.attempts}, {c.flags, w.flags}, {c.outcome, w.outcome},
			{c.link, w.link}, {c.link_sure, w.link_sure}, {c.class, w.class}};
		for (size_t i = 0; i < sizeof times / sizeof *times; i++)
			assert_int_equal(times[i][0], times[i][1]);
		assert_memory_equal(&c.start, &w.start, sizeof c.start);
		assert_memory_equal(&c.sent, &w.sent, sizeof c.sent);
		assert_memory_equal(&c.beat, &w.beat, sizeof c.beat);
		assert_memory_equal(&c.last_beat, &w.last_beat, sizeof c.last_beat);
		assert_memory_equal(&c.end, &w.end, sizeof c.end);
		timeline_close(t);
	}
	arena_done(&a);
	rules_free(&rules);
}

static void bare_rows_come_back(void **state)
{
	(void)state;
	struct rules rules;
	struct arena a = {0};
	struct err e = {0};
	int64_t id;
	uint64_t key;
	bool unchanged;
	rules_make(&rules);
	struct timeline *t = must_open(":memory:");
	struct source s = {.path = S("-"), .first = INSTANT_NONE, .last = INSTANT_NONE, .complete = true};
	ok(timeline_begin(t, &e), &e);
	ok(timeline_source_begin(t, &s, &id, &key, &unchanged, &e), &e);
	/* Leaves of one record, a time before 1970, twice the same place. */
	struct event ev = {.at = -1, .duration = 0, .line = 1, .lines = 1, .part = 1};
	timeline_add_event(t, id, &ev, &rules);
	ev.part = 0;
	timeline_add_event(t, id, &ev, &rules);
	timeline_add_event(t, id, &ev, &rules);
	struct call c = {.id = row_id(key, 0, 0), .dispatched_at = INSTANT_NONE, .sent_at = INSTANT_NONE, .started_at = INSTANT_NONE, .ended_at = -1,
		.first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .permission = -1, .duration = -1, .last_elapsed = -1, .end = {1, 0}};
	timeline_add_call(t, id, &c);
	timeline_add_call(t, id, &c);
	ok(timeline_source_end(t, id, &s, &e), &e);
	ok(timeline_commit(t, &e), &e);
	struct seen seen = load(t, id, &rules, &a);
	assert_int_equal(seen.event_count, 3);
	assert_int_equal(seen.events[0].part, 0);
	assert_int_equal(seen.events[1].part, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(seen.events[i].at, -1);
		assert_int_equal(seen.events[i].duration, 0);
		assert_int_equal(seen.events[i].offset, 0);
	}
	assert_int_equal(seen.call_count, 2);
	assert_int_equal(seen.calls[0].ended_at, -1);
	assert_int_equal(seen.calls[0].started_at, INSTANT_NONE);
	assert_int_equal(seen.calls[1].duration, -1);
	assert_int_equal(seen.calls[1].start.line, 0);
	assert_int_equal(seen.calls[1].end.line, 1);
	assert_null(seen.calls[0].server.p);
	timeline_close(t);
	arena_done(&a);
	rules_free(&rules);
}

/* --- dumps through a second connection --- */

static void collect(void *context, const struct query_value *v, size_t n, bool head)
{
	struct buf *out = context;
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%.*s|", STR_ARG(head ? v[i].name : v[i].value.p ? v[i].value : S("NULL")));
	buf_byte(out, '\n');
}

static str query(struct timeline *t, const char *sql, struct buf *out)
{
	struct err e = {0};
	buf_reset(out);
	ok(timeline_query(t, str_z(sql), 0, collect, out, &e), &e);
	return buf_str(out);
}

/* Every table but `run`, rows sorted: what two databases must have in common. */
static struct hash128 dump(const char *path)
{
	static const char *const tables[] = {"name", "form", "source", "problem", "event", "call", "call_more", "incident", "evidence_line"};
	struct buf all = {0}, out = {0};
	struct timeline *t = NULL;
	struct err e = {0};
	ok(timeline_open(&(struct timeline_options){.path = path, .read_only = true, .rules_hash = 7}, &t, &e), &e);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char sql[64];
		(void)snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2", tables[i]);
		buf_add(&all, query(t, sql, &out));
	}
	timeline_close(t);
	struct hash128 h = hash128(buf_str(&all));
	buf_done(&all);
	buf_done(&out);
	return h;
}

static void F11_order_of_reading_does_not_matter(void **state)
{
	(void)state;
	struct rules rules;
	struct err e = {0};
	bool unchanged;
	rules_make(&rules);
	struct hash128 seen[2];
	for (int backwards = 0; backwards < 2; backwards++) {
		struct timeline *t = must_open("a.db");
		ok(timeline_begin(t, &e), &e);
		for (uint64_t i = 0; i < 20; i++) {
			uint64_t n = backwards ? 19 - i : i;
			char path[32];
			(void)snprintf(path, sizeof path, "%02u.log", (unsigned)n);
			struct source s = source_of(path, 100 + n, 5000 + n);
			(void)put_source(t, &s, &rules, 10 * n, 3, &unchanged);
			assert_false(unchanged);
		}
		ok(timeline_commit(t, &e), &e);
		timeline_close(t);
		seen[backwards] = dump("a.db");
		assert_int_equal(unlink("a.db"), 0);
	}
	assert_memory_equal(&seen[0], &seen[1], sizeof seen[0]);
	rules_free(&rules);
}

/* --- changed, unchanged, unread --- */

static void a_changed_file_replaces_its_rows(void **state)
{
	(void)state;
	struct rules rules;
	struct arena a = {0};
	struct err e = {0};
	bool unchanged;
	rules_make(&rules);
	struct source s = source_of("a.log", 42, 5000);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &e), &e);
	int64_t id = put_source(t, &s, &rules, 0, 3, &unchanged);
	ok(timeline_commit(t, &e), &e);
	timeline_close(t);
	struct hash128 before = dump("a.db");

	t = must_open("a.db");
	ok(timeline_begin(t, &e), &e);
	assert_int_equal(put_source(t, &s, &rules, 0, 3, &unchanged), id);
	assert_true(unchanged);
	ok(timeline_commit(t, &e), &e);
	timeline_close(t);
	struct hash128 again = dump("a.db");
	assert_memory_equal(&before, &again, sizeof before);

	t = must_open("a.db");
	struct source grown = source_of("a.log", 42, 6000);
	ok(timeline_begin(t, &e), &e);
	assert_int_equal(put_source(t, &grown, &rules, 100, 2, &unchanged), id);
	assert_false(unchanged);
	ok(timeline_commit(t, &e), &e);
	struct seen seen = load(t, id, &rules, &a);
	assert_int_equal(seen.event_count, 2);
	assert_int_equal(seen.call_count, 2);
	assert_int_equal(seen.events[0].offset, 100);
	timeline_close(t);

	/* Other knowledge, a pending last line, an incomplete reading: read again. */
	t = must_open_with("a.db", 8);
	ok(timeline_begin(t, &e), &e);
	struct source pending = grown;
	pending.pending_bytes = 3;
	assert_int_equal(put_source(t, &pending, &rules, 100, 1, &unchanged), id);
	assert_false(unchanged);
	(void)put_source(t, &grown, &rules, 100, 1, &unchanged);
	assert_false(unchanged);
	(void)put_source(t, &grown, &rules, 100, 1, &unchanged);
	assert_true(unchanged);
	timeline_close(t); /* without commit: nothing of it stays */

	t = must_open_with("a.db", 8);
	struct source back;
	ok(timeline_load_source(t, id, &a, &back, &e), &e);
	assert_int_equal(back.problem_count, 1);
	assert_string_equal(back.problems[0].code, "old-knowledge");
	assert_int_equal(load(t, id, &rules, &a).event_count, 2);
	timeline_close(t);
	arena_done(&a);
	rules_free(&rules);
}

static void A3_a_source_that_could_not_be_opened_keeps_its_rows(void **state)
{
	(void)state;
	struct rules rules;
	struct arena a = {0};
	struct err e = {0};
	struct buf out = {0};
	int64_t id, other;
	uint64_t key;
	bool unchanged;
	rules_make(&rules);
	struct source s = source_of("a.log", 42, 5000), grown = source_of("a.log", 42, 6000), fresh = source_of("b.log", 43, 10);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &e), &e);
	id = put_source(t, &s, &rules, 0, 3, &unchanged);
	ok(timeline_commit(t, &e), &e);
	ok(timeline_begin(t, &e), &e);
	ok(timeline_source_begin(t, &grown, &other, &key, &unchanged, &e), &e);
	assert_int_equal(other, id);
	assert_false(unchanged);
	ok(timeline_source_begin(t, &fresh, &other, &key, &unchanged, &e), &e);
	ok(timeline_commit(t, &e), &e);
	assert_int_equal(load(t, id, &rules, &a).event_count, 3);
	assert_str(query(t, "SELECT path FROM sources", &out), S("path|\na.log|\n"));
	timeline_close(t);
	arena_done(&a);
	buf_done(&out);
	rules_free(&rules);
}

static void a_lost_end_refuses_the_commit(void **state)
{
	(void)state;
	struct rules rules;
	struct err e = {0};
	int64_t id;
	uint64_t key;
	bool unchanged;
	rules_make(&rules);
	struct source s = source_of("a.log", 42, 5000);
	struct timeline *t = must_open(":memory:");
	ok(timeline_begin(t, &e), &e);
	ok(timeline_source_begin(t, &s, &id, &key, &unchanged, &e), &e);
	struct event ev = event_of(1);
	timeline_add_event(t, id, &ev, &rules);
	assert_int_equal(timeline_commit(t, &e), ERR_DB);
	timeline_rollback(t);
	/* A row outside of its source's ids is an error that comes out at the end. */
	ok(timeline_begin(t, &e), &e);
	ok(timeline_source_begin(t, &s, &id, &key, &unchanged, &e), &e);
	struct call c = call_of(key, 1);
	c.id = 1;
	if (id != 1)
		timeline_add_call(t, id, &c);
	assert_int_equal(timeline_source_end(t, id, &s, &e), ERR_DB);
	timeline_close(t);
	rules_free(&rules);
}

/* --- copies --- */

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static struct source on_disk(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	struct source s = source_of(path, st.st_ino, (uint64_t)st.st_size);
	s.identity.dev = st.st_dev;
	s.identity.head_hash = 99, s.identity.head_len = 4, s.identity.marker_hash = 98, s.identity.marker_len = 4;
	return s;
}

static void B15_a_copy_counts_once_whichever_comes_first(void **state)
{
	(void)state;
	struct rules rules;
	struct arena a = {0};
	struct err e = {0};
	struct buf out = {0};
	bool unchanged;
	rules_make(&rules);
	write_file("a.log", "same");
	write_file("b.log", "same");
	struct source first = on_disk("a.log"), second = on_disk("b.log"), back;
	for (int backwards = 0; backwards < 2; backwards++) {
		struct timeline *t = must_open(":memory:");
		ok(timeline_begin(t, &e), &e);
		(void)put_source(t, backwards ? &second : &first, &rules, 0, 2, &unchanged);
		int64_t id = put_source(t, backwards ? &first : &second, &rules, 0, 2, &unchanged);
		ok(timeline_commit(t, &e), &e);
		assert_str(query(t, "SELECT path, records, state FROM sources ORDER BY path", &out), S("path|records|state|\na.log|9|read|\nb.log|0|copy|\n"));
		assert_str(query(t, "SELECT path, count(*) FROM calls", &out), S("path|count(*)|\na.log|2|\n"));
		if (!backwards) {
			ok(timeline_load_source(t, id, &a, &back, &e), &e);
			assert_int_equal(back.problem_count, 1);
			assert_string_equal(back.problems[0].code, "copy");
			assert_int_equal(load(t, id, &rules, &a).call_count, 0);
		}
		/* Unchanged while the original stays; the original changes: the copy must be read again. */
		ok(timeline_begin(t, &e), &e);
		(void)put_source(t, &second, &rules, 0, 2, &unchanged);
		assert_true(unchanged);
		struct source other = first;
		other.identity.size = 9, other.identity.marker_hash = 1;
		(void)put_source(t, &other, &rules, 0, 1, &unchanged);
		assert_false(unchanged);
		(void)put_source(t, &second, &rules, 0, 2, &unchanged);
		assert_false(unchanged);
		ok(timeline_commit(t, &e), &e);
		assert_str(query(t, "SELECT count(*) FROM calls", &out), S("count(*)|\n3|\n"));
		timeline_close(t);
	}
	/* The original is gone: what was copied takes its place. */
	struct timeline *t = must_open(":memory:");
	ok(timeline_begin(t, &e), &e);
	(void)put_source(t, &first, &rules, 0, 2, &unchanged);
	assert_int_equal(unlink("a.log"), 0);
	(void)put_source(t, &second, &rules, 0, 2, &unchanged);
	ok(timeline_commit(t, &e), &e);
	assert_str(query(t, "SELECT path, records FROM sources", &out), S("path|records|\nb.log|9|\n"));
	assert_str(query(t, "SELECT count(*) FROM calls", &out), S("count(*)|\n2|\n"));
	timeline_close(t);
	arena_done(&a);
	buf_done(&out);
	rules_free(&rules);
}

/* --- scope --- */

static void scope_is_paths_and_what_lies_below(void **state)
{
	(void)state;
	struct rules rules;
	struct arena a = {0};
	struct err e = {0};
	bool unchanged;
	int64_t id[4], *ids;
	size_t n;
	rules_make(&rules);
	assert_int_equal(mkdir("sub", 0700), 0);
	struct timeline *t = must_open(":memory:");
	ok(timeline_begin(t, &e), &e);
	static const char *const paths[] = {"sub/c.log", "a.log", "sub2/c.log", "sub/c.log"};
	for (uint64_t i = 0; i < 4; i++) {
		struct source s = source_of(paths[i], 50 + i, 10);
		s.identity.btime_ns = (int64_t)(10 - i);
		id[i] = put_source(t, &s, &rules, 0, 1, &unchanged);
	}
	ok(timeline_commit(t, &e), &e);
	const str below[] = {S("a.log"), S("sub/")};
	ok(timeline_scope(t, below, 2, &a, &ids, &n, &e), &e);
	assert_int_equal(n, 3);
	assert_int_equal(ids[0], id[1]);
	assert_int_equal(ids[1], id[3]); /* the older generation first */
	assert_int_equal(ids[2], id[0]);
	const str here[] = {S(".")};
	ok(timeline_scope(t, here, 1, &a, &ids, &n, &e), &e);
	assert_int_equal(n, 3); /* sub2 does not exist: its path stays as it was given */
	const str gone[] = {S("nowhere"), S("su")};
	ok(timeline_scope(t, gone, 2, &a, &ids, &n, &e), &e);
	assert_int_equal(n, 0);
	timeline_close(t);
	arena_done(&a);
	rules_free(&rules);
}

/* --- verdicts and views --- */

static struct facts facts_of(const struct source *s, const struct incident *i, size_t incidents, const struct server_facts *v, const struct note *n)
{
	return (struct facts){.as_of = noon, .sources = s, .source_count = 1, .servers = v, .server_count = 1, .incidents = i, .incident_count = incidents,
		.notes = n, .note_count = 1, .calls = 1};
}

static void verdicts_are_replaced_by_scope(void **state)
{
	(void)state;
	struct rules rules;
	struct err e = {0};
	struct buf out = {0};
	bool unchanged;
	rules_make(&rules);
	struct timeline *t = must_open("a.db");
	struct source s = source_of("a.log", 42, 5000);
	ok(timeline_begin(t, &e), &e);
	s.id = put_source(t, &s, &rules, 0, 2, &unchanged);
	ok(timeline_commit(t, &e), &e);
	struct call c = call_of((uint64_t)s.id, 0);
	c.ending = ENDING_USER_CANCEL;
	const struct call *calls[] = {&c};
	const struct evidence evidence[] = {
		{.at = {&s, 4, 200}, .event = row_id((uint64_t)s.id, 200, 0), .time = noon, .after = INSTANT_NONE, .before = INSTANT_NONE, .until = INSTANT_NONE, .role = ROLE_TRIGGER, .times = 1},
		{.at = {&s, 5, 300}, .time = INSTANT_NONE, .after = noon, .before = noon + SECOND, .until = INSTANT_NONE, .role = ROLE_ABSENCE, .text = S("answer"), .times = 1}};
	const struct incident incidents[] = {{.id = S("v1:00"), .cause = S("sse-drop-silent-hang"), .trigger = S("unknown"), .ending = ENDING_USER_CANCEL,
		.state = STATE_ENDED, .severity = SEVERITY_CRITICAL, .confidence = CONFIDENCE_LIKELY, .server = S("pg-mcp"), .started_at = noon,
		.ended_at = INSTANT_NONE, .duration = SECOND, .summary = S("sum"), .calls = calls, .call_count = 1, .evidence = evidence, .evidence_count = 2}};
	const struct connection connections[] = {{S("pg-mcp"), S("5eed"), noon, INSTANT_NONE, -1, S("open")}, {S("pg-mcp"), S("5eed"), noon, INSTANT_NONE, -1, S("open")}};
	const struct server_facts server = {.name = S("pg-mcp"), .transport = S("sse"), .connections = connections, .connection_count = 2};
	const struct note note = {.kind = S("retry"), .started_at = noon, .ended_at = INSTANT_NONE, .evidence = evidence, .evidence_count = 1};
	struct facts f = facts_of(&s, incidents, 1, &server, &note);
	for (int i = 0; i < 2; i++)
		ok(timeline_save_facts(t, &f, S("key"), &e), &e);
	assert_str(query(t, "SELECT incident_id, cause, severity, started, ended_ms, duration_ms FROM incidents", &out),
		S("incident_id|cause|severity|started|ended_ms|duration_ms|\nv1:00|sse-drop-silent-hang|critical|2026-05-17T06:40:00.000Z|NULL|1000|\n"));
	assert_str(query(t, "SELECT path, line, role, text, after_ms IS NULL FROM evidence ORDER BY line", &out),
		S("path|line|role|text|after_ms IS NULL|\na.log|4|trigger|SSE connection dropped after 61937s uptime|1|\na.log|5|absence|answer|0|\n"));
	assert_str(query(t, "SELECT call_id = (SELECT min(call_id) FROM calls), ending FROM incident_calls", &out),
		S("call_id = (SELECT min(call_id) FROM calls)|ending|\n1|user-cancel|\n"));
	assert_str(query(t, "SELECT count(*), min(server), (SELECT count(*) FROM notes), (SELECT transport FROM servers) FROM connections", &out),
		S("count(*)|min(server)|(SELECT count(*) FROM notes)|(SELECT transport FROM servers)|\n2|pg-mcp|1|sse|\n"));
	/* The same scope with another answer. */
	f.incident_count = 0;
	ok(timeline_save_facts(t, &f, S("key"), &e), &e);
	assert_str(query(t, "SELECT (SELECT count(*) FROM incidents), (SELECT count(*) FROM evidence_line), (SELECT count(*) FROM incident_calls)", &out),
		S("(SELECT count(*) FROM incidents)|(SELECT count(*) FROM evidence_line)|(SELECT count(*) FROM incident_calls)|\n0|1|0|\n"));
	/* A wider scope takes the place of the narrower, and the narrower is written anew when asked for again. */
	struct source two[] = {s, source_of("b.log", 43, 10)};
	two[1].id = s.id + 100000;
	struct facts wide = f;
	wide.sources = two, wide.source_count = 2, wide.incident_count = 1;
	ok(timeline_save_facts(t, &wide, S("wide"), &e), &e);
	assert_str(query(t, "SELECT count(*), (SELECT count(*) FROM scope) FROM incidents", &out), S("count(*)|(SELECT count(*) FROM scope)|\n1|1|\n"));
	ok(timeline_save_facts(t, &f, S("key"), &e), &e);
	assert_str(query(t, "SELECT count(*), sum(key = 0) FROM scope", &out), S("count(*)|sum(key = 0)|\n2|1|\n"));
	ok(timeline_add_run(t, S("analyze"), noon, noon + SECOND, 3, &e), &e);
	assert_str(query(t, "SELECT run_id, started, command, exit FROM runs", &out), S("run_id|started|command|exit|\n1|2026-05-17T06:40:00.000Z|analyze|3|\n"));
	timeline_close(t);
	buf_done(&out);
	rules_free(&rules);
}

static void views_have_the_columns_of_the_contract(void **state)
{
	(void)state;
	static const char *const views[][2] = {
		{"sources", "source_id, path, kind, client_version, session_id, bytes, offset, pending_bytes, lines, records, unrecognized, state, first_ms, first, last_ms, last"},
		{"servers", "server_id, server, transport"},
		{"connections", "connection_id, server, session_id, opened_ms, opened, closed_ms, closed, uptime_s, how"},
		{"calls", "call_id, session_id, server, tool, tool_use_id, started_ms, started, ended_ms, ended, duration_ms, permission_ms, outcome, ending, error, "
				  "heartbeats, last_heartbeat_ms, last_heartbeat, link, link_sure"},
		{"events", "event_id, source_id, path, line, offset, at_ms, at, after_ms, after, before_ms, before, kind, signature, server, tool, tool_use_id, call_id, detail"},
		{"incidents", "incident_id, cause, trigger, ending, state, severity, confidence, server, session_id, started_ms, started, ended_ms, ended, duration_ms, summary"},
		{"incident_calls", "incident_id, call_id"},
		{"evidence", "incident_id, event_id, path, line, offset, role"},
		{"notes", "note_id, kind, server, started_ms, started, ended_ms, ended"},
		{"sessions", "session_id, client_version, cwd, started_ms, started, ended_ms, ended"},
		{"runs", "run_id, started_ms, started, finished_ms, finished, command, exit"},
	};
	struct rules rules;
	struct err e = {0};
	struct buf out = {0};
	bool unchanged;
	rules_make(&rules);
	struct timeline *t = must_open(":memory:");
	struct source s = source_of("a.log", 42, 5000);
	ok(timeline_begin(t, &e), &e);
	(void)put_source(t, &s, &rules, 0, 1, &unchanged);
	ok(timeline_commit(t, &e), &e);
	for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
		char sql[512];
		(void)snprintf(sql, sizeof sql, "SELECT %s FROM %s", views[i][1], views[i][0]);
		(void)query(t, sql, &out);
	}
	assert_str(query(t, "SELECT session_id, server, tool, started, ended_ms - started_ms, duration_ms, permission_ms, outcome, ending, heartbeats, link, link_sure, offset FROM calls", &out),
		S("session_id|server|tool|started|ended_ms - started_ms|duration_ms|permission_ms|outcome|ending|heartbeats|link|link_sure|offset|\n"
		  "5eed|pg-mcp|list_schemas|2026-05-17T06:40:00.004Z|1390996|1391000|2|cancelled|user-cancel|46|elapsed|1|0|\n"));
	assert_str(query(t, "SELECT at, kind, signature, class, server, detail, call_id = event_id FROM events", &out),
		S("at|kind|signature|class|server|detail|call_id = event_id|\n2026-05-17T06:40:00.324Z|transport.dropped|life.drop|refused|pg-mcp|"
		  "{\"uptime\":\"61937\",\"why\":\"a \\\"b\\\"\\n\\\\\"}|1|\n"));
	assert_str(query(t, "SELECT session_id, client_version, started FROM sessions", &out), S("session_id|client_version|started|\n5eed|2.1.143|2026-05-17T06:40:00.000Z|\n"));
	timeline_close(t);
	buf_done(&out);
	rules_free(&rules);
}

static void queries_can_only_read(void **state)
{
	(void)state;
	static const char *const refused[] = {"DELETE FROM event", "PRAGMA user_version", "ATTACH 'b.db' AS b", "CREATE TABLE x(y)", "SELECT load_extension('x')",
		"SELECT 1; SELECT 2", "", "SELECT nothing FROM calls", "SELECT writefile('b.db', 'x')"};
	struct err e = {0};
	struct buf out = {0};
	struct timeline *t = must_open("a.db");
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		e = (struct err){0};
		assert_int_equal(timeline_query(t, str_z(refused[i]), 0, collect, &out, &e), ERR_USAGE);
		assert_true(e.text[0]);
	}
	assert_int_equal(timeline_query(t, S("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"), 100000, collect, &out, &e), ERR_LIMIT);
	assert_int_equal(access("b.db", F_OK), -1);
	timeline_close(t);
	buf_done(&out);
}

/* --- the file --- */

static void the_file_is_private_and_marked(void **state)
{
	(void)state;
	struct stat st;
	(void)umask(022);
	write_file("a.db", ""); /* an empty file is a new database */
	assert_int_equal(chmod("a.db", 0644), 0);
	struct timeline *t = must_open("a.db");
	static const char *const files[] = {"a.db", "a.db.lock"};
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(stat(files[i], &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	struct err e = {0};
	ok(timeline_begin(t, &e), &e);
	ok(timeline_commit(t, &e), &e);
	ok(timeline_add_run(t, S("x"), noon, noon, 0, &e), &e);
	assert_int_equal(stat("a.db-wal", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	timeline_close(t);
	assert_int_equal(access("a.db.new", F_OK), -1);
	assert_int_equal(access("a.db-wal", F_OK), -1);
	unsigned char h[100];
	int fd = open("a.db", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, h, sizeof h, 0), sizeof h);
	(void)close(fd);
	assert_memory_equal(h + 68, "mcpl", 4);
	assert_int_equal(h[63], SCHEMA_VERSION);
}

static void G6_symbolic_links_are_refused_hard_links_warned_about(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(open_code("a.db", false, &e), 0);
	assert_int_equal(symlink("a.db", "link.db"), 0);
	assert_int_equal(open_code("link.db", false, &e), ERR_DB);
	assert_non_null(strstr(e.text, "symbolic link"));
	assert_int_equal(open_code("link.db", true, &e), ERR_DB);
	assert_int_equal(unlink("link.db"), 0);
	assert_int_equal(symlink("a.db", "a.db.lock.x"), 0);
	assert_int_equal(unlink("a.db.lock.x"), 0);
	assert_int_equal(link("a.db", "hard.db"), 0);
	struct timeline *t = must_open("a.db");
	assert_non_null(strstr(timeline_warning(t), "hard link"));
	timeline_close(t);
}

static str bytes_of(const char *path, struct buf *out)
{
	char chunk[4096];
	buf_reset(out);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (ssize_t n; (n = read(fd, chunk, sizeof chunk)) > 0;)
		buf_add(out, (str){chunk, (size_t)n});
	(void)close(fd);
	return buf_str(out);
}

static void refused_untouched(const char *path, const char *word)
{
	struct buf before = {0}, after = {0};
	struct err e;
	(void)bytes_of(path, &before);
	for (int read_only = 0; read_only < 2; read_only++) {
		assert_int_equal(open_code(path, read_only, &e), ERR_DB);
		if (!strstr(e.text, word))
			fail_msg("`%s` does not say `%s`", e.text, word);
		assert_true(e.hint[0]);
	}
	assert_str(bytes_of(path, &after), buf_str(&before));
	buf_done(&before);
	buf_done(&after);
}

static void raw(const char *path, const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void G1_foreign_newer_and_damaged_files_are_refused_untouched(void **state)
{
	(void)state;
	struct err e;
	write_file("a.db", "2026-05-17T20:23:00.776Z [DEBUG] this is a log, and it is longer than the hundred bytes that the header of a database takes\n");
	refused_untouched("a.db", "not a database");
	write_file("a.db", "short");
	refused_untouched("a.db", "not a database");
	assert_int_equal(unlink("a.db"), 0);
	raw("a.db", "PRAGMA application_id = 17; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
	refused_untouched("a.db", "another program");
	raw("a.db", "PRAGMA application_id = 1835233388; PRAGMA user_version = 2");
	refused_untouched("a.db", "newer mcplog");
	raw("a.db", "PRAGMA user_version = 0");
	refused_untouched("a.db", "never released");
	raw("a.db", "PRAGMA user_version = 1");
	refused_untouched("a.db", "`t`");
	assert_int_equal(unlink("a.db"), 0);
	assert_int_equal(open_code("a.db", false, &e), 0);
	struct stat st;
	assert_int_equal(stat("a.db", &st), 0);
	assert_int_equal(truncate("a.db", st.st_size - 4096), 0);
	refused_untouched("a.db", "cut off");
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(open_code("sub", false, &e), ERR_DB);
	assert_int_equal(open_code("nowhere/a.db", false, &e), ERR_DB);
	assert_non_null(strstr(e.text, "nowhere"));
	assert_int_equal(open_code("b.db", true, &e), ERR_DB);
	assert_int_equal(access("b.db", F_OK), -1);
}

static void G1_a_damaged_page_is_an_error_that_says_so(void **state)
{
	(void)state;
	struct rules rules;
	struct arena a = {0};
	struct err e = {0};
	bool unchanged;
	rules_make(&rules);
	struct timeline *t = must_open("a.db");
	struct source s = source_of("a.log", 42, 500000);
	ok(timeline_begin(t, &e), &e);
	int64_t id = put_source(t, &s, &rules, 0, 1000, &unchanged);
	ok(timeline_commit(t, &e), &e);
	timeline_close(t);
	struct stat st;
	char junk[4096];
	memset(junk, 0xa5, sizeof junk);
	assert_int_equal(stat("a.db", &st), 0);
	int fd = open("a.db", O_WRONLY | O_CLOEXEC);
	for (off_t at = 40 * 4096; at < st.st_size; at += 4096)
		assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
	(void)close(fd);
	t = must_open("a.db");
	struct seen seen = {0};
	assert_int_equal(timeline_load_events(t, id, 0, &rules, &a, see_event, &seen, &e), ERR_DB);
	assert_non_null(strstr(e.text, "damaged"));
	assert_true(e.hint[0]);
	timeline_close(t);
	arena_done(&a);
	rules_free(&rules);
}

static void G7_a_changed_schema_is_refused(void **state)
{
	(void)state;
	static const char *const changes[] = {
		"CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM call; END",
		"CREATE VIEW v AS SELECT 1",
		"DROP VIEW runs; CREATE VIEW runs AS SELECT load_extension('x')",
		"DROP TABLE bound",
	};
	struct err e;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		assert_int_equal(open_code("a.db", false, &e), 0);
		raw("a.db", changes[i]);
		refused_untouched("a.db", "a.db");
		assert_int_equal(unlink("a.db"), 0);
	}
	/* Statistics of ANALYZE are harmless. */
	assert_int_equal(open_code("a.db", false, &e), 0);
	raw("a.db", "INSERT INTO run(command, exit) VALUES('x', 0); ANALYZE");
	assert_int_equal(open_code("a.db", false, &e), 0);
}

static void handles_are_defensive(void **state)
{
	(void)state;
	struct err e = {0};
	assert_int_equal(open_code("a.db", false, &e), 0);
	struct arena a = {0};
	const char *path;
	ok(open_resolve("a.db", &a, &path, &e), &e);
	struct sql q = {0};
	ok(open_handle(path, SQLITE_OPEN_READWRITE, &q, &e), &e);
	static const struct {
		int what, on;
	} want[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0}};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		int is = -1;
		assert_int_equal(sqlite3_db_config(q.db, want[i].what, -1, &is), SQLITE_OK);
		assert_int_equal(is, want[i].on);
	}
	assert_int_equal(sqlite3_limit(q.db, SQLITE_LIMIT_ATTACHED, -1), 0);
	assert_int_equal(sql_exec(&q, "SELECT * FROM runs", &e), ERR_DB);
	sql_done(&q);
	arena_done(&a);
}

/* --- one writer --- */

static void G2_a_second_writer_is_told_the_pid(void **state)
{
	(void)state;
	struct err e;
	struct timeline *t = must_open("a.db");
	char pid[32];
	(void)snprintf(pid, sizeof pid, "pid %ld", (long)getpid());
	assert_int_equal(open_code("a.db", false, &e), ERR_LOCKED);
	assert_non_null(strstr(e.text, pid));
	assert_non_null(strstr(e.hint, "--lock-wait"));
	assert_int_equal(open_code("a.db", true, &e), 0); /* readers work */
	timeline_close(t);
	assert_int_equal(open_code("a.db", false, &e), 0);
}

static void G3_a_killed_writer_leaves_the_last_commit(void **state)
{
	(void)state;
	struct rules rules;
	struct err e = {0};
	bool unchanged;
	rules_make(&rules);
	struct source s = source_of("a.log", 42, 5000), second = source_of("b.log", 43, 5000);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &e), &e);
	(void)put_source(t, &s, &rules, 0, 3, &unchanged);
	ok(timeline_commit(t, &e), &e);
	timeline_close(t);
	struct hash128 before = dump("a.db");
	pid_t child = fork();
	if (child == 0) {
		t = must_open("a.db");
		if (timeline_begin(t, &e) == 0)
			(void)put_source(t, &second, &rules, 0, 500, &unchanged);
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(open_code("a.db", false, &e), 0); /* the kernel gave the lock back */
	struct hash128 after = dump("a.db");
	assert_memory_equal(&before, &after, sizeof before);
	rules_free(&rules);
}

static void a_leftover_wal_of_a_removed_database_is_not_replayed(void **state)
{
	(void)state;
	struct err e;
	write_file("a.db-wal", "old pages");
	write_file("a.db.new", "half built");
	assert_int_equal(open_code("a.db", false, &e), 0);
	assert_int_equal(open_code("a.db", false, &e), 0);
	assert_int_equal(access("a.db.new", F_OK), -1);
}

/* --- migration --- */

static void steps_run_once_in_order_and_together(void **state)
{
	(void)state;
	static const struct migration steps[] = {
		{1, "CREATE TABLE never(x)"}, {2, "CREATE TABLE two(x); INSERT INTO two VALUES(2)"}, {3, "ALTER TABLE two ADD COLUMN y"}};
	static const struct migration broken[] = {{4, "CREATE TABLE four(x)"}, {5, "nonsense"}};
	struct sql q = {.path = "test"};
	struct err e = {0};
	ok(open_handle(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, &q, &e), &e);
	ok(migrate_steps(&q, steps, 3, 1, &e), &e);
	ok(sql_exec(&q, "SELECT x, y FROM two", &e), &e);
	assert_int_equal(sql_exec(&q, "SELECT * FROM never", &e), ERR_DB);
	assert_int_equal(migrate_steps(&q, broken, 2, 3, &e), ERR_DB);
	assert_int_equal(sql_exec(&q, "SELECT * FROM four", &e), ERR_DB);
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(q.db, "PRAGMA user_version", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 3);
	sqlite3_finalize(st);
	sql_done(&q);
}

static void an_old_database_is_copied_before_it_is_changed(void **state)
{
	(void)state;
	struct err e = {0};
	struct arena a = {0};
	const char *path;
	struct sql q = {0};
	struct stat st;
	assert_int_equal(open_code("a.db", false, &e), 0);
	raw("a.db", "INSERT INTO run(command, exit) VALUES('old', 0)");
	ok(open_resolve("a.db", &a, &path, &e), &e);
	ok(open_handle(path, SQLITE_OPEN_READWRITE, &q, &e), &e);
	ok(migrate_upgrade(&q, path, 1, &e), &e);
	ok(migrate_check(&q, &e), &e);
	sql_done(&q);
	assert_int_equal(stat("a.db.v1.bak", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	raw("a.db.v1.bak", "INSERT INTO run(id, command, exit) VALUES(2, 'the copy is a database', 0)");
	arena_done(&a);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(rows_come_back),
		IN_FOLDER(bare_rows_come_back),
		IN_FOLDER(F11_order_of_reading_does_not_matter),
		IN_FOLDER(a_changed_file_replaces_its_rows),
		IN_FOLDER(A3_a_source_that_could_not_be_opened_keeps_its_rows),
		IN_FOLDER(a_lost_end_refuses_the_commit),
		IN_FOLDER(B15_a_copy_counts_once_whichever_comes_first),
		IN_FOLDER(scope_is_paths_and_what_lies_below),
		IN_FOLDER(verdicts_are_replaced_by_scope),
		IN_FOLDER(views_have_the_columns_of_the_contract),
		IN_FOLDER(queries_can_only_read),
		IN_FOLDER(the_file_is_private_and_marked),
		IN_FOLDER(G6_symbolic_links_are_refused_hard_links_warned_about),
		IN_FOLDER(G1_foreign_newer_and_damaged_files_are_refused_untouched),
		IN_FOLDER(G1_a_damaged_page_is_an_error_that_says_so),
		IN_FOLDER(G7_a_changed_schema_is_refused),
		IN_FOLDER(handles_are_defensive),
		IN_FOLDER(G2_a_second_writer_is_told_the_pid),
		IN_FOLDER(G3_a_killed_writer_leaves_the_last_commit),
		IN_FOLDER(a_leftover_wal_of_a_removed_database_is_not_replayed),
		IN_FOLDER(steps_run_once_in_order_and_together),
		IN_FOLDER(an_old_database_is_copied_before_it_is_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
