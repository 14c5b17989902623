/* Lists the files below one directory. Part of source. */
#ifndef MCPLOG_INGEST_WALK_H
#define MCPLOG_INGEST_WALK_H
#include "base/map.h"
#include "ingest/path.h"
#include "ingest/source.h"

struct source_scan {
	struct source_list *list;
	const struct source_options *options;
	struct map seen;     /* path_key of every input */
	struct map refused;  /* path_key of files that must not be read */
	bool as_root, follow;
};

/* Adds the files below `root` (an open directory, closed by the caller) to the list, sorted, each inode once. */
void walk_directory(struct source_scan *s, str root, int root_fd);
/* Adds the input unless its inode is there already or may not be read. False: not added. */
bool scan_add(struct source_scan *s, struct input in, uint32_t owner);
/* Adds a problem about a path; format has one %s for it. errno_value 0 = none, else its text is added. */
void scan_problem(struct source_scan *s, enum severity_class class, const char *code, str path, const char *format, int errno_value);
#endif
