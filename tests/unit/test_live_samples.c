/* Every sample replayed line by line by the clock of its log, as watch would see it grow: samples without an incident are never
 * told of, those with one are, and hardly anything is taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/vec.h"
#include "cli/changes.h"
#include "live.h"
#include "rules_fixture.h"

struct replay {
	struct live *live;
	struct changes changes;
	struct source_list list;
	struct pipeline_result results[2];
	unsigned turn;
	const char *name;
	size_t begun, withdrawn;
};

static bool read_file(const char *name, const char *file, struct buf *ret)
{
	char path[512];
	(void)snprintf(path, sizeof path, MCPLOG_SOURCE "/samples/%s/%s", name, file);
	FILE *f = fopen(path, "r");
	buf_reset(ret);
	if (!f)
		return false;
	char part[4096];
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		buf_add(ret, (str){part, n});
	fclose(f);
	return true;
}

static void look(struct replay *r, const struct pipeline_options *o, instant now)
{
	static const struct report_options all = {.since = INSTANT_NONE, .until = INSTANT_NONE};
	struct err e;
	struct pipeline_result *p = &r->results[r->turn ^= 1];
	pipeline_result_done(p);
	source_list_done(&r->list);
	assert_int_equal(source_list_make(&r->list, o->paths, 1, &o->source, &e), 0);
	assert_int_equal(live_judge(r->live, &r->list, false, now, p, &e), 0);
	changes_look(&r->changes, &p->facts, &all, now);
	for (size_t i = 0; i < r->changes.events.n; i++) {
		const struct live_event *event = &r->changes.events.v[i];
		r->begun += event->kind == LIVE_BEGIN;
		const bool taken_back = event->kind == LIVE_END && str_eq(event->why, S("withdrawn"));
		if (taken_back)
			print_message("  %s: %.*s is taken back\n", r->name, STR_ARG(event->incident->cause));
		r->withdrawn += taken_back;
	}
}

/* Deadlines that pass before the next line. */
static void until(struct replay *r, const struct pipeline_options *o, instant now)
{
	for (int i = 0; i < 8 && r->changes.next != INSTANT_NONE && r->changes.next < now; i++)
		look(r, o, r->changes.next);
}

static void replay(struct replay *r, str text)
{
	char folder[] = "samples-XXXXXX", path[64];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/debug.txt", folder);
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	const str paths[] = {str_z(folder)};
	const struct pipeline_options o = {.paths = paths, .path_count = 1, .db = ":memory:", .as_of = INSTANT_NONE};
	const struct changes_options c = {.settle = 2 * SECOND, .silence = 180 * SECOND, .history = HOUR};
	struct err e;
	instant last = INSTANT_NONE;
	assert_true(fd >= 0);
	assert_int_equal(live_new(&rules, &o, &r->live, &e), 0);
	changes_init(&r->changes, &c);
	r->changes.gone_why = "withdrawn";
	look(r, &o, 0);
	while (text.n) {
		const str line = str_word(&text, '\n');
		instant now = last;
		const bool timed = line.n >= 24 && instant_iso24(line.p, &now) && now != last;
		if (timed && last != INSTANT_NONE) {
			look(r, &o, last);
			until(r, &o, now);
		}
		last = now;
		assert_int_equal(write(fd, line.p, line.n), line.n);
		assert_int_equal(write(fd, "\n", 1), 1);
	}
	look(r, &o, last);
	until(r, &o, last + HOUR);
	live_free(r->live);
	changes_done(&r->changes);
	source_list_done(&r->list);
	pipeline_result_done(&r->results[0]);
	pipeline_result_done(&r->results[1]);
	close(fd);
	unlink(path);
	rmdir(folder);
}

static bool expects_incidents(const char *name)
{
	struct buf text = {0};
	struct err e;
	assert_true(read_file(name, "expect.json", &text));
	struct json *doc = json_parse(buf_str(&text), &e);
	const bool some = json_size(json_get(doc, "incidents")) > 0;
	json_free(doc);
	buf_done(&text);
	return some;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void samples_as_they_grow(void **state)
{
	(void)state;
	VEC(char *) names = {0};
	DIR *d = opendir(MCPLOG_SOURCE "/samples");
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			*vec_push(&names) = str_dupz(str_z(e->d_name));
	closedir(d);
	vec_sort(&names, name_order);
	struct buf text = {0};
	size_t replayed = 0, begun = 0, withdrawn = 0, wolves = 0;
	for (size_t i = 0; i < names.n; i++) {
		enum { LONG = 40000 };
		if (read_file(names.v[i], "debug.txt", &text) && text.n < LONG) {
			struct replay r = {.name = names.v[i]};
			replay(&r, buf_str(&text));
			const bool wolf = r.begun > 0 && !expects_incidents(names.v[i]);
			if (wolf)
				print_message("  %s: told of %zu incidents, and there is none\n", names.v[i], r.begun);
			replayed++;
			wolves += wolf;
			begun += r.begun;
			withdrawn += r.withdrawn;
		}
		free(names.v[i]);
	}
	print_message("%zu samples, %zu incidents told, %zu taken back, %zu false\n", replayed, begun, withdrawn, wolves);
	vec_free(&names);
	buf_done(&text);
	assert_true(replayed > 50);
	assert_true(begun > 50);
	assert_int_equal(wolves, 0);
	assert_true(withdrawn * 16 <= begun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(samples_as_they_grow)};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
