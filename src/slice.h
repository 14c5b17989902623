/* The lines of an incident, few enough to paste and complete enough to be judged alike. Beside the pipeline, because it reads logs
 * through its stages and proves the choice by running it. */
#ifndef MCPLOG_SLICE_H
#define MCPLOG_SLICE_H
#include "model/slice.h"
#include "pipeline.h"
#include "redact/redact.h"

struct slice_options {
	const struct pipeline_options *pipeline; /* zone, as-of and how sources are opened */
	struct redactor *redactor;               /* numbers equal secrets */
	struct redactor *privacy;                /* also people and places; may be NULL */
	size_t bytes;                            /* at most so much text */
};
/* Never fails for what logs hold: a log that is gone or not the one that was judged gives its stored excerpts. The result lives in
 * `arena`, its sources in `facts`. ERR_STOPPED. */
int slice_make(struct rules *rules, const struct slice_options *options, const struct facts *facts, const struct incident *incident,
	struct arena *arena, struct slice *ret, struct err *reterr) MUST_USE;
#endif
