/* One file on its way through the stages of pass 1, and how a run rests in it for the next one to go on. For pass1 only. */
#ifndef MCPLOG_PASS1_REST_H
#define MCPLOG_PASS1_REST_H
#include "pass1.h"
#include "pass1_read.h"
#include "track/tracker.h"

struct file_pass {
	struct pass1 *p;
	struct reading read;     /* of this thread; need not be open when `ahead` is set */
	const struct ahead_file *ahead; /* read by the other thread; NULL: by this one */
	struct tracker *tracker;
	struct source source;
	struct source_start start;
	uint64_t reported;       /* progress */
	struct problem gave_up;  /* records on which a pattern gave up; times 0: none */
	struct arena arena;
	struct buf text, err, fields, server, tool; /* of the row being written */
};

/* From start.state: the stages as they were, the reader where they go on, the rows that will be written again removed. False, with
 * nothing written or removed, when the state is of no use. */
bool pass1_go_on(struct file_pass *f);
/* reading_sink.rest; context is the file_pass. */
void pass1_rest(void *context, uint64_t offset, str reader, str parser);
/* Counts of what a copy shares with its original, into s->shared; s has the counts of the whole. */
void pass1_count_shared(struct file_pass *f, struct source *s);
#endif
