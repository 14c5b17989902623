/* Everything the program wants from the world besides files: filled once by main.c, constant from then on. Commands take
 * nothing from the process environment, so a test can run them in any world. */
#ifndef MCPLOG_CLI_ENV_H
#define MCPLOG_CLI_ENV_H
#include <signal.h>

#include "base/instant.h"

struct env {
	int in, out, err;                 /* descriptors; never closed */
	bool in_tty, out_tty, err_tty;
	unsigned columns;                 /* width of the terminal at `out`; 0 unknown */
	unsigned processors;              /* that may be used; 0 unknown */
	instant now;                      /* when the program started */
	instant (*wall_clock)(void);      /* for commands that go on: now */
	int64_t (*clock)(void);           /* µs of a clock that never goes back: for time limits */
	void (*limit_time)(unsigned seconds); /* SIGALRM after so many seconds, 0 never; may be NULL */
	const char *host;                 /* name of this machine, "" unknown; may be NULL */
	/* Values of environment variables; NULL when not set. */
	const char *home;                 /* HOME */
	const char *state_home;           /* XDG_STATE_HOME */
	const char *config_home;          /* XDG_CONFIG_HOME */
	const char *cache_home;           /* XDG_CACHE_HOME */
	const char *claude_config;        /* CLAUDE_CONFIG_DIR */
	const char *claude_debug;         /* CLAUDE_CODE_DEBUG_LOGS_DIR */
	const char *no_color, *term;      /* NO_COLOR, TERM */
	const char *pager, *less;         /* PAGER, LESS */
	char *const *variables;           /* all of them, "NAME=value", for options (MCPLOG_…) and child processes; NULL: none */
	const volatile sig_atomic_t *stop; /* number of the signal that asked to stop, 0 none */
};

/* The whole program behind main. Returns the exit code (exit_code.h). */
int cli_run(const struct env *env, int argc, char **argv);
#endif
