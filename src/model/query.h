/* Questions to the timeline: ready-made ones of patterns/queries, and the values that answers consist of. */
#ifndef MCPLOG_MODEL_QUERY_H
#define MCPLOG_MODEL_QUERY_H
#include "model/tree.h"

struct query_value {
	str name, value; /* value p NULL: NULL. Both are valid during the callback only */
	bool number;     /* value is the text of a number */
};
/* Called once with `head` (names only), then per row. */
typedef void query_fn(void *context, const struct query_value *values, size_t count, bool head);

/* patterns/queries/: a question with a name. Its SQL may ask for :since, :until (milliseconds), :server, :tool and :session,
 * which the options of the command line give, and for parameters of its own. */
struct query {
	str id, title, what;
	str sql;
	uint32_t parameters;   /* map in `doc`: name to what it means, or to a map of `what` and `type`; 0: none */
	uint32_t node;         /* in `doc` */
	const struct tree_doc *doc;
	const char *file;      /* where it stands */
	unsigned line, column;
};
#endif
