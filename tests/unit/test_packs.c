/* Packs: many rows, given in the order in which calls end, come back in the order of the file and as they were; the next run takes the tail away
 * and nothing else; a damaged pack is told. */
#include "store/pack.h"
#include "store/timeline_p.h"
#include "timeline_fixture.h"

#include <sqlite3.h>

enum { RESTED = 2000, MANY = 3000, GROWN = 3500, RECORD = 777, LATE = 60 };

/* What stands in the n-th record follows from n alone. */
static struct event nth_event(size_t n)
{
	static const str servers[] = {S_INIT("pg-mcp"), S_INIT("memory"), S_INIT("a \"quoted\" one"), {NULL, 0}};
	struct event e = event_of(n * RECORD);
	e.line = 1 + n * 3;
	e.at = n % 7 ? noon + (instant)n * 1234567 : INSTANT_NONE;
	e.server = servers[n % 4];
	e.session = n % 50 == 3 ? S("another") : n % 50 == 4 ? STR_NONE : S("5eed");
	e.err = n % 9 ? STR_NONE : e.err;
	e.text = n % 10 ? STR_NONE : e.text;
	e.field_count = n % 3 ? 0 : 2;
	return e;
}

static struct call nth_call(uint64_t key, size_t n)
{
	struct call c = call_of(key, n * RECORD);
	c.start.line = 1 + n * 3, c.sent.line = 2 + n * 3, c.beat.line = 3 + n * 3, c.end.line = 4 + n * 3;
	c.started_at = n % 5 ? noon + (instant)n * SECOND : INSTANT_NONE;
	c.duration = n % 4 ? (instant)n * 1001 : -1;
	c.tool_use_id = n % 6 ? c.tool_use_id : S("call-of-another-kind");
	c.session = n % 50 == 3 ? S("another") : S("5eed");
	if (n % 8) {
		c.beats = 0, c.err = STR_NONE, c.class = 0, c.last_elapsed = -1, c.first_beat_at = INSTANT_NONE, c.beat = (struct place){0};
		c.outcome = OUTCOME_OK, c.flags = CALL_DISPATCHED, c.link = LINK_TOOL_USE_ID;
	}
	return c;
}

static void put_call(struct timeline *t, const struct source_start *start, size_t n)
{
	struct call c = nth_call(start->key, n);
	timeline_add_call(t, start->id, &c);
}

/* Each seventh call ends LATE records after its beginning. */
static void put_records(struct timeline *t, const struct source_start *start, size_t from, size_t to)
{
	for (size_t n = from; n < to; n++) {
		struct event e = nth_event(n);
		timeline_add_event(t, start->id, &e, &rules);
		if (n % 7)
			put_call(t, start, n);
		if (n >= LATE && (n - LATE) % 7 == 0)
			put_call(t, start, n - LATE);
	}
}

static void put_late(struct timeline *t, const struct source_start *start, size_t to)
{
	for (size_t n = to - LATE; n < to; n++)
		if (n % 7 == 0)
			put_call(t, start, n);
}

struct check {
	uint64_t key;
	size_t events, calls;
};

static void check_event(void *context, const struct event *e)
{
	struct check *k = context;
	const struct event want = nth_event(k->events++);
	assert_int_equal(e->offset, want.offset);
	assert_int_equal(e->id, row_id(k->key, want.offset, 0));
	assert_int_equal(e->line, want.line);
	assert_int_equal(e->at, want.at);
	assert_int_equal(e->lines, want.lines);
	assert_true(str_eq(e->server, want.server) && str_eq(e->session, want.session) && str_eq(e->err, want.err));
	assert_int_equal(e->field_count, want.field_count);
	for (unsigned i = 0; i < e->field_count; i++)
		assert_true(e->fields[i].name == want.fields[i].name && str_eq(e->fields[i].value, want.fields[i].value));
}

static void check_call(void *context, const struct call *c)
{
	struct check *k = context;
	const struct call want = nth_call(k->key, k->calls++);
	assert_int_equal(c->id, want.id);
	assert_int_equal(c->started_at, want.started_at);
	assert_int_equal(c->ended_at, want.ended_at);
	assert_int_equal(c->dispatched_at, want.dispatched_at);
	assert_int_equal(c->duration, want.duration);
	assert_int_equal(c->permission, want.permission);
	assert_int_equal(c->beats, want.beats);
	assert_int_equal(c->first_beat_at, want.first_beat_at);
	assert_int_equal(c->last_elapsed, want.last_elapsed);
	assert_int_equal(c->flags, want.flags);
	assert_true(c->outcome == want.outcome && c->link == want.link && c->link_sure == want.link_sure && c->attempts == want.attempts);
	assert_true(str_eq(c->server, want.server) && str_eq(c->tool, want.tool) && str_eq(c->session, want.session));
	assert_true(str_eq(c->tool_use_id, want.tool_use_id) && str_eq(c->err, want.err));
	assert_memory_equal(&c->start, &want.start, sizeof c->start);
	assert_memory_equal(&c->beat, &want.beat, sizeof c->beat);
	assert_memory_equal(&c->end, &want.end, sizeof c->end);
}

static void check_all(struct timeline *t, const struct source_start *start, size_t from, size_t to)
{
	struct check k = {start->key, from, from};
	const struct source_part part = {start->id, from * RECORD, from || to < MANY ? to * RECORD : UINT64_MAX};
	ok(timeline_load_events(t, &part, 3, &rules, &arena, true, check_event, &k, &err));
	ok(timeline_load_calls(t, &part, 3, &arena, true, check_call, &k, &err));
	assert_int_equal(k.events, to);
	assert_int_equal(k.calls, to);
}

static void rows_come_back_in_the_order_of_the_file(void **state)
{
	(void)state;
	struct source_start start;
	struct source s = source_of("a.log", 42, MANY * RECORD);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &s, &start, &err));
	put_records(t, &start, 0, RESTED);
	timeline_source_rest(t, start.id, RESTED * RECORD, S("state"));
	put_records(t, &start, RESTED, MANY);
	put_late(t, &start, MANY);
	ok(timeline_source_end(t, start.id, &s, &err));
	ok(timeline_commit(t, &err));
	check_all(t, &start, 0, MANY);
	check_all(t, &start, 1000, 1500); /* as copies have parts of their original */
	assert_str(query(t, "SELECT (SELECT count(*) > 5 AND sum(tail) > 2 FROM call_pack) AS p, count(*) AS n, count(DISTINCT call_id) AS d, min(offset) AS a, max(offset) AS z"
		" FROM calls"), S("p|n|d|a|z|\n1|3000|3000|0|2330223|\n"));
	assert_str(query(t, "SELECT count(DISTINCT event_id) AS n, sum(line) AS l, count(text) AS t, count(server) AS s FROM events"),
		S("n|l|t|s|\n3000|13498500|300|2250|\n"));

	/* A join by ids makes itself an index: each row with each would be a hundred times as many steps. */
	buf_reset(&out);
	ok(timeline_query(t, S("SELECT count(*) AS n FROM calls c JOIN events e ON e.event_id = c.call_id"), 2000000, collect, &out, &err));
	assert_str(buf_str(&out), S("n|\n3000|\n"));

	/* The file grew: what stood behind the resting place comes once more, with the calls that were open there. */
	struct source grown = source_of("a.log", 42, GROWN * RECORD);
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &grown, &start, &err));
	assert_int_equal(start.resume, RESTED * RECORD);
	put_records(t, &start, RESTED, MANY);
	timeline_source_rest(t, start.id, MANY * RECORD, S("state"));
	put_records(t, &start, MANY, GROWN);
	put_late(t, &start, GROWN);
	ok(timeline_source_end(t, start.id, &grown, &err));
	ok(timeline_commit(t, &err));
	check_all(t, &start, 0, GROWN);
	assert_str(query(t, "SELECT count(*) AS n, (SELECT count(*) FROM event_text) AS t FROM calls"), S("n|t|\n3500|350|\n"));

	/* And once more, from the second resting place. */
	ok(timeline_begin(t, &err));
	grown.identity.mtime_ns++, grown.identity.size++, grown.bytes++, grown.offset++;
	ok(begin_source(t, &grown, &start, &err));
	assert_int_equal(start.resume, MANY * RECORD);
	put_records(t, &start, MANY, GROWN);
	put_late(t, &start, GROWN);
	ok(timeline_source_end(t, start.id, &grown, &err));
	ok(timeline_commit(t, &err));
	check_all(t, &start, 0, GROWN);
	timeline_close(t);
}

/* In the run that writes them packs come from memory, of the oldest sources from the database: the rows are the same. */
static void packs_of_this_run_come_from_memory(void **state)
{
	(void)state;
	enum { SOURCES = 9, ROWS = 1000 };
	struct source_start starts[SOURCES];
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	for (size_t i = 0; i < SOURCES; i++) {
		struct source s = source_of("a.log", 1000 + i, ROWS * RECORD);
		ok(begin_source(t, &s, &starts[i], &err));
		put_records(t, &starts[i], 0, i == 5 ? 0 : ROWS);
		if (i != 5)
			put_late(t, &starts[i], ROWS);
		ok(timeline_source_end(t, starts[i].id, &s, &err));
	}
	assert_true(t->recent.bytes <= RECENT_MOST && t->recent.bytes > RECENT_MOST / 2);
	assert_null(recent_find(&t->recent, starts[0].id));
	assert_non_null(recent_find(&t->recent, starts[5].id));
	assert_non_null(recent_find(&t->recent, starts[SOURCES - 1].id));
	assert_true(recent_find(&t->recent, starts[SOURCES - 1].id)->packs[1].n > 1);
	for (int from_memory = 1; from_memory >= 0; from_memory--) {
		for (size_t i = 0; i < SOURCES; i++) {
			check_all(t, &starts[i], 0, i == 5 ? 0 : ROWS);
			if (i != 5)
				check_all(t, &starts[i], 300, 700);
		}
		recent_done(&t->recent);
	}
	ok(timeline_commit(t, &err));
	timeline_close(t);
}

static void see_nothing(void *context, const struct call *c)
{
	(void)context, (void)c;
}

static void a_damaged_pack_is_told(void **state)
{
	(void)state;
	bool unchanged;
	sqlite3 *db;
	struct source s = source_of("a.log", 42, 5000);
	struct timeline *t = must_open("a.db");
	ok(timeline_begin(t, &err));
	const int64_t id = put_source(t, &s, 0, 3, &unchanged);
	ok(timeline_commit(t, &err));
	timeline_close(t);
	assert_int_equal(sqlite3_open("a.db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE call_pack SET rows = substr(rows, 1, length(rows) - 9)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	t = must_open("a.db");
	const struct source_part all = {id, 0, UINT64_MAX};
	assert_int_equal(timeline_load_calls(t, &all, 0, &arena, true, see_nothing, NULL, &err), ERR_DB);
	assert_non_null(strstr(err.text, "damaged"));
	timeline_close(t);
}

static void short_details_are_names_of_the_pack(void **state)
{
	(void)state;
	struct source_start start;
	struct source s = source_of("a.log", 42, 5000);
	struct timeline *t = must_open(":memory:");
	ok(timeline_begin(t, &err));
	ok(begin_source(t, &s, &start, &err));
	static const str texts[] = {S_INIT("sse \"1\""), S_INIT("sse \"1\""), S_INIT("a text of more bytes than those that are often told twice"), S_INIT("stdio")};
	struct event ev = event_of(0);
	for (size_t i = 0; i < 5; i++) {
		struct field f = {FIELD_WHY, i < 4 ? texts[i] : STR_NONE};
		ev.fields = &f;
		ev.field_count = i < 4;
		ev.offset = 100 * i;
		timeline_add_event(t, start.id, &ev, &rules);
	}
	ok(timeline_source_end(t, start.id, &s, &err));
	ok(timeline_commit(t, &err));
	struct seen seen = load(t, start.id);
	assert_int_equal(seen.event_count, 5);
	for (size_t i = 0; i < 4; i++)
		assert_str(event_field(&seen.events[i], FIELD_WHY), texts[i]);
	assert_int_equal(seen.events[4].field_count, 0);
	assert_str(query(t, "SELECT detail ->> 'why' AS why, typeof(detail) AS k FROM events ORDER BY offset"), S("why|k|\nsse \"1\"|text|\nsse \"1\"|text|\n"
		"a text of more bytes than those that are often told twice|text|\nstdio|text|\nNULL|null|\n"));
	assert_str(query(t, "SELECT json_array_length(names) AS n, rows GLOB '*sse*' AS s, rows GLOB '*often told*' AS l FROM event_pack"), S("n|s|l|\n4|0|1|\n"));
	timeline_close(t);
}

/* However a call begins, it comes back; when all is at one time, that is not said apart. */
static void beginnings_of_calls_come_back(void **state)
{
	(void)state;
	unsigned char bytes[PACK_MOST];
	const instant times[] = {noon, noon + 3, noon + 5 * MILLISECOND, INSTANT_NONE};
	size_t lengths[32];
	for (size_t i = 0; i < 32; i++) {
		struct call c = call_of(5, 500);
		c.started_at = noon, c.dispatched_at = times[i % 4], c.sent_at = times[i / 4 % 4];
		if (i >= 16)
			c.start = (struct place){0};
		const struct place first = *pack_first_place(&c);
		const size_t n = pack_call(&c, bytes);
		struct call back = {.started_at = noon, .ended_at = c.ended_at / MILLISECOND * MILLISECOND, .first_beat_at = c.first_beat_at, .last_beat_at = INSTANT_NONE};
		unpack_call((str){(const char *)bytes, n}, &first, noon / MILLISECOND, &back);
		assert_int_equal(back.dispatched_at, c.dispatched_at);
		assert_int_equal(back.sent_at, c.sent_at);
		assert_int_equal(back.ended_at, c.ended_at);
		assert_memory_equal(&back.start, &c.start, sizeof c.start);
		assert_memory_equal(&back.sent, &c.sent, sizeof c.sent);
		assert_memory_equal(&back.end, &c.end, sizeof c.end);
		lengths[i] = n;
	}
	assert_int_equal(lengths[0] + 3, lengths[8]); /* sent 5 ms later: two distances, and in which line */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(short_details_are_names_of_the_pack),
		IN_FOLDER(beginnings_of_calls_come_back),
		IN_FOLDER(rows_come_back_in_the_order_of_the_file),
		IN_FOLDER(packs_of_this_run_come_from_memory),
		IN_FOLDER(a_damaged_pack_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
