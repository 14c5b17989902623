/*
 * Which incidents and notes a report shows: the filters of the command line, in one place for all formats. Filters choose
 * what is shown; they never change a verdict. What has no time passes the time limits: it cannot be shown to be outside.
 */
#include "model/names.h"
#include "report/report.h"

static bool wants_server(const struct report_options *o, str server)
{
	return o->server.n == 0 || name_same(o->server, server);
}

static bool wants_session(const struct report_options *o, str session)
{
	return o->session.n == 0 || str_starts(session, o->session);
}

static bool wants_time(const struct report_options *o, instant start)
{
	if (start == INSTANT_NONE)
		return true;
	return (o->since == INSTANT_NONE || start >= o->since) && (o->until == INSTANT_NONE || start < o->until);
}

static bool wants_calls(const struct report_options *o, const struct call *const *calls, size_t count)
{
	if (o->tool.n == 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (str_eq(calls[i]->tool, o->tool))
			return true;
	return false;
}

bool report_wants(const struct report_options *o, const struct incident *i)
{
	return i->severity >= o->min_severity && (o->cause.n == 0 || str_eq(o->cause, i->cause)) && wants_server(o, i->server) &&
		wants_session(o, i->session) && wants_time(o, i->started_at) && wants_calls(o, i->calls, i->call_count);
}

bool report_wants_call(const struct report_options *o, const struct facts *f, const struct picture_call *p)
{
	const struct incident *i = p->incident < f->incident_count ? &f->incidents[p->incident] : NULL;
	const bool by_incident = o->cause.n || o->min_severity > SEVERITY_INFO;
	const bool timed = p->session < f->picture.session_count && f->picture.sessions[p->session].timed;
	return (!by_incident || (i && report_wants(o, i))) && wants_server(o, p->call.server) && wants_session(o, p->call.session) &&
		(o->tool.n == 0 || str_eq(o->tool, p->call.tool)) && wants_time(o, timed ? p->from : INSTANT_NONE);
}

bool report_wants_note(const struct report_options *o, const struct note *n)
{
	if (o->session.n) {
		bool any = false;
		for (size_t i = 0; i < n->call_count; i++)
			any = any || str_starts(n->calls[i]->session, o->session);
		for (size_t i = 0; i < n->evidence_count; i++)
			any = any || (n->evidence[i].at.source && str_starts(n->evidence[i].at.source->session_id, o->session));
		if (!any)
			return false;
	}
	return (o->cause.n == 0 || str_eq(o->cause, n->kind)) && wants_server(o, n->server) && wants_time(o, n->started_at) &&
		wants_calls(o, n->calls, n->call_count);
}
