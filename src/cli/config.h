/* Values of options that do not come from the command line. */
#ifndef MCPLOG_CLI_CONFIG_H
#define MCPLOG_CLI_CONFIG_H
#include "cli/env.h"
#include "cli/opts.h"

/* Adds what the environment and the configuration file say, where the command line says nothing and the command has the
 * option. ERR_USAGE with file, line and column, ERR_IO when the file exists and cannot be read; a file that others may write
 * is warned about, and refused as root. */
int config_apply(const struct env *env, struct opts *o, struct err *reterr) MUST_USE;
/* The environment variable of an option: MCPLOG_LOCK_WAIT. */
void config_variable(enum opt_id id, struct buf *out);
/* May it be set outside the command line? */
bool config_settable(enum opt_id id);
#endif
