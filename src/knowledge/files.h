/* The YAML files below a directory, in the order in which they are loaded. */
#ifndef MCPLOG_KNOWLEDGE_FILES_H
#define MCPLOG_KNOWLEDGE_FILES_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

struct file_list {
	VEC(str) names; /* relative to the directory, sorted by bytes; in `arena`, NUL-terminated */
	struct arena arena;
};

/* All *.yaml and *.yml below dir; hidden ones, and links to directories, are left out. ERR_IO when dir cannot be read. */
int file_list_make(struct file_list *l, const char *dir, struct err *reterr) MUST_USE;
void file_list_done(struct file_list *l);
/* Appends the file's bytes to *out. ERR_IO, or ERR_LIMIT when it is larger than a pattern file can be. */
int file_read(const char *path, struct buf *out, struct err *reterr) MUST_USE;
/* Can this file's knowledge change what is read out of a log, or judged? Questions and places cannot: with a new one, logs need not
 * be read again. */
bool file_shapes_reading(str text);
/* May others than the owner of this process change the directory's files, and with them what is looked for? *ret_why is a constant text. */
bool file_dir_exposed(const char *dir, const char **ret_why);
#endif
