/* Answers of queries: rows of values as a table, JSON, NDJSON or CSV. */
#ifndef MCPLOG_REPORT_ANSWER_H
#define MCPLOG_REPORT_ANSWER_H
#include "base/json.h"
#include "model/query.h"
#include "report/table.h"

struct answer_options {
	size_t width;  /* of tables; 0 = as wide as they get */
	bool ascii;
};
struct answer {
	const struct answer_form *form;
	struct answer_options options;
	struct table table;
	struct json_out json;
	VEC(str) keys;  /* JSON names of the columns, unique; in table.arena */
	struct buf *out;
	uint64_t rows;
	bool full;      /* more than ANSWER_BYTES: the rest was left out */
};
enum { ANSWER_BYTES = 256 << 20 };

/* name: text, json, ndjson or csv; false when it is none of them. */
bool answer_init(struct answer *ret, str name, const struct answer_options *options, struct buf *out);
query_fn answer_row; /* context: the answer */
void answer_end(struct answer *a); /* writes what is left */
void answer_done(struct answer *a);
#endif
