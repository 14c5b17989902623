/* Packs that this run wrote, kept in memory for its second pass: all of a new source's, or none. For store/ only. */
#ifndef MCPLOG_STORE_RECENT_H
#define MCPLOG_STORE_RECENT_H
#include "base/map.h"
#include "base/vec.h"
#include "store/packs.h"

enum { RECENT_MOST = 1 << 20 }; /* bytes; beyond, the oldest sources are read from the database */

struct recent_pack {
	int64_t last;          /* highest row id */
	struct pack_view view; /* texts stand behind it */
	char bytes[];
};
struct recent_source {
	VEC(struct recent_pack *) packs[2]; /* of events, of calls; by key */
	bool gone;
};
struct recent { /* zero-initialise */
	VEC(struct recent_source) v;
	struct map by_source; /* id → index */
	size_t bytes, oldest; /* oldest: of those that are not gone */
};
void recent_done(struct recent *r);
/* A source without any row in the database. */
void recent_begin(struct recent *r, int64_t source);
/* Of another source: nothing happens. */
void recent_add(struct recent *r, int64_t source, bool calls, const struct pack_view *pack, int64_t last);
void recent_forget(struct recent *r, int64_t source);
/* NULL: the database must be asked. */
const struct recent_source *recent_find(const struct recent *r, int64_t source);
#endif
