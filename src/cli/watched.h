/* The files that watch knows: the inputs below its paths, and when each changed last. */
#ifndef MCPLOG_CLI_WATCHED_H
#define MCPLOG_CLI_WATCHED_H
#include "base/map.h"
#include "pipeline.h"

struct watched {
	struct source_list list;
	VEC(instant) changed_at; /* of each input: by the clock, or the file's own time at the beginning */
	struct map by_path;      /* hash of the path -> index + 1 */
};

void watched_done(struct watched *w);
/* Lists the paths again. True when an input is new or is not what it was. At the first call nothing is new. ERR_USAGE
 * for a path that must not be read. */
int watched_list(struct watched *w, const struct pipeline_options *o, instant now, bool *ret_changed, struct err *reterr) MUST_USE;
/* Looks at one file again. True when it is an input and not what it was. */
bool watched_look(struct watched *w, str path, instant now);
/* The inputs that changed at `since` or later, in the order of the list; borrowed until the next call of watched_list. Returns how
 * many were left out. */
size_t watched_active(const struct watched *w, instant since, struct source_list *ret);
#endif
