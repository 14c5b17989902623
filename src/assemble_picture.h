/* Collects what pictures, traces and tables show (model/picture.h): view after view, then once over all of them. */
#ifndef MCPLOG_ASSEMBLE_PICTURE_H
#define MCPLOG_ASSEMBLE_PICTURE_H
#include "base/map.h"
#include "base/vec.h"
#include "model/facts.h"
#include "model/rules.h"
#include "model/view.h"

struct uptime_sample {
	str server;
	int64_t seconds;
};
struct picture_build {
	struct arena *arena;                 /* of the facts */
	const struct rules *rules;
	instant as_of;
	str (*text_of)(void *context, int64_t event_id); /* stored excerpt of an event's line */
	void *context;
	VEC(struct picture_session) sessions;
	VEC(struct picture_call) calls;
	VEC(struct picture_mark) marks;
	VEC(str) mark_servers;               /* of marks[i], until servers have numbers */
	VEC(int64_t) mark_calls;             /* call.id of marks[i], 0 none */
	VEC(struct uptime_sample) uptimes;
	VEC(str) names;                      /* kept once, as good as always: a hash may be shared */
	struct map name_index;               /* hash64 of a name -> index */
	uint64_t calls_left_out, marks_left_out;
};
/* Copies what it keeps: the view may go afterwards. */
void picture_add_view(struct picture_build *b, const struct session_view *v);
/* After the servers and incidents of *f are in their final order: fills f->picture. */
void picture_finish(struct picture_build *b, struct facts *f);
void picture_done(struct picture_build *b);
#endif
