/*
 * The pager: --pager, $MCPLOG_PAGER or the configuration file (config.c), else $PAGER, else less. It is used only when stdout
 * is a terminal; never in a pipe, with -o, on a dumb terminal, with --no-pager or when it is "cat". less gets FRX when LESS is
 * not set: a text that fits on the screen is shown as if there were no pager, colours pass, the screen stays.
 *
 * While it runs, keys belong to it: SIGINT ends the pager's own command, not mcplog, which would leave it behind.
 */
#include "cli/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/vec.h"
#include "cli/commands.h"
#include "cli/exit_code.h"

/* The command, or NULL when text goes to the terminal as it is. */
static const char *wanted(const struct env *env, const struct opts *o)
{
	if (!env->out_tty || opts_has(o, OPT_NO_PAGER) || opts_has(o, OPT_OUTPUT) || str_eq(str_z(env->term), S("dumb")))
		return NULL;
	const char *command = o->value[OPT_PAGER];
	if (!command && env->pager)
		command = env->pager;
	if (!command)
		command = "less";
	const str word = str_trim(str_z(command));
	return word.n == 0 || str_eq(word, S("cat")) ? NULL : command;
}

/* Starts it with the reading end of `ends` as its input. */
static bool start(const struct env *env, const char *command, const int ends[2], pid_t *ret_child)
{
	char less[] = "LESS=FRX", shell[] = "sh", flag[] = "-c";
	struct buf text = {0};
	buf_addz(&text, command);
	buf_byte(&text, 0);
	char *const argv[] = {shell, flag, text.p, NULL};
	VEC(char *) variables = {0};
	for (char *const *v = env->variables; v && *v; v++)
		*vec_push(&variables) = *v;
	if (!env->less)
		*vec_push(&variables) = less;
	*vec_push(&variables) = NULL;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t ours; /* ignored or caught here: the child starts with the usual ones */
	bool started = false;
	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGINT);
	(void)sigaddset(&ours, SIGPIPE);
	(void)sigaddset(&ours, SIGXFSZ);
	if (posix_spawn_file_actions_init(&actions) == 0) {
		if (posix_spawnattr_init(&attributes) == 0) {
			started = posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO) == 0 &&
				posix_spawn_file_actions_addclose(&actions, ends[1]) == 0 && posix_spawnattr_setsigdefault(&attributes, &ours) == 0 &&
				posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) == 0 &&
				posix_spawn(ret_child, "/bin/sh", &actions, &attributes, argv, variables.v) == 0;
			(void)posix_spawnattr_destroy(&attributes);
		}
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	vec_free(&variables);
	buf_done(&text);
	return started;
}

/* A reader that goes away has seen enough. */
static void feed(int fd, str text)
{
	while (text.n) {
		const ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text = str_from(text, (size_t)n);
	}
}

bool pager_show(const struct env *env, const struct opts *o, str text)
{
	enum { CANNOT_RUN = 126 }; /* and 127: what the shell says of a command that it cannot run */
	const char *command = wanted(env, o);
	int ends[2], status = 0;
	pid_t child;
	if (!command || pipe2(ends, O_CLOEXEC) != 0)
		return false;
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	const bool held = sigaction(SIGINT, &ignore, &before) == 0;
	const bool started = start(env, command, ends, &child);
	close(ends[0]);
	if (started)
		feed(ends[1], text);
	close(ends[1]);
	if (started)
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	if (held)
		(void)sigaction(SIGINT, &before, NULL);
	return started && !(WIFEXITED(status) && WEXITSTATUS(status) >= CANNOT_RUN);
}

int pager_print(const struct env *env, const struct opts *o, str text)
{
	return pager_show(env, o, text) ? EXIT_CODE_COMPLETE : command_print(env, text);
}
