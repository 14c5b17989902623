/* Where reports go: stdout, or a file that appears whole or not at all (temporary file with O_EXCL, fsync, rename). */
#ifndef MCPLOG_BASE_OUT_H
#define MCPLOG_BASE_OUT_H
#include "base/err.h"
#include "base/str.h"

struct out;
/* path NULL = stdout. mode for new files, usually 0600. */
int out_open(const char *path, unsigned mode, struct out **ret, struct err *reterr) MUST_USE;
void out_write(struct out *o, str s); /* errors are remembered; after EPIPE all further output is dropped silently */
/* Flushes, checks, renames, frees. ERR_IO with a message, except for a closed pipe, which is success. */
int out_close(struct out *o, struct err *reterr) MUST_USE;
/* All three with one text. */
int out_text(const char *path, unsigned mode, str text, struct err *reterr) MUST_USE;
#endif
