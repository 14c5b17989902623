/* The tables of formats: of reports, and of pictures. A new format is a row here and a file beside this one. */
#include "report/report.h"

#include "report/formats.h"
#include "report/markdown.h"
#include "report/timeline.h"

static const struct report_ops reports[] = {
	{"text", report_text, false},
	{"json", report_json, false},
	{"ndjson", report_ndjson, false},
	{"csv", report_csv, false},
	{"csv-calls", report_csv_calls, true},
	{"junit", report_junit, true},
	{"markdown", report_markdown, false},
	{"chrome-trace", report_chrome_trace, true},
	{"otlp", report_otlp, true},
	{"otlp-traces", report_otlp_traces, true},
	{"otlp-logs", report_otlp_logs, false},
	{"html", report_html, true},
};

/* Of mcplog timeline. */
static const struct report_ops pictures[] = {
	{"text", timeline_text, true},
	{"html", timeline_html, true},
	{"mermaid", timeline_mermaid, true},
	{"chrome-trace", timeline_trace, true},
};

static const struct report_ops *find(const struct report_ops *table, size_t count, str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(name, str_z(table[i].name)))
			return &table[i];
	return NULL;
}

const struct report_ops *report_find(str name)
{
	return find(reports, sizeof reports / sizeof *reports, name);
}

const struct report_ops *picture_find(str name)
{
	return find(pictures, sizeof pictures / sizeof *pictures, name);
}
