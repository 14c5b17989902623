/*
 * Command line to command. The table's rows are the commands of opts.c; -h, --help and --version stand above all of them.
 * A signal that came during the run decides the exit code, whatever the command says.
 */
#include "base/diag.h"
#include "base/out.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/exit_code.h"

int command_failed(const struct env *env, const struct err *e)
{
	if (env->stop && *env->stop)
		return exit_code_of_signal((int)*env->stop);
	diag_err(e);
	return exit_code_of(e->code);
}

int command_print(const struct env *env, str text)
{
	struct err e = {0};
	return out_text(NULL, 0600, text, &e) ? command_failed(env, &e) : EXIT_CODE_COMPLETE;
}

/* What went wrong, and where to read on: the help of the command when it was understood so far. */
static int usage(const struct err *e, enum command_id command)
{
	diag_err(e);
	if (command == COMMAND_NONE)
		diag_error("usage: mcplog COMMAND [OPTION...] [ARGUMENT...], most often: mcplog analyze PATH");
	else if (str_find(str_z(e->hint), S(" -h ")) < 0)
		diag_error("mcplog %s -h lists the options", opts_command(command)->name);
	return EXIT_CODE_USAGE;
}

static int dispatch(const struct env *env, const struct opts *opts)
{
	static int (*const run[COMMAND_COUNT])(const struct env *, const struct opts *) = {
		[COMMAND_ANALYZE] = cmd_analyze,
		[COMMAND_TIMELINE] = cmd_timeline,
		[COMMAND_EXPLAIN] = cmd_explain,
		[COMMAND_REPORT] = cmd_report,
		[COMMAND_EXPORT] = cmd_export,
		[COMMAND_WATCH] = cmd_watch,
		[COMMAND_CHECK] = cmd_check,
		[COMMAND_ALERTS] = cmd_alerts,
		[COMMAND_INIT] = cmd_init,
		[COMMAND_PATTERNS] = cmd_patterns,
		[COMMAND_QUERY] = cmd_query,
		[COMMAND_UNKNOWN] = cmd_unknown,
		[COMMAND_DOCTOR] = cmd_doctor,
		[COMMAND_DIFF] = cmd_diff,
		[COMMAND_STATUS] = cmd_status,
		[COMMAND_PRUNE] = cmd_prune,
		[COMMAND_CONFIG] = cmd_config,
		[COMMAND_COMPLETION] = cmd_completion,
		[COMMAND_HELP] = cmd_help,
		[COMMAND_VERSION] = cmd_version,
	};
	if (opts_has(opts, OPT_VERSION))
		return cmd_version(env, opts);
	if (opts_has(opts, OPT_HELP))
		return cmd_manual(env, opts);
	if (opts_has(opts, OPT_SHORT_HELP))
		return cmd_help(env, opts);
	if (opts_has(opts, OPT_SHOW_CONFIG))
		return cmd_config(env, opts);
	if (opts->command == COMMAND_NONE) {
		struct err e = {.code = ERR_USAGE, .text = "no command given", .hint = "mcplog -h lists the commands"};
		return usage(&e, COMMAND_NONE);
	}
	return run[opts->command](env, opts);
}

/* What helps to mend a configuration file must work while it is broken. */
static bool needs_no_config(const struct opts *o)
{
	return opts_has(o, OPT_VERSION) || opts_has(o, OPT_HELP) || opts_has(o, OPT_SHORT_HELP) || o->command == COMMAND_HELP ||
		o->command == COMMAND_VERSION || o->command == COMMAND_COMPLETION;
}

/* Did the user mean `check`? Also when the command line could not be understood to its end: the caller knows four codes only. */
static bool is_check(const struct opts *o, int argc, char **argv)
{
	bool named = o->command == COMMAND_CHECK;
	for (int i = 1; o->command == COMMAND_NONE && !named && i < argc; i++)
		named = str_eq(str_z(argv[i]), S("check"));
	return named;
}

static int run_check(const struct env *env, struct opts *opts, bool parsed, struct err *e)
{
	if (!parsed || (config_apply(env, opts, e) && !needs_no_config(opts)))
		return cmd_check_refused(e);
	if (needs_no_config(opts) || opts_has(opts, OPT_SHOW_CONFIG)) {
		(void)dispatch(env, opts);
		return EXIT_CODE_CHECK_UNKNOWN;
	}
	return cmd_check(env, opts);
}

int cli_run(const struct env *env, int argc, char **argv)
{
	struct opts opts;
	struct err e = {0};
	int code;
	const bool parsed = opts_parse(argc, argv, &opts, &e) == 0;
	const bool check = is_check(&opts, argc, argv);
	if (check)
		code = run_check(env, &opts, parsed, &e);
	else if (!parsed)
		code = usage(&e, opts.command);
	else if (config_apply(env, &opts, &e) && !needs_no_config(&opts))
		code = command_failed(env, &e);
	else
		code = dispatch(env, &opts);
	opts_done(&opts);
	return !check && env->stop && *env->stop ? exit_code_of_signal((int)*env->stop) : code;
}
