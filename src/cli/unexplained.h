/* Templates of unexplained lines, as the options ask for them: for `unknown` and `patterns new --from`. */
#ifndef MCPLOG_CLI_UNEXPLAINED_H
#define MCPLOG_CLI_UNEXPLAINED_H
#include "cli/run.h"
#include "unknown.h"

/* Reads the paths that are the arguments from `first` on, or this user's own logs; tells on stderr what could not be read.
 * unknown_done in either case. */
int unexplained_read(struct run *r, size_t first, struct unknown_result *ret, struct err *reterr) MUST_USE;
/* The skeleton of a signature for a template: a file that `patterns test` accepts. */
void unexplained_skeleton(const struct unknown_template *t, const char *id, struct buf *out);
#endif
