/*
 * Metrics as a Prometheus text file. One table row per metric; series are rows of the book of alerts, sorted here, so that groups
 * stay together and no series occurs twice. No time stamps, LF, a final newline: anything else makes node_exporter drop the file.
 */
#include "report/alerts.h"

#include "model/facts.h"

struct metric {
	str row;                  /* name in the book */
	const char *name, *type, *help;
	const char *a, *b;        /* label names; NULL: none */
	bool gauge;               /* the present value, not what was added up */
	int64_t per;              /* divisor: book to metric */
};
static const struct metric metrics[] = {
	{S_INIT("stuck"), "mcplog_stuck_calls", "gauge", "MCP tool calls that are hanging now.", "server", "cause", true, 1},
	{S_INIT("oldest"), "mcplog_oldest_stuck_call_age_seconds", "gauge", "Age of the oldest hanging call.", "server", NULL, true, SECOND},
	{S_INIT("drops"), "mcplog_sse_drops_total", "counter", "Connections dropped while a call was open.", "server", NULL, false, 1},
	{S_INIT("calls"), "mcplog_calls_total", "counter", "MCP tool calls that have ended, by outcome.", "server", "outcome", false, 1},
	{S_INIT("incidents"), "mcplog_incidents_total", "counter", "Incidents, by cause.", "cause", NULL, false, 1},
	{S_INIT("unread"), "mcplog_files_unreadable", "gauge", "Input files that the last run could not read completely.", NULL, NULL, true, 1},
	{S_INIT("records"), "mcplog_records_total", "counter", "Log records read.", NULL, NULL, false, 1},
	{S_INIT("unparsed"), "mcplog_lines_unparsed_total", "counter", "Log records that were not recognised.", NULL, NULL, false, 1},
	{S_INIT("pattern-errors"), "mcplog_pattern_errors_total", "counter", "Problems in pattern files, added up over runs.", NULL, NULL, false, 1},
	{S_INIT("skipped"), "mcplog_runs_skipped_total", "counter", "Runs that found another one writing.", NULL, NULL, false, 1},
};
enum { METRICS = sizeof metrics / sizeof *metrics };

static int counter_order(const void *x, const void *y)
{
	const struct alert_counter *a = x, *b = y;
	int c = str_cmp(a->name, b->name);
	if (!c)
		c = str_cmp(a->a, b->a);
	return c ? c : str_cmp(a->b, b->b);
}

static void put_label(struct buf *out, const char *name, str value)
{
	buf_printf(out, "%s=\"", name);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\\' || value.p[i] == '"')
			buf_byte(out, '\\');
		if (value.p[i] == '\n')
			buf_addz(out, "\\n");
		else
			buf_byte(out, value.p[i]);
	}
	buf_byte(out, '"');
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_series(struct buf *out, const struct metric *m, const struct alert_counter *c)
{
	buf_addz(out, m->name);
	if (m->a) {
		buf_byte(out, '{');
		put_label(out, m->a, c->a);
		if (m->b) {
			buf_byte(out, ',');
			put_label(out, m->b, c->b);
		}
		buf_byte(out, '}');
	}
	buf_printf(out, " %lld\n", (long long)((m->gauge ? c->raw : c->value) / m->per));
}

static void put_metric(struct buf *out, const struct metric *m, const struct alert_counter *v, size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (!str_eq(v[i].name, m->row))
			continue;
		if (!any)
			head(out, m->name, m->type, m->help);
		any = true;
		put_series(out, m, &v[i]);
	}
}

/* --- the histogram: rows `duration` (server, number of the bucket) and `duration-ms` (server) --- */

static int64_t milliseconds_of(str server, const struct alert_counter *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i].name, S("duration-ms")) && str_eq(v[i].a, server))
			return v[i].value;
	return 0;
}

static void bucket(struct buf *out, str server, size_t number, int64_t count)
{
	static const char *const edges[] = {
#define X(ms) #ms,
		CALL_BUCKET_LIST(X)
#undef X
	};
	buf_addz(out, "mcplog_call_duration_seconds_bucket{");
	put_label(out, "server", server);
	uint64_t ms = 0;
	if (number < CALL_BUCKETS && str_u64(str_z(edges[number]), &ms)) {
		buf_printf(out, ",le=\"%llu", (unsigned long long)(ms / 1000));
		if (ms % 1000)
			buf_printf(out, ".%llu", (unsigned long long)(ms % 1000 / 100));
		buf_printf(out, "\"} %lld\n", (long long)count);
	} else {
		buf_printf(out, ",le=\"+Inf\"} %lld\n", (long long)count);
	}
}

static void put_histogram(struct buf *out, const struct alert_counter *v, size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n;) {
		if (!str_eq(v[i].name, S("duration"))) {
			i++;
			continue;
		}
		if (!any)
			head(out, "mcplog_call_duration_seconds", "histogram", "Duration of MCP tool calls.");
		any = true;
		const str server = v[i].a;
		int64_t count = 0;
		for (size_t b = 0; b <= CALL_BUCKETS; b++) {
			uint64_t number;
			if (i < n && str_eq(v[i].name, S("duration")) && str_eq(v[i].a, server) && str_u64(v[i].b, &number) && number == b)
				count += v[i++].value;
			bucket(out, server, b, count);
		}
		while (i < n && str_eq(v[i].name, S("duration")) && str_eq(v[i].a, server))
			i++;
		const int64_t ms = milliseconds_of(server, v, n);
		buf_addz(out, "mcplog_call_duration_seconds_sum{");
		put_label(out, "server", server);
		buf_printf(out, "} %lld.%03lld\n", (long long)(ms / 1000), (long long)(ms % 1000));
		buf_addz(out, "mcplog_call_duration_seconds_count{");
		put_label(out, "server", server);
		buf_printf(out, "} %lld\n", (long long)count);
	}
}

static void put_seconds(struct buf *out, const char *name, const char *help, int64_t micros)
{
	head(out, name, "gauge", help);
	buf_printf(out, "%s %lld.%03lld\n", name, (long long)(micros / SECOND), (long long)(micros % SECOND / MILLISECOND));
}

void report_prom(const struct metrics_report *m, struct buf *out)
{
	VEC(struct alert_counter) sorted = {0};
	for (size_t i = 0; i < m->count; i++)
		*vec_push(&sorted) = m->counters[i];
	vec_sort(&sorted, counter_order);
	for (int i = 0; i < METRICS; i++)
		put_metric(out, &metrics[i], sorted.v, sorted.n);
	put_histogram(out, sorted.v, sorted.n);
	vec_free(&sorted);
	if (m->last_success != INSTANT_NONE)
		put_seconds(out, "mcplog_last_success_timestamp_seconds", "Unix time of the last complete run.", m->last_success);
	if (m->duration >= 0)
		put_seconds(out, "mcplog_last_run_duration_seconds", "Duration of the last run.", m->duration);
	head(out, "mcplog_build_info", "gauge", "Version of mcplog.");
	buf_addz(out, "mcplog_build_info{");
	put_label(out, "version", m->version);
	buf_addz(out, "} 1\n");
}
