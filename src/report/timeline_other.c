/*
 * mcplog timeline in forms that other programs draw: Mermaid, and the Chrome trace of one incident or session. The diagrams and
 * the trace are those of the issue report and of the export; here is only what is chosen for them.
 */
#include "report/formats.h"
#include "report/md.h"
#include "report/mermaid.h"
#include "report/timeline.h"

enum { DIAGRAMS = 50 };

/* A gantt, or for an incident without times the order of its lines. */
static void diagram(struct buf *out, const struct facts *f, const struct incident *i)
{
	if (!mermaid_gantt(out, f, i))
		mermaid_sequence(out, i);
}

/* One incident is a diagram, for Mermaid's own programs; several are Markdown with a diagram each, as one file holds only one. */
void timeline_mermaid(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	size_t wanted = 0, written = 0;
	const struct incident *only = o->incident;
	(void)rules;
	for (size_t i = 0; !o->incident && i < f->incident_count; i++)
		if (report_wants(o, &f->incidents[i])) {
			only = &f->incidents[i];
			wanted++;
		}
	if (only && wanted <= 1) {
		diagram(out, f, only);
		return;
	}
	for (size_t i = 0; i < f->incident_count && written < DIAGRAMS; i++) {
		if (!report_wants(o, &f->incidents[i]))
			continue;
		buf_addz(out, written++ ? "\n## " : "## ");
		md_text(out, f->incidents[i].title);
		buf_addz(out, "\n\n```mermaid\n");
		diagram(out, f, &f->incidents[i]);
		buf_addz(out, "```\n");
	}
	if (wanted > written)
		buf_printf(out, "\n%zu more incidents are left out; name one: mcplog timeline ID --format mermaid\n", wanted - written);
	if (!wanted)
		buf_addz(out, "%% no incidents\n");
}

/* An incident's trace is that of its server in its session. */
void timeline_trace(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct report_options narrow = *o;
	if (o->incident) {
		narrow.server = o->incident->server;
		narrow.session = o->incident->session;
	}
	report_chrome_trace(f, rules, &narrow, out);
}
