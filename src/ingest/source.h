/* Finds and opens inputs. The only place that walks directories and opens log files.
 * Opening is O_NONBLOCK|O_NOCTTY|O_CLOEXEC, then fstat; never blocks on FIFOs. Directories are walked with openat, sorted
 * by byte order, hidden ones included; each inode is read once (latest link, hard links). */
#ifndef MCPLOG_INGEST_SOURCE_H
#define MCPLOG_INGEST_SOURCE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/source.h"

struct source_options {
	bool follow_symlinks, force_text, require_files, allow_root;
	bool own_places;         /* nobody named the paths: it is enough that one of them holds logs */
	/* Files that must not be read: the database, its -wal/-shm/.lock, the output file (ERR_USAGE when named). */
	const str *refuse;
	size_t refuse_count;
	str stdin_text;          /* p not NULL: stands for standard input; outlives the list */
};
struct input {
	str path;                /* shown name; also the name to open */
	struct file_identity identity; /* from statx; hashes are filled by the reader */
	bool named;              /* given as an argument, not found in a directory */
	bool is_stdin;           /* standard input, or a section of it (sections.h): has no checkpoint */
	str content;             /* of a section, in the list's arena; p NULL otherwise */
	bool archive_name;       /* see reader_options */
	uint32_t root_n;         /* bytes of path that are the directory given as an argument; 0 when named */
};
/* Something that is not an input: missing path, unreadable directory, FIFO, … Its text is a whole sentence that names the
 * path (raw bytes, shortened when long). Codes: missing unreadable unreadable-directory not-a-file no-log-files
 * symlink-outside symlink-broken foreign-owner own-file not-a-log gone. */
struct input_problem {
	str path;
	struct problem problem;
};
struct source_list {
	struct arena arena;
	VEC(struct input) inputs;
	VEC(struct input_problem) problems;
};

/* Paths as given ("-" = stdin, also /dev/stdin). 0, or ERR_USAGE when one must not be read. Unreadable things become
 * problems. */
int source_list_make(struct source_list *l, const str *paths, size_t count, const struct source_options *options, struct err *reterr) MUST_USE;
/* The user's own logs: $CLAUDE_CONFIG_DIR or ~/.claude {debug,projects}, $CLAUDE_CODE_DEBUG_LOGS_DIR, and the cache
 * (~/.cache/claude-cli-nodejs, ~/Library/Caches/claude-cli-nodejs), as far as they exist. home may be empty. */
void source_default_paths(struct arena *a, str home, str config_dir, str debug_dir, str cache_home, str *ret_paths, size_t cap, size_t *ret_count);
void source_list_done(struct source_list *l);
/* Opens an input: a descriptor (0 for stdin), or ERR_IO with a message. */
int source_open(const struct input *in, const struct source_options *options, int *ret_fd, struct err *reterr) MUST_USE;
/* What the descriptor is, where the name may have got another file since the scan. */
void source_refresh(int fd, struct file_identity *identity);
/* Up to which byte the two files are equal, when they are up to `from`: at most `to`; `from` when the other cannot be read.
 * *ret_line: the same, back to the beginning of a line. */
uint64_t source_common(int fd, str other, uint64_t from, uint64_t to, uint64_t *ret_line);
/* What a failed source_open means: the note `gone` for a found file that was deleted meanwhile, else an error. */
void source_open_problem(const struct input *in, const struct err *e, struct problem *ret);
#endif
