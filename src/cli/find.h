/* One incident among those of the logs, by its id: what explain, timeline and report have in common. */
#ifndef MCPLOG_CLI_FIND_H
#define MCPLOG_CLI_FIND_H
#include "cli/run.h"

/* v1:…, or at least four of its digits. */
bool find_is_id(str s);
/* Reads the paths behind the first argument, else everything that the timeline knows; fills run->result. ERR_USAGE without
 * a timeline, and the errors of run_pipeline. */
int find_scope(struct run *r, struct err *reterr) MUST_USE;
/* The only incident that has this id or begins with it; *ret lives as long as the result. ERR_USAGE for none or several. Several may have
 * one id when nothing tells them apart, in excerpts without session, server and time: then it is the first of them. */
int find_incident(const struct run *r, const char *id, const struct incident **ret, struct err *reterr) MUST_USE;
#endif
