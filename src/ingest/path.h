/* Names of files: kinds of endings, paths longer than PATH_MAX, identities. */
#ifndef MCPLOG_INGEST_PATH_H
#define MCPLOG_INGEST_PATH_H
#include "base/buf.h"
#include "model/source.h"

enum path_type { PATH_FILE, PATH_DIRECTORY, PATH_SYMLINK, PATH_OTHER };
struct path_status {
	struct file_identity identity; /* without hashes */
	enum path_type type;
	uint32_t owner;
};

/* openat(2) for names of any length and with any bytes. A descriptor, or -errno. */
int path_open(int dir, str path, int flags);
/* The same without following any symlink or leaving `dir`, also when names change meanwhile. */
int path_open_beneath(int dir, str path, int flags);
/* statx(2), follow = also through a last symlink. 0, or -errno. */
int path_stat(int dir, str path, bool follow, struct path_status *ret);
int path_stat_fd(int fd, struct path_status *ret);
/* Does the path, symlinks resolved, lie below the root? (Fallback where openat2(2) is missing.) */
bool path_is_below(str root, str path);
uint64_t path_key(const struct file_identity *id); /* of (dev, ino), for maps */

/* directory + "/" + name, in the buffer, which is overwritten. */
str path_join(struct buf *b, str directory, str name);
bool path_is_archive(str path);  /* .xz .bz2 .zip .tar … */
bool path_is_log_archive(str path); /* an archive whose name without that ending is a log's */
/* Programs, pictures, databases, documents: never logs when found in a directory. `below`: relative to the directory that was named. */
bool path_is_no_log(str below);
#endif
