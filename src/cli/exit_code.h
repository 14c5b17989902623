/* Exit codes, which README.md promises, and which one wins when several apply. */
#ifndef MCPLOG_CLI_EXIT_CODE_H
#define MCPLOG_CLI_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_COMPLETE = 0,
	EXIT_CODE_HIT = 1,      /* --fail-on */
	EXIT_CODE_USAGE = 2,    /* options, patterns */
	EXIT_CODE_INPUT = 3,    /* some input unreadable, cut or limited */
	EXIT_CODE_CHECK_UNKNOWN = 3, /* `check` has its own four: enum check_code */
	EXIT_CODE_OUTPUT = 4,   /* database or output could not be written */
	EXIT_CODE_BUSY = 75,    /* another writer holds the lock */
	EXIT_CODE_SIGNAL = 128, /* plus the number of the signal */
};

/* Signal, 75, 4, 2, 1, 3, 0: the first of these wins. */
int exit_code_worst(int a, int b);
/* Of an enum err_code. */
int exit_code_of(int err_code);
/* Of a signal: 130 for SIGINT, else 143 (SIGHUP and the rest are handled like SIGTERM). */
int exit_code_of_signal(int number);
#endif
