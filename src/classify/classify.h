/* Incident view → verdicts (classify/): pure, no I/O. Every cause of patterns/causes is tried on every subject (a call that is
 * not healthy, a row of failed connects, a telling event, the session); the earliest explanation wins, the rest are
 * consequences. */
#ifndef MCPLOG_CLASSIFY_CLASSIFY_H
#define MCPLOG_CLASSIFY_CLASSIFY_H
#include "base/vec.h"
#include "model/rules.h"
#include "model/verdict.h"
#include "model/view.h"

struct verdicts {
	VEC(struct incident) incidents; /* unsorted; memory in the arena given to classify_view, the vectors are the caller's */
	VEC(struct note) notes;
	bool momentary;                 /* one of them would be another at another as-of time */
	bool measured;                  /* its logs tell of MCP, or that a server is there */
};
struct classify_options {
	instant as_of;
	str (*text_of)(void *context, int64_t event_id); /* stored excerpt of an event's line */
	void *context;
};
void classify_view(const struct session_view *v, const struct rules *rules, const struct classify_options *o, struct arena *a, struct verdicts *out);
/* The verdict on a run of which nothing was measured; `first` is the first of its logs, NULL without any; `pruned`: what they told was
 * removed. Memory is in `a`, texts are the rules'. False when the knowledge has no words for it. */
bool classify_unmeasured(const struct rules *rules, const struct source *first, bool pruned, struct arena *a, struct incident *ret);
#endif
