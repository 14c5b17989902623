/* The SQLite timeline: facts per source, never verdict-dependent; the only user of sqlite3 (with sql, migrate, checkpoint).
 * One writer at a time (flock on DB.lock); one transaction per run. Rules: docs/database.md. */
#ifndef MCPLOG_STORE_TIMELINE_H
#define MCPLOG_STORE_TIMELINE_H
#include "base/err.h"
#include "base/arena.h"
#include "model/facts.h"
#include "model/query.h"

#include <signal.h>

struct timeline;
struct timeline_options {
	const char *path;      /* ":memory:" keeps nothing */
	bool read_only;
	unsigned lock_wait_s;  /* 0 = not at all; ERR_LOCKED names the pid */
	uint64_t rules_hash;
};
int timeline_open(const struct timeline_options *options, struct timeline **ret, struct err *reterr) MUST_USE;
int timeline_begin(struct timeline *t, struct err *reterr) MUST_USE;  /* BEGIN IMMEDIATE */
int timeline_commit(struct timeline *t, struct err *reterr) MUST_USE;
void timeline_rollback(struct timeline *t);
void timeline_close(struct timeline *t);
/* Why this is a bad place for a database (network, memory, hard links: bad-inputs G6), or "". Valid as long as t. */
const char *timeline_warning(const struct timeline *t);

/* --- pass 1: one source. Errors are remembered and come out at timeline_source_end. --- */
/* Finds the generation that this file continues or is, or opens a new one. *ret_unchanged: identity, size and rules are as
 * stored: nothing to read, and timeline_source_end must not be called. Otherwise the file is to be read from 0, and its rows
 * replace the generation's old ones; a source that is never ended (it could not be opened) keeps what was known of it.
 * key: stable per generation; row ids are made from it (model/ids.h). When source_end finds the same content under another
 * inode, one of the two gives up its rows: it is loaded with 0 records and the problem "copy" (B15). */
int timeline_source_begin(struct timeline *t, const struct source *identity, int64_t *ret_source_id, uint64_t *ret_key, bool *ret_unchanged,
	struct err *reterr) MUST_USE;
void timeline_add_event(struct timeline *t, int64_t source_id, const struct event *e, const struct rules *rules);
void timeline_add_call(struct timeline *t, int64_t source_id, const struct call *c);
int timeline_source_end(struct timeline *t, int64_t source_id, const struct source *facts, struct err *reterr) MUST_USE;

/* The end of pass 1: sources that were begun and could not be opened are as they were before. Part of every commit. */
int timeline_settle(struct timeline *t, struct err *reterr) MUST_USE;

/* --- pass 2: rows back. Strings live in `a`. --- */
/* Loads a source's facts by id (also of earlier runs). */
int timeline_load_source(struct timeline *t, int64_t source_id, struct arena *a, struct source *ret, struct err *reterr) MUST_USE;
typedef void event_fn(void *context, const struct event *e);
typedef void call_fn(void *context, const struct call *c);
/* In order of offset, part. Events come without text (LAZY) unless with_text; strings of the callback's argument live in a. */
int timeline_load_events(struct timeline *t, int64_t source_id, uint32_t source_index, const struct rules *rules, struct arena *a,
	event_fn *fn, void *context, struct err *reterr) MUST_USE;
int timeline_load_calls(struct timeline *t, int64_t source_id, uint32_t source_index, struct arena *a, call_fn *fn, void *context,
	struct err *reterr) MUST_USE;
str timeline_event_text(struct timeline *t, int64_t event_id, struct arena *a); /* the stored excerpt */
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
