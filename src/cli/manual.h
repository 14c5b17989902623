/* Manual pages of commands, made from the table of options. */
#ifndef MCPLOG_CLI_MANUAL_H
#define MCPLOG_CLI_MANUAL_H
#include "cli/opts.h"

/* Appends the page mcplog-COMMAND(1) as mdoc(7) source; for COMMAND_NONE a list of all commands. */
void manual_write(enum command_id command, struct buf *out);
#endif
