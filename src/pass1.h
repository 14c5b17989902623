/* Pass 1: one file after the other, streaming: source → reader → parser → matcher → tracker → redactor → timeline. The first half of it
 * may run ahead in a thread of its own. */
#ifndef MCPLOG_PASS1_H
#define MCPLOG_PASS1_H
#include "match/matcher.h"
#include "pipeline.h"
#include "redact/redact.h"
#include "store/timeline.h"

struct pass1 {
	struct rules *rules;
	const struct pipeline_options *options;
	struct timeline *timeline;
	struct matcher *matcher;   /* made when the first file is read */
	struct redactor *redactor; /* with it, as is the next */
	struct parse_memory *memory;
	struct buf room;           /* of the reader */
	struct ahead *ahead;       /* the thread that reads files nobody knows; NULL: there is none */
	struct arena *arena;       /* of the result: problems */
	uint64_t bytes_done, bytes_total;
	VEC(int64_t) ids;          /* of the sources read or found unchanged, in order of the inputs */
};
/* Reads all inputs of the list. Inputs that cannot be opened become problems of the list. 0, ERR_DB, ERR_STOPPED. */
int pass1_run(struct pass1 *p, struct source_list *list, struct err *reterr) MUST_USE;
void pass1_done(struct pass1 *p);
#endif
