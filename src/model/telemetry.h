/* What the OTLP export calls things: attribute names of the semantic conventions are knowledge (patterns/telemetry.yaml), what
 * they are filled with is a fact of this list. Made by knowledge/telemetry.c, used by report/otlp.c. */
#ifndef MCPLOG_MODEL_TELEMETRY_H
#define MCPLOG_MODEL_TELEMETRY_H
#include "base/str.h"

#define TELEMETRY_FACT_LIST(X)                                                                                        \
	X(CONSTANT, "constant") /* the entry's own `value` */                                                             \
	X(CLIENT_VERSION, "client.version") X(SESSION, "session.id")                                                      \
	X(SERVER, "server.name") X(TRANSPORT, "server.transport")                                                         \
	X(TOOL, "call.tool") X(CALL_ID, "call.id") X(CALL_NAME, "call.name") X(OUTCOME, "call.outcome")                    \
	X(ENDING, "call.ending") X(ERROR_CLASS, "call.error-class") X(ERROR, "call.error") X(BEATS, "call.heartbeats")    \
	X(ATTEMPTS, "call.attempts") X(OPEN, "call.open") X(LINK, "call.link") X(STAGE, "stage")                          \
	X(MARK, "mark.kind") X(MARK_WHAT, "mark.what")                                                                    \
	X(INCIDENT_ID, "incident.id") X(CAUSE, "incident.cause") X(TRIGGER, "incident.trigger")                           \
	X(INCIDENT_ENDING, "incident.ending") X(STATE, "incident.state") X(SEVERITY, "incident.severity")                 \
	X(CONFIDENCE, "incident.confidence") X(TITLE, "incident.title") X(SUMMARY, "incident.summary")                    \
	X(ADVICE, "incident.advice") X(NOTE, "note.kind") X(FILE, "line.file") X(LINE, "line.number")
enum telemetry_fact {
#define X(id, name) TELEMETRY_##id,
	TELEMETRY_FACT_LIST(X)
#undef X
	TELEMETRY_FACT_COUNT
};
/* Where an attribute stands. NAME is none: what spans of calls are called, in front of the tool. */
enum telemetry_on { TELEMETRY_ON_RESOURCE, TELEMETRY_ON_SPAN, TELEMETRY_ON_STAGE, TELEMETRY_ON_EVENT, TELEMETRY_ON_LOG, TELEMETRY_ON_NAME, TELEMETRY_ON_COUNT };
struct telemetry_attribute {
	enum telemetry_on on;
	enum telemetry_fact fact;
	str key;
	str is;    /* not empty: only when the fact has this value … */
	str value; /* … and then this is given instead; of CONSTANT: the value */
};
#endif
