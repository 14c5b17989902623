/* The pipeline kept open for `watch`: a timeline in memory that holds only the files of living sessions, so that a new line is
 * judged without disk, lock or the rest of the history. The timeline on disk is brought up to date beside it. */
#ifndef MCPLOG_LIVE_H
#define MCPLOG_LIVE_H
#include "pipeline.h"

struct live;
/* The options are copied; their paths and texts must live on. 0, ERR_DB. live_free in either case (it takes NULL). */
int live_new(struct rules *rules, const struct pipeline_options *options, struct live **ret, struct err *reterr) MUST_USE;
void live_free(struct live *l);
/* Reads what is new in the inputs (those of earlier calls stay in the scope) and judges as of `now`, or as of the newest line of a
 * client when its clock is ahead: all sessions, or only those that one of the inputs belongs to. Problems are added to the list.
 * pipeline_result_done in either case. 0, ERR_DB, ERR_STOPPED. */
int live_judge(struct live *l, struct source_list *inputs, bool only_these, instant now, struct pipeline_result *ret, struct err *reterr) MUST_USE;
/* Forgets all inputs. */
int live_forget(struct live *l, struct err *reterr) MUST_USE;
/* Brings the inputs' facts in the timeline at options->db up to date, without judging. ERR_LOCKED at once when another writer
 * is there; otherwise 0, ERR_DB, ERR_STOPPED. */
int live_store(struct live *l, struct source_list *inputs, struct err *reterr) MUST_USE;
#endif
