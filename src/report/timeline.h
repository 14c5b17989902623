/* Pictures: what `mcplog timeline` writes. A form is a row of pictures[] in report.c: facts.picture is filled, and
 * options.incident or options.session say what is to be shown. */
#ifndef MCPLOG_REPORT_TIMELINE_H
#define MCPLOG_REPORT_TIMELINE_H
#include "report/report.h"

void timeline_text(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void timeline_html(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void timeline_mermaid(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
void timeline_trace(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out);
#endif
