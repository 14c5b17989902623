/* What the formats share inside report/. */
#ifndef MCPLOG_REPORT_FORMATS_H
#define MCPLOG_REPORT_FORMATS_H
#include "base/json.h"
#include "report/report.h"

/* The functions behind reports[]. */
void report_text(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_json(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_csv(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_csv_calls(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_junit(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_chrome_trace(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_otlp(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_otlp_traces(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_otlp_logs(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_ndjson(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void report_html(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);

/* Objects of mcplog.report/1. type is written as the first member when it is not NULL (ndjson). */
void json_head_members(struct json_out *w, const struct facts *f);
void json_summary(struct json_out *w, const struct facts *f, const struct report_options *o);
void json_source(struct json_out *w, const struct source *s, const char *type);
void json_server(struct json_out *w, const struct server_facts *s, const char *type);
void json_incident(struct json_out *w, const struct incident *i, const char *type);
void json_note(struct json_out *w, const struct note *n, const char *type);
void json_stale(struct json_out *w, const struct server_session *s, const char *type);
struct hidden;
void json_hidden(struct json_out *w, const struct hidden *h); /* {"bearer": 2}: what the report hides, by kind */
void json_clock(struct json_out *w, const struct clock_offset *c, const char *type);
#endif
