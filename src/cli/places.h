/* Where things lie by default: the timeline, the user's patterns, the user's own logs. */
#ifndef MCPLOG_CLI_PLACES_H
#define MCPLOG_CLI_PLACES_H
#include "base/arena.h"
#include "base/err.h"
#include "cli/env.h"

/* The default timeline's path; its directory is made (0700). ERR_USAGE names the variable that is missing or unusable,
 * ERR_DB the directory that cannot be made. */
int places_database(const struct env *env, struct arena *a, bool make, const char **ret_path, struct err *reterr) MUST_USE;
/* Directories of patterns besides the built-in ones; returns how many (at most 2). */
size_t places_patterns(const struct env *env, struct arena *a, str ret_dirs[2]);
/* The configuration file's path, or NULL when neither XDG_CONFIG_HOME nor HOME says where it could be. */
const char *places_config(const struct env *env, struct arena *a);
/* This user's own logs, as far as they exist; returns how many (at most cap). ERR_USAGE when there is no usable HOME. */
int places_own_logs(const struct env *env, const char *command, struct arena *a, str *ret_paths, size_t cap, size_t *ret_count, struct err *reterr) MUST_USE;
#endif
