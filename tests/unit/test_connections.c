/* Connections in packs: the view gives back what was saved, a later save writes only the packs that differ, and where scopes overlap
 * each connection is there once, as the later one has it. */
#include "timeline_fixture.h"

enum { MANY = 600 };

static struct facts facts_of(const struct source *s, size_t sources, const struct server_facts *v, size_t servers)
{
	return (struct facts){.as_of = noon, .sources = s, .source_count = sources, .servers = v, .server_count = servers};
}

static void every_value_comes_back(void **state)
{
	(void)state;
	struct timeline *t = must_open(":memory:");
	struct source s = source_of("a.log", 42, 10);
	s.id = 1000;
	const struct connection one[] = {
		{S("one"), S("s1"), noon, noon + 90 * SECOND + 500 * MILLISECOND, 90, S("cleanly")},
		{S("one"), S("s1"), noon, noon + 90 * SECOND + 500 * MILLISECOND, 90, S("cleanly")}, /* the same once more is another one */
		{S("one"), S("s2"), noon + SECOND, noon + 3 * SECOND, 7, S("with-errors")},
		{S("one"), STR_NONE, noon + 2 * SECOND, noon + 3 * SECOND, -1, S("unknown")},
		{S("one"), S("s2"), noon + 3 * SECOND, INSTANT_NONE, 12, S("open")},
	}, two[] = {
		{S("two"), S("s1"), INSTANT_NONE, INSTANT_NONE, -1, STR_NONE},
		{S("two"), S("s1"), INSTANT_NONE, noon, 0, S("cleanly")},
		{S("two"), S("s1"), noon - SECOND, noon, 1, S("process-exit")},
	}, none[] = {{STR_NONE, STR_NONE, noon, INSTANT_NONE, -1, S("open")}};
	const struct server_facts servers[] = {{.name = S("one"), .connections = one, .connection_count = 5},
		{.name = S("two"), .connections = two, .connection_count = 3}, {.connections = none, .connection_count = 1}};
	struct facts f = facts_of(&s, 1, servers, 3);
	ok(timeline_save_facts(t, &f, S("key"), &err));
	const str asked = S("SELECT server, session_id AS s, opened_ms - 1779000000000 AS o, closed_ms - 1779000000000 AS c, uptime_s AS u, how FROM connections"
		" ORDER BY server IS NULL, server, opened_ms, closed_ms");
	assert_str(query(t, asked.p), S("server|s|o|c|u|how|\n"
		"one|s1|0|90500|90|cleanly|\none|s1|0|90500|90|cleanly|\none|s2|1000|3000|7|with-errors|\none|NULL|2000|3000|NULL|unknown|\n"
		"one|s2|3000|NULL|12|open|\ntwo|s1|NULL|NULL|NULL|NULL|\ntwo|s1|NULL|0|0|cleanly|\ntwo|s1|-1000|0|1|process-exit|\nNULL|NULL|0|NULL|NULL|open|\n"));
	assert_str(query(t, "SELECT count(DISTINCT connection_id) AS ids, min(connection_id) > 0 AS above FROM connections"), S("ids|above|\n9|1|\n"));
	timeline_close(t);
}

static void only_packs_that_differ_are_written(void **state)
{
	(void)state;
	struct timeline *t = must_open("a.db");
	struct source s = source_of("a.log", 42, 10);
	s.id = 1000;
	static struct connection v[MANY + 1];
	for (int i = 0; i < MANY; i++)
		v[i] = (struct connection){S("one"), S("s1"), noon + i * 1001 * MILLISECOND, noon + i * 1001 * MILLISECOND + 500 * MILLISECOND, 0, S("cleanly")};
	struct server_facts server = {.name = S("one"), .connections = v, .connection_count = MANY};
	struct facts f = facts_of(&s, 1, &server, 1);
	ok(timeline_save_facts(t, &f, S("key"), &err));
	assert_str(query(t, "SELECT count(*) > 3 AS several, max(length(rows)) < 20000 AS short FROM connection_pack"), S("several|short|\n1|1|\n"));
	/* One more, in the middle; another one has ended otherwise. */
	memmove(&v[MANY / 2 + 1], &v[MANY / 2], MANY / 2 * sizeof *v);
	v[MANY / 2].opened_at -= 3 * MILLISECOND;
	v[MANY / 2 + 2].how = S("with-errors");
	server.connection_count++;
	f.calls = 1;
	timeline_close(t);
	t = must_open("a.db");
	(void)query(t, "SELECT max(id) AS last FROM connection_pack");
	char before[64] = "";
	(void)snprintf(before, sizeof before, "%.*s", (int)out.n, out.p);
	const long last = strtol(strchr(before, '\n') + 1, NULL, 10);
	ok(timeline_save_facts(t, &f, S("key"), &err));
	char sql[160];
	(void)snprintf(sql, sizeof sql, "SELECT count(*) BETWEEN 1 AND 2 AS few FROM connection_pack WHERE id > %ld", last);
	assert_str(query(t, sql), S("few|\n1|\n"));
	assert_str(query(t, "SELECT count(*) AS n, sum(how = 'with-errors') AS bad, count(DISTINCT opened_ms) AS times FROM connections"),
		S("n|bad|times|\n601|1|601|\n"));
	/* None of them: none is left. */
	server.connection_count = 0;
	f.calls = 2;
	ok(timeline_save_facts(t, &f, S("key"), &err));
	assert_str(query(t, "SELECT count(*) AS n FROM connection_pack"), S("n|\n0|\n"));
	timeline_close(t);
}

static void overlapping_scopes_have_it_once(void **state)
{
	(void)state;
	struct timeline *t = must_open(":memory:");
	struct source s[] = {source_of("a.log", 42, 10), source_of("b.log", 43, 10), source_of("c.log", 44, 10)};
	for (int i = 0; i < 3; i++)
		s[i].id = 1000 * (i + 1);
	struct connection a_b[] = {{S("one"), S("a"), noon, INSTANT_NONE, -1, S("open")}, {S("one"), S("b"), noon + SECOND, INSTANT_NONE, -1, S("open")}};
	struct connection b_c[] = {{S("one"), S("b"), noon + SECOND, noon + 9 * SECOND, 8, S("cleanly")}, {S("one"), S("c"), noon + 2 * SECOND, INSTANT_NONE, -1, S("open")}};
	struct server_facts first = {.name = S("one"), .connections = a_b, .connection_count = 2}, second = first;
	second.connections = b_c;
	struct facts f = facts_of(s, 2, &first, 1), g = facts_of(s + 1, 2, &second, 1);
	ok(timeline_save_facts(t, &f, S("key"), &err));
	ok(timeline_save_facts(t, &g, S("key"), &err));
	static const char asked[] = "SELECT session_id AS s, how FROM connections ORDER BY opened_ms";
	assert_str(query(t, asked), S("s|how|\na|open|\nb|cleanly|\nc|open|\n"));
	f.calls = 1; /* the first scope once more */
	ok(timeline_save_facts(t, &f, S("key"), &err));
	assert_str(query(t, asked), S("s|how|\na|open|\nb|open|\nc|open|\n"));
	timeline_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(every_value_comes_back),
		IN_FOLDER(only_packs_that_differ_are_written),
		IN_FOLDER(overlapping_scopes_have_it_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
