/* Markdown reports: a whole one, and one incident ready for an issue. */
#ifndef MCPLOG_REPORT_MARKDOWN_H
#define MCPLOG_REPORT_MARKDOWN_H
#include "model/slice.h"
#include "report/report.h"

enum audience { FOR_ANYONE, FOR_CLIENT, FOR_SERVER, FOR_PROXY };
struct issue {
	const struct facts *facts;
	const struct incident *incident;
	const struct rules *rules;
	const struct report_options *options;
	const struct slice *slice;
	enum audience audience;       /* whose facts come first */
	str needs;                    /* options of the analysis: "--tz +02:00 " or empty */
};
/* At most `limit` bytes: when it would be more, tables are shortened, then the diagrams left out, at last the lines cut. */
void report_issue(const struct issue *issue, size_t limit, struct buf *out);
void report_markdown(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);

/* Pieces of both. Each ends with a blank line. */
void markdown_head(struct buf *out, const struct incident *i);         /* what it is, in two lines */
void markdown_evidence(struct buf *out, const struct incident *i, size_t most);
void markdown_alternatives(struct buf *out, const struct incident *i, size_t most);
void markdown_advice(struct buf *out, const struct incident *i);
void markdown_row(struct buf *out, const char *name, str value);       /* of a table; nothing for an empty value */
#endif
