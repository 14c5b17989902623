/* What went wrong, for people: what, where, why, what to do. Filled by the callee, printed once by cli/ through diag. */
#ifndef MCPLOG_BASE_ERR_H
#define MCPLOG_BASE_ERR_H
#include <stdbool.h>
#include <stddef.h>

enum err_code {
	ERR_NONE = 0,
	ERR_IO = -1,     /* file could not be read or written */
	ERR_SYNTAX = -2, /* YAML, JSON, regex, time text */
	ERR_SCHEMA = -3, /* well-formed, but not what is expected there */
	ERR_LIMIT = -4,  /* a limit of model/limits.h was reached */
	ERR_DB = -5,     /* SQLite */
	ERR_USAGE = -6,  /* the command line */
	ERR_LOCKED = -7, /* another writer */
	ERR_STOPPED = -8, /* a signal asked to stop; the transaction was rolled back */
};

struct err {
	int code;
	char text[512];
	char file[256]; /* "" when there is none */
	unsigned line, column;
	char snippet[160]; /* the offending line, for a caret under `column` */
	char hint[256];    /* what to do */
};

/* Fills *reterr (which may be NULL) and returns code. */
int err_set(struct err *reterr, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int err_at(struct err *reterr, int code, const char *file, unsigned line, unsigned column, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
void err_hint(struct err *reterr, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define MUST_USE __attribute__((warn_unused_result))
#endif
