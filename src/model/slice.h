/* The lines that carry one incident, taken out of its logs: what goes into an issue. Made by slice.c, written by report/issue.c. */
#ifndef MCPLOG_MODEL_SLICE_H
#define MCPLOG_MODEL_SLICE_H
#include "model/source.h"

struct slice_part {
	str name;                  /* of the log: as much of its path as carries facts */
	str text;                  /* redacted, safe for terminals, whole lines */
	const struct source *source;
	uint64_t lines, of_lines;  /* in the text, in the log; of_lines 0: the log is gone, these are the stored excerpts */
};
struct slice {
	const struct slice_part *parts;
	size_t part_count;
	str text;                  /* all parts, each behind its head (ingest/sections.h) */
	bool same;                 /* analysed again, it gave the same verdict under the same id */
	bool cut;                  /* not all lines that were wanted fitted */
	bool whole;                /* nothing was left out */
};
#endif
