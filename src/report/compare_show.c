/*
 * A comparison as text and JSON: what got worse first. Each line has both numbers, of how many, and in a plain word whether they
 * are large enough to say anything.
 */
#include "base/instant.h"
#include "base/json.h"
#include "base/utf8.h"
#include "report/compare.h"
#include "report/page.h"
#include "report/table.h"

static const char *const figure_words[] = {[FIGURE_FAILED] = "failed", [FIGURE_OPEN] = "without an end", [FIGURE_P50] = "median latency",
	[FIGURE_P95] = "p95 latency", [FIGURE_DROPS] = "dropped connections", [FIGURE_INCIDENTS] = "incidents"};
static const char *const figure_ids[] = {[FIGURE_FAILED] = "failed", [FIGURE_OPEN] = "open", [FIGURE_P50] = "p50", [FIGURE_P95] = "p95",
	[FIGURE_DROPS] = "drops", [FIGURE_INCIDENTS] = "incidents"};
static const char *const sure_words[] = {[SURE_CLEAR] = "clear", [SURE_HINT] = "a hint", [SURE_TOO_FEW] = "too few to say", [SURE_NOTHING] = "no real difference"};
static const char *const sure_ids[] = {[SURE_CLEAR] = "clear", [SURE_HINT] = "hint", [SURE_TOO_FEW] = "too-few", [SURE_NOTHING] = "none"};
static const char *const trend_ids[] = {[TREND_WORSE] = "worse", [TREND_BETTER] = "better"};

static bool is_latency(const struct compare_difference *d) { return d->figure == FIGURE_P50 || d->figure == FIGURE_P95; }

static void subject(const struct compare_difference *d, struct buf *out)
{
	buf_reset(out);
	if (d->figure == FIGURE_INCIDENTS) {
		buf_add(out, d->cause);
		return;
	}
	buf_add(out, d->server.n ? d->server : S("(unknown server)"));
	if (d->tool.n)
		buf_printf(out, "/%.*s", STR_ARG(d->tool));
}

static void value(const struct compare_difference *d, unsigned side, struct buf *out)
{
	buf_reset(out);
	if (is_latency(d)) {
		char text[32];
		duration_format((int64_t)(d->value[side] * 1000), text);
		buf_printf(out, "%s (%llu)", text, (unsigned long long)d->of[side]);
	} else if (d->figure == FIGURE_DROPS || d->figure == FIGURE_INCIDENTS) {
		buf_printf(out, "%.0f in ", d->value[side]);
		page_count(d->of[side], "call", "", out);
	} else {
		buf_printf(out, "%.0f of %llu, %.0f %%", d->value[side], (unsigned long long)d->of[side], 100 * d->value[side] / (double)d->of[side]);
	}
}

static size_t list(const struct comparison *c, const struct compare_options *o, enum compare_trend trend, const char *title, struct buf *out)
{
	struct table t = {0};
	struct buf text = {0};
	size_t rows = 0;
	static const char *const columns[] = {"what", "figure", "A", "B", "how sure"};
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		table_column(&t, str_z(columns[i]));
	for (size_t i = 0; i < c->differences.n; i++) {
		const struct compare_difference *d = &c->differences.v[i];
		if (d->trend != trend || (d->sure == SURE_NOTHING && !o->all))
			continue;
		rows++;
		subject(d, &text);
		table_text(&t, buf_str(&text));
		table_text(&t, str_z(figure_words[d->figure]));
		for (unsigned side = 0; side < 2; side++) {
			value(d, side, &text);
			table_text(&t, buf_str(&text));
		}
		table_text(&t, str_z(sure_words[d->sure]));
	}
	if (rows) {
		buf_printf(out, "\n%s\n", title);
		table_write(&t, o->width, 2, o->ascii, out);
	}
	table_done(&t);
	buf_done(&text);
	return rows;
}

static size_t folded(const struct comparison *c)
{
	size_t n = c->unchanged;
	for (size_t i = 0; i < c->differences.n; i++)
		n += c->differences.v[i].sure == SURE_NOTHING;
	return n;
}

void compare_text(const struct comparison *c, const struct compare_options *o, struct buf *out)
{
	for (unsigned side = 0; side < 2; side++) {
		buf_printf(out, "%c  ", 'A' + (int)side);
		utf8_terminal(out, o->name[side], false);
		buf_addz(out, ": ");
		page_count(c->calls[side], "call", "", out);
		buf_printf(out, ", %llu failed, %llu without an end, ", (unsigned long long)c->failed[side], (unsigned long long)c->open[side]);
		page_count(c->incidents[side], "incident", "\n", out);
	}
	const size_t worse = list(c, o, TREND_WORSE, "Worse", out), better = list(c, o, TREND_BETTER, "Better", out);
	if (c->calls[0] == 0 || c->calls[1] == 0)
		buf_addz(out, "\nOne side holds no MCP calls: there is nothing to compare.\n");
	else if (worse + better == 0)
		buf_addz(out, "\nNothing differs.\n");
	if (!o->all && folded(c))
		buf_printf(out, "\n%zu figure%s without a real difference\n", folded(c), folded(c) == 1 ? "" : "s");
}

static void json_side(struct json_out *w, const struct comparison *c, const struct compare_options *o, unsigned side)
{
	json_open(w, '{');
	json_key(w, "name");
	json_str(w, o->name[side]);
	json_key(w, "calls");
	json_num(w, (int64_t)c->calls[side]);
	json_key(w, "failed");
	json_num(w, (int64_t)c->failed[side]);
	json_key(w, "open");
	json_num(w, (int64_t)c->open[side]);
	json_key(w, "incidents");
	json_num(w, (int64_t)c->incidents[side]);
	json_close(w, '}');
}

static void json_texts(struct json_out *w, const char *key, str s)
{
	json_key(w, key);
	if (s.n)
		json_str(w, s);
	else
		json_null(w);
}

static void json_pair(struct json_out *w, const char *key, double a, double b, int decimals)
{
	json_key(w, key);
	json_open(w, '[');
	json_real(w, a, decimals);
	json_real(w, b, decimals);
	json_close(w, ']');
}

void compare_json(const struct comparison *c, const struct compare_options *o, struct buf *out)
{
	struct json_out w = {.out = out, .pretty = true};
	json_open(&w, '{');
	json_texts(&w, "schema", S("mcplog.diff/1"));
	for (unsigned side = 0; side < 2; side++) {
		json_key(&w, side ? "b" : "a");
		json_side(&w, c, o, side);
	}
	json_key(&w, "differences");
	json_open(&w, '[');
	for (size_t i = 0; i < c->differences.n; i++) {
		const struct compare_difference *d = &c->differences.v[i];
		json_open(&w, '{');
		json_texts(&w, "figure", str_z(figure_ids[d->figure]));
		json_texts(&w, "trend", str_z(trend_ids[d->trend]));
		json_texts(&w, "sure", str_z(sure_ids[d->sure]));
		json_texts(&w, "server", d->server);
		json_texts(&w, "tool", d->tool);
		json_texts(&w, "cause", d->cause);
		json_pair(&w, "value", d->value[0], d->value[1], is_latency(d) ? 1 : 0);
		json_pair(&w, "of", (double)d->of[0], (double)d->of[1], 0);
		json_key(&w, "chance");
		json_real(&w, d->chance, 6);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_key(&w, "unchanged");
	json_num(&w, (int64_t)c->unchanged);
	json_close(&w, '}');
	buf_byte(out, '\n');
}
