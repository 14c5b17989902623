/* Pass 2: rows of a scope → facts: join → classify → assemble. Reads the timeline only. */
#ifndef MCPLOG_PASS2_H
#define MCPLOG_PASS2_H
#include "pipeline.h"

/* ids: of the sources in the scope, in report order. Fills result->facts. */
int pass2_run(struct rules *rules, const struct pipeline_options *options, struct timeline *timeline, const int64_t *ids, size_t id_count,
	struct pipeline_result *result, struct err *reterr) MUST_USE;
#endif
