/* --format json: one document, mcplog.report/1. The shape is published (docs/report.schema.json) and only ever grows. */
#include "report/formats.h"
#include "report/hidden.h"

static void open_list(struct json_out *w, const char *key)
{
	json_key(w, key);
	json_open(w, '[');
}

static void incidents_and_notes(struct json_out *w, const struct facts *f, const struct report_options *o)
{
	open_list(w, "incidents");
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(o, &f->incidents[i]))
			json_incident(w, &f->incidents[i], NULL);
	json_close(w, ']');
	open_list(w, "notes");
	for (size_t i = 0; i < f->note_count; i++)
		if (report_wants_note(o, &f->notes[i]))
			json_note(w, &f->notes[i], NULL);
	json_close(w, ']');
}

void report_json(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct json_out w = {.out = out, .pretty = true};
	struct hidden hidden;
	json_open(&w, '{');
	json_head_members(&w, f);
	json_key(&w, "summary");
	json_summary(&w, f, o);
	open_list(&w, "sources");
	for (size_t i = 0; i < f->source_count; i++)
		json_source(&w, &f->sources[i], NULL);
	json_close(&w, ']');
	open_list(&w, "servers");
	for (size_t i = 0; i < f->server_count; i++)
		json_server(&w, &f->servers[i], NULL);
	json_close(&w, ']');
	incidents_and_notes(&w, f, o);
	open_list(&w, "stale_sessions");
	for (size_t i = 0; i < f->stale_count; i++)
		json_stale(&w, &f->stale[i], NULL);
	json_close(&w, ']');
	open_list(&w, "clock_offsets");
	for (size_t i = 0; i < f->clock_count; i++)
		json_clock(&w, &f->clocks[i], NULL);
	json_close(&w, ']');
	hidden_finish(rules, o, out, &hidden);
	json_key(&w, "redactions");
	json_hidden(&w, &hidden);
	json_close(&w, '}');
	buf_byte(out, '\n');
}
