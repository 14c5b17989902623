/* Records of known logs that no signature explains, as templates: a pass of its own over the files, because pass 1 drops these
 * records before anything looks at them. For `mcplog unknown` and `mcplog patterns new --from`. Writes nothing to a timeline. */
#ifndef MCPLOG_UNKNOWN_H
#define MCPLOG_UNKNOWN_H
#include "pipeline.h"

struct unknown_options {
	const str *paths;
	size_t path_count;
	const struct zone *zone;
	struct source_options source;
	bool all;                     /* also what has nothing to do with MCP and is no error */
	bool final, no_redact;
	const volatile sig_atomic_t *stop; /* may be NULL */
};
struct unknown_template {
	str text;                     /* words with masks: "tool registry has <num> tools" */
	str sample;                   /* the first line of one record's body */
	enum body_class class;        /* CLASS_ERROR: an error text that has no class */
	enum source_kind kind;
	uint64_t count;
	instant first, last;          /* INSTANT_NONE: untimed */
	str first_version, last_version; /* of the client; p NULL: unknown */
	str path;                     /* where the sample stands */
	uint64_t line, offset;
};
struct unknown_result {
	struct arena arena;
	struct unknown_template *templates; /* most frequent first; texts are redacted */
	size_t template_count;
	uint64_t records, unexplained; /* read; shown in the templates */
	uint64_t left_out;            /* of more templates than there may be */
	size_t sources;
	struct pipeline_result problems; /* for problems_tell: what could not be read */
};
/* 0, ERR_USAGE, ERR_STOPPED. unknown_done in either case. */
int unknown_run(struct rules *rules, const struct unknown_options *options, struct unknown_result *ret, struct err *reterr) MUST_USE;
void unknown_done(struct unknown_result *r);
#endif
