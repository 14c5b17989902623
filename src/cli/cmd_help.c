/*
 * help, -h, --help, version. --help opens the manual page when it is installed and somebody is looking; in a pipe, or where
 * there is no man(1), it prints the same overview as -h.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/regex.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/manual.h"
#include "cli/pager.h"
#include "model/version.h"

static int print_help(const struct env *env, const struct opts *o, enum command_id command)
{
	struct buf help = {0};
	if (opts_has(o, OPT_MDOC))
		manual_write(command, &help);
	else
		opts_help(command, &help);
	const int code = pager_print(env, o, buf_str(&help));
	buf_done(&help);
	return code;
}

int cmd_help(const struct env *env, const struct opts *opts)
{
	if (opts->command != COMMAND_HELP)
		return print_help(env, opts, opts->command);
	if (opts->arg_count == 0)
		return print_help(env, opts, COMMAND_NONE);
	struct opts named;
	struct err e = {0};
	char self[] = "mcplog";
	char *const argv[] = {self, opts->args[0]};
	const int failed = opts_parse(2, (char **)argv, &named, &e);
	const enum command_id command = named.command;
	opts_done(&named);
	if (!failed)
		return print_help(env, opts, command);
	diag_err(&e);
	return EXIT_CODE_USAGE;
}

/* True when man(1) showed the page. */
static bool show_manual(str name)
{
	char man[] = "man", section[] = "1";
	struct buf page = {0};
	buf_add(&page, name);
	buf_byte(&page, 0);
	char *const argv[] = {man, section, page.p, NULL};
	posix_spawn_file_actions_t actions;
	if (posix_spawn_file_actions_init(&actions)) {
		buf_done(&page);
		return false;
	}
	pid_t child;
	int status = 1;
	const bool started = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
		posix_spawnp(&child, man, &actions, NULL, argv, environ) == 0;
	(void)posix_spawn_file_actions_destroy(&actions);
	buf_done(&page);
	return started && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int cmd_manual(const struct env *env, const struct opts *opts)
{
	struct buf page = {0};
	buf_addz(&page, "mcplog");
	if (opts->command != COMMAND_NONE)
		buf_printf(&page, "-%s", opts_command(opts->command)->name);
	const bool shown = env->out_tty && (show_manual(buf_str(&page)) || show_manual(S("mcplog")));
	buf_done(&page);
	return shown ? EXIT_CODE_COMPLETE : cmd_help(env, opts);
}

int cmd_version(const struct env *env, const struct opts *opts)
{
	struct buf text = {0};
	buf_addz(&text, "mcplog " MCPLOG_VERSION "\n");
	if (opts_has(opts, OPT_VERBOSE))
		buf_printf(&text, "PCRE2 %s\n", regex_version());
	const int code = command_print(env, buf_str(&text));
	buf_done(&text);
	return code;
}
