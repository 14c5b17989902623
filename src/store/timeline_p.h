/* Inside of the timeline; for store/ only. */
#ifndef MCPLOG_STORE_TIMELINE_P_H
#define MCPLOG_STORE_TIMELINE_P_H
#include "base/buf.h"
#include "store/known.h"
#include "store/lock.h"
#include "store/names.h"
#include "store/packs.h"
#include "store/recent.h"
#include "store/sql.h"
#include "store/timeline.h"

enum { FILE_HEAP = 64 << 20 }; /* bytes that SQLite may use for a database file */

struct open_source {
	int64_t id;
	int64_t limit;     /* the next source's id: rows must stay below */
	int64_t last;      /* highest row id written */
	int64_t old_last;  /* of the rows that are replaced */
	bool goes_on;      /* from where the last run rested: only the tail is replaced */
	bool is_new;       /* not in the database before */
	bool started;      /* the old rows are gone: with the first new row, or at the end */
	bool rested;       /* state: what the next run goes on from */
	struct {
		uint64_t offset;
		int64_t last, session; /* as they were there */
		bool has_session;
		struct buf state;
	} rest;
	struct generation *known;
	uint64_t shared;   /* rows before this byte are the original's */
	struct file_identity identity; /* when it was begun */
	int64_t session;   /* of its first row; rows of the same session do not repeat it */
	bool has_session;
	struct pack events, calls; /* rows that wait to be written */
	struct err failed; /* the first error of timeline_add_* */
};
struct kept_digest {
	int64_t state;
	str facts;
};
struct kept_digests {      /* all of them, once timeline_expect_digests has read them */
	bool loaded;
	VEC(struct kept_digest) v;
	struct map by_members; /* → index */
};
struct kept_part {
	uint64_t part;
	str text;
	uint32_t row;      /* index */
	bool used;         /* the new output has it too */
};
struct kept_row {
	int64_t id;
	bool goes;         /* is removed, or must be */
};
struct kept_output {       /* the parts of an output that an earlier run left, once they were asked for */
	uint64_t key;
	bool loaded;
	struct arena arena;
	VEC(struct kept_part) v;
	VEC(struct kept_row) rows; /* by id */
	struct map by_part;
};
struct timeline {
	struct sql sql;
	struct arena arena;   /* of the names below */
	const char *path;     /* resolved; ":memory:" */
	struct lock lock;
	bool read_only, memory, writing;
	bool unmet;           /* see timeline_has_unmet */
	bool fresh;           /* made by this run: neither digests, scopes, outputs nor problems are in it but those that it wrote */
	bool has_problems;    /* of a fresh one */
	int changes;          /* SQLite's count when the transaction began */
	uint64_t rules_hash;
	struct names names;
	struct known_forms forms;
	struct known_files known;
	struct recent recent;
	struct kept_output output;
	struct kept_digests digests;
	VEC(struct open_source) open;
	struct buf scratch, scratch_id; /* detail and tool_use_id of the row being written */
	char warning[256];
	char last_dir[512], last_real[512]; /* the directory resolved last: files come in runs of one */
};

/* event.bits and call.bits, see schema.c */
enum { BITS_PART = 10, BITS_LINES = 30, BITS_US = 10, BITS_DISPATCHED = 1, BITS_OUTCOME = 3, BITS_LINK = 3, BITS_SURE = 1, BITS_ATTEMPTS = 8, BITS_FLAGS = 16 };
#define BITS_MASK(width) ((UINT64_C(1) << (width)) - 1)

/* timeline.c */
/* For a row: the open source, its old rows removed; NULL when it is not open or has failed. */
struct open_source *timeline_writable(struct timeline *t, int64_t id);

/* sources.c */
void open_source_done(struct open_source *o);
/* Do rows that are written now stand behind the place where the next run goes on? */
bool timeline_is_tail(const struct open_source *o);

/* facts.c: ids of rows, made of what they say */
int64_t facts_id(str text, uint64_t seed);
int64_t facts_mix(uint64_t seed, const int64_t *v, size_t n);
uint64_t facts_seed(str s);

/* digests.c */
void kept_digests_done(struct kept_digests *k);

/* outputs.c */
void kept_output_done(struct kept_output *k);

/* servers.c */
/* Rows of servers were removed. saved_before: connections of an earlier run stand there, and only what differs is written. */
int servers_save(struct timeline *t, const struct facts *f, int64_t scope, bool saved_before, struct err *reterr) MUST_USE;

/* checkpoint.c */
enum checkpoint { CHECKPOINT_NEW, CHECKPOINT_OWN, CHECKPOINT_MOVED, CHECKPOINT_COPY };
struct decision {
	enum checkpoint what;
	struct generation *g;        /* its own, the one it is, the original; NULL when new */
	struct generation *replaced; /* the generation that this file held before; its content is gone. NULL: none */
	uint64_t shared;             /* of a copy: bytes that stand in the original */
};
/* What the file is to the timeline. c NULL: its bytes cannot be looked at twice (a pipe). */
void checkpoint_decide(struct timeline *t, const struct source *s, const struct file_content *c, str real_path, struct decision *ret);
/* Same size and times as when it was read to its end with the same knowledge? */
bool checkpoint_same_state(const struct timeline *t, const struct file_identity *now, const struct generation *g);
enum whereabouts { FILE_KEPT, FILE_MISSING, FILE_REPLACED }; /* KEPT also when nobody can tell */
/* Is the generation's file still in its place? */
enum whereabouts checkpoint_whereabouts(const struct generation *g);
/* A free id for a new source, with room for its rows. */
int checkpoint_new_id(struct timeline *t, const struct source *s, str real_path, int64_t *ret_id, struct err *reterr) MUST_USE;
void checkpoint_take_id(struct timeline *t, struct generation *g); /* a new id has rows up to last_id */
int checkpoint_limit(struct timeline *t, int64_t id, int64_t *ret_limit, struct err *reterr) MUST_USE;
/* Removes all rows of a source (events, calls) or only the tail, and all its problems, not the source. */
int checkpoint_clear(struct timeline *t, int64_t id, int64_t last_id, bool only_tail, struct err *reterr) MUST_USE;
/* The generation's file is no more; `state` says why. */
int generation_close(struct timeline *t, struct generation *g, const char *state, struct err *reterr) MUST_USE; /* gone.c */
/* n: its number among the source's problems. */
int source_add_problem(struct timeline *t, int64_t id, size_t n, const struct problem *p, struct err *reterr) MUST_USE;
/* The path with its directory resolved, so that one file has one name; "-" stays. */
str checkpoint_real_path(struct timeline *t, str path, struct arena *a);
#endif
