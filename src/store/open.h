/* Database files: what they are before SQLite touches them, how new ones come to be, how a handle is made safe. */
#ifndef MCPLOG_STORE_OPEN_H
#define MCPLOG_STORE_OPEN_H
#include "store/sql.h"

/* The file's full name: the directory resolved (symbolic links of directories are fine), the last part as given.
 * Static part of the result lives in a. ERR_DB when the directory is missing. */
int open_resolve(const char *path, struct arena *a, const char **ret_path, struct err *reterr) MUST_USE;
/* Looks at the file without SQLite: *ret_new when it is missing or empty. ERR_DB for symbolic links, other kinds of files,
 * foreign and newer databases, cut ones; these are never changed. */
int open_look(const char *path, bool *ret_new, struct err *reterr) MUST_USE;
/* Builds the database beside its name and moves it there when it is complete. The lock must be held. */
int open_create(const char *path, struct err *reterr) MUST_USE;
/* A handle with defensive settings. Views are off. */
int open_handle(const char *path, int flags, struct sql *q, struct err *reterr) MUST_USE;
/* A database in memory, made from the image of the schema. */
int open_memory(struct sql *q, struct err *reterr) MUST_USE;
/* Why this place is a bad one for a database (network, memory, hard link), or "". */
void open_warning(const char *path, char ret_text[256]);
#endif
