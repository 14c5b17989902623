/* What could not be read, on stderr: one line per distinct problem, with a count (bad-inputs, general rule B). */
#ifndef MCPLOG_CLI_PROBLEMS_H
#define MCPLOG_CLI_PROBLEMS_H
#include "pipeline.h"

void problems_tell(struct rules *rules, const struct pipeline_result *result);
#endif
