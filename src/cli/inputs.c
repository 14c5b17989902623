/*
 * Which logs a command reads when its arguments name some, when a log was redirected to it, and when neither is so. Looks at
 * standard input only to see whether something is there; reads nothing.
 */
#include "cli/inputs.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "cli/exit_code.h"
#include "cli/places.h"

enum { OWN_PLACES = 8, PIPE_WAIT_MS = 500 };

/* Input that was redirected here without saying `-`. A pipe counts only when something is in it: cron and other programs
 * often leave one open that will never carry a byte. */
static bool stdin_has_log(const struct env *env)
{
	struct stat st;
	if (env->in_tty || fstat(env->in, &st) != 0)
		return false;
	if (S_ISREG(st.st_mode))
		return lseek(env->in, 0, SEEK_CUR) < st.st_size;
	if (!S_ISFIFO(st.st_mode))
		return false;
	struct pollfd p = {.fd = env->in, .events = POLLIN};
	return poll(&p, 1, PIPE_WAIT_MS) == 1 && (p.revents & POLLIN);
}

static void nothing_found(struct run *r)
{
	const bool required = opts_has(r->opts, OPT_REQUIRE_FILES);
	void (*const say)(const char *, ...) = required ? diag_error : diag_warn;
	say("no logs of yours were found: no debug directory, no MCP cache logs, no transcripts; Claude Code writes debug logs "
	    "only when asked since 2.1.71: run claude --debug, or type /debug in a session; or name the logs: mcplog %s PATH",
	    opts_command(r->opts->command)->name);
	if (required)
		r->exit = exit_code_worst(r->exit, EXIT_CODE_INPUT);
}

int inputs_choose(struct run *r, size_t first, str **ret_paths, size_t *ret_count, struct err *reterr)
{
	const struct opts *o = r->opts;
	const size_t cap = o->arg_count > OWN_PLACES ? o->arg_count : OWN_PLACES;
	str *paths = arena_alloc(&r->arena, cap * sizeof *paths);
	*ret_paths = paths;
	*ret_count = 0;
	for (size_t i = first; i < o->arg_count; i++)
		paths[(*ret_count)++] = str_z(o->args[i]);
	if (*ret_count)
		return 0;
	if (stdin_has_log(r->env)) {
		paths[(*ret_count)++] = S("-");
		return 0;
	}
	r->own_places = true;
	const int e = places_own_logs(r->env, opts_command(o->command)->name, &r->arena, paths, cap, ret_count, reterr);
	if (!e && *ret_count == 0 && !r->everything)
		nothing_found(r);
	return e;
}
