/* A shell command that gets a text on its standard input and has limited time. The caller never waits for it. */
#ifndef MCPLOG_BASE_CHILD_H
#define MCPLOG_BASE_CHILD_H
#include "base/err.h"
#include "base/str.h"
#include <sys/types.h>

enum child_state { CHILD_NONE, CHILD_RUNNING, CHILD_DONE };
struct child {
	pid_t pid;  /* also the id of its process group */
	int status; /* CHILD_DONE: as waitpid(2) gives it */
	enum child_state state;
};

/* Starts `sh -c command` in a process group of its own. Its standard input is a copy of `input` (in memory, so that nobody waits
 * for the reader), its output goes to stderr. ERR_IO. */
int child_start(const char *command, str input, struct child *ret, struct err *reterr) MUST_USE;
/* Looks whether it has ended; never waits. */
enum child_state child_look(struct child *c);
/* Ends it and what it started, and waits for it; at most a moment, because it cannot refuse. */
void child_kill(struct child *c);
/* "" when it succeeded, else how it ended: "exit code 7", "signal 9". */
void child_failure(const struct child *c, char ret_text[32]);
#endif
