/* What could not be read, on stderr: one line per distinct problem, with a count. */
#ifndef MCPLOG_CLI_PROBLEMS_H
#define MCPLOG_CLI_PROBLEMS_H
#include "pipeline.h"

/* In two steps: lines of which problems_show knows the form, and the telling. They may be kept in between. */
void problems_say(struct rules *rules, const struct pipeline_result *result, struct buf *lines);
void problems_show(str lines);
void problems_tell(struct rules *rules, const struct pipeline_result *result);
#endif
