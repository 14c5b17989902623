/* The first half of pass 1: one input, opened, read and parsed, up to the records that a signature may want. What becomes of them is
 * the sink's business: it stands for the second half, in this thread or behind a queue (pass1_ahead). For pass1 only. */
#ifndef MCPLOG_PASS1_READ_H
#define MCPLOG_PASS1_READ_H
#include "ingest/reader.h"
#include "match/matcher.h"
#include "parse/parser.h"
#include "pipeline.h"

struct reading_sink {
	void *context;
	record_fn *record;
	/* The next run may go on behind byte `offset`, which the reader has reached: states of reader and parser, valid during the call. */
	void (*rest)(void *context, uint64_t offset, str reader, str parser);
	/* Every MiB or so at least. False: give up. */
	bool (*go_on)(void *context, uint64_t offset);
};

struct reading {
	/* Given; nothing is owned. */
	const struct rules *rules;
	const struct pipeline_options *options;
	const struct input *in;
	struct reading_sink sink;
	struct buf *room;        /* the reader's, NULL: its own */
	/* The rest is zero until it is opened. */
	int fd;                  /* the reader's */
	struct reader *reader;
	struct parser *parser;
	struct file_identity identity;
	str probe;               /* first bytes */
	char *own_probe;
	uint64_t watch_at;       /* look again when the reader is here */
	uint64_t shared_at;      /* a copy: end of what it shares; 0 none */
	struct source shared;    /* counts there */
	bool shared_known;
};

/* Opens the input. 0, or a code and nothing to free. */
int reading_open(struct reading *g, struct err *reterr) MUST_USE;
/* What the reader's first bytes are, kept beyond the next read. */
void reading_probe(struct reading *g);
/* A new parser, at the beginning of the file, in place of one that is there. `gate` and `memory` must outlive it. */
void reading_parser(struct reading *g, struct parse_memory *memory, const struct matcher *gate);
/* Before the first line: where to rest, when the bytes from `from` on are read. */
void reading_watch_from(struct reading *g, uint64_t from);
/* To the end of the input; a read error is a problem of the source, never of the run. False: the sink gave up. */
bool reading_lines(struct reading *g);
/* Behind the last line: facts of reader and parser. Views live as long as the reading. */
void reading_facts(struct reading *g, struct source *s);
void reading_done(struct reading *g);
#endif
