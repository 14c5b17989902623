/* Progress of long runs, on stderr and only for eyes. */
#ifndef MCPLOG_CLI_PROGRESS_H
#define MCPLOG_CLI_PROGRESS_H
#include "cli/env.h"

struct progress {
	int fd;
	bool on, always, shown;
	uint64_t last;
};

/* choice: auto, always, never; NULL = auto. True when pipeline_options.progress shall be set. */
bool progress_init(struct progress *ret, const struct env *env, const char *choice);
void progress_update(void *progress, uint64_t bytes_done, uint64_t bytes_total, str path);
void progress_done(struct progress *p); /* wipes the line */
#endif
