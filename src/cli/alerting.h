/* A run that also steps the alerts: what check and the exports for monitoring have in common. */
#ifndef MCPLOG_CLI_ALERTING_H
#define MCPLOG_CLI_ALERTING_H
#include "alert/judge.h"
#include "alert/observe.h"
#include "alert/step.h"
#include "cli/run.h"
#include "model/alert.h"

struct alerting {
	struct run *run;
	struct alert_observe_options observe;
	struct alert_step_options step;
	struct alert_range incidents_warn, incidents_crit;
	instant now;                   /* whole milliseconds */
	int64_t began;                 /* of env->clock */
	/* what the run found */
	struct alert_book book;
	struct alert_observations seen;
	struct alert_step_result stepped;
	struct alert_judgement judgement;
	size_t sources;                /* in scope */
	uint64_t calls;
	bool first;                    /* the first run on this timeline */
	bool at_rest;                  /* until a log changes, a run has nothing to do but to let alerts grow older */
	str unknown;                   /* why not everything could be judged; empty: all was looked at */
	VEC(str) more;                 /* details of that, and of clocks; texts in the run's arena */
	struct redactor *redactor;
};

/* Reads the options. The run must have been begun; it gets the wall clock and the scope of everything. ERR_USAGE. */
int alerting_init(struct run *r, struct alerting *ret, struct err *reterr) MUST_USE;
/* Reads the paths of the command line from args[first] on, or this user's own logs; judges, steps and stores. As run_pipeline. */
int alerting_run(struct alerting *a, size_t first, struct err *reterr) MUST_USE;
/* Loads the book as the last run left it. ERR_DB. */
int alerting_load(struct run *r, struct alerting *a, struct err *reterr) MUST_USE;
/* What the writers of alerts are handed; texts live as long as the run. */
struct alert_report alerting_report(const struct alerting *a, const struct env *env, const struct opts *o);
struct metrics_report alerting_metrics(const struct alerting *a);
void alerting_done(struct alerting *a);
#endif
