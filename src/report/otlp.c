/*
 * export otlp: OpenTelemetry protocol in its JSON form, two lines: {"resourceSpans":…} for /v1/traces and {"resourceLogs":…} for
 * /v1/logs (what the collector's otlpjsonfile receiver reads, and what its HTTP receiver takes line by line). A span per call
 * with a time, its stages as children, its marks as events; a log record per incident and note, which names the span of its
 * first call. Ids are hashes of the call: the same call has the same ids in every export, so a call that was open is sent again
 * under its own id when it has ended.
 *
 * Attribute names are knowledge (patterns/telemetry.yaml). Times and 64-bit numbers are strings, as the mapping asks; a time
 * that nanoseconds since 1970 cannot hold is left out.
 */
#include "model/version.h"
#include "report/calls.h"
#include "report/formats.h"

#include <stdio.h>

enum { SPAN_INTERNAL = 1, SPAN_CLIENT = 3, STATUS_ERROR = 2, SPAN_EVENTS = 32 };

/* What the facts of an attribute are read from; NULL where there is none. */
struct subject {
	const struct facts *f;
	const struct rules *rules;
	str session, client_version, server, transport;
	const struct call *call;
	const struct picture_call *picture;
	const struct picture_mark *mark;
	const struct incident *incident;
	const struct note *note;
	const struct line_ref *line;
	const char *stage;
};
struct fact_value {
	str text;       /* empty: unknown, the attribute is left out */
	bool number, flag;
	int64_t n;
};

static struct fact_value text_value(str s) { return (struct fact_value){.text = s}; }
static struct fact_value number_value(int64_t n) { return (struct fact_value){.number = true, .n = n}; }

/* An id of the error's class; of a failure without one, how it ended. */
static str error_class(const struct subject *s)
{
	const struct call *c = s->call;
	if (!call_failed(c))
		return STR_NONE;
	return c->class ? intern_get(&s->rules->classes, c->class) : str_z(ending_name(c->ending));
}

static struct fact_value call_fact(const struct subject *s, enum telemetry_fact fact, struct buf *scratch)
{
	const struct call *c = s->call;
	switch (fact) {
	case TELEMETRY_TOOL: return text_value(c->tool);
	case TELEMETRY_CALL_ID: return text_value(c->tool_use_id);
	case TELEMETRY_CALL_NAME: calls_name(c, scratch); return text_value(buf_str(scratch));
	case TELEMETRY_OUTCOME: return text_value(str_z(outcome_name(c->outcome)));
	case TELEMETRY_ENDING: return text_value(str_z(ending_name(c->ending)));
	case TELEMETRY_ERROR_CLASS: return text_value(error_class(s));
	case TELEMETRY_ERROR: return text_value(c->err);
	case TELEMETRY_BEATS: return number_value(c->beats);
	case TELEMETRY_ATTEMPTS: return number_value(c->attempts);
	case TELEMETRY_LINK: return text_value(str_z(link_name(c->link)));
	case TELEMETRY_OPEN: return (struct fact_value){.flag = true, .n = s->picture ? s->picture->open : c->ending == ENDING_STILL_OPEN};
	default: return text_value(STR_NONE);
	}
}

static struct fact_value incident_fact(const struct incident *i, enum telemetry_fact fact, struct buf *scratch)
{
	switch (fact) {
	case TELEMETRY_INCIDENT_ID: return text_value(i->id);
	case TELEMETRY_CAUSE: return text_value(i->cause);
	case TELEMETRY_TRIGGER: return text_value(i->trigger);
	case TELEMETRY_INCIDENT_ENDING: return text_value(str_z(ending_name(i->ending)));
	case TELEMETRY_STATE: return text_value(str_z(state_name(i->state)));
	case TELEMETRY_SEVERITY: return text_value(str_z(severity_name(i->severity)));
	case TELEMETRY_CONFIDENCE: return text_value(str_z(confidence_name(i->confidence)));
	case TELEMETRY_TITLE: return text_value(i->title);
	case TELEMETRY_SUMMARY: return text_value(i->summary);
	case TELEMETRY_ADVICE:
		buf_reset(scratch);
		for (size_t k = 0; k < i->advice_count; k++)
			buf_printf(scratch, "%s%.*s", k ? "\n" : "", STR_ARG(i->advice[k].text));
		return text_value(buf_str(scratch));
	default: return text_value(STR_NONE);
	}
}

static struct fact_value fact_of(const struct subject *s, enum telemetry_fact fact, struct buf *scratch)
{
	struct fact_value v = text_value(STR_NONE);
	switch (fact) {
	case TELEMETRY_CLIENT_VERSION: return text_value(s->client_version);
	case TELEMETRY_SESSION: return text_value(s->session);
	case TELEMETRY_SERVER: return text_value(s->server);
	case TELEMETRY_TRANSPORT: return text_value(s->transport);
	case TELEMETRY_STAGE: return text_value(str_z(s->stage));
	case TELEMETRY_MARK: return text_value(s->mark ? str_z(mark_name(s->mark->kind)) : STR_NONE);
	case TELEMETRY_MARK_WHAT: return text_value(s->mark ? s->mark->what : STR_NONE);
	case TELEMETRY_NOTE: return text_value(s->note ? s->note->kind : STR_NONE);
	case TELEMETRY_FILE: return text_value(s->line && s->line->source ? s->line->source->path : STR_NONE);
	case TELEMETRY_LINE: return s->line && s->line->line ? number_value((int64_t)s->line->line) : v;
	default: break;
	}
	if (s->call)
		v = call_fact(s, fact, scratch);
	if (!v.text.n && !v.number && !v.flag && s->incident)
		v = incident_fact(s->incident, fact, scratch);
	return v;
}

/* --- JSON of the protocol --- */

static void put_str(struct json_out *w, const char *key, str s)
{
	json_key(w, key);
	json_str(w, s);
}

static void put_int64(struct json_out *w, const char *key, int64_t n)
{
	char text[24];
	const int length = snprintf(text, sizeof text, "%lld", (long long)n);
	put_str(w, key, (str){text, length > 0 ? (size_t)length : 0});
}

/* Nanoseconds since 1970, as a string; nothing for a time that they cannot hold. */
static void put_time(struct json_out *w, const char *key, instant at)
{
	if (at != INSTANT_NONE && at >= 0 && at <= INT64_MAX / 1000)
		put_int64(w, key, at * 1000);
}

static void put_value(struct json_out *w, const struct telemetry_attribute *a, const struct fact_value *v)
{
	json_open(w, '{');
	/* Keys of attributes are data: members, not JSON keys. */
	put_str(w, "key", a->key);
	json_key(w, "value");
	json_open(w, '{');
	if (v->flag) {
		json_key(w, "boolValue");
		json_bool(w, v->n != 0);
	} else if (v->number) {
		put_int64(w, "intValue", v->n);
	} else {
		put_str(w, "stringValue", v->text);
	}
	json_close(w, '}');
	json_close(w, '}');
}

static void put_attributes(struct json_out *w, const struct subject *s, enum telemetry_on on)
{
	struct buf scratch = {0};
	json_key(w, "attributes");
	json_open(w, '[');
	for (size_t i = 0; i < s->rules->telemetry.n; i++) {
		const struct telemetry_attribute *a = &s->rules->telemetry.v[i];
		if (a->on != on)
			continue;
		struct fact_value v = a->fact == TELEMETRY_CONSTANT ? text_value(a->value) : fact_of(s, a->fact, &scratch);
		if (a->is.n)
			v = text_value(str_eq(v.text, a->is) ? a->value : STR_NONE);
		if (v.text.n || v.number || v.flag)
			put_value(w, a, &v);
	}
	json_close(w, ']');
	buf_done(&scratch);
}

/* {"resource":{…},"scopeX":[{"scope":{…},"<items>":[ */
static void begin_resource(struct json_out *w, const struct subject *s, const char *scopes, const char *items)
{
	json_open(w, '{');
	json_key(w, "resource");
	json_open(w, '{');
	put_attributes(w, s, TELEMETRY_ON_RESOURCE);
	json_close(w, '}');
	json_key(w, scopes);
	json_open(w, '[');
	json_open(w, '{');
	json_key(w, "scope");
	json_open(w, '{');
	put_str(w, "name", S("mcplog"));
	put_str(w, "version", S(MCPLOG_VERSION));
	json_close(w, '}');
	json_key(w, items);
	json_open(w, '[');
}

static void end_resource(struct json_out *w)
{
	json_close(w, ']');
	json_close(w, '}');
	json_close(w, ']');
	json_close(w, '}');
}

/* --- ids --- */

struct ids {
	char trace[33], span[33]; /* of the span only the first 16 digits count */
};

static struct ids ids_of(const struct call *c, const char *part)
{
	struct ids ids;
	calls_hash(c, "trace id", ids.trace);
	calls_hash(c, part, ids.span);
	return ids;
}

static void put_ids(struct json_out *w, const struct ids *ids)
{
	put_str(w, "traceId", str_z(ids->trace));
	put_str(w, "spanId", str_head(str_z(ids->span), 16));
}

/* --- spans --- */

struct otlp {
	const struct facts *f;
	const struct rules *rules;
	const struct report_options *o;
};

static void put_event(const struct otlp *x, struct json_out *w, const struct picture_mark *m)
{
	const struct subject s = {.f = x->f, .rules = x->rules, .mark = m, .line = &m->where};
	json_open(w, '{');
	put_time(w, "timeUnixNano", m->at);
	put_str(w, "name", m->name.n ? m->name : str_z(mark_name(m->kind)));
	put_attributes(w, &s, TELEMETRY_ON_EVENT);
	json_close(w, '}');
}

/* The first mark of the session that is not before `at`: marks of a session are in the order of their times. */
static size_t first_mark(const struct otlp *x, const struct picture_session *s, instant at)
{
	size_t low = s->first_mark, high = s->first_mark + s->mark_count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (x->f->picture.marks[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What happened to the call, to its server or to the whole client while it ran. */
static void put_events(const struct otlp *x, struct json_out *w, size_t index)
{
	const struct picture *picture = &x->f->picture;
	const struct picture_call *p = &picture->calls[index];
	const struct picture_session *s = &picture->sessions[p->session];
	size_t written = 0;
	json_key(w, "events");
	json_open(w, '[');
	for (size_t i = first_mark(x, s, p->from); i < s->first_mark + s->mark_count && picture->marks[i].at <= p->to && written < SPAN_EVENTS; i++) {
		const struct picture_mark *m = &picture->marks[i];
		if (m->call != index && (m->call != PICTURE_NONE || (m->server != PICTURE_NONE && m->server != p->server)))
			continue;
		put_event(x, w, m);
		written++;
	}
	json_close(w, ']');
}

static str span_name(const struct rules *rules)
{
	for (size_t i = 0; i < rules->telemetry.n; i++)
		if (rules->telemetry.v[i].on == TELEMETRY_ON_NAME)
			return rules->telemetry.v[i].key;
	return S("call");
}

static void put_stages(const struct otlp *x, struct json_out *w, const struct picture_call *p, const struct ids *parent)
{
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		instant from, to;
		const char *name = stage_name((enum stage)stage);
		if (!calls_stage(p, (enum stage)stage, &from, &to))
			continue;
		const struct subject s = {.f = x->f, .rules = x->rules, .call = &p->call, .picture = p, .stage = name};
		const struct ids ids = ids_of(&p->call, name);
		json_open(w, '{');
		put_ids(w, &ids);
		put_str(w, "parentSpanId", str_head(str_z(parent->span), 16));
		put_str(w, "name", str_z(name));
		json_key(w, "kind");
		json_num(w, SPAN_INTERNAL);
		put_time(w, "startTimeUnixNano", from);
		put_time(w, "endTimeUnixNano", to);
		put_attributes(w, &s, TELEMETRY_ON_STAGE);
		json_close(w, '}');
	}
}

static void put_status(struct json_out *w, const struct picture_call *p, const struct incident *i)
{
	if (!call_failed(&p->call) && !i)
		return;
	json_key(w, "status");
	json_open(w, '{');
	json_key(w, "code");
	json_num(w, STATUS_ERROR);
	const str message = p->call.err.n ? p->call.err : i ? i->title : STR_NONE;
	if (message.n)
		put_str(w, "message", message);
	json_close(w, '}');
}

static void put_span(const struct otlp *x, struct json_out *w, size_t index)
{
	const struct picture_call *p = &x->f->picture.calls[index];
	const struct incident *i = calls_incident(x->f, p);
	const struct subject s = {.f = x->f, .rules = x->rules, .call = &p->call, .picture = p, .incident = i, .line = &p->start,
		.server = p->call.server, .transport = p->transport};
	const struct ids ids = ids_of(&p->call, "span");
	struct buf name = {0};
	buf_printf(&name, "%.*s %.*s", STR_ARG(span_name(x->rules)), STR_ARG(p->call.tool));
	json_open(w, '{');
	put_ids(w, &ids);
	put_str(w, "name", str_trim_end(buf_str(&name)));
	json_key(w, "kind");
	json_num(w, SPAN_CLIENT);
	put_time(w, "startTimeUnixNano", p->from);
	put_time(w, "endTimeUnixNano", p->to > p->from ? p->to : p->from);
	put_attributes(w, &s, TELEMETRY_ON_SPAN);
	put_events(x, w, index);
	put_status(w, p, i);
	json_close(w, '}');
	put_stages(x, w, p, &ids);
	buf_done(&name);
}

static bool wants(const struct otlp *x, size_t call)
{
	const struct picture_call *p = &x->f->picture.calls[call];
	return !calls_untimed(x->f, p) && report_wants_call(x->o, x->f, p);
}

static void put_session_spans(const struct otlp *x, struct json_out *w, const struct picture_session *session)
{
	const size_t end = session->first_call + session->call_count;
	size_t i = session->first_call;
	while (i < end && !wants(x, i))
		i++;
	if (i == end)
		return;
	const struct subject s = {.f = x->f, .rules = x->rules, .session = session->id, .client_version = session->client_version};
	begin_resource(w, &s, "scopeSpans", "spans");
	for (; i < end; i++)
		if (wants(x, i))
			put_span(x, w, i);
	end_resource(w);
}

void report_otlp_traces(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	struct otlp x = {.f = f, .rules = rules, .o = o};
	struct json_out w = {.out = out};
	json_open(&w, '{');
	json_key(&w, "resourceSpans");
	json_open(&w, '[');
	for (size_t i = 0; i < f->picture.session_count; i++)
		put_session_spans(&x, &w, &f->picture.sessions[i]);
	json_close(&w, ']');
	json_close(&w, '}');
	buf_byte(out, '\n');
}

/* --- log records --- */

static void put_record(const struct otlp *x, struct json_out *w, const struct subject *s, instant at, enum severity severity, str body, const char *event)
{
	static const struct {
		int number;
		const char *text;
	} severities[] = {[SEVERITY_INFO] = {9, "INFO"}, [SEVERITY_WARNING] = {13, "WARN"}, [SEVERITY_CRITICAL] = {17, "ERROR"}};
	json_open(w, '{');
	put_time(w, "timeUnixNano", at);
	put_time(w, "observedTimeUnixNano", x->f->as_of);
	json_key(w, "severityNumber");
	json_num(w, severities[severity].number);
	put_str(w, "severityText", str_z(severities[severity].text));
	put_str(w, "eventName", str_z(event));
	json_key(w, "body");
	json_open(w, '{');
	put_str(w, "stringValue", body);
	json_close(w, '}');
	put_attributes(w, s, TELEMETRY_ON_LOG);
	if (s->call) {
		const struct ids ids = ids_of(s->call, "span");
		put_ids(w, &ids);
	}
	json_close(w, '}');
}

static void put_incident(const struct otlp *x, struct json_out *w, const struct incident *i)
{
	const struct subject s = {.f = x->f, .rules = x->rules, .session = i->session, .client_version = i->client_version, .server = i->server,
		.transport = i->transport, .incident = i, .call = i->call_count ? i->calls[0] : NULL, .line = i->evidence_count ? &i->evidence[0].at : NULL};
	begin_resource(w, &s, "scopeLogs", "logRecords");
	put_record(x, w, &s, i->started_at, i->severity, i->title, "mcplog.incident");
	end_resource(w);
}

static void put_note(const struct otlp *x, struct json_out *w, const struct note *n)
{
	const struct line_ref *line = n->evidence_count ? &n->evidence[0].at : NULL;
	const struct source *source = line ? line->source : NULL;
	const struct subject s = {.f = x->f, .rules = x->rules, .server = n->server, .note = n, .call = n->call_count ? n->calls[0] : NULL, .line = line,
		.session = n->call_count ? n->calls[0]->session : source ? source->session_id : STR_NONE,
		.client_version = source ? source->client_version : STR_NONE};
	begin_resource(w, &s, "scopeLogs", "logRecords");
	put_record(x, w, &s, n->started_at, SEVERITY_INFO, n->title, "mcplog.note");
	end_resource(w);
}

void report_otlp_logs(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	const struct otlp x = {.f = f, .rules = rules, .o = o};
	struct json_out w = {.out = out};
	json_open(&w, '{');
	json_key(&w, "resourceLogs");
	json_open(&w, '[');
	for (size_t i = 0; i < f->incident_count; i++)
		if (report_wants(o, &f->incidents[i]))
			put_incident(&x, &w, &f->incidents[i]);
	for (size_t i = 0; i < f->note_count; i++)
		if (report_wants_note(o, &f->notes[i]))
			put_note(&x, &w, &f->notes[i]);
	json_close(&w, ']');
	json_close(&w, '}');
	buf_byte(out, '\n');
}

void report_otlp(const struct facts *f, const struct rules *rules, const struct report_options *o, struct buf *out)
{
	report_otlp_traces(f, rules, o, out);
	report_otlp_logs(f, rules, o, out);
}
