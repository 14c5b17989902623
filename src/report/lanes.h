/* What a picture of one incident or session shows, lane by lane: the same for terminals, SVG and diagrams. */
#ifndef MCPLOG_REPORT_LANES_H
#define MCPLOG_REPORT_LANES_H
#include "base/vec.h"
#include "report/axis.h"
#include "report/report.h"

enum lane_kind {
	LANE_CALL,       /* one call: bars of its stages */
	LANE_ANSWERED,   /* many answered calls of one server, a short bar each */
	LANE_CLIENT,     /* marks of the client that belong to no call */
	LANE_CONNECTION, /* one connection: bars where it stood, gaps where it was down */
	LANE_SERVER,     /* marks of a server's log or of what the client heard from it */
};
enum bar_style { BAR_PERMISSION, BAR_RUN, BAR_HANDLED, BAR_CONNECTED, BAR_DOWN };
struct bar {
	instant from, to;
	enum bar_style style;
	bool before, beyond; /* it began before the picture, it goes on behind it */
};
struct lane {
	enum lane_kind kind;
	enum side side;
	str label, more;     /* "list_schemas" and, where there are several servers, its server; for connections server and transport */
	uint32_t server;     /* facts.servers, or PICTURE_NONE */
	const struct picture_call *call; /* LANE_CALL */
	bool affected;       /* of the incident */
	size_t first_bar, bar_count, first_mark, mark_count; /* into the drawing's bars and marks */
	uint64_t calls;      /* LANE_ANSWERED: how many */
};
struct drawing_options {
	size_t most_calls;   /* lanes of single calls; answered ones beyond are gathered */
	size_t most_marks;   /* per lane of marks; more are counted */
	const struct report_options *filter; /* of sessions: server, tool, since, until; NULL: all */
};
struct drawing {
	const struct facts *facts;
	const struct picture_session *session; /* NULL: nothing to draw */
	const struct incident *incident;       /* NULL: the whole session */
	const struct report_options *filter;
	struct axis axis;
	bool timed;          /* false: distances are no durations */
	VEC(struct lane) lanes; /* client, then transport, then server */
	VEC(struct bar) bars;
	VEC(const struct picture_mark *) marks; /* of the lanes */
	VEC(const struct picture_mark *) listed; /* all of them, by time */
	uint64_t calls_left_out, marks_left_out;
	size_t connections;      /* lanes of them */
};
/* Where to draw a mark: its time, or the nearest place in the picture when its line has none. */
instant drawing_place(const struct drawing *d, const struct picture_mark *m);
/* The session that an incident of f->incidents belongs to, or NULL. */
const struct picture_session *drawing_session_of(const struct facts *f, const struct incident *i);
/* s NULL gives an empty drawing. drawing_done in either case. */
void drawing_make(struct drawing *ret, const struct facts *f, const struct picture_session *s, const struct incident *i, const struct drawing_options *o);
void drawing_done(struct drawing *d);
const char *drawing_ending(enum ending e);  /* for people: "cancelled by the user" */
/* "46 × still running, every 30 s" for a call with heartbeats; else empty. */
void drawing_beats(const struct call *c, char ret_text[64]);
#endif
