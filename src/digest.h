/* What one group of sources contributes to a report, as bytes: kept in the timeline, so that a run puts only those sessions
 * through pass 2 that changed. Sources are named by their row id; texts stand in it once. */
#ifndef MCPLOG_DIGEST_H
#define MCPLOG_DIGEST_H
#include "assemble.h"
#include "join/join.h"

/* What the group is made of, and in which state: with equal keys its contribution is the same. seed: knowledge and options. */
struct digest_key {
	int64_t members, state;
};
struct digest_key digest_key_of(const struct join_group *g, uint64_t seed);
/* The same of a whole scope, for which sources belong together in it: groups are known again without a look at any row. */
struct digest_key digest_scope_key(const struct source *sources, size_t n, uint64_t seed);
/* The same of the keys of one source. */
struct digest_key digest_source_key(const struct source *s, uint64_t seed);
void digest_keys_save(const struct join_key *v, size_t n, struct buf *b);
bool digest_keys_load(const struct join_key **ret, size_t *ret_count, struct arena *a, str bytes);
void digest_groups_save(const struct join_groups *groups, struct buf *b);
/* Memory in a. False when the bytes are damaged. */
bool digest_groups_load(struct join_groups *ret, const struct source *sources, size_t n, struct arena *a, str bytes);
/* Appends the contribution of one group (an assembly that is not finished); its incidents get their stamps. */
void digest_save(struct assembly *part, const struct join_group *g, const struct digest_key *key, struct buf *b);
/* Into an empty assembly whose arena, facts and as_of are set; texts stay in the bytes. sources: those of the group. False when the bytes
 * are damaged or hold for another as-of time only. */
bool digest_load(struct assembly *part, const struct join_group *g, const struct digest_key *key, str bytes);
#endif
