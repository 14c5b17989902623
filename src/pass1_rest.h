/* One file on its way through the stages of pass 1, and how a run rests in it for the next one to go on. For pass1 only. */
#ifndef MCPLOG_PASS1_REST_H
#define MCPLOG_PASS1_REST_H
#include "ingest/reader.h"
#include "parse/parser.h"
#include "pass1.h"
#include "track/tracker.h"

struct file_pass {
	struct pass1 *p;
	struct reader *reader;
	struct parser *parser;
	struct tracker *tracker;
	struct source source;
	struct source_start start;
	int fd;                  /* the reader's */
	str probe;               /* first bytes */
	struct arena arena;
	struct buf text, err, fields, server, tool; /* of the row being written */
	uint64_t rest_at, watch_at;   /* rest at the first occasion from here on; look again when the reader is here */
	struct source shared;    /* counts at the end of what a copy shares */
	bool shared_known;
};

/* From start.state: the stages as they were, the reader where they go on, the rows that will be written again removed. False, with
 * nothing written or removed, when the state is of no use. */
bool pass1_go_on(struct file_pass *f);
/* Before the first line: where to rest, and what else to look out for. */
void pass1_watch_from(struct file_pass *f);
/* The reader is at watch_at or behind. */
void pass1_watch(struct file_pass *f);
/* Counts of what a copy shares with its original, into s->shared; s has the counts of the whole. */
void pass1_count_shared(struct file_pass *f, struct source *s);
#endif
