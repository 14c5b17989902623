/* What watch judges in memory, line by line, is what analyze says of the same files at the same moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "live.h"
#include "report/report.h"
#include "rules_fixture.h"

static str sample(const char *name)
{
	static char text[1 << 16];
	char path[512];
	(void)snprintf(path, sizeof path, MCPLOG_SOURCE "/samples/%s/debug.txt", name);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	const str whole = {text, fread(text, 1, sizeof text, f)};
	fclose(f);
	return whole;
}

static void report(const struct facts *f, struct buf *out)
{
	const struct report_options o = {.columns = 80, .since = INSTANT_NONE, .until = INSTANT_NONE};
	buf_reset(out);
	report_find(S("json"))->write(f, &rules, &o, out);
}

struct grown {
	char folder[32], path[64];
	int fd;
	str paths[1];
	struct pipeline_options options;
	struct source_list list;
	struct live *live;
};

static void begin(struct grown *g)
{
	*g = (struct grown){.folder = "live-XXXXXX"};
	assert_non_null(mkdtemp(g->folder));
	(void)snprintf(g->path, sizeof g->path, "%s/debug.txt", g->folder);
	g->fd = open(g->path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(g->fd >= 0);
	g->paths[0] = str_z(g->folder);
	g->options = (struct pipeline_options){.paths = g->paths, .path_count = 1, .db = ":memory:", .as_of = INSTANT_NONE};
	struct err e;
	assert_int_equal(live_new(&rules, &g->options, &g->live, &e), 0);
}

static void end(struct grown *g)
{
	live_free(g->live);
	source_list_done(&g->list);
	close(g->fd);
	unlink(g->path);
	rmdir(g->folder);
}

static void judge(struct grown *g, instant now, struct pipeline_result *ret)
{
	struct err e;
	source_list_done(&g->list);
	assert_int_equal(source_list_make(&g->list, g->paths, 1, &g->options.source, &e), 0);
	assert_int_equal(live_judge(g->live, &g->list, false, now, ret, &e), 0);
}

static void follow_sample(const char *name)
{
	struct grown g;
	struct buf live = {0}, whole = {0};
	begin(&g);
	str rest = sample(name);
	while (rest.n) {
		const str line = str_word(&rest, '\n');
		struct pipeline_result a, b;
		struct err e;
		instant now;
		if (line.n < 24 || !instant_iso24(line.p, &now))
			continue;
		assert_int_equal(write(g.fd, line.p, line.n), line.n);
		assert_int_equal(write(g.fd, "\n", 1), 1);
		judge(&g, now, &a);
		report(&a.facts, &live);
		g.options.as_of = now;
		assert_int_equal(pipeline_run(&rules, &g.options, &b, &e), 0);
		report(&b.facts, &whole);
		assert_true(str_eq(buf_str(&live), buf_str(&whole)));
		pipeline_result_done(&a);
		pipeline_result_done(&b);
	}
	buf_done(&live);
	buf_done(&whole);
	end(&g);
}

static void a_hang_line_by_line(void **state)
{
	(void)state;
	follow_sample("006-proxy-cuts-sse-every-15s");
}

static void a_restart_line_by_line(void **state)
{
	(void)state;
	follow_sample("060-http-restart-stale-session-400");
}

static void the_clock_of_the_log_wins_when_it_is_ahead(void **state)
{
	(void)state;
	struct grown g;
	struct pipeline_result r;
	begin(&g);
	const str text = sample("005-old-client-sse-drop-still-open");
	assert_int_equal(write(g.fd, text.p, text.n), text.n);
	judge(&g, 0, &r);
	assert_true(r.facts.as_of == r.facts.last);
	assert_int_equal(r.facts.incident_count, 1);
	assert_true(r.facts.incidents[0].duration > 0);
	pipeline_result_done(&r);
	end(&g);
}

static void what_was_forgotten_is_read_again(void **state)
{
	(void)state;
	struct grown g;
	struct pipeline_result r;
	struct err e;
	begin(&g);
	const str text = sample("005-old-client-sse-drop-still-open");
	assert_int_equal(write(g.fd, text.p, text.n), text.n);
	for (int i = 0; i < 2; i++) {
		judge(&g, 0, &r);
		assert_int_equal(r.facts.incident_count, 1);
		pipeline_result_done(&r);
		assert_int_equal(live_forget(g.live, &e), 0);
	}
	end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hang_line_by_line),
		cmocka_unit_test(a_restart_line_by_line),
		cmocka_unit_test(the_clock_of_the_log_wins_when_it_is_ahead),
		cmocka_unit_test(what_was_forgotten_is_read_again),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
