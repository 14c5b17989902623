/* The command line's table: shapes of options, nearest names, what belongs to which command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/opts.h"
#include "cli/when.h"

enum { WORDS = 12 };

static int parse(struct opts *o, struct err *e, const char *const *words)
{
	char *argv[WORDS + 1] = {(char *)(uintptr_t)"mcplog"};
	int argc = 1;
	while (words[argc - 1]) {
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
		argc++;
	}
	*e = (struct err){0};
	return opts_parse(argc, argv, o, e);
}


static void good(const char *const *words, struct opts *ret)
{
	struct err e;
	if (parse(ret, &e, words))
		fail_msg("%s", e.text);
}
#define GOOD(o, ...) good((const char *const[]){__VA_ARGS__, NULL}, o)

static void bad(const char *const *words, const char *text, const char *hint)
{
	struct opts o;
	struct err e;
	assert_int_equal(parse(&o, &e, words), ERR_USAGE);
	if (!strstr(e.text, text) || !strstr(e.hint, hint))
		fail_msg("'%s' / '%s' lacks '%s' / '%s'", e.text, e.hint, text, hint);
	opts_done(&o);
}
#define BAD(text, hint, ...) bad((const char *const[]){__VA_ARGS__, NULL}, text, hint)

static void shapes(void **state)
{
	(void)state;
	struct opts o;
	GOOD(&o, "analyze", "--db=x.db", "a", "-o", "out", "--jobs", "4", "b", "-qv", "-fjson", "-");
	assert_int_equal(o.command, COMMAND_ANALYZE);
	assert_string_equal(o.value[OPT_DB], "x.db");
	assert_string_equal(o.value[OPT_OUTPUT], "out");
	assert_string_equal(o.value[OPT_FORMAT], "json");
	assert_int_equal(opts_number(&o, OPT_JOBS, 1), 4);
	assert_int_equal(opts_number(&o, OPT_LOCK_WAIT, 5), 5);
	assert_true(opts_has(&o, OPT_QUIET) && opts_has(&o, OPT_VERBOSE) && !opts_has(&o, OPT_FINAL));
	assert_int_equal(o.arg_count, 3);
	assert_string_equal(o.args[2], "-");
	opts_done(&o);
	GOOD(&o, "--final", "analyze", "--", "--db", "-x");
	assert_int_equal(o.arg_count, 2);
	assert_string_equal(o.args[0], "--db");
	opts_done(&o);
	GOOD(&o, "analyze", "--patterns", "a", "--patterns=b");
	assert_int_equal(o.pattern_count, 2);
	assert_string_equal(o.patterns[1], "b");
	opts_done(&o);
}

static void i7_wrong_words(void **state)
{
	(void)state;
	BAD("unknown option --formt", "--format", "analyze", "--formt", "json");
	BAD("unknown option --json", "did you mean --format json?", "analyze", "--json");
	BAD("unknown option --json", "did you mean --format json?", "--json", "analyze");
	BAD("unknown option --junit", "mcplog query -h lists", "query", "--junit"); /* no form of a query */
	BAD("unknown option -z", "-h", "analyze", "-z");
	BAD("unknown command 'analyse'", "mcplog analyze", "analyse");
	BAD("unknown command 'debug.txt'", "mcplog analyze debug.txt", "debug.txt");
	BAD("needs a value", "FILE", "analyze", "--db");
	BAD("takes no value", "", "analyze", "--final=yes");
	BAD("'10x' is no number", "from 1 to 256", "analyze", "--jobs=10x");
	BAD("'-1'", "from 1", "analyze", "--jobs", "-1");
	BAD("'99999999999999999999'", "from 0", "analyze", "--lock-wait=99999999999999999999");
	BAD("none of the choices", "text|json|ndjson|html|markdown|csv|junit", "analyze", "--format=xml");
	BAD("is empty", "", "analyze", "--db=");
	BAD("status has no option --format", "mcplog help status", "status", "--format=json");
}

static void help_lists_every_option_and_only_real_commands(void **state)
{
	(void)state;
	struct buf help = {0};
	for (int i = COMMAND_NONE; i < COMMAND_COUNT; i++)
		if (i != COMMAND_HELP) /* its help is the overview */
			opts_help((enum command_id)i, &help);
	for (int i = 0; i < OPT_COUNT; i++) {
		if (opts_option((enum opt_id)i)->commands == UINT32_C(1) << COMMAND_HELP)
			continue;
		const struct opt *o = opts_option((enum opt_id)i);
		assert_non_null(o->what);
		if (o->name) {
			struct buf name = {0};
			buf_printf(&name, "--%s", o->name);
			assert_true(str_find(buf_str(&help), buf_str(&name)) >= 0);
			buf_done(&name);
		}
	}
	for (int i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
		assert_true(str_find(buf_str(&help), str_z(opts_command((enum command_id)i)->name)) >= 0);
	buf_done(&help);
}

static void times(void **state)
{
	(void)state;
	static const instant as_of = INT64_C(1779049380776000); /* 2026-05-17T20:23:00.776Z */
	static const struct {
		const char *text;
		instant at;
	} table[] = {
		{"2026-05-17T20:23:00.776Z", INT64_C(1779049380776000)},
		{"2026-05-17 22:23:00.776+02:00", INT64_C(1779049380776000)},
		{"2026-05-17", INT64_C(1778976000000000)},
		{"2026-05-17T20:23", INT64_C(1779049380000000)},
		{"@1779049380", INT64_C(1779049380000000)},
		{"30 min ago", INT64_C(1779049380776000) - 30 * MINUTE},
		{"2h", INT64_C(1779049380776000) - 2 * HOUR},
		{"1 week ago", INT64_C(1779049380776000) - 7 * DAY},
		{"now", INT64_C(1779049380776000)},
		{"today", INT64_C(1778976000000000)},
		{"yesterday", INT64_C(1778889600000000)},
	};
	struct when w;
	struct err e = {0};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (when_parse("--since", table[i].text, NULL, &w, &e))
			fail_msg("%s", e.text);
		if (when_resolve(&w, as_of) != table[i].at)
			fail_msg("%s: %lld", table[i].text, (long long)when_resolve(&w, as_of));
	}
	static const char *const wrong[] = {"", "soon", "30 parsecs ago", "2026-13-01", "2026-05-17T25:00", "@", "99999999999 days", "-5 min"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(when_parse("--since", wrong[i], NULL, &w, &e), ERR_USAGE);
	assert_int_equal(when_parse("--since", "30 min ago", NULL, &w, &e), 0);
	assert_true(when_resolve(&w, INSTANT_NONE) == INSTANT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(i7_wrong_words),
		cmocka_unit_test(help_lists_every_option_and_only_real_commands),
		cmocka_unit_test(times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
