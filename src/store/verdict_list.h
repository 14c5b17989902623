/* What stands in the rows of each incident and note of a scope, as numbers; kept in the scope's row. */
#ifndef MCPLOG_STORE_VERDICT_LIST_H
#define MCPLOG_STORE_VERDICT_LIST_H
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "model/facts.h"

struct verdict {
	int64_t id, sum;
};
struct verdict_list {       /* zero-initialise */
	VEC(struct verdict) v;  /* two verdicts with one id share rows and are one */
	struct map by_id;       /* → index */
	int64_t rest;           /* the same of rows that belong to none of them: twins and bounds. 0: there are none */
};
void verdict_list_make(const struct facts *f, struct verdict_list *ret);
const struct verdict *verdict_list_find(const struct verdict_list *l, int64_t id); /* NULL when it is not there */
void verdict_list_write(const struct verdict_list *l, struct buf *b);
bool verdict_list_read(struct verdict_list *ret, str bytes); /* false when the bytes are damaged */
void verdict_list_done(struct verdict_list *l);

/* Row ids, made of what the verdict says. */
int64_t verdict_incident_id(const struct incident *i);
int64_t verdict_note_id(const struct note *n);
/* Has the event of this line no time of its own, and one that it stands before or behind? */
bool verdict_is_bound(const struct evidence *e);
uint64_t verdict_hash_text(str s, uint64_t seed); /* no text is not the empty one */
#endif
