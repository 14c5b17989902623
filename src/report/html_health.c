/* Per server: counts, latencies of its tools, the ages at which its connections ended with the limits that have such an age, and
 * where the time of its calls went. Bars are decoration beside the numbers: tables carry everything. */
#include <stdio.h>

#include "report/html.h"

enum { SERVERS = 12, TOOLS = 12 };

static const struct server_health *health_of(const struct html *h, size_t server)
{
	return h->facts->picture.health ? &h->facts->picture.health[server] : NULL;
}

static void number(struct html *h, uint64_t n)
{
	html_raw(h, "<td class=n>");
	html_printf(h, "%llu", (unsigned long long)n);
	html_raw(h, "</td>");
}

static void duration_cell(struct html *h, int64_t micros)
{
	html_raw(h, "<td class=n>");
	html_duration(h, micros);
	html_raw(h, "</td>");
}

static void counts(struct html *h)
{
	const struct facts *f = h->facts;
	html_region(h, "Counts per server");
	html_raw(h, "<table><thead><tr><th>server<th>transport<th class=\"n\">calls<th class=\"n\">failed<th class=\"n\">open"
			"<th class=\"n\">connections<th class=\"n\">drops<th class=\"n\">reconnects<th class=\"n\">connects failed"
			"<th class=\"n\">restarts</thead><tbody>\n");
	for (size_t i = 0; i < f->server_count && i < 4 * SERVERS; i++) {
		const struct server_facts *s = &f->servers[i];
		const struct server_health *k = health_of(h, i);
		html_raw(h, "<tr><td>");
		html_cut(h, s->name.n ? s->name : S("(unnamed)"), 80);
		html_tag(h, "/td><td", "td", s->transport);
		number(h, s->calls);
		number(h, s->failed);
		number(h, s->open);
		number(h, s->connection_count);
		number(h, k ? k->drops : 0);
		number(h, k ? k->reconnects : 0);
		number(h, k ? k->connects_failed : 0);
		number(h, k ? k->restarts : 0);
		html_raw(h, "</tr>\n");
	}
	html_raw(h, "</tbody></table></div>\n");
	if (f->server_count > 4 * SERVERS)
		html_printf(h, "… and %zu more servers.", f->server_count - 4 * SERVERS);
}

static void tools(struct html *h, const struct server_health *k)
{
	if (!k->tool_count)
		return;
	html_region(h, "Latency per tool");
	html_raw(h, "<table><caption>Latency of answered calls, per tool</caption><thead><tr><th>tool<th class=\"n\">calls"
			"<th class=\"n\">failed<th class=\"n\">median<th class=\"n\">90 %<th class=\"n\">99 %<th class=\"n\">longest</thead><tbody>\n");
	for (size_t i = 0; i < k->tool_count && i < TOOLS; i++) {
		const struct tool_health *t = &k->tools[i];
		html_raw(h, "<tr><td>");
		html_cut(h, t->tool.n ? t->tool : S("(unnamed)"), 100);
		html_raw(h, "</td>");
		number(h, t->calls);
		number(h, t->failed);
		duration_cell(h, t->p50);
		duration_cell(h, t->p90);
		duration_cell(h, t->p99);
		duration_cell(h, t->max);
		html_raw(h, "</tr>\n");
	}
	html_raw(h, "</tbody></table></div>\n");
	if (k->tool_count > TOOLS)
		html_printf(h, "… and %zu more tools.", k->tool_count - TOOLS);
}

static void age(int64_t seconds, char ret_text[32])
{
	axis_label(seconds * SECOND, ret_text);
}

static void uptimes(struct html *h, const struct server_health *k)
{
	uint64_t most = 1;
	if (!k->uptime_count)
		return;
	for (int i = 0; i < UPTIME_BINS; i++)
		most = k->uptimes[i].connections > most ? k->uptimes[i].connections : most;
	html_region(h, "Ages of connections");
	html_raw(h, "<table class=\"bars\"><caption>Age at which connections dropped or closed with errors</caption><thead><tr><th>age"
			"<th class=\"n\">connections<th>share</thead><tbody>\n");
	for (int i = 0; i < UPTIME_BINS; i++) {
		char from[32], to[32];
		if (!k->uptimes[i].connections)
			continue;
		age(k->uptimes[i].from_s, from);
		age(k->uptimes[i].to_s, to);
		html_raw(h, "<tr><td class=t>");
		if (k->uptimes[i].to_s < 0)
			html_printf(h, "%s and more", from);
		else
			html_printf(h, "%s – %s", from, to);
		html_raw(h, "</td>");
		number(h, k->uptimes[i].connections);
		html_raw(h, "<td class=bar><svg aria-hidden=\"true\"><rect class=\"b-bad\" height=\"14\" rx=\"2\"");
		html_percent(h, "width", (double)k->uptimes[i].connections / (double)most);
		html_raw(h, "/></svg></td></tr>\n");
	}
	html_raw(h, "</tbody></table></div>\n");
	for (size_t i = 0; i < k->limit_count; i++) {
		char text[32];
		age(k->limits[i].seconds, text);
		html_raw(h, "<p><b>");
		html_printf(h, "%llu of %llu ended at about %s.", (unsigned long long)k->limits[i].connections, (unsigned long long)k->uptime_count, text);
		html_raw(h, "</b> Known limits of that age: ");
		html_text(h, k->limits[i].what);
		html_raw(h, ".</p>\n");
	}
}

/* Latencies and stages are of the calls that were kept. */
static void left_out(struct html *h)
{
	if (!h->facts->picture.calls_left_out)
		return;
	html_raw(h, "<p class=dim>");
	html_printf(h, "%llu answered calls of very large sessions were counted, but not kept: latencies and waiting times are those of the other calls.",
		(unsigned long long)h->facts->picture.calls_left_out);
	html_raw(h, "</p>\n");
}

void html_servers(struct html *h)
{
	const struct facts *f = h->facts;
	size_t shown = 0;
	html_raw(h, "<section id=\"servers\" aria-labelledby=\"h-servers\"><h2 id=\"h-servers\">Servers</h2>\n");
	counts(h);
	left_out(h);
	for (size_t i = 0; i < f->server_count && shown < SERVERS; i++) {
		const struct server_health *k = health_of(h, i);
		if (!k || (!k->tool_count && !k->uptime_count))
			continue;
		html_raw(h, "<h3>");
		html_cut(h, f->servers[i].name.n ? f->servers[i].name : S("(unnamed)"), 80);
		html_raw(h, "</h3>\n");
		tools(h, k);
		uptimes(h, k);
		shown++;
	}
	html_raw(h, "</section>\n");
}

static const char *const stage_words[STAGE_COUNT] = {
	[STAGE_PERMISSION] = "waiting for a permission", [STAGE_DISPATCH] = "in the client, before the request was sent",
	[STAGE_WIRE] = "on the way to the server", [STAGE_SERVER] = "until the answer", [STAGE_TURN] = "until the client asked the model again"};

void html_waiting(struct html *h)
{
	const struct facts *f = h->facts;
	int64_t sums[STAGE_COUNT] = {0}, all = 0;
	uint64_t calls[STAGE_COUNT] = {0};
	for (size_t i = 0; f->picture.health && i < f->server_count; i++)
		for (int s = 0; s < STAGE_COUNT; s++) {
			sums[s] += f->picture.health[i].stages[s];
			calls[s] += f->picture.health[i].stage_calls[s];
			all += f->picture.health[i].stages[s];
		}
	if (all <= 0)
		return;
	html_raw(h, "<section id=\"waiting\" aria-labelledby=\"h-waiting\"><h2 id=\"h-waiting\">Where the waiting time went</h2>\n"
			"<svg class=\"stack\" aria-hidden=\"true\">");
	double x = 0;
	for (int s = 0; s < STAGE_COUNT; s++) {
		const double width = (double)sums[s] / (double)all;
		buf_printf(h->out, "<rect class=\"s%d\" height=\"20\"", s);
		html_percent(h, "x", x);
		html_percent(h, "width", width);
		html_raw(h, "/>");
		x += width;
	}
	html_raw(h, "</svg>");
	html_region(h, "Waiting time");
	html_raw(h, "<table><thead><tr><th>stage<th class=\"n\">time<th class=\"n\">share<th class=\"n\">calls<th class=\"n\">mean</thead>"
			"<tbody>\n");
	for (int s = 0; s < STAGE_COUNT; s++) {
		if (!calls[s])
			continue;
		buf_printf(h->out, "<tr><td><span class=\"key k%d\"></span>%s</td>", s, stage_words[s]);
		duration_cell(h, sums[s]);
		html_raw(h, "<td class=n>");
		html_printf(h, "%d %%", (int)((double)sums[s] * 100 / (double)all + 0.5));
		html_raw(h, "</td>");
		number(h, calls[s]);
		duration_cell(h, sums[s] / (int64_t)calls[s]);
		html_raw(h, "</tr>\n");
	}
	html_raw(h, "</tbody></table></div>"
			"<p class=dim>Sums over all calls; calls at the same time count each. Without a server log with times, the way to the server is part of the time until the answer.</p></section>\n");
}
