/* Which logs a command reads. */
#ifndef MCPLOG_CLI_INPUTS_H
#define MCPLOG_CLI_INPUTS_H
#include "cli/run.h"

/* The arguments from `first` on; without any, "-" when a log was redirected to standard input; else this user's own logs.
 * Where there are none it says how to get some (--require-files: exit code 3), unless the run is about everything that the
 * timeline knows. The array lives in the run's arena. ERR_USAGE when HOME is unusable. */
int inputs_choose(struct run *r, size_t first, str **ret_paths, size_t *ret_count, struct err *reterr) MUST_USE;
#endif
