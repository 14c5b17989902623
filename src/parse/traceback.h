/* Python tracebacks, line by line: plain, chained, nested ExceptionGroups, rich boxes. One leaf exception at a time. */
#ifndef MCPLOG_PARSE_TRACEBACK_H
#define MCPLOG_PARSE_TRACEBACK_H
#include "base/buf.h"
#include "parse/shape.h"

struct trace_line {
	str text;
	uint64_t line, offset;
	instant at;
};
struct trace_leaf {
	str text;              /* "Type: message"; of an unterminated tree without any leaf its group line, or empty */
	str frames;            /* of the groups around it and its own, outermost first, without drawing */
	struct trace_line place; /* of the leaf's line; place.text is that line as it stands */
	bool cut;              /* a cap was reached or the tree ended before its leaf */
};
typedef void trace_leaf_fn(void *context, const struct trace_leaf *leaf);

enum { TRACE_LEVELS = 24 };
struct trace {
	struct shapes *shapes;
	trace_leaf_fn *sink;
	void *context;
	bool active, grouped, boxed, in_box, ended, has_leaf, has_group, cut;
	size_t base;           /* columns that the whole traceback is indented by */
	struct buf frames, leaf, leaf_raw, group;
	struct { size_t column, mark; } level[TRACE_LEVELS];
	unsigned depth, leaves, foreign;
	uint32_t lines;
	struct trace_line place, group_place;
};

void trace_init(struct trace *t, struct shapes *shapes, trace_leaf_fn *sink, void *context);
void trace_done(struct trace *t);
bool trace_may_begin(const struct trace *t, str text);
/* Does this line begin a traceback? Then it was taken (a traceback still open is finished first). */
bool trace_begin(struct trace *t, const struct trace_line *line);
/* Does this line belong to the open traceback? False leaves the line to the caller; the traceback may have ended by it. */
bool trace_feed(struct trace *t, const struct trace_line *line);
/* A line of another kind stood between: both pipes of a process reach a log out of order. */
void trace_foreign(struct trace *t);
void trace_end(struct trace *t);
#endif
