/* The SQLite timeline: facts per source, never verdict-dependent; the only user of sqlite3 (with sql, migrate, checkpoint).
 * One writer at a time (flock on DB.lock); one transaction per run. Rules: docs/database.md. */
#ifndef MCPLOG_STORE_TIMELINE_H
#define MCPLOG_STORE_TIMELINE_H
#include "base/err.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "model/facts.h"
#include "model/query.h"

#include <signal.h>

struct timeline;
struct rules;
struct timeline_options {
	const char *path;      /* ":memory:" keeps nothing */
	bool read_only;
	unsigned lock_wait_s;  /* 0 = not at all; ERR_LOCKED names the pid */
	uint64_t rules_hash;   /* of knowledge and reading options; 0: whatever the sources were read with is right */
};
int timeline_open(const struct timeline_options *options, struct timeline **ret, struct err *reterr) MUST_USE;
int timeline_begin(struct timeline *t, struct err *reterr) MUST_USE;  /* BEGIN IMMEDIATE */
int timeline_begin_aside(struct timeline *t, struct err *reterr) MUST_USE; /* for what concerns no source: what is known of them is not loaded */
int timeline_commit(struct timeline *t, struct err *reterr) MUST_USE;
void timeline_rollback(struct timeline *t);
bool timeline_changed(const struct timeline *t); /* was a row written since timeline_begin? */
void timeline_close(struct timeline *t);
/* Why this is a bad place for a database (network, memory, hard links), or "". Valid as long as t. */
const char *timeline_warning(const struct timeline *t);

/* --- pass 1: one source. Errors of rows are remembered and come out at timeline_source_end. --- */
/* How the store looks at a file's bytes (decompressed): identity is also content. */
struct file_content {
	str head;        /* the first min(size, 1024) bytes */
	bool compressed; /* its size says nothing about its content's */
	bool final;      /* a last line without newline counts: a source that has one is not unchanged */
	void *context;
	/* Hash of the len bytes before offset; false when the file is shorter or cannot be read. */
	bool (*marker)(void *context, uint64_t offset, uint32_t len, uint64_t *ret_hash);
	/* Up to which byte it equals the file at `other`, equal up to `from`; at most `to`. *ret_line: the same, back to the beginning of
	 * a line. */
	uint64_t (*common)(void *context, str other, uint64_t from, uint64_t to, uint64_t *ret_line);
};
struct source_start {
	int64_t id;
	uint64_t key;      /* stable per generation; row ids are made from it (model/ids.h) */
	bool unchanged;    /* nothing to read, and timeline_source_end must not be called */
	bool final;        /* it was rotated away: nobody goes on with its last line */
	uint64_t shared;   /* a copy: rows of records before this byte are its original's and are not written */
	uint64_t resume;   /* rows from this byte on are made anew */
	str state;         /* what timeline_source_rest was given there; p NULL: read from byte 0 */
};
/* Size, times and knowledge are those of the stored generation: the file need not be opened. Within a transaction. final: as in
 * struct file_content. */
bool timeline_source_same(struct timeline *t, const struct source *s, bool final, int64_t *ret_id, struct err *reterr) MUST_USE;
/* Is the inode a known one? Such files are looked at first, so that it is settled which generations lost their file. */
bool timeline_source_known(const struct timeline *t, const struct source *s);
/* Finds the generation that this file is or continues, or opens a new one (checkpoint.c). c NULL for pipes. A source that is
 * never ended keeps what was known of it. Texts of *ret live in a. */
int timeline_source_begin(struct timeline *t, const struct source *s, const struct file_content *c, struct arena *a, struct source_start *ret,
	struct err *reterr) MUST_USE;
/* The state given at the beginning is of no use: the file is read from byte 0. Before anything was written. */
void timeline_source_anew(struct timeline *t, int64_t source_id);
void timeline_add_event(struct timeline *t, int64_t source_id, const struct event *e, const struct rules *rules);
void timeline_add_call(struct timeline *t, int64_t source_id, const struct call *c);
/* With this state the next run may go on here: all rows given from now on will be given to it once more. */
void timeline_source_rest(struct timeline *t, int64_t source_id, uint64_t offset, str state);
int timeline_source_end(struct timeline *t, int64_t source_id, const struct source *facts, struct err *reterr) MUST_USE;
/* Closes the generations below these paths whose file is gone and was not met in this run. Those of which bytes were never
 * seen are told: path and problem. */
typedef void timeline_loss_fn(void *context, str path, const struct problem *loss);
int timeline_sources_gone(struct timeline *t, const str *roots, size_t count, struct arena *a, timeline_loss_fn *fn, void *context,
	struct err *reterr) MUST_USE;

/* The end of pass 1: sources that were begun and could not be opened are as they were before. Part of every commit. */
int timeline_settle(struct timeline *t, struct err *reterr) MUST_USE;

/* --- pass 2: rows back. Strings live in `a`. --- */
/* Loads a source's facts by id (also of earlier runs). */
int timeline_load_sources(struct timeline *t, const int64_t *ids, size_t n, struct arena *a, struct source *ret, struct err *reterr) MUST_USE;
int timeline_load_source(struct timeline *t, int64_t source_id, struct arena *a, struct source *ret, struct err *reterr) MUST_USE;
typedef void event_fn(void *context, const struct event *e);
typedef void call_fn(void *context, const struct call *c);
/* Of sources in report order, index set: which rows each of them has (copies.c); counts and problems follow. */
int timeline_share(struct timeline *t, struct source *v, size_t n, struct arena *a, struct err *reterr) MUST_USE;
/* In order of offset, part. Events come without text; names live in a. So do the other texts unless `passing`: then they are
 * valid during the callback only, and however many rows there are need no memory. */
int timeline_load_events(struct timeline *t, const struct source_part *part, uint32_t source_index, const struct rules *rules, struct arena *a, bool passing,
	event_fn *fn, void *context, struct err *reterr) MUST_USE;
int timeline_load_calls(struct timeline *t, const struct source_part *part, uint32_t source_index, struct arena *a, bool passing, call_fn *fn, void *context,
	struct err *reterr) MUST_USE;
str timeline_event_text(struct timeline *t, int64_t event_id, struct arena *a); /* the stored excerpt */
/* What a group of sources contributes to facts, as bytes that only pass 2 understands; kept under what the group is and found
 * only in the same state. *ret lives in a; p NULL: there is none. */
int timeline_digest(struct timeline *t, int64_t members, int64_t state, struct arena *a, str *ret, struct err *reterr) MUST_USE;
/* About so many will be asked for, all with this arena: when that is most of what there is, it is read now. What is put afterwards is
 * not found. */
int timeline_expect_digests(struct timeline *t, size_t n, struct arena *a, struct err *reterr) MUST_USE;
/* Megabytes are not kept: they are made again. */
int timeline_put_digest(struct timeline *t, int64_t members, int64_t state, str facts, struct err *reterr) MUST_USE;
/* What was made of the whole of it, as bytes that only the caller understands; found until a run changes something. Parts of it that are
 * likely to come again are told by a number of the caller's: equal numbers, equal bytes. */
struct output_part {
	uint64_t key;      /* not 0 */
	size_t at, n;      /* bytes of the text; parts come in order */
};
struct output {            /* zero-initialise */
	struct buf text;
	VEC(struct output_part) parts;
};
void output_done(struct output *o);
/* inputs: what the walk found. *ret lives in a; p NULL: there is none. The key holds for the following two until it is called again. */
int timeline_output(struct timeline *t, uint64_t key, uint64_t inputs, struct arena *a, str *ret, struct err *reterr) MUST_USE;
/* A part that the last output with this key had, whatever changed since; p NULL: none. Valid until timeline_output is called again. */
str timeline_output_part(struct timeline *t, uint64_t part);
int timeline_put_output(struct timeline *t, uint64_t inputs, const struct output *o, struct err *reterr) MUST_USE;
int timeline_forget_outputs(struct timeline *t, struct err *reterr) MUST_USE; /* in the transaction that changed something */
/* Would a run that finds the file so leave it unopened? */
bool timeline_source_settled(const struct timeline *t, const struct file_identity *now, bool final);
/* Did timeline_sources_gone leave a generation as it is that was not met? Its file is looked at in every run. */
bool timeline_has_unmet(const struct timeline *t);
/* Replaces the stored verdicts of this scope (incidents, evidence, notes, sessions, connections); in the transaction that is
 * open, or in one of its own. */
int timeline_save_facts(struct timeline *t, const struct facts *f, str scope_key, struct err *reterr) MUST_USE;
int timeline_add_run(struct timeline *t, str command, instant started, instant finished, int exit_code, struct err *reterr) MUST_USE;
/* Sources below the given path prefixes that are known, including earlier generations: ids in report order. */
int timeline_scope(struct timeline *t, const str *paths, size_t count, struct arena *a, int64_t **ret_ids, size_t *ret_count, struct err *reterr) MUST_USE;

/* --- alerts --- */
struct alert_book; /* model/alert.h */
/* Fills *ret, texts in `a`; alert_book_done in either case. */
int timeline_load_alerts(struct timeline *t, struct arena *a, struct alert_book *ret, struct err *reterr) MUST_USE;
/* Writes what changed: in the transaction that is open, or in one of its own. */
int timeline_save_alerts(struct timeline *t, const struct alert_book *b, struct err *reterr) MUST_USE;

/* The longest call of a tool that was answered, in µs; -1 none. In a transaction it is kept by source, and only what was written since is
 * walked through; else all calls are. */
int64_t timeline_longest_call(struct timeline *t, str server, str tool);
/* Runs that were turned away by another writer's lock, ever. */
uint64_t timeline_skipped(const struct timeline *t);

/* --- reading by SQL: query.c, functions.c --- */
struct query_parameter {
	str name;        /* without its colon */
	str value;
	enum { QUERY_TEXT, QUERY_NUMBER } type; /* QUERY_NUMBER: a whole number or a decimal; else it is bound as text */
	bool used;       /* set by timeline_ask: the statement has it */
};
struct query_limits {
	uint64_t max_steps;              /* of SQLite's machine; 0 = no limit */
	uint64_t max_rows;               /* 0 = no limit */
	int64_t time;                    /* µs; 0 = no limit. Needs `clock` */
	int64_t (*clock)(void);          /* µs, never goes back */
	const volatile sig_atomic_t *stop; /* as in pipeline_options; may be NULL */
};
/* One SELECT over the views. ERR_USAGE for other SQL, ERR_LIMIT after max_steps steps of SQLite's machine (0 = no limit). */
int timeline_query(struct timeline *t, str sql, uint64_t max_steps, query_fn *fn, void *context, struct err *reterr) MUST_USE;
/* The same with parameters (:name) and limits. Parameters without a value are NULL; *ret_cut: rows were left out for max_rows.
 * ERR_USAGE also with the place of the fault (column, snippet) and the nearest known name; ERR_LIMIT for time and memory;
 * ERR_STOPPED. */
int timeline_ask(struct timeline *t, str sql, struct query_parameter *parameters, size_t parameter_count, const struct query_limits *limits,
	query_fn *fn, void *context, bool *ret_cut, struct err *reterr) MUST_USE;
/* Compiles and runs nothing: is this a SELECT that timeline_ask would accept? Fills names of its parameters into a. */
int timeline_check_query(struct timeline *t, str sql, struct arena *a, str *ret_names, size_t cap, size_t *ret_count, struct err *reterr) MUST_USE;
/* The nth view, NULL behind the last; and the columns of one: names live in a. */
const char *timeline_view(size_t n);
int timeline_view_columns(struct timeline *t, const char *view, struct arena *a, str *ret_names, size_t cap, size_t *ret_count, struct err *reterr) MUST_USE;
#endif
