/* One run of the pipeline as the options ask for it: what analyze and explain have in common. */
#ifndef MCPLOG_CLI_RUN_H
#define MCPLOG_CLI_RUN_H
#include "cli/env.h"
#include "cli/opts.h"
#include "cli/when.h"
#include "pipeline.h"
#include "report/report.h"
#include "store/timeline.h"

struct run {
	const struct env *env;
	const struct opts *opts;
	struct arena arena;
	struct rules rules;
	struct zone *zone;
	struct when since, until;
	instant as_of;                  /* INSTANT_NONE: the log's */
	struct report_options report;
	struct pipeline_result result;
	bool everything;                /* the scope is all that the timeline knows, not only the paths; set before run_pipeline */
	bool own_places;                /* the paths are this user's own places, nobody named them; set by inputs_choose */
	bool keep_calls;                /* set before run_pipeline: facts.picture is wanted */
	unsigned lock_wait_s;           /* from the options */
	bool wall_clock;                /* as_of is the present time */
	bool silent;                    /* set by run_init for `check`: nothing on stderr, the command says itself what could not be read */
	int (*conclude)(void *context, struct timeline *t, struct pipeline_result *result, struct err *reterr); /* of the pipeline */
	void *conclude_context;
	bool piped;                     /* paths are standard input only: nothing is kept */
	bool in_memory;                 /* set before run_pipeline: a timeline of these paths alone, which result.timeline keeps */
	uint64_t output_key;            /* of the pipeline, as the next four; set before run_pipeline */
	void (*write_output)(void *context, struct timeline *t, struct pipeline_result *result, struct output *ret);
	void *write_output_context;
	bool (*take_output)(void *context, struct pipeline_result *result);
	bool facts_taken;
	struct buf told;                /* problems that run_take_facts showed */
	int exit;                       /* worst exit code so far */
};

/* Loads the knowledge and reads the options that both commands share. 0 or ERR_USAGE, ERR_SYNTAX, ERR_SCHEMA, ERR_IO. Broken
 * patterns are told about and leave exit code 2, but do not stop the run. run_done in either case. */
int run_init(const struct env *env, const struct opts *opts, struct run *ret, struct err *reterr) MUST_USE;
/* Reads the paths and fills run->result; tells on stderr what could not be read. */
int run_pipeline(struct run *r, const str *paths, size_t count, struct err *reterr) MUST_USE;
/* The two halves of run_pipeline: the options turned into those of the pipeline, and the run. */
int run_options(struct run *r, const str *paths, size_t count, struct pipeline_options *ret, struct err *reterr) MUST_USE;
int run_pipeline_with(struct run *r, const struct pipeline_options *options, struct err *reterr) MUST_USE;
/* What an output depends on besides the logs, for output_key; 0 when that is more than can be told. With wall_clock the output minds the
 * time itself. */
uint64_t run_output_key(const struct run *r);
/* Makes the facts those of a report: what could not be read is told and added, relative times become times. run_pipeline ends with it;
 * for callbacks of the pipeline that need it before. */
void run_take_facts(struct run *r);
/* Writes `text` to -o FILE or stdout, after everything else. ERR_IO. */
int run_output(struct run *r, str text, struct err *reterr) MUST_USE;
/* The same, for files that others may read too: mode 0600 or 0644. */
int run_output_mode(struct run *r, str text, unsigned mode, struct err *reterr) MUST_USE;
void run_done(struct run *r);
/* A whole command: run_init, `fn`, what went wrong told, run_done. Returns the exit code. */
int run_command(const struct env *env, const struct opts *opts, int (*fn)(struct run *r, struct err *reterr));

/* Loads the knowledge: built in, the user's, --patterns. */
int run_load_rules(const struct env *env, const struct opts *opts, struct arena *a, struct rules *ret, struct err *reterr) MUST_USE;
/* A cause or note id, or NULL. */
bool run_knows_cause(const struct rules *rules, str id);
/* ERR_USAGE with the nearest id. */
int run_unknown_cause(const struct rules *rules, const char *option, const char *id, struct err *reterr);
/* The last time that the logs of a timeline know, from which relative times count back; INSTANT_NONE. */
int run_last_time(struct timeline *t, instant *ret, struct err *reterr) MUST_USE;
/* The timeline for reading alone: --db, or the default. ERR_DB when there is none yet. */
int run_open_timeline(struct run *r, struct timeline **ret, struct err *reterr) MUST_USE;
#endif
