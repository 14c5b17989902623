/* What the files of lanes share: a drawing while it is made. */
#ifndef MCPLOG_REPORT_LANES_PARTS_H
#define MCPLOG_REPORT_LANES_PARTS_H
#include "report/lanes.h"

static inline const struct picture *picture_of(const struct drawing *d) { return &d->facts->picture; }
static inline const struct picture_call *calls_of(const struct drawing *d) { return &picture_of(d)->calls[d->session->first_call]; }
static inline const struct picture_mark *marks_of(const struct drawing *d) { return &picture_of(d)->marks[d->session->first_mark]; }
static inline bool went_well(const struct picture_call *c) { return c->call.outcome == OUTCOME_OK; }

/* lanes.c: a lane and its parts; parts outside of the picture are left out, marks beyond `most` are counted. */
struct lane *lanes_add(struct drawing *d, enum lane_kind kind, enum side side, str label, uint32_t server);
void lanes_add_bar(struct drawing *d, struct lane *l, instant from, instant to, enum bar_style style, bool before, bool beyond);
void lanes_add_mark(struct drawing *d, struct lane *l, const struct picture_mark *m, size_t most);
/* Is the mark within the picture, does it concern what is drawn, did the client write it, and is it the k-th mark's echo? */
bool lanes_within(const struct drawing *d, const struct picture_mark *m);
bool lanes_concerns(const struct drawing *d, const struct picture_mark *m);
bool lanes_is_from_client(const struct picture_mark *m);
bool lanes_is_said_twice(const struct drawing *d, size_t k);
str lanes_server_name(const struct drawing *d, uint32_t server); /* p NULL when it has none */

/* lanes_beside.c: the lanes of a server's connections, PICTURE_NONE: of those without a name; the lanes of logs of a side. */
void lanes_of_connections(struct drawing *d, uint32_t server, const struct drawing_options *o);
void lanes_of_logs(struct drawing *d, enum side side, const struct drawing_options *o);
#endif
