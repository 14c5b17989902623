/* Long text on a terminal, as git shows it: through a pager. */
#ifndef MCPLOG_CLI_PAGER_H
#define MCPLOG_CLI_PAGER_H
#include "cli/env.h"
#include "cli/opts.h"

/* Shows text through the pager when stdout is a terminal and a pager is wanted; false when it did not, and nothing was
 * written. Waits until the reader is done. */
bool pager_show(const struct env *env, const struct opts *o, str text);
/* The same, else writes it to stdout. Returns the exit code (exit_code.h). */
int pager_print(const struct env *env, const struct opts *o, str text);
#endif
