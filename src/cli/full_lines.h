/* Full log lines for evidence: the timeline keeps excerpts, the file may still hold the rest. */
#ifndef MCPLOG_CLI_FULL_LINES_H
#define MCPLOG_CLI_FULL_LINES_H
#include "cli/run.h"

/* Replaces, in the incident, excerpts that were cut by the full redacted lines, as far as the files still hold them. */
void full_lines_read(struct run *r, struct incident *i);
#endif
