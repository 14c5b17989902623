/* See child.h. The text lies in a file in memory, not in a pipe: a command that does not read, or reads slowly, cannot block us,
 * and a pipe's size does not matter. Signals that we ignore are set back for it, because a shell would inherit that. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A descriptor that stands at the beginning of the text, or -1. */
static int in_memory(str input)
{
	const int fd = memfd_create("mcplog", MFD_CLOEXEC);
	while (fd >= 0 && input.n > 0) {
		const ssize_t n = write(fd, input.p, input.n);
		if (n < 0 && errno != EINTR) {
			(void)close(fd);
			return -1;
		}
		input = str_from(input, n > 0 ? (size_t)n : 0);
	}
	if (fd >= 0)
		(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static int spawn(const char *command, int input, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t usual;
	char shell[] = "sh", flag[] = "-c";
	char *const argv[] = {shell, flag, (char *)(uintptr_t)command, NULL};
	int e = posix_spawn_file_actions_init(&files);
	if (e)
		return e;
	e = posix_spawnattr_init(&how);
	if (e) {
		(void)posix_spawn_file_actions_destroy(&files);
		return e;
	}
	(void)sigemptyset(&usual);
	(void)sigaddset(&usual, SIGPIPE);
	(void)sigaddset(&usual, SIGXFSZ);
	e = posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	if (!e)
		e = posix_spawnattr_setsigdefault(&how, &usual);
	if (!e)
		e = posix_spawnattr_setpgroup(&how, 0);
	if (!e)
		e = posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	if (!e)
		e = posix_spawn(ret_pid, "/bin/sh", &files, &how, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&how);
	return e;
}

int child_start(const char *command, str input, struct child *ret, struct err *reterr)
{
	*ret = (struct child){0};
	const int fd = in_memory(input);
	const int e = fd < 0 ? errno : spawn(command, fd, &ret->pid);
	if (fd >= 0)
		(void)close(fd);
	if (e)
		return err_set(reterr, ERR_IO, "cannot run '%s': %s", command, strerror(e));
	ret->state = CHILD_RUNNING;
	return 0;
}

enum child_state child_look(struct child *c)
{
	if (c->state != CHILD_RUNNING)
		return c->state;
	const pid_t p = waitpid(c->pid, &c->status, WNOHANG);
	if (p == c->pid)
		c->state = CHILD_DONE;
	else if (p < 0 && errno != EINTR)
		*c = (struct child){.state = CHILD_DONE, .status = 0};
	return c->state;
}

void child_kill(struct child *c)
{
	if (c->state != CHILD_RUNNING)
		return;
	(void)kill(-c->pid, SIGKILL);
	(void)kill(c->pid, SIGKILL); /* the group may not stand yet */
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
	c->state = CHILD_DONE;
}

void child_failure(const struct child *c, char ret_text[32])
{
	ret_text[0] = '\0';
	if (WIFEXITED(c->status) && WEXITSTATUS(c->status) != 0)
		(void)snprintf(ret_text, 32, "exit code %d", WEXITSTATUS(c->status));
	else if (WIFSIGNALED(c->status))
		(void)snprintf(ret_text, 32, "signal %d", WTERMSIG(c->status));
}
