/* One function per command: returns the exit code (exit_code.h), and prints its own errors. */
#ifndef MCPLOG_CLI_COMMANDS_H
#define MCPLOG_CLI_COMMANDS_H
#include "cli/env.h"
#include "cli/opts.h"

int cmd_analyze(const struct env *env, const struct opts *opts);
int cmd_timeline(const struct env *env, const struct opts *opts);
int cmd_explain(const struct env *env, const struct opts *opts);
int cmd_report(const struct env *env, const struct opts *opts);
int cmd_export(const struct env *env, const struct opts *opts);
int cmd_watch(const struct env *env, const struct opts *opts);
int cmd_check(const struct env *env, const struct opts *opts);
int cmd_alerts(const struct env *env, const struct opts *opts);
int cmd_init(const struct env *env, const struct opts *opts);
int cmd_patterns(const struct env *env, const struct opts *opts);
int cmd_query(const struct env *env, const struct opts *opts);
int cmd_diff(const struct env *env, const struct opts *opts);
int cmd_doctor(const struct env *env, const struct opts *opts);
int cmd_unknown(const struct env *env, const struct opts *opts);
int cmd_prune(const struct env *env, const struct opts *opts);
int cmd_status(const struct env *env, const struct opts *opts);
int cmd_config(const struct env *env, const struct opts *opts); /* and --show-config of any command */
int cmd_completion(const struct env *env, const struct opts *opts);
int cmd_help(const struct env *env, const struct opts *opts);
int cmd_manual(const struct env *env, const struct opts *opts); /* --help */
int cmd_version(const struct env *env, const struct opts *opts);

/* Shared ends of commands: prints the error, gives its exit code. */
struct err;
/* A check that could not even begin: one line on stdout, UNKNOWN. */
int cmd_check_refused(const struct err *e);
int command_failed(const struct env *env, const struct err *e);
/* Writes text to stdout. */
int command_print(const struct env *env, str text);
#endif
