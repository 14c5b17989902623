/* One incident as Mermaid diagrams, for Markdown that GitHub renders. */
#ifndef MCPLOG_REPORT_MERMAID_H
#define MCPLOG_REPORT_MERMAID_H
#include "base/buf.h"
#include "model/facts.h"

/* Calls, connections of the server and decisive lines on one axis in UTC. False when the incident has no times. */
bool mermaid_gantt(struct buf *out, const struct facts *f, const struct incident *i);
/* Who did what, in the order of the evidence. */
void mermaid_sequence(struct buf *out, const struct incident *i);

/* Whose log a line stands in: the client's, the server's, or something between them. */
enum whose { WHOSE_CLIENT, WHOSE_SERVER, WHOSE_PROXY };
enum whose whose_log(enum source_kind kind);
#endif
