/* --format ndjson: the objects of the JSON report, one per line, each with its type; the head comes first. */
#include "report/formats.h"
#include "report/hidden.h"

static void head(struct json_out *w, const struct facts *f, const struct report_options *o)
{
	json_open(w, '{');
	json_key(w, "type");
	json_str(w, S("report"));
	json_head_members(w, f);
	json_key(w, "summary");
	json_summary(w, f, o);
	json_close(w, '}');
}

/* A writer of its own for each line: commas belong inside. */
static struct json_out next_line(struct buf *out)
{
	if (out->n && out->p[out->n - 1] != '\n')
		buf_byte(out, '\n');
	return (struct json_out){.out = out};
}

static void inputs(const struct facts *f, struct buf *out)
{
	for (size_t i = 0; i < f->source_count; i++) {
		struct json_out w = next_line(out);
		json_source(&w, &f->sources[i], "source");
	}
	for (size_t i = 0; i < f->server_count; i++) {
		struct json_out w = next_line(out);
		json_server(&w, &f->servers[i], "server");
	}
}

static void findings(const struct facts *f, const struct report_options *o, struct buf *out)
{
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(o, &f->incidents[i])) {
			struct json_out w = next_line(out);
			json_incident(&w, &f->incidents[i], "incident");
		}
	for (size_t i = 0; i < f->note_count; i++)
		if (report_wants_note(o, &f->notes[i])) {
			struct json_out w = next_line(out);
			json_note(&w, &f->notes[i], "note");
		}
}

static void across(const struct facts *f, struct buf *out)
{
	for (size_t i = 0; i < f->stale_count; i++) {
		struct json_out w = next_line(out);
		json_stale(&w, &f->stale[i], "stale-session");
	}
	for (size_t i = 0; i < f->clock_count; i++) {
		struct json_out w = next_line(out);
		json_clock(&w, &f->clocks[i], "clock-offset");
	}
}

static void redactions(const struct hidden *hidden, struct buf *out)
{
	struct json_out w = next_line(out);
	json_open(&w, '{');
	json_key(&w, "type");
	json_str(&w, S("redactions"));
	json_key(&w, "kinds");
	json_hidden(&w, hidden);
	json_close(&w, '}');
}

void report_ndjson(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct json_out w = next_line(out);
	struct hidden hidden;
	head(&w, f, o);
	inputs(f, out);
	findings(f, o, out);
	across(f, out);
	hidden_finish(rules, o, out, &hidden);
	if (hidden.total)
		redactions(&hidden, out);
	buf_byte(out, '\n');
}
