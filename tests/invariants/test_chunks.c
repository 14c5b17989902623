/* How logs are read must not matter. For twenty samples the whole JSON report is the same, byte for byte, for any size of reads and
 * for a second run; and the same verdicts come of the same files in another order. */
#include <ftw.h>

#include "../unit/rules_fixture.h"
#include "pipeline.h"
#include "report/report.h"

static const char *const samples[] = {
	"001-sse-drop-silent-hang", "003-http-drop-watchdog-120s-recovered", "004-parallel-subagents-one-drop", "005-old-client-sse-drop-still-open",
	"006-proxy-cuts-sse-every-15s", "015-stdio-hang-client-exit-329", "042-respond-assert-crash-http-journald", "056-proxy-cuts-answer-tool-runs-twice",
	"060-http-restart-stale-session-400", "062-pre-init-warning-docker-json", "094-desktop-initialize-unanswered", "117-transcript-ends-with-open-call",
	"143-mail-quote-idle-abort", "144-no-names-no-times-preinit", "145-pasted-assertion-traceback", "151-html-502-page", "161-one-restart-three-clients",
	"163-ide-log-two-clocks", "164-k8s-server-log-only-preinit", "168-cache-log-only-sse-hang",
};

/* nftw gives its callback no context. */
static struct {
	struct arena arena;
	VEC(str) paths;
} found;

static bool is_input(const char *name)
{
	static const char *const others[] = {"expect.json", "expect.txt", "why.md", "args", "known-bug"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return true;
}

static int on_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	if (type == FTW_F && is_input(path + at->base))
		*vec_push(&found.paths) = arena_str(&found.arena, str_z(path));
	return 0;
}

static int path_order(const void *a, const void *b) { return str_cmp(*(const str *)a, *(const str *)b); }

static void find(const char *sample)
{
	char dir[500];
	(void)snprintf(dir, sizeof dir, "%s/samples/%s", MCPLOG_SOURCE, sample);
	found.paths.n = 0;
	if (nftw(dir, on_file, 8, FTW_PHYS) != 0 || found.paths.n == 0)
		fail_msg("no sample %s", sample);
	vec_sort(&found.paths, path_order);
}

static void run(const str *paths, size_t count, size_t chunk, struct pipeline_result *ret)
{
	struct pipeline_options o = {.paths = paths, .path_count = count, .db = ":memory:", .as_of = INSTANT_NONE, .chunk = chunk, .source = {.allow_root = true}};
	struct err e = {0};
	if (pipeline_run(&rules, &o, ret, &e) != 0)
		fail_msg("%s", e.text);
}

static void json(size_t chunk, struct buf *out)
{
	const struct report_options wanted = {.columns = 80, .since = INSTANT_NONE, .until = INSTANT_NONE};
	struct pipeline_result r;
	run(found.paths.v, found.paths.n, chunk, &r);
	buf_reset(out);
	report_find(S("json"))->write(&r.facts, &rules, &wanted, out);
	pipeline_result_done(&r);
}

static void expect_same(const char *sample, const char *what, size_t n, str want, str got)
{
	size_t at = 0;
	if (str_eq(want, got))
		return;
	while (at < want.n && at < got.n && want.p[at] == got.p[at])
		at++;
	size_t from = at > 60 ? at - 60 : 0;
	fail_msg("%s, %s %zu: byte %zu:\n%.*s\n%.*s", sample, what, n, at, STR_ARG(str_head(str_from(want, from), 160)),
		STR_ARG(str_head(str_from(got, from), 160)));
}

static void the_size_of_reads_does_not_matter(void **state)
{
	static const size_t chunks[] = {0, 1, 2, 3, 7, 64, 4096}; /* 0, the default, is the second run */
	struct buf want = {0}, got = {0};
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		find(samples[i]);
		json(0, &want);
		assert_true(want.n > 100);
		for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
			json(chunks[c], &got);
			expect_same(samples[i], "reads of bytes", chunks[c], buf_str(&want), buf_str(&got));
		}
	}
	buf_done(&want);
	buf_done(&got);
}

/* Incidents are sorted by their ids: the report lists sources, and what begins at one moment, as the files were named. */
static int id_order(const void *a, const void *b) { return str_cmp((*(const struct incident *const *)a)->id, (*(const struct incident *const *)b)->id); }

static void verdicts(struct buf *out)
{
	struct pipeline_result r;
	VEC(const struct incident *) sorted = {0};
	run(found.paths.v, found.paths.n, 0, &r);
	for (size_t i = 0; i < r.facts.incident_count; i++)
		*vec_push(&sorted) = &r.facts.incidents[i];
	vec_sort(&sorted, id_order);
	buf_reset(out);
	for (size_t i = 0; i < sorted.n; i++) {
		const struct incident *k = sorted.v[i];
		buf_printf(out, "%.*s %.*s %.*s %s %s %s %s %zu calls, %zu lines, %lld\n", STR_ARG(k->id), STR_ARG(k->cause), STR_ARG(k->trigger),
			ending_name(k->ending), state_name(k->state), severity_name(k->severity), confidence_name(k->confidence), k->call_count, k->evidence_count,
			(long long)k->duration);
	}
	buf_printf(out, "%zu notes, %zu stale, %zu clocks, %llu calls\n", r.facts.note_count, r.facts.stale_count, r.facts.clock_count,
		(unsigned long long)r.facts.calls);
	vec_free(&sorted);
	pipeline_result_done(&r);
}

static void reverse_paths(void)
{
	for (size_t i = 0, k = found.paths.n - 1; i < k; i++, k--) {
		str swap = found.paths.v[i];
		found.paths.v[i] = found.paths.v[k];
		found.paths.v[k] = swap;
	}
}

static void the_order_of_files_does_not_matter(void **state)
{
	struct buf want = {0}, got = {0};
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		find(samples[i]);
		if (found.paths.n < 2)
			continue;
		verdicts(&want);
		reverse_paths();
		verdicts(&got);
		expect_same(samples[i], "files", found.paths.n, buf_str(&want), buf_str(&got));
	}
	vec_free(&found.paths);
	arena_done(&found.arena);
	buf_done(&want);
	buf_done(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_size_of_reads_does_not_matter),
		cmocka_unit_test(the_order_of_files_does_not_matter),
	};
	return cmocka_run_group_tests(tests, load_rules, free_rules);
}
