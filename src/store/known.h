/* All generations that the timeline knows, in memory: loaded once when a run begins to write, kept up while it reads. A run with
 * nothing new asks the database for nothing else. For store/ only. */
#ifndef MCPLOG_STORE_KNOWN_H
#define MCPLOG_STORE_KNOWN_H
#include "base/map.h"
#include "base/vec.h"
#include "store/sql.h"
#include "model/facts.h"
#include "model/source.h"

struct mark { /* how far a generation was read, and what stands before that point */
	uint64_t offset, hash;
	uint32_t len;
};
/* The columns of a source that decide identity. */
struct generation {
	int64_t id, last_id, number, copy_of, row_session; /* copy_of 0: none */
	str path, real_path;
	struct file_identity identity;
	uint64_t rules_hash, pending, shared;
	struct mark mark, before;  /* before: as the run began */
	bool written;              /* in this run: values that hold it are stale */
	bool unstored;             /* new in this run, and not ended: it has no row yet */
	bool removed;              /* it was begun and could not be read: it is no more in the database */
	bool complete, closed, moved, seen; /* closed: its file is gone, or holds something else. seen: met in this run */
	struct source *facts;      /* as it stands in the database, texts in the arena; NULL: its row says more than the entry, to be read from there */
	uint64_t inode_key, head_key;       /* under which it stands in the maps */
};
struct known_link {
	uint32_t entry, next; /* index + 1 */
};
enum { RANGES_MOST = 4096 };
struct known_files {
	struct arena arena;                  /* entries and their texts */
	VEC(struct generation *) v;
	VEC(struct known_link) links;
	struct map by_inode, by_head;        /* key → link + 1 */
	struct map by_id;                    /* id → entry + 1 */
	VEC(uint32_t) lengths;               /* of heads that occur, ascending */
	bool loaded;
	VEC(uint64_t) kept;                  /* hashes of the values that the database keeps of them, known_image.h */
	size_t kept_count;                   /* entries in those; later ones stand behind them in v */
	VEC(struct generation *) ranges;     /* by id; filled in a database of this run only, where it is all there is, or RANGES_MOST */
	bool unread;                         /* the database keeps some that were not understood */
	bool stale;                          /* they are not what the rows say */
};

void known_files_done(struct known_files *k);
int known_files_load(struct known_files *k, struct sql *q, struct err *reterr) MUST_USE;
/* What the database would give of a generation that was just written. */
struct source *known_files_keep(struct known_files *k, const struct generation *g, const struct source *s);
/* What facts repeat of the entry. */
void known_files_complete_facts(struct generation *g);
/* Keeps all as few values, when they are stale and many; writes those that changed. In the transaction that made it so. */
int known_files_store(struct known_files *k, struct sql *q, struct err *reterr) MUST_USE;
/* Copies *g and its texts; the entry stays where it is as long as k. */
struct generation *known_files_add(struct known_files *k, const struct generation *g);
/* To be called after identity, path or head of an entry changed. */
void known_files_index(struct known_files *k, struct generation *g);
/* The open generation under this identity, or NULL. Without an inode: under this real path. */
struct generation *known_files_by_identity(const struct known_files *k, const struct file_identity *i, str real_path);
struct generation *known_files_by_id(const struct known_files *k, int64_t id);
/* The next generation whose head of `len` bytes has this hash; *at is 0 to begin. NULL when there is none. */
struct generation *known_files_by_head(const struct known_files *k, uint64_t hash, uint32_t len, uint32_t *at);
#endif
