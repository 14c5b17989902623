/* The block of one incident in the text report, and the pieces that explain shares with it. */
#ifndef MCPLOG_REPORT_TEXT_INCIDENT_H
#define MCPLOG_REPORT_TEXT_INCIDENT_H
#include "report/page.h"

enum { TEXT_INDENT = 10, LABEL_INDENT = 14 };

/* Short form: evidence, alternatives and advice are cut to a screen. */
void text_incident(struct page *p, const struct incident *i);
/* Severity, title, cause, confidence, when, state: the head of the block. */
void text_incident_head(struct page *p, const struct incident *i);
/* All of them, in full. */
void text_alternatives(struct page *p, const struct incident *i, size_t limit);
void text_advice(struct page *p, const struct incident *i);
void text_consequences(struct page *p, const struct incident *i, size_t limit);
/* A log line without its time stamp and level, which stand elsewhere. */
str text_without_time(str line);
/* Without `… "server": ` at its beginning. */
str text_without_server(str line, str server);
/* "+1391.608 s"; empty when either is unknown. */
void text_offset(instant at, instant start, char ret_text[32]);
/* "   label      " in front of a block's line. */
void text_label(struct page *p, const char *label);
#endif
