/* What is known of one input: one generation of a file, or a pipe. */
#ifndef MCPLOG_MODEL_SOURCE_H
#define MCPLOG_MODEL_SOURCE_H
#include "base/arena.h"
#include "base/instant.h"
#include "base/str.h"

/* What kind of log a record belongs to; a source has the kind of most of its records. Names are part of the JSON contract. */
#define SOURCE_KIND_LIST(X)                                                                                       \
	X(UNKNOWN, "unknown")                                                                                         \
	X(CLAUDE_DEBUG, "claude-debug")                                                                               \
	X(MCP_CACHE, "mcp-cache")                                                                                     \
	X(TRANSCRIPT, "transcript")                                                                                   \
	X(IDE, "ide")                                                                                                 \
	X(DESKTOP, "desktop")                                                                                         \
	X(MCP_LIST, "mcp-list")                                                                                       \
	X(SERVER, "server")           /* uvicorn, python logging, any server's own text */                            \
	X(PROXY, "proxy")             /* nginx, access logs of middleboxes */                                         \
	X(BRIDGE, "bridge")           /* mcp-remote and the like */                                                   \
	X(WIRE, "wire")               /* JSON-RPC messages */                                                         \
	X(EXCERPT, "excerpt")         /* text that is no log but quotes log lines */
enum source_kind {
#define X(id, name) SOURCE_##id,
	SOURCE_KIND_LIST(X)
#undef X
	SOURCE_KIND_COUNT
};
const char *source_kind_name(enum source_kind kind);    /* model/names.c */
enum source_kind source_kind_find(str name);            /* SOURCE_UNKNOWN when there is none */

enum severity_class { PROBLEM_NOTE, PROBLEM_WARN, PROBLEM_ERROR }; /* only counted; told on stderr; and the exit code is not 0 */
struct problem {
	const char *code;  /* constant: "line-too-long", "nul-bytes", "clock-back", "truncated-gzip", … */
	char text[200];    /* for people */
	uint64_t line, offset; /* 0, 0 when it concerns the whole source */
	enum severity_class class;
	uint32_t times;    /* how often; the first place is given */
};

/* Identity of a file for checkpoints (design: dev, inode, birth time, generation, head and marker hashes). */
struct file_identity {
	uint64_t dev, ino, inode_gen;
	int64_t btime_ns, mtime_ns, ctime_ns; /* btime 0 when absent */
	uint64_t size;
	uint64_t head_hash, marker_hash;
	uint32_t head_len, marker_len;
};

/* Rows of a source: those of the generation `id` whose records begin in [from, to). A copy's are partly its original's. */
struct source_part {
	int64_t id;
	uint64_t from, to;
};

struct source {
	uint32_t index;        /* within the scope, in report order */
	int64_t id;            /* row id in the timeline */
	str file;              /* the name to open when it is not the one to show, because a secret stands in it; p NULL otherwise */
	str path;              /* as shown: the argument, or argument + found name; "-" for standard input */
	enum source_kind kind;
	bool excerpt;          /* read in excerpt mode: confidence at most likely */
	bool filtered;         /* a debug log without any MCP category: cannot prove absence */
	bool complete;         /* read to its end without an error */
	uint64_t bytes, offset, pending_bytes, lines, records, unrecognized;
	uint64_t last_line;    /* number of the file's last line, also of a copy, where `lines` may leave shared ones out */
	str client_version, session_id, cwd, server; /* server: of a cache log, from its directory or file name, normalised */
	instant first, last;   /* of the records' times */
	bool has_times;        /* false: order only */
	struct file_identity identity;
	/* A copy: the beginning that it shares with another generation, and what stands in it. Counts above are of the whole file. */
	int64_t copy_of;       /* 0: none */
	struct {
		uint64_t bytes, lines, records, unrecognized;
	} shared;
	bool pruned_original;  /* of a copy that stands for its original, too: prune removed rows of that */
	const struct source_part *parts; /* where its rows are, in order; set when it is loaded */
	size_t part_count;
	struct problem *problems; /* problem_count of them */
	size_t problem_count;
};
/* model/source.c: one more, behind those that are there; the list is in `a`. */
void source_append_problem(struct source *s, const struct problem *p, struct arena *a);
/* Rows of its beginning were removed by prune: nothing else gives a share to what is no copy. */
static inline bool source_pruned(const struct source *s) { return s->pruned_original || (s->copy_of == 0 && s->shared.bytes > 0); }
/* Bytes of a last line that may become a record. The bracket that closes a JSON array, with a CR at most, is none. */
static inline uint64_t source_pending(const struct source *s) { return s->pending_bytes > 2 ? s->pending_bytes : 0; }
static inline str source_file(const struct source *s) { return s->file.p ? s->file : s->path; }
#endif
