/* The timeline's rows: they come back as they went in, ids are stable, changed files replace their rows, copies count once,
 * verdicts belong to scopes, views have the columns of the contract (bad-inputs A3, B15, F11). */
#include "store/pack.h"
#include "store/timeline_p.h"
#include "timeline_fixture.h"

/* --- round trip --- */

static void rows_come_back(void **state)
{
	(void)state;
	bool unchanged;
	struct problem problem = {.code = "nul-bytes", .text = "3 NUL bytes", .line = 5, .offset = 77, .class = PROBLEM_WARN, .times = 2};
	struct source s = source_of("a.log", 42, 100000);
	s.problems = &problem;
	s.problem_count = 1;
	for (int memory = 0; memory < 2; memory++) {
		struct timeline *t = must_open(memory ? ":memory:" : "a.db");
		ok(timeline_begin(t, &err));
		int64_t id = put_source(t, &s, 500, 2, &unchanged);
		ok(timeline_commit(t, &err));
		if (!memory) {
			timeline_close(t);
			t = must_open("a.db");
		}
		struct source back;
		ok(timeline_load_source(t, id, &arena, &back, &err));
		assert_str(back.path, s.path);
		assert_int_equal(back.kind, s.kind);
		assert_int_equal(back.last, s.last);
		assert_int_equal(back.identity.size, s.identity.size);
		assert_true(back.complete && back.has_times && !back.excerpt && !back.filtered && !back.server.p);
		assert_int_equal(back.problem_count, 1);
		assert_string_equal(back.problems[0].code, "nul-bytes");
		assert_string_equal(back.problems[0].text, "3 NUL bytes");
		assert_int_equal(back.problems[0].offset, 77);

		struct seen seen = load(t, id);
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
		assert_str(timeline_event_text(t, got.id, &arena), want.text);
		assert_null(timeline_event_text(t, 12345, &arena).p);

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
}

static void fields_that_say_the_duration_come_back(void **state)
{
	(void)state;
	struct source_start start;
	struct source s = source_of("a.log", 42, 5000);
	struct timeline *t = must_open(":memory:");
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &s, &start, &err));
	static const str texts[] = {{"915ms", 5}, {"0.9s", 4}, {"0915ms", 6}};
	struct event ev = event_of(0);
	ev.duration = 915 * MILLISECOND;
	for (size_t i = 0; i < 3; i++) {
		struct field f[] = {{FIELD_DUR, texts[i]}, {FIELD_MS, S("915")}};
		ev.fields = f;
		ev.offset += 100;
		timeline_add_event(t, start.id, &ev, &rules);
	}
	ok(timeline_source_end(t, start.id, &s, &err));
	ok(timeline_commit(t, &err));
	struct seen seen = load(t, start.id);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(seen.events[i].field_count, 2);
		assert_str(event_field(&seen.events[i], FIELD_DUR), texts[i]);
		assert_str(event_field(&seen.events[i], FIELD_MS), S("915"));
	}
	assert_str(query(t, "SELECT duration_ms, detail FROM events"),
		S("duration_ms|detail|\n915|NULL|\n915|{\"dur\":\"0.9s\"}|\n915|{\"dur\":\"0915ms\"}|\n"));
	timeline_close(t);
}

static void bare_rows_come_back(void **state)
{
	(void)state;
	struct source_start start;
	struct timeline *t = must_open(":memory:");
	struct source s = {.path = S("-"), .first = INSTANT_NONE, .last = INSTANT_NONE, .complete = true};
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &s, &start, &err));
	/* Leaves of one record, a time before 1970, twice the same place. */
	struct event ev = {.at = -1, .duration = 1234567, .line = 1, .lines = 1, .part = 1};
	timeline_add_event(t, start.id, &ev, &rules);
	ev.part = 0;
	timeline_add_event(t, start.id, &ev, &rules);
	timeline_add_event(t, start.id, &ev, &rules);
	struct call c = {.id = row_id(start.key, 0, 0), .dispatched_at = INSTANT_NONE, .sent_at = INSTANT_NONE, .started_at = INSTANT_NONE, .ended_at = -1,
		.first_beat_at = INSTANT_NONE, .last_beat_at = INSTANT_NONE, .permission = -1, .duration = -1, .last_elapsed = -1, .end = {1, 0}};
	timeline_add_call(t, start.id, &c);
	timeline_add_call(t, start.id, &c);
	ok(timeline_source_end(t, start.id, &s, &err));
	ok(timeline_commit(t, &err));
	struct seen seen = load(t, start.id);
	assert_int_equal(seen.event_count, 3);
	assert_int_equal(seen.events[0].part, 0);
	assert_int_equal(seen.events[1].part, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(seen.events[i].at, -1);
		assert_int_equal(seen.events[i].duration, 1234567);
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
}

static void F11_order_of_reading_does_not_matter(void **state)
{
	(void)state;
	bool unchanged;
	struct hash128 seen[2];
	for (int backwards = 0; backwards < 2; backwards++) {
		struct timeline *t = must_open("a.db");
		ok(timeline_begin(t, &err));
		for (uint64_t i = 0; i < 20; i++) {
			uint64_t n = backwards ? 19 - i : i;
			char path[32];
			(void)snprintf(path, sizeof path, "%02u.log", (unsigned)n);
			struct source s = source_of(path, 100 + n, 5000 + n);
			(void)put_source(t, &s, 10 * n, 3, &unchanged);
			assert_false(unchanged);
		}
		ok(timeline_commit(t, &err));
		timeline_close(t);
		seen[backwards] = dump("a.db");
		assert_int_equal(unlink("a.db"), 0);
	}
	assert_memory_equal(&seen[0], &seen[1], sizeof seen[0]);
}

/* --- changed, unchanged, unread --- */

/* A database of this run knows in memory which ids are taken; asked, it says the same. */
static void ids_are_known_in_memory_as_in_rows(void **state)
{
	(void)state;
	enum { SOURCES = 60, MANY = RANGES_MOST + 4 };
	bool unchanged;
	int64_t ids[SOURCES], last;
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	for (uint64_t i = 0; i < SOURCES; i++) {
		struct source s = source_of(i % 2 ? "a.log" : "b.log", 1000 + i, 100000 + i);
		ids[i] = put_source(t, &s, 500, 2, &unchanged);
	}
	assert_true(t->fresh);
	for (int i = 0; i < SOURCES * 3; i++) {
		const int64_t probe = i < SOURCES ? ids[i] : ids[i % SOURCES] + (i < 2 * SOURCES ? -1 : 100);
		struct source s = source_of("a.log", 1000 + (uint64_t)i, 100000); /* the ids of the first are taken */
		int64_t limit[2], id[2];
		for (int asked = 0; asked < 2; asked++) {
			t->fresh = !asked;
			ok(checkpoint_limit(t, probe, &limit[asked], &err));
			ok(checkpoint_new_id(t, &s, S("a.log"), &id[asked], &err));
		}
		assert_int_equal(limit[0], limit[1]);
		assert_int_equal(id[0], id[1]);
		assert_true(i >= SOURCES || id[0] != ids[i]);
	}
	t->fresh = true;
	/* Of very many it does not: the rows say that one behind those in memory is taken. */
	for (uint64_t i = SOURCES; i < MANY; i++) {
		struct source s = source_of("a.log", 1000 + i, 100000 + i);
		last = put_source(t, &s, 500, 0, &unchanged);
	}
	assert_int_equal(t->known.ranges.n, RANGES_MOST);
	struct source again = source_of("a.log", 1000 + MANY - 1, 100000);
	int64_t id;
	ok(checkpoint_new_id(t, &again, S("a.log"), &id, &err));
	assert_int_not_equal(id, last);
	ok(timeline_commit(t, &err));
	timeline_close(t);
}

static void a_changed_file_replaces_its_rows(void **state)
{
	(void)state;
	bool unchanged;
	struct source s = source_of("a.log", 42, 5000);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	int64_t id = put_source(t, &s, 0, 3, &unchanged);
	ok(timeline_commit(t, &err));
	timeline_close(t);
	struct hash128 before = dump("a.db");

	t = must_open("a.db");
	ok(timeline_begin(t, &err));
	assert_int_equal(put_source(t, &s, 0, 3, &unchanged), id);
	assert_true(unchanged);
	ok(timeline_commit(t, &err));
	timeline_close(t);
	struct hash128 again = dump("a.db");
	assert_memory_equal(&before, &again, sizeof before);

	t = must_open("a.db");
	struct source grown = source_of("a.log", 42, 6000);
	ok(timeline_begin(t, &err));
	assert_int_equal(put_source(t, &grown, 100, 2, &unchanged), id);
	assert_false(unchanged);
	ok(timeline_commit(t, &err));
	struct seen seen = load(t, id);
	assert_int_equal(seen.event_count, 2);
	assert_int_equal(seen.call_count, 2);
	assert_int_equal(seen.events[0].offset, 100);
	timeline_close(t);

	/* Other knowledge: read again. A pending last line: only when it is to count. */
	t = must_open_with("a.db", 8);
	ok(timeline_begin(t, &err));
	struct source pending = grown;
	pending.pending_bytes = 3;
	assert_int_equal(put_source(t, &pending, 100, 1, &unchanged), id);
	assert_false(unchanged);
	(void)put_source(t, &grown, 100, 1, &unchanged);
	assert_true(unchanged);
	assert_false(timeline_source_same(t, &grown, true, &id, &err));
	timeline_close(t); /* without commit: nothing of it stays */

	t = must_open_with("a.db", 8);
	struct source back;
	ok(timeline_load_source(t, id, &arena, &back, &err));
	assert_int_equal(back.problem_count, 1);
	assert_string_equal(back.problems[0].code, "old-knowledge");
	assert_int_equal(load(t, id).event_count, 2);
	timeline_close(t);
}

static void A3_a_source_that_could_not_be_opened_keeps_its_rows(void **state)
{
	(void)state;
	int64_t id;
	bool unchanged;
	struct source_start start;
	struct source s = source_of("a.log", 42, 5000), grown = source_of("a.log", 42, 6000), fresh = source_of("b.log", 43, 10);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	id = put_source(t, &s, 0, 3, &unchanged);
	ok(timeline_commit(t, &err));
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &grown, &start, &err));
	assert_int_equal(start.id, id);
	assert_false(start.unchanged);
	ok(begin_source(t, &fresh, &start, &err));
	ok(timeline_commit(t, &err));
	assert_int_equal(load(t, id).event_count, 3);
	assert_str(query(t, "SELECT path FROM sources"), S("path|\na.log|\n"));
	timeline_close(t);
}

static void check_same_source(const struct source *a, const struct source *b)
{
	const str one[] = {a->path, a->file, a->client_version, a->session_id, a->cwd, a->server};
	const str other[] = {b->path, b->file, b->client_version, b->session_id, b->cwd, b->server};
	for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
		assert_str(one[i], other[i]);
		assert_int_equal(!one[i].p, !other[i].p);
	}
	assert_memory_equal(&a->identity, &b->identity, sizeof a->identity);
	assert_memory_equal(&a->shared, &b->shared, sizeof a->shared);
	const int64_t numbers[] = {a->id, a->kind, a->excerpt, a->filtered, a->complete, (int64_t)a->bytes, (int64_t)a->offset, (int64_t)a->pending_bytes,
		(int64_t)a->lines, (int64_t)a->records, (int64_t)a->unrecognized, a->first, a->last, a->has_times, a->copy_of, (int64_t)a->problem_count};
	const int64_t others[] = {b->id, b->kind, b->excerpt, b->filtered, b->complete, (int64_t)b->bytes, (int64_t)b->offset, (int64_t)b->pending_bytes,
		(int64_t)b->lines, (int64_t)b->records, (int64_t)b->unrecognized, b->first, b->last, b->has_times, b->copy_of, (int64_t)b->problem_count};
	assert_memory_equal(numbers, others, sizeof numbers);
	for (size_t i = 0; i < a->problem_count; i++) {
		assert_string_equal(a->problems[i].text, b->problems[i].text);
		assert_string_equal(a->problems[i].code, b->problems[i].code);
	}
}

/* The first run of a database keeps what it wrote of a source, and reads the forms of events nowhere. */
static void what_a_first_run_keeps_is_what_the_database_gives(void **state)
{
	(void)state;
	bool unchanged;
	struct problem problem = {.code = "cut", .line = 3, .offset = 70, .class = PROBLEM_NOTE, .times = 2, .text = "a line was cut"};
	struct source bare = source_of("b.log", 43, 10), full = source_of("a.log", 42, 5000);
	full.identity.inode_gen = 3, full.identity.head_hash = 8, full.identity.head_len = 4, full.identity.marker_hash = 98, full.identity.marker_len = 4;
	full.excerpt = full.filtered = true, full.complete = false, full.pending_bytes = 5, full.server = S("pg-mcp");
	full.problems = &problem, full.problem_count = 1;
	bare.client_version = bare.session_id = bare.cwd = STR_NONE, bare.has_times = false, bare.first = bare.last = INSTANT_NONE;
	struct timeline *t = must_open("a.db");
	struct source kept[2], back[2];
	ok(timeline_begin(t, &err));
	const int64_t ids[2] = {put_source(t, &full, 0, 2, &unchanged), put_source(t, &bare, 0, 0, &unchanged)};
	ok(timeline_load_sources(t, ids, 2, &arena, kept, &err));
	const struct seen written = load(t, ids[0]);
	ok(timeline_commit(t, &err));
	timeline_close(t);
	t = must_open("a.db");
	ok(timeline_load_sources(t, ids, 2, &arena, back, &err));
	const struct seen read = load(t, ids[0]);
	for (size_t i = 0; i < 2; i++)
		check_same_source(&kept[i], &back[i]);
	assert_int_equal(kept[0].problem_count, 1);
	assert_int_equal(written.event_count, 2);
	for (size_t i = 0; i < written.event_count; i++) {
		assert_int_equal(written.events[i].kind, KIND_TRANSPORT_DROPPED);
		assert_int_equal(read.events[i].kind, written.events[i].kind);
		assert_int_equal(read.events[i].signature, written.events[i].signature);
		assert_int_equal(read.events[i].class, written.events[i].class);
		assert_int_equal(read.events[i].level, written.events[i].level);
		assert_int_equal(read.events[i].local_time, written.events[i].local_time);
	}
	timeline_close(t);
}

static void a_lost_end_refuses_the_commit(void **state)
{
	(void)state;
	struct source_start start;
	struct source s = source_of("a.log", 42, 5000);
	struct timeline *t = must_open(":memory:");
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &s, &start, &err));
	struct event ev = event_of(1);
	timeline_add_event(t, start.id, &ev, &rules);
	assert_int_equal(timeline_commit(t, &err), ERR_DB);
	timeline_rollback(t);
	/* A row outside of its source's ids is an error that comes out at the end. */
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &s, &start, &err));
	struct call c = call_of(start.key, 1);
	c.id = 1;
	if (start.id != 1)
		timeline_add_call(t, start.id, &c);
	assert_int_equal(timeline_source_end(t, start.id, &s, &err), ERR_DB);
	timeline_close(t);
}

/* --- copies --- */

static struct source on_disk(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	struct source s = source_of(path, st.st_ino, (uint64_t)st.st_size);
	s.identity.dev = st.st_dev;
	s.identity.head_hash = hash64(S("same")), s.identity.head_len = 4, s.identity.marker_hash = 98, s.identity.marker_len = 4;
	return s;
}

static size_t calls_of(struct timeline *t, const struct source *s)
{
	struct seen seen = {0};
	for (size_t i = 0; i < s->part_count; i++)
		ok(timeline_load_calls(t, &s->parts[i], s->index, &arena, false, see_call, &seen, &err));
	return seen.call_count;
}

static void B15_a_copy_counts_once_whichever_comes_first(void **state)
{
	(void)state;
	bool unchanged;
	static char text[1000] = "same";
	write_file("a.log", text);
	write_file("b.log", text);
	assert_int_equal(truncate("a.log", 1000), 0);
	assert_int_equal(truncate("b.log", 1000), 0);
	struct source first = on_disk("a.log"), second = on_disk("b.log");
	for (int backwards = 0; backwards < 2; backwards++) {
		struct timeline *t = must_open(":memory:");
		struct source both[2], alone;
		ok(timeline_begin(t, &err));
		const int64_t original = put_source(t, backwards ? &second : &first, 0, 2, &unchanged);
		const int64_t copy = put_source(t, backwards ? &first : &second, 0, 2, &unchanged);
		assert_str(query(t, "SELECT count(*) FROM calls"), S("count(*)|\n2|\n"));
		/* In a scope of both the first by path has the rows, whichever was met first; alone each has them all. */
		ok(timeline_load_source(t, backwards ? copy : original, &arena, &both[0], &err));
		ok(timeline_load_source(t, backwards ? original : copy, &arena, &both[1], &err));
		both[0].index = 0, both[1].index = 1;
		ok(timeline_share(t, both, 2, &arena, &err));
		assert_int_equal(calls_of(t, &both[0]), 2);
		assert_int_equal(calls_of(t, &both[1]), 0);
		assert_int_equal(both[0].records, 9);
		assert_int_equal(both[1].records, 0);
		assert_string_equal(both[1].problems[both[1].problem_count - 1].code, "copy");
		ok(timeline_load_source(t, copy, &arena, &alone, &err));
		ok(timeline_share(t, &alone, 1, &arena, &err));
		assert_int_equal(calls_of(t, &alone), 2);
		assert_int_equal(alone.records, 9);
		assert_int_equal(alone.problem_count, 0);
		/* The original is written anew: a generation more, and the copy stays what it was. */
		struct source other = backwards ? second : first;
		other.identity.size = 900, other.identity.marker_hash = 1;
		(void)put_source(t, &other, 0, 1, &unchanged);
		assert_false(unchanged);
		(void)put_source(t, backwards ? &first : &second, 0, 2, &unchanged);
		assert_true(unchanged);
		ok(timeline_commit(t, &err));
		assert_str(query(t, "SELECT count(*) AS n, (SELECT group_concat(state) FROM (SELECT state FROM sources ORDER BY state)) AS s FROM calls"),
			S("n|s|\n3|copy,read,replaced|\n"));
		timeline_close(t);
	}
	/* The original is gone: the other file is that generation, moved. */
	assert_int_equal(unlink("a.log"), 0);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	(void)put_source(t, &first, 0, 2, &unchanged);
	ok(timeline_commit(t, &err));
	timeline_close(t);
	t = must_open("a.db");
	ok(timeline_begin(t, &err));
	(void)put_source(t, &second, 0, 2, &unchanged);
	assert_true(unchanged);
	ok(timeline_commit(t, &err));
	assert_str(query(t, "SELECT path, records FROM sources"), S("path|records|\nb.log|9|\n"));
	assert_str(query(t, "SELECT count(*) FROM calls"), S("count(*)|\n2|\n"));
	timeline_close(t);
}

/* --- scope --- */

static void scope_is_paths_and_what_lies_below(void **state)
{
	(void)state;
	bool unchanged;
	int64_t id[4], *ids;
	size_t n;
	assert_int_equal(mkdir("sub", 0700), 0);
	struct timeline *t = must_open(":memory:");
	ok(timeline_begin(t, &err));
	static const char *const paths[] = {"sub/c.log", "a.log", "sub2/c.log", "sub/c.log"};
	for (uint64_t i = 0; i < 4; i++) {
		struct source s = source_of(paths[i], 50 + i, 10);
		s.identity.btime_ns = (int64_t)(10 - i);
		id[i] = put_source(t, &s, 0, 1, &unchanged);
	}
	ok(timeline_commit(t, &err));
	const str below[] = {S("a.log"), S("sub/")};
	ok(timeline_scope(t, below, 2, &arena, &ids, &n, &err));
	assert_int_equal(n, 3);
	assert_int_equal(ids[0], id[1]);
	assert_int_equal(ids[1], id[3]); /* the older generation first */
	assert_int_equal(ids[2], id[0]);
	const str here[] = {S(".")};
	ok(timeline_scope(t, here, 1, &arena, &ids, &n, &err));
	assert_int_equal(n, 3); /* sub2 does not exist: its path stays as it was given */
	const str gone[] = {S("nowhere"), S("su")};
	ok(timeline_scope(t, gone, 2, &arena, &ids, &n, &err));
	assert_int_equal(n, 0);
	timeline_close(t);
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
	bool unchanged;
	struct timeline *t = must_open("a.db");
	struct source s = source_of("a.log", 42, 5000);
	ok(timeline_begin(t, &err));
	s.id = put_source(t, &s, 0, 2, &unchanged);
	ok(timeline_commit(t, &err));
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
		ok(timeline_save_facts(t, &f, S("key"), &err));
	assert_str(query(t, "SELECT incident_id, cause, severity, started, ended_ms, duration_ms FROM incidents"),
		S("incident_id|cause|severity|started|ended_ms|duration_ms|\nv1:00|sse-drop-silent-hang|critical|2026-05-17T06:40:00.000Z|NULL|1000|\n"));
	assert_str(query(t, "SELECT path, line, role, text, after_ms IS NULL FROM evidence ORDER BY line"),
		S("path|line|role|text|after_ms IS NULL|\na.log|4|trigger|SSE connection dropped after 61937s uptime|1|\na.log|5|absence|answer|0|\n"));
	assert_str(query(t, "SELECT call_id = (SELECT min(call_id) FROM calls), ending FROM incident_calls"),
		S("call_id = (SELECT min(call_id) FROM calls)|ending|\n1|user-cancel|\n"));
	assert_str(query(t, "SELECT count(*), min(server), (SELECT count(*) FROM notes), (SELECT transport FROM servers) FROM connections"),
		S("count(*)|min(server)|(SELECT count(*) FROM notes)|(SELECT transport FROM servers)|\n2|pg-mcp|1|sse|\n"));
	/* The same scope with another answer. */
	f.incident_count = 0;
	ok(timeline_save_facts(t, &f, S("key"), &err));
	assert_str(query(t, "SELECT (SELECT count(*) FROM incidents), (SELECT count(*) FROM evidence_line), (SELECT count(*) FROM incident_calls)"),
		S("(SELECT count(*) FROM incidents)|(SELECT count(*) FROM evidence_line)|(SELECT count(*) FROM incident_calls)|\n0|1|0|\n"));
	/* A wider scope takes the place of the narrower, and the narrower is written anew when asked for again. */
	struct source two[] = {s, source_of("b.log", 43, 10)};
	two[1].id = s.id + 100000;
	struct facts wide = f;
	wide.sources = two, wide.source_count = 2, wide.incident_count = 1;
	ok(timeline_save_facts(t, &wide, S("wide"), &err));
	assert_str(query(t, "SELECT count(*), (SELECT count(*) FROM scope) FROM incidents"), S("count(*)|(SELECT count(*) FROM scope)|\n1|1|\n"));
	ok(timeline_save_facts(t, &f, S("key"), &err));
	assert_str(query(t, "SELECT count(*), sum(key = 0) FROM scope"), S("count(*)|sum(key = 0)|\n2|1|\n"));
	ok(timeline_add_run(t, S("analyze"), noon, noon + SECOND, 3, &err));
	assert_str(query(t, "SELECT run_id, started, command, exit FROM runs"), S("run_id|started|command|exit|\n1|2026-05-17T06:40:00.000Z|analyze|3|\n"));
	timeline_close(t);
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
	bool unchanged;
	struct timeline *t = must_open(":memory:");
	struct source s = source_of("a.log", 42, 5000);
	ok(timeline_begin(t, &err));
	(void)put_source(t, &s, 0, 1, &unchanged);
	ok(timeline_commit(t, &err));
	for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
		char sql[512];
		(void)snprintf(sql, sizeof sql, "SELECT %s FROM %s", views[i][1], views[i][0]);
		(void)query(t, sql);
	}
	assert_str(query(t, "SELECT session_id, server, tool, started, ended_ms - started_ms, duration_ms, permission_ms, outcome, ending, heartbeats, link, link_sure, offset FROM calls"),
		S("session_id|server|tool|started|ended_ms - started_ms|duration_ms|permission_ms|outcome|ending|heartbeats|link|link_sure|offset|\n"
		  "5eed|pg-mcp|list_schemas|2026-05-17T06:40:00.004Z|1390996|1391000|2|cancelled|user-cancel|46|elapsed|1|0|\n"));
	assert_str(query(t, "SELECT at, kind, signature, class, server, detail, call_id = event_id FROM events"),
		S("at|kind|signature|class|server|detail|call_id = event_id|\n2026-05-17T06:40:00.324Z|transport.dropped|life.drop|refused|pg-mcp|"
		  "{\"uptime\":\"61937\",\"why\":\"a \\\"b\\\"\\n\\\\\"}|1|\n"));
	assert_str(query(t, "SELECT session_id, client_version, started FROM sessions"), S("session_id|client_version|started|\n5eed|2.1.143|2026-05-17T06:40:00.000Z|\n"));
	timeline_close(t);
}

static void queries_can_only_read(void **state)
{
	(void)state;
	static const char *const refused[] = {"DELETE FROM event_pack", "PRAGMA user_version", "ATTACH 'b.db' AS b", "CREATE TABLE x(y)", "SELECT load_extension('x')",
		"SELECT 1; SELECT 2", "", "SELECT nothing FROM calls", "SELECT writefile('b.db', 'x')"};
	struct timeline *t = must_open("a.db");
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		err = (struct err){0};
		assert_int_equal(timeline_query(t, str_z(refused[i]), 0, collect, &out, &err), ERR_USAGE);
		assert_true(err.text[0]);
	}
	assert_int_equal(timeline_query(t, S("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"), 100000, collect, &out, &err), ERR_LIMIT);
	assert_int_equal(access("b.db", F_OK), -1);
	timeline_close(t);
}

/* --- the packed column --- */

static instant whole_ms(instant v) { return v / MILLISECOND * MILLISECOND; }

static void packed_calls_come_back_and_damage_does_no_harm(void **state)
{
	(void)state;
	unsigned char bytes[PACK_MOST];
	struct call c = call_of(5, 500), back;
	c.dispatched_at = noon - 999, c.last_beat_at = noon + 7, c.sent.line = 0, c.end.offset = 3, c.end.line = 1;
	const struct place first = *pack_first_place(&c);
	size_t n = pack_call(&c, bytes);
	assert_true(n < PACK_MOST);
	for (size_t cut = 0; cut <= n; cut++) {
		back = (struct call){.started_at = whole_ms(c.started_at), .ended_at = whole_ms(c.ended_at), .first_beat_at = whole_ms(c.first_beat_at),
			.last_beat_at = whole_ms(c.last_beat_at)};
		unpack_call((str){(const char *)bytes, cut}, &first, pack_base(&c) / MILLISECOND, &back);
	}
	assert_int_equal(back.dispatched_at, c.dispatched_at);
	assert_int_equal(back.sent_at, c.sent_at);
	assert_int_equal(back.last_beat_at, c.last_beat_at);
	assert_memory_equal(&back.start, &c.start, sizeof c.start);
	assert_memory_equal(&back.end, &c.end, sizeof c.end);
	assert_int_equal(back.sent.line, 0);
	/* Extremes fit. */
	c.dispatched_at = INT64_MIN / 2, c.sent_at = INT64_MAX / 2, c.start = (struct place){1, 0}, c.sent = (struct place){UINT32_MAX, INT64_MAX},
	c.end = (struct place){UINT32_MAX, INT64_MAX};
	assert_true(pack_call(&c, bytes) < PACK_MOST);
	memset(bytes, 0xff, sizeof bytes);
	unpack_call((str){(const char *)bytes, sizeof bytes}, &first, 0, &back);
}

/* Of a session of a million calls: what the database would refuse is not kept, and that is no error. */
static void a_huge_digest_is_not_kept(void **state)
{
	enum { HUGE_BYTES = 17 << 20 };
	(void)state;
	str got;
	struct timeline *t = must_open("a.db");
	char *bytes = mem_new(HUGE_BYTES);
	ok(timeline_begin(t, &err));
	ok(timeline_put_digest(t, 1, 2, (str){bytes, HUGE_BYTES}, &err));
	ok(timeline_put_digest(t, 3, 4, S("small"), &err));
	ok(timeline_commit(t, &err));
	timeline_close(t);
	t = must_open("a.db");
	ok(timeline_digest(t, 1, 2, &arena, &got, &err));
	assert_null(got.p);
	ok(timeline_digest(t, 3, 4, &arena, &got, &err));
	assert_str(got, S("small"));
	timeline_close(t);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(rows_come_back),
		IN_FOLDER(fields_that_say_the_duration_come_back),
		IN_FOLDER(bare_rows_come_back),
		IN_FOLDER(F11_order_of_reading_does_not_matter),
		IN_FOLDER(ids_are_known_in_memory_as_in_rows),
		IN_FOLDER(a_changed_file_replaces_its_rows),
		IN_FOLDER(A3_a_source_that_could_not_be_opened_keeps_its_rows),
		IN_FOLDER(what_a_first_run_keeps_is_what_the_database_gives),
		IN_FOLDER(a_lost_end_refuses_the_commit),
		IN_FOLDER(B15_a_copy_counts_once_whichever_comes_first),
		IN_FOLDER(scope_is_paths_and_what_lies_below),
		IN_FOLDER(verdicts_are_replaced_by_scope),
		IN_FOLDER(views_have_the_columns_of_the_contract),
		IN_FOLDER(queries_can_only_read),
		IN_FOLDER(packed_calls_come_back_and_damage_does_no_harm),
		IN_FOLDER(a_huge_digest_is_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
