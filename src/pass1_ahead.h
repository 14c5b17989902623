/* A thread that reads files ahead of the timeline: their records come out in the order of the inputs, as if they were read here. For
 * pass1 only. */
#ifndef MCPLOG_PASS1_AHEAD_H
#define MCPLOG_PASS1_AHEAD_H
#include "pass1_read.h"

/* One input, once it is opened. */
struct ahead_file {
	struct reading read;     /* ours: only `in` and `identity` are for others before ahead_read is through */
	struct err fault;        /* code not 0: it could not be opened, and nothing else is set */
	char head[1024];         /* reader_head */
	size_t head_n;
	bool compressed;
	struct source source;    /* facts, after ahead_read; views live up to ahead_next */
};

struct ahead;
/* Begins to read the inputs, which must outlive it. NULL when there is no thread to be had. */
struct ahead *ahead_new(const struct rules *rules, const struct pipeline_options *options, const struct input *const *inputs, size_t count);
/* From now on this thread reads too when it would have to wait, with these, which must outlive it and are used for nothing else during
 * ahead_next and ahead_read. */
void ahead_help(struct ahead *a, struct parse_memory *memory, const struct matcher *gate);
/* The next of the inputs, in their order, at its beginning; the one before is forgotten. Never NULL as long as one is left. */
const struct ahead_file *ahead_next(struct ahead *a);
/* Its records, to the end; the sink is called in this thread. False when it gave up: then only ahead_free is left. */
bool ahead_read(struct ahead *a, const struct reading_sink *sink);
/* Nobody wants its records: it is read no further. */
void ahead_skip(struct ahead *a);
void ahead_free(struct ahead *a);
#endif
