/* The two passes: files to timeline, timeline to facts. The only file besides cli/ and prove/ that sees more than one stage. */
#ifndef MCPLOG_PIPELINE_H
#define MCPLOG_PIPELINE_H
#include <signal.h>

#include "base/arena.h"
#include "base/err.h"
#include "ingest/source.h"
#include "model/facts.h"
#include "model/rules.h"

struct timeline;
struct output;
struct pipeline_result;
struct pipeline_options {
	const str *paths;
	size_t path_count;
	bool everything;            /* the scope is all that the timeline knows and what the paths add */
	const char *db;             /* ":memory:" or a file */
	const struct zone *zone;
	str zone_name;              /* as given: files read with another zone are read again */
	instant as_of;              /* INSTANT_NONE: last time in the input */
	bool wall_clock;            /* as_of is the present time: sessions of hosts whose clock is ahead are judged by that clock */
	const int64_t *only;        /* pass 2: judge only the sessions that hold one of these sources; NULL: all */
	size_t only_count;
	bool final, no_redact;
	bool keep_calls;            /* fill facts.picture: every call, marks, health */
	bool keep_timeline;         /* leave it open in the result */
	struct source_options source;
	unsigned lock_wait_s;
	unsigned threads;           /* 2 and more: files that nobody knows are read ahead by a second one; 0, 1: no */
	uint64_t threads_from;      /* as soon as they have that many bytes */
	size_t chunk;               /* tests: bytes per read */
	int64_t now_s;              /* wall clock, for compressed files that may still grow; 0: none of them does */
	void (*progress)(void *context, uint64_t bytes_done, uint64_t bytes_total, str path); /* may be NULL */
	void *progress_context;
	/* The last thing in the transaction of the run, when its facts are complete: what it writes is kept with them, or neither. Also
	 * called when the output is remembered; there are no facts then. May be NULL. */
	int (*conclude)(void *context, struct timeline *t, struct pipeline_result *result, struct err *reterr);
	void *conclude_context;
	/* What the caller's output depends on besides the facts. Not 0: a run that finds everything as an earlier one left it gives its
	 * output back, and does nothing else. */
	uint64_t output_key;
	/* Writes that output, in the transaction of the run and with its facts; called when the next run may find it. What it leaves
	 * empty is not kept. */
	void (*write_output)(void *context, struct timeline *t, struct pipeline_result *result, struct output *ret);
	void *write_output_context;
	/* Does result->remembered hold now, whatever the time is? Sets `incomplete` as it was. With the context of write_output; NULL: always. */
	bool (*take_output)(void *context, struct pipeline_result *result);
	const char *command;        /* for the list of runs; NULL: analyze */
	const volatile sig_atomic_t *stop; /* not 0: a signal came; looked at between records: roll back, ERR_STOPPED. May be NULL */
};
struct timeline;
struct pipeline_result {
	struct timeline *timeline;  /* with keep_timeline; closed by pipeline_result_done */
	struct facts facts;         /* in `arena` */
	struct arena arena;
	bool incomplete;            /* exit 3: an input was unreadable, cut or limited */
	str remembered;             /* p not NULL: the stored output; there are no facts then */
	uint64_t output_key, inputs; /* under which it is kept; inputs 0: it is not */
	uint64_t redactions;
	str warning;                /* about the database: on a network file system, hard-linked; empty when there is none */
	const struct input_problem *problems; /* not tied to a source */
	size_t problem_count;
};
/* 0, ERR_DB, ERR_LOCKED, ERR_USAGE, ERR_STOPPED. The result is freed with pipeline_result_done. */
int pipeline_run(struct rules *rules, const struct pipeline_options *options, struct pipeline_result *ret, struct err *reterr) MUST_USE;
/* What a file's rows depend on besides its bytes: with another value they are made anew. */
uint64_t pipeline_reading_key(const struct rules *rules, const struct pipeline_options *options);
void pipeline_result_done(struct pipeline_result *r);
#endif
