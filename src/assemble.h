/* Collects what the views of a scope say into struct facts: incidents and notes in time order, servers with their connections,
 * counts, and across sessions what a server's restart cost each of them. */
#ifndef MCPLOG_ASSEMBLE_H
#define MCPLOG_ASSEMBLE_H
#include "assemble_picture.h"
#include "base/map.h"
#include "classify/classify.h"
#include "model/facts.h"

struct assembly {
	struct arena *arena;
	struct facts *facts;
	const struct rules *rules; /* their words for a run that measured nothing */
	instant as_of;
	struct picture_build *picture; /* NULL: not asked for */
	bool measured;             /* something about a server or a call was read */
	VEC(struct incident) incidents;
	VEC(struct note) notes;
	VEC(struct server_facts) servers;
	struct map server_index;   /* by name → index in `servers`, until they are sorted */
	VEC(struct connection) connections; /* of all servers; sorted into them at the end */
	VEC(struct server_session) stale;
	VEC(struct clock_offset) clocks;
	VEC(struct twin) call_twins, event_twins;
};
/* Copies what it keeps: the view may go afterwards. */
void assemble_view(struct assembly *as, const struct session_view *v, const struct verdicts *verdicts, const struct clock_offset *clocks, size_t clock_count);
/* Adds what another assembly collected, one that is not finished, in the same arena; `part` is empty afterwards. */
void assemble_merge(struct assembly *as, struct assembly *part);
void assemble_finish(struct assembly *as); /* fills facts */
void assemble_done(struct assembly *as);
#endif
